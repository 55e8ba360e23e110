"""Satisfies ``Grants``: keeps grants as files, and reads them. A grant's name or readable words are never believed; its token is."""

from __future__ import annotations

import base64
import json
from collections import OrderedDict
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import datetime
from pathlib import Path
from typing import Any

from autosd.adapters.grants.home import ensure_private_folder, locked, read_plain, stamp
from autosd.adapters.grants.keys import GrantKeys
from autosd.adapters.grants.reading import OWNERS, Read, holders_signature, read_file, read_token
from autosd.adapters.grants.revocations import Revocations
from autosd.adapters.private_files import write_private
from autosd.domain.grants import Grant, Presented, Reason
from autosd.governance.grants.payload import payload_of, to_sign
from autosd.governance.grants.times import untimely
from autosd.governance.grants.tokens import MAX_TOKEN, Claims, claims_of, is_grant_id, looks_like_token, signed

MOST = 4 * MAX_TOKEN
KEPT = 256


class FileGrants:
    """The grants in ``home``. What changed is read anew: what is revoked now is refused at the next question."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.folder = home / "grants"
        self.keys = GrantKeys(home)
        self.revocations = Revocations(home / "revoked.jsonl")
        self._cache: OrderedDict[tuple[object, ...], Read] = OrderedDict()

    # ---- reading -----------------------------------------------------------------------------------------------------------

    def present(self, id: str, now: datetime) -> Presented:
        """``id`` may also be the token itself. Every failure is a word in the result, in S3's order."""
        read, name = self.read(id)
        claims = read.claims
        reason = self._reason(read, (*(claims.grant.ids if claims else ()), name), now)
        return Presented(name, claims.grant if claims and not reason else None, reason)

    def read(self, id_or_token: str) -> tuple[Read, str]:
        """What the home or the token itself says, apart from the time and revocation; and its id, as far as it can be told."""
        text = id_or_token.strip()
        if is_grant_id(text):
            return self._read_kept(text), text
        if not looks_like_token(text):
            return Read(reason=Reason.GRANT_NOT_FOUND), text[:64]
        read = self._cached((text,), lambda: read_token(text, self.keys.trusted()))
        return read, read.claims.grant.id if read.claims else "token"

    def ids(self) -> list[str]:
        """Of every grant in the home, whatever its state."""
        return sorted(name for file in self.folder.glob("*.json") if is_grant_id(name := file.name.removesuffix(".json")))

    def _reason(self, read: Read, ids: tuple[str, ...], now: datetime) -> Reason | None:
        if read.reason is Reason.GRANT_NOT_FOUND:
            return read.reason
        if self.revocations.entry(ids) is not None:
            return Reason.GRANT_REVOKED
        if read.reason is Reason.INVALID_EXPIRY or read.claims is None:
            return read.reason
        late = untimely(read.claims.grant, now)
        return late[0] if late else read.reason

    def _read_kept(self, id: str) -> Read:
        file = self._file(id)

        def read() -> Read:
            data = read_plain(file, MOST)
            return Read(reason=Reason.GRANT_NOT_FOUND) if data is None else read_file(data, id, self.keys.trusted())

        return self._cached((id, stamp(file)), read)

    def _cached(self, key: tuple[object, ...], read: Callable[[], Read]) -> Read:
        key = (*key, self.keys.state())
        if key not in self._cache:
            self._cache[key] = read()
            if len(self._cache) > KEPT:
                self._cache.popitem(last=False)
        return self._cache[key]

    def _file(self, id: str) -> Path:
        if not is_grant_id(id):
            raise ValueError("no grant id")
        return self.folder / f"{id}.json"

    # ---- changing: under ``locked`` ------------------------------------------------------------------------------------------

    def locked(self) -> AbstractContextManager[None]:
        """Alone among all processes that change this home."""
        return locked(self.home)

    def sign(self, grant: Grant) -> str:
        """The token of a new root grant; nothing is kept yet."""
        private = self.keys.private()
        return signed(grant, private.private_bytes_raw(), private.public_key().public_bytes_raw())

    def keep(self, token: str) -> Path:
        """Write the grant's file: the readable half, signed by the owner if it is a root, and the token."""
        claims = claims_of(token)
        payload = payload_of(claims, token)
        ensure_private_folder(self.folder)
        file = self._file(claims.grant.id)
        content = json.dumps({**payload, "signature": self._signature(claims, payload)}, indent=2) + "\n"
        write_private(file, content.encode("ascii"))
        return file

    def _signature(self, claims: Claims, payload: dict[str, Any]) -> dict[str, str]:
        if payload["parent"] is not None:
            return holders_signature(claims)
        return {"algorithm": OWNERS, "value": base64.b64encode(self.keys.private().sign(to_sign(payload))).decode()}

    def revoke(self, id: str, *, reason: str, by: str, at: datetime) -> None:
        ensure_private_folder(self.home)
        self.revocations.add(id, reason=reason, by=by, at=at)
