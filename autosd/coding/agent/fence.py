"""Marks what comes from the project as data, in a way that the data itself cannot end."""

from __future__ import annotations

import hashlib


class Fence:
    """``seed`` names the work: the mark is the same in every run of it, and nobody who wrote the project knew it."""

    def __init__(self, seed: str) -> None:
        self.mark = f"data-{hashlib.sha256(f'fence:{seed}'.encode()).hexdigest()[:10]}"

    def around(self, text: str, source: str) -> str:
        safe = text.replace(self.mark, "data-[mark]")
        return f'<{self.mark} from="{source}">\n{safe}\n</{self.mark}>'
