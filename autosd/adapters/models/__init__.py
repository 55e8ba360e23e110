"""Models: adapters of the port, each imported only when it is chosen. Nothing here touches the network before a model is asked."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from autosd.adapters.models.faults import Place
from autosd.adapters.models.naming import PROVIDERS, Provider, full_name, installed, others, required
from autosd.adapters.models.prices import load_prices
from autosd.domain.errors import AutosdError
from autosd.governance.redaction import Redactor
from autosd.ports import Model
from autosd.settings import Settings, table

_ADAPTERS = {
    "openai": "autosd.adapters.models.openai_chat:OpenAIModel",
    "anthropic": "autosd.adapters.models.anthropic_messages:AnthropicModel",
}


def open_model(settings: Settings, name: str = "") -> Model:
    """The model called ``name`` (``provider:model``); the one that the settings choose when none is named.

    Raises ``AUTOSD-MODEL-NONE``, ``-UNKNOWN``, ``-NO-KEY``, ``-SDK-MISSING``, ``-BROKEN``: each before anything is sent.
    """
    name = full_name(name) if name else required(settings)
    provider, _, model = name.partition(":")
    if provider in PROVIDERS:
        return _opened(PROVIDERS[provider], name, model, settings)
    return _others(provider, model, settings)


def _opened(provider: Provider, name: str, model: str, settings: Settings) -> Model:
    key, url = settings[provider.key], settings[provider.url]
    if not key and provider.needs_key(settings):
        remedy = f"Set {provider.key_name()}, in the environment or as {provider.key.name} in autosd.toml of autosd's home."
        raise AutosdError("AUTOSD-MODEL-NO-KEY", f"{name} needs a key, and there is none.", remedy)
    if not installed(provider):
        message = f"{name} is reached by the package {provider.extra!r}, which is not installed."
        raise AutosdError("AUTOSD-MODEL-SDK-MISSING", message, f"Run: pip install 'autosd[{provider.extra}]'.")
    module, _, maker = _ADAPTERS[provider.extra].partition(":")
    make: Any = getattr(import_module(module), maker)
    place = Place(name, url, provider.key_name(), Redactor([key, *settings.secrets]))
    opened: Model = make(place, model, key, load_prices(settings[table.MODEL_PRICES]).of(name), own=provider.official(settings))
    return opened


def _others(provider: str, model: str, settings: Settings) -> Model:
    """A provider that somebody else wrote gets the model's name and the settings."""
    try:
        make: Any = others()[provider].load()
        opened: Model = make(model, settings)
    except AutosdError:
        raise
    except Exception as error:
        message = f"The provider {provider} cannot be used: {type(error).__name__}: {error}."
        raise AutosdError("AUTOSD-MODEL-BROKEN", message, "Ask whoever made it, or use another provider.", exit_code=1) from error
    return opened
