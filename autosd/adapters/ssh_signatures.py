"""Checks a person's own signature with OpenSSH (``ssh-keygen -Y verify``): who said it, without trusting the account it came through."""

from __future__ import annotations

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
    with tempfile.NamedTemporaryFile(prefix="autosd-signature-") as file:
        file.write(signature)
        file.flush()
        words = [program, "-Y", "verify", "-f", str(allowed), "-I", by, "-n", NAMESPACE, "-s", file.name]
        done = subprocess.run(words, input=data, capture_output=True, timeout=30, check=False)
    if done.returncode != 0:
        message = f"This is no signature of {by} over exactly this question."
        remedy = f"Sign what `autosd approvals statement` prints: ssh-keygen -Y sign -n {NAMESPACE} -f KEY FILE."
        raise AutosdError("AUTOSD-SIGNATURE-INVALID", message, remedy)
