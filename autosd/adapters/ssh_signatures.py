"""Checks a person's own signature with OpenSSH (``ssh-keygen -Y verify``): who said it, without trusting the account it came through."""

from __future__ import annotations

import re
import shutil
import subprocess
import tempfile
from pathlib import Path

from autosd.domain.errors import AutosdError

#: Keeps a signature made for something else (a commit, a file) from counting as a vote.
NAMESPACE = "autosd-approval"


def require_signed(data: bytes, signature: bytes, *, by: str, allowed: Path) -> None:
    """Refuse (``AUTOSD-SIGNATURE-...``) unless ``signature`` over ``data`` is by a key that ``allowed`` lists for ``by``.

    ``allowed`` is an ``allowed_signers`` file as in ssh-keygen(1): a name and a public key a line.
    """
    program = shutil.which("ssh-keygen")
    if program is None:
        raise AutosdError("AUTOSD-SIGNATURE-TOOL", "Signatures are checked with ssh-keygen, which is not installed.", "Install OpenSSH.")
    if not allowed.is_file():
        message = f"Nobody may sign yet: there is no {allowed}."
        raise AutosdError("AUTOSD-SIGNATURE-NOBODY", message, "Write a line `NAME ssh-ed25519 KEY` for each approver into it.")
    with tempfile.TemporaryDirectory(prefix="autosd-signature-") as folder:
        file, keys = Path(folder) / "signature", Path(folder) / "keys"
        file.write_bytes(signature)
        keys.write_text(_keys_of(by, allowed), encoding="utf-8")
        words = [program, "-Y", "verify", "-f", str(keys), "-I", by, "-n", NAMESPACE, "-s", str(file)]
        done = subprocess.run(words, input=data, capture_output=True, timeout=30, check=False)
    if done.returncode != 0:
        message = f"This is no signature of {by} over exactly this question."
        remedy = f"Sign what `autosd approvals statement` prints: ssh-keygen -Y sign -n {NAMESPACE} -f KEY FILE."
        raise AutosdError("AUTOSD-SIGNATURE-INVALID", message, remedy)


def _keys_of(by: str, allowed: Path) -> str:
    """The lines of exactly this name. Patterns and keys that two names share are refused: one key would be several people's voice."""
    owners: dict[str, str] = {}
    lines = []
    for line in allowed.read_text("utf-8", "replace").splitlines():
        words = line.split()
        if not words or words[0].startswith("#"):
            continue
        if len(words) < 3 or not _NAME.fullmatch(words[0]):
            raise _unfit(allowed, f"{words[0][:80]!r} is no single name followed by a key")
        key = next((word for word in words[1:] if word.startswith("AAAA")), "")
        if owners.setdefault(key, words[0]) != words[0]:
            raise _unfit(allowed, f"{owners[key]} and {words[0]} have the same key")
        lines += [line] if words[0] == by else []
    return "\n".join(lines) + "\n"


_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._@+-]{0,127}")


def _unfit(allowed: Path, why: str) -> AutosdError:
    return AutosdError(
        "AUTOSD-APPROVERS-INVALID", f"{allowed} cannot be used: {why}.", "Write one line `NAME ssh-ed25519 KEY` for each approver."
    )
