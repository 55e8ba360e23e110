"""The rows of what a model is shown of a project: a part of the table, which takes over every row of this file."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from autosd.settings import kinds
from autosd.settings.kinds import Kind
from autosd.settings.rows import Setting
from autosd.settings.rows import names_of as _names


def _folders(raw: Any) -> tuple[Path, ...]:
    """Text with the system's separator of paths between folders, as PATH has it; or a TOML array."""
    parts = raw.split(os.pathsep) if isinstance(raw, str) else raw
    if not isinstance(parts, list | tuple) or not all(isinstance(part, str) and "\0" not in part for part in parts):
        raise ValueError(raw)
    return tuple(Path(part.strip()) for part in parts if part.strip())


FOLDERS: Kind[tuple[Path, ...]] = Kind(
    "list of folders", "folders with a colon between them", _folders, lambda value: os.pathsep.join(map(str, value))
)

CODE_INDEX = Setting(
    "context.index", kinds.PATH, Path("{home}/caches/codeindex"), "Folder of the code index, one database a project; it may be deleted."
)
VOCABULARY = Setting(
    "context.vocabulary",
    kinds.OPTIONAL_PATH,
    None,
    "Folder that holds the vocabulary cl100k_base as tiktoken keeps it: with that package tokens are counted by it, else estimated.",
    _names("TIKTOKEN_CACHE_DIR"),
)
PROMPT_CHUNK_TOKENS = Setting(
    "context.prompt_chunk_tokens",
    kinds.integer(16, 1_000_000),
    3500,
    "A file with more tokens is shown to a model in summaries of chunks, each of at most so many tokens.",
    _names("PROMPT_CHUNK_TOKEN_THRESHOLD"),
)
CHUNK_TOKENS = Setting(
    "context.chunk_tokens",
    kinds.integer(16, 1_000_000),
    3500,
    "Most tokens of one file in a prompt; what is over is cut, and said to be.",
    _names("CHUNK_TOKEN_THRESHOLD"),
)
CHUNK_CACHE = Setting(
    "context.summary_cache",
    kinds.PATH,
    Path("{home}/chunk_summary_cache"),
    "Folder of the summaries of chunks; it may be deleted.",
    _names("CHUNK_SUMMARY_CACHE_DIR", "PROMPT_CHUNK_CACHE_DIR"),
)

ROOTS = Setting(
    "paths.roots",
    FOLDERS,
    (),
    "Folders of the projects that names of files are looked up in, the first that holds one. Of these four settings the first counts "
    "that names a folder which is there.",
    _names("MENACE_ROOTS"),
)
REPOSITORIES = Setting("paths.repositories", FOLDERS, (), "The same, where paths.roots is not set.", _names("SANDBOX_REPO_PATHS"))
ROOT = Setting("paths.root", FOLDERS, (), "The same, where those are not set.", _names("MENACE_ROOT"))
REPOSITORY = Setting("paths.repository", FOLDERS, (), "The same, where none of those is set.", _names("SANDBOX_REPO_PATH"))
DISCOVERY_SECONDS = Setting(
    "paths.discovery_seconds",
    kinds.number(0.05, 600),
    5.0,
    "Longest that a project's root, or a file by the end of its path, is looked for.",
    _names("PATH_DISCOVERY_TIMEOUT_S"),
)
