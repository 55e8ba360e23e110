"""The keys that sign grants: one private one, and every public one that still counts.

Rotation puts files down in an order that leaves verification whole whenever it is broken off: first the old public key into the
archive, then the new private one, then the new public one.
"""

from __future__ import annotations

import base64
import os
import re
import stat
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from autosd.adapters.grants.home import SETTING, ensure_private_folder, read_plain, stamp, trustworthy
from autosd.adapters.keyring import PRIVATE_NAME, PUBLIC_NAME, ensure_public, load_private
from autosd.adapters.private_files import require_private, write_private
from autosd.governance.verifier import SPKI_PREFIX

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

_PEM = re.compile(rb"-----BEGIN PUBLIC KEY-----\n([A-Za-z0-9+/=\n]+)-----END PUBLIC KEY-----\n?")
_ARCHIVED = re.compile(r"public_key_[0-9]{14}\.pem")


class GrantKeys:
    """``ensure``, ``rotate`` and ``private`` are for whoever holds the home's lock."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.folder = home / "keys"
        self.archive = self.folder / "archive"
        self._read: tuple[tuple[object, ...], tuple[bytes, ...]] | None = None

    def trusted(self) -> tuple[bytes, ...]:
        """Raw public keys, the newest first. Nothing is made; what others could have put there does not count."""
        state = self.state()
        if self._read is None or self._read[0] != state:
            self._read = state, tuple(dict.fromkeys(self._public_keys()))
        return self._read[1]

    def state(self) -> tuple[object, ...]:
        """Changes when anything about the public keys does."""
        files = [self.home, self.folder, self.folder / PUBLIC_NAME, self.archive, *sorted(self._archived())]
        return tuple((file.name, stamp(file)) for file in files)

    def ensure(self, before: Callable[[str], None]) -> bool:
        """Make a pair if there is none; whether one was made. ``before`` hears the public key before it counts."""
        ensure_private_folder(self.home)
        ensure_private_folder(self.folder)
        ensure_private_folder(self.archive)
        file = self.folder / PRIVATE_NAME
        made = not os.path.lexists(file)
        if made:
            private = _new()
            before(_raw_public(private).hex())
            write_private(file, _pem_private(private))
        ensure_public(self.folder / PUBLIC_NAME, self.private())
        return made

    def private(self) -> Ed25519PrivateKey:
        """The signing key; what a rotation that was broken off left undone is done first."""
        file = self.folder / PRIVATE_NAME
        require_private(self.folder, stat.S_ISDIR, home=SETTING)
        require_private(file, stat.S_ISREG, home=SETTING)
        private = load_private(file)
        current = _public_in(self.folder / PUBLIC_NAME)
        if current is not None and current != _raw_public(private) and current in map(_public_in, self._archived()):
            write_private(self.folder / PUBLIC_NAME, _pem_public(private))
        return private

    def rotate(self, now: datetime, before: Callable[[str, str], None], *, drop_old: bool = False) -> None:
        """A new pair. Old public keys go on counting, unless ``drop_old``: then every grant so far is invalid."""
        old, new = self.private(), _new()
        before(_raw_public(old).hex(), _raw_public(new).hex())
        if not drop_old:
            write_private(self._archive_place(now), _pem_public(old))
        write_private(self.folder / PRIVATE_NAME, _pem_private(new))
        write_private(self.folder / PUBLIC_NAME, _pem_public(new))
        if drop_old:
            for file in list(self._archived()):
                file.unlink()

    def _public_keys(self) -> Iterator[bytes]:
        if not (trustworthy(self.home, stat.S_ISDIR) and trustworthy(self.folder, stat.S_ISDIR)):
            return
        archived = sorted(self._archived(), reverse=True) if trustworthy(self.archive, stat.S_ISDIR) else []
        for file in (self.folder / PUBLIC_NAME, *archived):
            key = _public_in(file)
            if key is not None and trustworthy(file, stat.S_ISREG):
                yield key

    def _archived(self) -> Iterator[Path]:
        return (file for file in self.archive.glob("public_key_*.pem") if _ARCHIVED.fullmatch(file.name))

    def _archive_place(self, now: datetime) -> Path:
        """Named after the second; a second rotation in it takes the next."""
        while True:
            place = self.archive / f"public_key_{now.astimezone(UTC):%Y%m%d%H%M%S}.pem"
            if not os.path.lexists(place):
                return place
            now += timedelta(seconds=1)


def _public_in(file: Path) -> bytes | None:
    match = _PEM.fullmatch(read_plain(file, 10_000) or b"")
    try:
        der = base64.b64decode(match[1], validate=False) if match else b""
    except ValueError:
        return None
    return der[len(SPKI_PREFIX) :] if der.startswith(SPKI_PREFIX) and len(der) == len(SPKI_PREFIX) + 32 else None


def _new() -> Ed25519PrivateKey:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    return Ed25519PrivateKey.generate()


def _raw_public(private: Ed25519PrivateKey) -> bytes:
    return private.public_key().public_bytes_raw()


def _pem_private(private: Ed25519PrivateKey) -> bytes:
    from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

    return private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def _pem_public(private: Ed25519PrivateKey) -> bytes:
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

    return private.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
