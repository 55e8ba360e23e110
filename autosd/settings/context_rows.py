"""The rows of what a model is shown of a project: a part of the table, which takes over every row of this file."""

from __future__ import annotations

from pathlib import Path

from autosd.settings import kinds
from autosd.settings.rows import Setting
from autosd.settings.rows import names_of as _names

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
