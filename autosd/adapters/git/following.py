"""What became of a commit on a branch: merged as it is, as another commit with the same change, or taken back since."""

from __future__ import annotations

import re

from autosd.adapters.git.command import Git
from autosd.adapters.git.history import bounded
from autosd.domain.errors import AutosdError
from autosd.ports import Landed

MOST_COMMITS = 500  # so far back a change is looked for that was squashed or picked
_SHA = re.compile(r"[0-9a-f]{40}([0-9a-f]{24})?")
_PATCH = ("-p", "--no-color", "--no-ext-diff", "--no-textconv", "--no-renames", "--full-index", "--text")


def read_landed(git: Git, commit: str, tip: str) -> Landed | None:
    """None while ``tip`` does not have it. Never fails: a repository that cannot tell has not merged anything."""
    try:
        parent = _parent(git, commit)
        if parent is None:
            return None
        forward, backward = (_patch_id(git, *sides) for sides in ((parent, commit), (commit, parent)))
        since = _since(git, parent, tip)
        if _is_in(git, commit, tip):
            landed = Landed(commit, parent)
            later = [sha for sha, _ in since if sha != commit]
        else:
            there = next((sha for sha, id in reversed(since) if id and id == forward), None)
            if there is None or (before := _parent(git, there)) is None:
                return None
            landed = Landed(there, before)
            later = [sha for sha, _ in since[: [sha for sha, _ in since].index(there)]]
        return _taken_back(git, landed, commit, later, dict(since), (forward, backward))
    except AutosdError:
        return None


def _taken_back(git: Git, landed: Landed, commit: str, later: list[str], ids: dict[str, str], both: tuple[str, str]) -> Landed:
    """The newest commit that speaks of the change decides: what was taken back may have been brought in again."""
    forward, backward = both
    names = {commit, landed.sha}
    for sha in later:
        if ids[sha] and ids[sha] == forward:
            return landed
        if (ids[sha] and ids[sha] == backward) or _says_revert(git, sha, names):
            return Landed(landed.sha, landed.parent, sha)
    return landed


def _says_revert(git: Git, sha: str, names: set[str]) -> bool:
    message = bounded(git, "log", "--max-count=1", "--no-show-signature", "--format=%B", sha, "--").decode("utf-8", "replace")
    return bool(names & set(re.findall(r"This reverts commit ([0-9a-f]{40,64})", message)))


def _since(git: Git, parent: str, tip: str) -> list[tuple[str, str]]:
    """The commits of ``tip`` that ``parent`` does not have, newest first, each with the id of its patch ("" for none)."""
    names = bounded(git, "rev-list", "--topo-order", "--no-merges", f"--max-count={MOST_COMMITS}", tip, f"^{parent}", "--")
    shas = [name for name in names.decode().split() if _SHA.fullmatch(name)]
    if not shas:
        return []
    out = bounded(git, "diff-tree", "--stdin", "-r", "--pretty=format:commit %H", *_PATCH, stdin="\n".join(shas).encode() + b"\n")
    found = {sha: id for id, sha in (line.split()[:2] for line in git.line("patch-id", "--stable", stdin=out).splitlines())}
    return [(sha, found.get(sha, "")) for sha in shas]


def _patch_id(git: Git, before: str, after: str) -> str:
    out = bounded(git, "diff-tree", "-r", *_PATCH, before, after)
    return git.line("patch-id", "--stable", stdin=out).partition(" ")[0]


def _parent(git: Git, commit: str) -> str | None:
    code, out, _ = git.start("rev-parse", "--verify", "--quiet", "--end-of-options", f"{commit}^").result()
    return out.decode().strip() if code == 0 and _SHA.fullmatch(out.decode().strip()) else None


def _is_in(git: Git, commit: str, tip: str) -> bool:
    return git.start("merge-base", "--is-ancestor", commit, tip).result()[0] == 0
