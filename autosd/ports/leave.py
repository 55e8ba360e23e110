"""What leave needs: keys, the record, quotas, the ledger, approvals, projects, grants."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, Protocol

from autosd.domain.approvals import ApprovalRequest, ApprovalStatus
from autosd.domain.grants import GrantUse, Presented
from autosd.domain.projects import Project
from autosd.domain.quotas import HOUR_MS, Account, Breach, Budget, QuotaState, Reservation, Unit


class Keyring(Protocol):
    """Ed25519 keys of this installation. The private half never leaves it."""

    def sign(self, data: bytes) -> bytes: ...

    def public(self) -> bytes:
        """The raw 32 byte public key."""
        ...


class RecordMoved(Exception):
    """A count that a decision was made on is no longer what the record says: decide again."""


class AuditLog(Protocol):
    """The tamper-evident record; ``append`` returns when the entry is on disk."""

    def append(self, kind: str, fields: Mapping[str, Any], at: datetime, *, seen: Mapping[str, GrantUse] | None = None) -> str:
        """Add an entry; its id. With ``seen``: only if the grant in ``fields`` was used just so often so far, else ``RecordMoved``."""
        ...

    def use_of(self, grant_id: str, now: datetime) -> GrantUse:
        """What the record says was done with a grant and with its children; cost does not grow with the record."""
        ...


class Quotas(Protocol):
    """Counters of S0's hour windows, atomic under any number of workers."""

    def charge(self, key: str, limit: int, now: datetime, *, window_ms: int = HOUR_MS) -> QuotaState:
        """Count one use and tell whether it was within ``limit``. Raises ``AUTOSD-QUOTA-UNAVAILABLE``."""
        ...

    def state(self, key: str, limit: int, now: datetime) -> QuotaState:
        """The window without a use. A window that has ended reads as unused."""
        ...

    def states(self, limit: int, now: datetime) -> Sequence[QuotaState]:
        """Every window that has not ended, by key."""
        ...

    def reset(self, key: str, now: datetime) -> bool:
        """Empty the window at once; false when there was none."""
        ...

    def close(self) -> None: ...


class Ledger(Protocol):
    """Money, tokens and seconds: reserved before, settled after. Open reservations count in full until they are settled or released."""

    def reserve(self, reservation: Reservation, budgets: Sequence[Budget]) -> Breach | None:
        """Put it aside if every budget allows it, atomically; else nothing happens and the first breach is returned.

        The same id and content again is no second reservation; the same id with another content: ``AUTOSD-STORE-CONFLICT``.
        """
        ...

    def settle(self, id: str, spent: Mapping[Unit, int], at: datetime) -> None:
        """What it came to, which may be more than was reserved. Again with the same figures is no error."""
        ...

    def release(self, id: str, at: datetime) -> None:
        """Nothing was spent. Again is no error; what was settled cannot be released (``AUTOSD-STORE-CONFLICT``)."""
        ...

    def spent(self, account: Account, unit: Unit, since: datetime) -> int:
        """Settled sums of the accounts that match ``account``'s non-empty parts."""
        ...

    def open_reservations(self, *, older_than: datetime | None = None) -> Sequence[Reservation]:
        """Oldest first."""
        ...

    def accounts(self, since: datetime) -> Sequence[Account]:
        """Every purse with an open reservation, or with one that was settled since."""
        ...


class Approvals(Protocol):
    """Requests for a person's yes, durable."""

    def add_request(self, request: ApprovalRequest) -> None:
        """Append; the same again is no error."""
        ...

    def request(self, id: str) -> ApprovalRequest | None: ...

    def requests(
        self, *, project: str | None = None, proposal: str | None = None, status: ApprovalStatus | None = None
    ) -> Sequence[ApprovalRequest]:
        """Newest first."""
        ...

    def replace_request(self, old: ApprovalRequest, new: ApprovalRequest) -> bool:
        """Write ``new`` only if ``old`` is still what is stored (status and votes); false when somebody was faster."""
        ...


class Projects(Protocol):
    """The repositories that autosd was told about."""

    def add_project(self, project: Project) -> None:
        """Raises ``AUTOSD-PROJECT-EXISTS`` when the id or the path is taken by another project."""
        ...

    def project(self, id: str) -> Project | None: ...

    def project_at(self, path: Path) -> Project | None: ...

    def standing(self, path: Path) -> tuple[Project | None, bool]:
        """The project that governs this folder: in it, or the nearest above. And whether work there is halted: by that project or any
        other above, by one of these folders, or with all."""
        ...

    def halted_below(self, path: Path) -> Sequence[Path]:
        """Halted folders that lie in this one."""
        ...

    def all_projects(self) -> Sequence[Project]: ...

    def remove_project(self, id: str) -> bool:
        """Forget it; its changes and its record stay."""
        ...


class Grants(Protocol):
    """Signed grants on disk: read, checked, never trusted by name."""

    def present(self, id: str, now: datetime) -> Presented:
        """Read and verify; every failure is a reason word in the result, none is raised. ``use`` is left to the record."""
        ...
