"""What the last commits (and uncommitted work) changed, as hunks with their context; bounded in commits, time and bytes."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator, Sequence

from autosd.adapters.git.command import Git
from autosd.domain.errors import AutosdError
from autosd.ports import Hunk, Snapshot

SECONDS, BYTES, MOST_HUNKS = 5.0, 4_000_000, 600
_COMMIT = re.compile(rb"[0-9a-f]{40,64}")
_PATCH = (
    "-r", "-p", "--no-color", "--no-ext-diff", "--no-textconv", "--no-renames", "--text", "--unified=3",
    "--src-prefix=a/", "--dst-prefix=b/", "--ignore-submodules=all",
)  # fmt: skip


def read_history(git: Git, snapshot: Snapshot, inside: str, paths: Sequence[str], limit: int) -> tuple[Hunk, ...]:
    """Newest first; paths relative to the project. Nothing where there is no commit, or git cannot tell."""
    if snapshot.head is None:
        return ()
    place = f"{inside}/" if inside else ""
    wanted = [f":(top,literal){place}{path}" for path in paths] or [f":(top,glob){_literal(place)}**/*.py"]
    try:
        hunks = list(_hunks(_uncommitted(git, snapshot, wanted), place, 0)) if snapshot.dirty else []
        age = 1 if hunks else 0
        for patch in _commits(git, snapshot.head, wanted, limit):
            found = list(_hunks(patch, place, age))
            hunks += found
            age += bool(found)
            if len(hunks) >= MOST_HUNKS:
                break
    except AutosdError:
        return ()
    return tuple(hunks[:MOST_HUNKS])


def _literal(place: str) -> str:
    """``place`` for a glob: git's wildcards in a folder's name stand for themselves."""
    return re.sub(r"([\\*?\[])", r"\\\1", place)


def _uncommitted(git: Git, snapshot: Snapshot, wanted: Sequence[str]) -> bytes:
    return bounded(git, "diff-tree", *_PATCH, f"{snapshot.head}^{{tree}}", snapshot.tree, "--", *wanted)


def _commits(git: Git, head: str, wanted: Sequence[str], limit: int) -> Iterator[bytes]:
    """The patch of each of the last ``limit`` commits (merges say nothing of their own), newest first."""
    names = bounded(git, "rev-list", f"--max-count={limit}", "--no-merges", head, "--").split()
    names = [name for name in names if _COMMIT.fullmatch(name)]
    out = bounded(git, "diff-tree", "--stdin", *_PATCH, "--", *wanted, stdin=b"\n".join(names) + b"\n") if names else b""
    yield from re.split(rb"(?m)^[0-9a-f]{40,64}\n", out)[1:]


def bounded(git: Git, *words: str, stdin: bytes = b"") -> bytes:
    """The output as far as it came in the time and the bytes it may have; a repository that is odd only says less."""
    process = git.start(*words).process
    timer = threading.Timer(SECONDS, process.kill)
    timer.start()
    try:
        assert process.stdin and process.stdout
        process.stdin.write(stdin)
        process.stdin.close()
        out = process.stdout.read(BYTES)
        return out if len(out) < BYTES else out[: out.rfind(b"\ndiff --git ") + 1]
    except BrokenPipeError:
        return b""
    finally:
        timer.cancel()
        process.kill()
        for pipe in (process.stdin, process.stdout, process.stderr):
            if pipe:
                pipe.close()
        process.wait()


def _hunks(patch: bytes, place: str, age: int) -> Iterator[Hunk]:
    for part in re.split(rb"(?m)^diff --git .*\n", patch)[1:]:
        try:
            text = part.decode()
        except UnicodeDecodeError:
            continue
        head, *bodies = re.split(r"(?m)^@@ -\d+(?:,\d+)? \+\d+(?:,\d+)? @@.*\n", text)
        named = re.search(r"(?m)^\+\+\+ b/(.*?)\t?$", head)
        if named is None or re.search(r"(?m)^(new|deleted) file mode", head) or not named[1].startswith(place):
            continue  # a file that came or went as a whole is no hunk to take back
        for body in bodies:
            old, new = _sides(body)
            if old != new:
                yield Hunk(named[1].removeprefix(place), old, new, age)


def _sides(body: str) -> tuple[str, str]:
    """The text before and after; a last line without its break loses it again."""
    sides = {"-": "", "+": ""}
    last = ""
    for line in body.split("\n")[:-1] if body.endswith("\n") else body.split("\n"):
        mark, rest = line[:1], line[1:] + "\n"
        if mark == "\\":
            for side in sides if last == " " else last:
                sides[side] = sides[side].removesuffix("\n")
            continue
        for side in sides if mark == " " else mark if mark in sides else "":
            sides[side] += rest
        last = mark
    return sides["-"], sides["+"]
