"""Pushes one commit to the project's ``origin``, from our own repository: no hook, no helper and no option of the user's takes part.

What is there already is found again; a branch that holds anybody else's commit is left alone.
"""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

from autosd.adapters.git.command import Git
from autosd.adapters.git.locate import Subject
from autosd.domain.errors import AutosdError

REMOTE = "origin"
#: What marks a commit as made for the same proposal or change; two with the same mark are tries at one thing.
_MARK = re.compile(r"(?m)^(Autosd-(?:Proposal|Id): \S+)$")
_SAFE = (
    "protocol.allow=never",
    "protocol.file.allow=always",
    "protocol.https.allow=always",
    "protocol.ssh.allow=always",
    "core.sshCommand=ssh -o BatchMode=yes",
)
_ENVIRONMENT = {"GIT_ALLOW_PROTOCOL": "file:https:ssh"}


def push_commit(git: Git, subject: Subject, branch: str, sha: str, *, seconds: float) -> str:
    """The name of the remote, once ``branch`` is at ``sha`` there."""
    url = _url(subject)
    git = replace(git, extra={**git.extra, **_ENVIRONMENT})
    ref = f"refs/heads/{branch}"
    there = _tip(git, url, ref, seconds)
    if there != sha:
        if there and not _ours(git, there, sha):
            raise AutosdError(
                "AUTOSD-PUSH-FOREIGN",
                f"{branch} of {REMOTE} is at {there[:10]}, a commit that is not of this change.",
                "Look at who pushed it; delete that branch there if it is not wanted.",
                exit_code=1,
            )
        words = ("--no-verify", "--receive-pack=git-receive-pack", f"--force-with-lease={ref}:{there or ''}")
        _ask(git, ("push", "--porcelain", *words, "--end-of-options", url, f"{sha}:{ref}"), seconds)
    return f"{REMOTE} ({_shown(url)})"


def _tip(git: Git, url: str, ref: str, seconds: float) -> str | None:
    out = _ask(git, ("ls-remote", "--upload-pack=git-upload-pack", "--end-of-options", url, ref), seconds)
    return next((line.split()[0] for line in out.splitlines() if line.endswith(f"\t{ref}")), None)


def _ask(git: Git, words: tuple[str, ...], seconds: float) -> str:
    code, out, err = git.start(*words, settings=_SAFE).result(seconds=seconds)
    if code:
        said = [line for line in err.decode(errors="replace").splitlines() if line.strip()]
        telling = next(
            (line for line in said if line.startswith(("fatal:", "error:", "remote:"))), said[-1] if said else f"exit code {code}"
        )
        message = f"git {words[0]} of {REMOTE} failed: {_shown(telling)}"
        raise AutosdError("AUTOSD-PUSH-FAILED", message, "Check that the remote answers and may be written.", exit_code=1)
    return out.decode(errors="replace")


def _url(subject: Subject) -> str:
    """Of the repository's own configuration; a relative one is taken from its folder. Included files are not looked at."""
    if subject.common_dir is None:
        raise AutosdError("AUTOSD-PUSH-NO-REMOTE", f"{subject.path} is no git repository.", "Push by hand what the artifact holds.")
    git, file = Git(subject.common_dir), str(subject.common_dir / "config")
    for key in (f"remote.{REMOTE}.pushurl", f"remote.{REMOTE}.url"):
        code, out, _ = git.start("config", "--file", file, "--no-includes", "--get", key).result()
        url = out.decode(errors="replace").strip()
        if code == 0 and url:
            return _checked(url, subject.top)
    remedy = f"Run `git remote add {REMOTE} URL` there, or leave pushing off."
    raise AutosdError("AUTOSD-PUSH-NO-REMOTE", f"{subject.top} has no remote {REMOTE}.", remedy)


def _checked(url: str, top: Path) -> str:
    if url.startswith("-") or "::" in url or any(ord(c) < 32 for c in url):
        raise AutosdError(
            "AUTOSD-PUSH-FAILED", f"The URL of {REMOTE} is none that is pushed to.", "Use a path, https:// or ssh.", exit_code=1
        )
    return str(top / url) if url.startswith((".", "/")) else url


def _ours(git: Git, there: str, sha: str) -> bool:
    """Whether the commit there is an earlier try at the same thing: we have it, and it carries the same mark."""
    marks = []
    for commit in (there, sha):
        code, out, _ = git.start("cat-file", "commit", commit).result()
        text = out.decode(errors="replace") if code == 0 else ""
        marks.append(set(_MARK.findall(text)))
    return bool(marks[0] & marks[1])


def _shown(text: str) -> str:
    """Without passwords in URLs."""
    return re.sub(r"(://)[^/@\s]+@", r"\1", text)
