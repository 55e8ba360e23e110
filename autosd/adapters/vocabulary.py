"""Counts tokens as a model's vocabulary does, when the package and its file are on this machine; nothing is ever fetched."""

from __future__ import annotations

import base64
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path

from autosd.domain.tokens import CountTokens, estimate

#: The name under which tiktoken keeps the vocabulary ``cl100k_base`` in a cache folder.
FILE = "9b5ad71b2ce5302211f9c61530b329a4922fc6a4"
_PATTERN = (
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"  # as published
)


def counter(folder: Path | None) -> CountTokens:
    """By ``cl100k_base`` where ``folder`` holds it and tiktoken is installed; else the estimate."""
    if folder is None or not (folder / FILE).is_file() or find_spec("tiktoken") is None:
        return estimate
    return _by_vocabulary(folder / FILE)


@lru_cache(maxsize=1)
def _by_vocabulary(file: Path) -> CountTokens:
    import tiktoken  # type: ignore[import-not-found, unused-ignore]

    # Read here and not by tiktoken, which would ask the network for a file that it does not like.
    lines = (line.split() for line in file.read_bytes().splitlines() if line)
    ranks = {base64.b64decode(token): int(rank) for token, rank in lines}
    encoding = tiktoken.Encoding("cl100k_base", pat_str=_PATTERN, mergeable_ranks=ranks, special_tokens={})
    return lambda text: len(encoding.encode_ordinary(text))
