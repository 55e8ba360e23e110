"""Questions that wait for a model, as people and machines read them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from autosd.domain.talks import WaitingPrompt


def prompt_object(waiting: WaitingPrompt) -> dict[str, Any]:
    value = waiting.to_dict()
    value.pop("ask")
    return value


def prompt_lines(waiting: WaitingPrompt) -> tuple[str, ...]:
    """Three lines: which one, what it asks, why it waits."""
    since = f"since {waiting.time:%Y-%m-%d %H:%M} UTC  " if waiting.time.year > 1970 else ""  # somebody else's line says no time
    rounds = f"{waiting.attempts} round{'' if waiting.attempts == 1 else 's'}"
    return (
        f"{waiting.id[:12]}  {waiting.model or 'no model'}  {since}{rounds}",
        f"    asks {_cut(waiting.prompt)}",
        f"    why  {_cut(waiting.reason)}",
    )


def _cut(text: str) -> str:
    """One line that no terminal takes for more than text."""
    said = " ".join("".join(each if each.isprintable() else " " for each in text).split())
    return said if len(said) <= 160 else f"{said[:160]}..."


def replay_object(answered: Sequence[str], reasons: Mapping[str, str], left: int, usd: float) -> dict[str, Any]:
    return {"result": "waiting" if left else "ok", "answered": list(answered), "reasons": dict(reasons), "left": left, "usd": usd}


def replay_text(answered: Sequence[str], reasons: Mapping[str, str], left: int, usd: float) -> str:
    if not (answered or left):
        return "No question waits for a model."
    lines = [f"{len(answered)} answered, {left} still waiting, {usd:.4f} dollars."]
    lines += [f"  {id[:12]}  {' '.join(why.split())}" for id, why in reasons.items()]
    return "\n".join(lines)
