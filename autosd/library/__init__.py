"""autosd from Python: the names of guide S2 over the rooms of this house. Each is imported when it is first asked for."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from autosd.adapters.memory.code_db import CodeDB
    from autosd.adapters.memory.gpt_memory import GPTMemoryManager
    from autosd.adapters.memory.kept_values import MenaceMemoryManager
    from autosd.adapters.memory.patch_history import PatchHistoryDB
    from autosd.domain.chunks import Region as TargetRegion
    from autosd.domain.memories import CodeRecord
    from autosd.domain.patches import PatchRecord
    from autosd.domain.prompts import LLMResult, Prompt
    from autosd.learning.baseline import BaselineTracker, PatchDeltas
    from autosd.learning.forecasts import TrendPredictor
    from autosd.library.context import ContextBuilder
    from autosd.library.engine import SelfCodingEngine
    from autosd.library.environment import create_ephemeral_env
    from autosd.library.patching import PatchResult, PatchStatus
    from autosd.library.paths import (
        clear_cache,
        get_project_root,
        get_project_roots,
        list_files,
        path_for_prompt,
        resolve_dir,
        resolve_module_path,
        resolve_path,
    )
    from autosd.library.safety import SafetyMonitor
    from autosd.library.sandbox_settings import SandboxSettings

_WHERE = {
    "BaselineTracker": "autosd.learning.baseline",
    "CodeDB": "autosd.adapters.memory.code_db",
    "CodeRecord": "autosd.domain.memories",
    "ContextBuilder": "autosd.library.context",
    "GPTMemoryManager": "autosd.adapters.memory.gpt_memory",
    "LLMResult": "autosd.domain.prompts",
    "MenaceMemoryManager": "autosd.adapters.memory.kept_values",
    "PatchDeltas": "autosd.learning.baseline",
    "PatchHistoryDB": "autosd.adapters.memory.patch_history",
    "PatchRecord": "autosd.domain.patches",
    "PatchResult": "autosd.library.patching",
    "PatchStatus": "autosd.library.patching",
    "Prompt": "autosd.domain.prompts",
    "SafetyMonitor": "autosd.library.safety",
    "SandboxSettings": "autosd.library.sandbox_settings",
    "SelfCodingEngine": "autosd.library.engine",
    "TargetRegion": "autosd.domain.chunks:Region",
    "TrendPredictor": "autosd.learning.forecasts",
    "create_ephemeral_env": "autosd.library.environment",
    "clear_cache": "autosd.library.paths",
    "get_project_root": "autosd.library.paths",
    "get_project_roots": "autosd.library.paths",
    "list_files": "autosd.library.paths",
    "path_for_prompt": "autosd.library.paths",
    "resolve_dir": "autosd.library.paths",
    "resolve_module_path": "autosd.library.paths",
    "resolve_path": "autosd.library.paths",
}

__all__ = [
    "BaselineTracker",
    "CodeDB",
    "CodeRecord",
    "ContextBuilder",
    "GPTMemoryManager",
    "LLMResult",
    "MenaceMemoryManager",
    "PatchDeltas",
    "PatchHistoryDB",
    "PatchRecord",
    "PatchResult",
    "PatchStatus",
    "Prompt",
    "SafetyMonitor",
    "SandboxSettings",
    "SelfCodingEngine",
    "TargetRegion",
    "TrendPredictor",
    "clear_cache",
    "create_ephemeral_env",
    "get_project_root",
    "get_project_roots",
    "list_files",
    "path_for_prompt",
    "resolve_dir",
    "resolve_module_path",
    "resolve_path",
]


def __getattr__(name: str) -> Any:
    if name not in _WHERE:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    module, _, other_name = _WHERE[name].partition(":")
    value = getattr(import_module(module), other_name or name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
