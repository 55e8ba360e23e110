"""An edit: what one candidate changes, how sure we are of it, and the words for it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from autosd.coding.repair.source import words
from autosd.domain.changes import TextEdit


@dataclass(frozen=True, slots=True)
class Edit:
    """One candidate. ``edits`` have offsets in the original text, in order, never overlapping.

    ``score`` estimates the chance that this is the fix; it orders candidates and compares across templates.
    """

    file: str
    edits: tuple[TextEdit, ...]
    template: str
    tier: int
    score: float
    distance: int
    summary: str

    def apply(self, text: str) -> str:
        """``text`` of ``file`` with the edits of that file made."""
        for edit in sorted((edit for edit in self.edits if edit.file == self.file), key=lambda e: (e.start, e.end), reverse=True):
            text = text[: edit.start] + edit.text + text[edit.end :]
        return text


def trimmed(text: str, start: int, end: int, new: str, *, alone: bool = True) -> tuple[int, int, str]:
    """The smallest edit with the same effect; equal results of different templates become equal.

    One that is not ``alone`` stays in its span, for it might else run into its companions.
    """
    old = text[start:end]
    limit = min(len(old), len(new))
    head = 0
    while head < limit and old[head] == new[head]:
        head += 1
    tail = 0
    while tail < limit - head and old[-1 - tail] == new[-1 - tail]:
        tail += 1
    start, end, new = start + head, end - tail, new[head : len(new) - tail]
    while alone and start == end and new and end < len(text) and text[end] == new[0]:
        start, end, new = start + 1, end + 1, new[1:] + new[0]
    return start, end, new


def distance(text: str, start: int, end: int, new: str) -> int:
    """Tokens changed: the larger of what goes and what comes, whatever their order."""
    came = words(new)
    gone = 0
    for word in words(text[start:end]):
        if word in came:
            came.remove(word)
        else:
            gone += 1
    return max(gone, len(came), 1)


def pairs(first: Sequence[Edit]) -> Iterator[Edit]:
    """Two edits at once, most promising first: for edits that each changed some failing outcome."""
    ranked = sorted(first, key=lambda edit: -edit.score)
    for total in range(1, 2 * len(ranked)):
        for low in range(max(0, total - len(ranked) + 1), (total + 1) // 2):
            pair = _joined(ranked[low], ranked[total - low])
            if pair is not None:
                yield pair


def _joined(one: Edit, other: Edit) -> Edit | None:
    both = tuple(sorted((*one.edits, *other.edits), key=lambda edit: (edit.file, edit.start, edit.end)))
    for left, right in pairwise(both):
        if left.file == right.file and (right.start < left.end or (right.start, right.end) == (left.start, left.end)):
            return None
    score = one.score * other.score
    summary = f"{one.summary}; {other.summary}"
    return Edit(one.file, both, f"{one.template}+{other.template}", 4, score, one.distance + other.distance, summary)
