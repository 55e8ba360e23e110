"""Ed25519 keys as files, private to the user: ``<home>/keys/private_key.pem`` and ``public_key.pem``.

Made once, also when several processes start at the same time; refused when anybody else could read or replace them.
"""

from __future__ import annotations

import os
import stat
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from autosd.adapters.private_files import require_private, sync_folder, write_beside
from autosd.domain.errors import AutosdError

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

PRIVATE_NAME = "private_key.pem"
PUBLIC_NAME = "public_key.pem"


class FileKeyring:
    """The installation's signing key. Nothing is read or made before the first use."""

    def __init__(self, home: Path) -> None:
        self.folder = home / "keys"

    def sign(self, data: bytes) -> bytes:
        return self._private.sign(data)

    def public(self) -> bytes:
        """The raw 32 byte public key."""
        return self._private.public_key().public_bytes_raw()

    @property
    def private_file(self) -> Path:
        return self.folder / PRIVATE_NAME

    @property
    def public_file(self) -> Path:
        return self.folder / PUBLIC_NAME

    @cached_property
    def _private(self) -> Ed25519PrivateKey:
        try:
            return self._open()
        except OSError as error:
            why = error.strerror or type(error).__name__
            raise AutosdError(
                "AUTOSD-KEY-UNAVAILABLE",
                f"The signing key in {self.folder} cannot be used: {why}.",
                "Make that folder writable, or set AUTOSD_HOME to a folder of your own.",
            ) from None

    def _open(self) -> Ed25519PrivateKey:
        self.folder.mkdir(parents=True, mode=0o700, exist_ok=True)
        require_private(self.folder, stat.S_ISDIR)
        file = self.private_file
        if not os.path.lexists(file):
            _make_private(file)
        require_private(file, stat.S_ISREG)
        private = load_private(file)
        ensure_public(self.public_file, private)
        return private


def _make_private(file: Path) -> None:
    """Write the key beside its place and link it there: of several processes exactly one wins, and no reader sees half a key."""
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

    pem = Ed25519PrivateKey.generate().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    draft = write_beside(file, pem)
    try:
        os.link(draft, file)
    except FileExistsError:
        pass  # another process was faster; its key is the key
    finally:
        draft.unlink()
    sync_folder(file.parent)


def load_private(file: Path) -> Ed25519PrivateKey:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    try:
        key = load_pem_private_key(file.read_bytes(), password=None)
    except (ValueError, TypeError):
        key = None
    if not isinstance(key, Ed25519PrivateKey):
        raise AutosdError(
            "AUTOSD-KEY-INVALID",
            f"{file} holds no Ed25519 key.",
            "Restore it from a backup, or move the keys and the record away together to begin anew.",
        )
    return key


def ensure_public(file: Path, private: Ed25519PrivateKey) -> None:
    """The public half lies beside it for auditors; one that differs was put there by somebody else."""
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

    pem = private.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    if not os.path.lexists(file):
        write_beside(file, pem).replace(file)
    elif file.is_symlink() or file.read_bytes() != pem:
        raise AutosdError(
            "AUTOSD-KEY-INVALID",
            f"{file} does not belong to the private key beside it.",
            f"Find out who changed it, then remove {file}: it is made again from the private key.",
        )
