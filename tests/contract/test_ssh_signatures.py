"""A person's signature is theirs alone: by exactly their name, over exactly these bytes, for nothing but an approval."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from autosd.adapters.ssh_signatures import NAMESPACE, require_signed
from autosd.domain.errors import AutosdError

DATA = b"a question\n"


def signed(folder: Path, name: str = "ann", namespace: str = NAMESPACE) -> tuple[bytes, str]:
    """The signature over ``DATA`` by a new key, and that key's public half."""
    key, question = folder / f"key-{name}", folder / "question"
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", key], check=True)
    question.write_bytes(DATA)
    signature = question.with_suffix(".sig")
    signature.unlink(missing_ok=True)
    subprocess.run(["ssh-keygen", "-q", "-Y", "sign", "-n", namespace, "-f", key, question], check=True)
    return signature.read_bytes(), " ".join(key.with_suffix(".pub").read_text().split()[:2])


def verdict(folder: Path, lines: str, signature: bytes, by: str = "ann", data: bytes = DATA) -> str:
    allowed = folder / "approvers"
    allowed.write_text(lines)
    try:
        require_signed(data, signature, by=by, allowed=allowed)
    except AutosdError as error:
        return error.code
    return "counts"


def test_only_their_own_name_and_these_bytes_count(tmp_path: Path) -> None:
    signature, key = signed(tmp_path)
    assert verdict(tmp_path, f"# people\nann {key}\n", signature) == "counts"
    assert verdict(tmp_path, f"ann {key}\n", signature, by="bea") == "AUTOSD-SIGNATURE-INVALID"
    assert verdict(tmp_path, f"ann {key}\n", signature, data=DATA + b"!") == "AUTOSD-SIGNATURE-INVALID"
    assert verdict(tmp_path, f"ann {key}\n", b"nonsense") == "AUTOSD-SIGNATURE-INVALID"


@pytest.mark.parametrize("line", ["* {key}", "ann,bea {key}", "ann@* {key}", "!ann {key}", "ann {key}\nbea {key}", "ann"])
def test_a_file_that_would_let_one_key_be_several_people_is_refused(tmp_path: Path, line: str) -> None:
    signature, key = signed(tmp_path)
    assert verdict(tmp_path, line.format(key=key) + "\n", signature) == "AUTOSD-APPROVERS-INVALID"


def test_a_signature_made_for_something_else_is_no_vote(tmp_path: Path) -> None:
    signature, key = signed(tmp_path, namespace="git")
    assert verdict(tmp_path, f"ann {key}\n", signature) == "AUTOSD-SIGNATURE-INVALID"
