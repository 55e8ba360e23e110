"""autosd from Python: the names of guide S2 over the rooms of this house. Each is imported when it is first asked for."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from autosd.library.environment import create_ephemeral_env

_WHERE = {
    "create_ephemeral_env": "autosd.library.environment",
}

__all__ = ["create_ephemeral_env"]


def __getattr__(name: str) -> Any:
    if name not in _WHERE:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(_WHERE[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
