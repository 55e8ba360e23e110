"""What tests of models share: a permit for spending, a question, and a model of each provider at a server of this machine."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from autosd.adapters.clock import SystemClock, new_id
from autosd.adapters.models import open_model
from autosd.domain.actions import Action, Principal
from autosd.domain.decisions import Facts, Permit
from autosd.domain.models import Ask, Message, Reply, Role
from autosd.governance.guard import Guard
from autosd.ports import Model, ModelError
from autosd.settings import load_settings

KEY = "sk" + "-canary-KEY0001abcdefghijklmnop"
PROVIDERS = ("openai", "anthropic", "ollama", "vllm")


class Silent:
    """A record that keeps nothing: permits are what these tests need of the guard."""

    def append(self, *given: Any, **named: Any) -> None: ...

    def head(self) -> None:
        return None


@contextmanager
def permitted(action: Action = Action.SPEND) -> Iterator[Permit]:
    facts = Facts(action, Principal("tester", attended=True), "p", Path("/"), SystemClock().now(), allowed_repos=(Path("/"),))
    with Guard(Silent(), SystemClock(), new_id).permit(facts) as permit:  # type: ignore[arg-type]
        yield permit


def model_at(url: str, provider: str, name: str = "", **env: str) -> Model:
    """With ``KEY`` for every provider."""
    keys = {f"AUTOSD_MODEL_{each.upper()}_KEY": KEY for each in PROVIDERS}
    urls = {f"AUTOSD_MODEL_{each.upper()}_URL": url for each in PROVIDERS}
    settings = load_settings({"AUTOSD_HOME": "/nonexistent", **keys, **urls, **env})
    return open_model(settings, f"{provider}:{name or 'gpt-4o'}")


def ask(text: str = "hello", **known: Any) -> Ask:
    return Ask((Message(Role.SYSTEM, "be short"), Message(Role.USER, text)), **{"seconds": 5.0, **known})


def said(model: Model, question: Ask | None = None, *, stream: bool = False) -> tuple[Reply, list[str]]:
    """The reply, and its pieces as they were heard."""
    pieces: list[str] = []
    with permitted() as permit:
        return model.complete(permit, question or ask(), pieces.append if stream else None), pieces


def failed(model: Model, question: Ask | None = None, *, stream: bool = False) -> ModelError:
    try:
        reply, _ = said(model, question, stream=stream)
    except ModelError as error:
        return error
    raise AssertionError(f"there was a reply: {reply}")
