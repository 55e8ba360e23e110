"""When a grant counts: from its beginning to the earliest end that any of its terms sets."""

from __future__ import annotations

from datetime import datetime, timedelta

from autosd.domain.grants import BREAK_GLASS_LIFE, LONGEST_LIFE, Grant, Reason

#: A clock that signed may be ahead of the one that checks by so much.
SKEW = timedelta(minutes=5)


def untimely(grant: Grant, now: datetime) -> tuple[Reason, str] | None:
    """S3's order: no proper end, then past it, then before its beginning."""
    fault = lifetime_fault(grant)
    if fault:
        return Reason.INVALID_EXPIRY, fault
    if now >= grant.expires_at:
        return Reason.GRANT_EXPIRED, f"it expired at {grant.expires_at:%Y-%m-%d %H:%M:%S} UTC"
    begins = max([grant.issued_at - SKEW, *(terms.not_before for terms in grant.terms if terms.not_before is not None)])
    if now < begins:
        return Reason.GRANT_NOT_YET_VALID, f"it is valid from {max(begins, grant.issued_at):%Y-%m-%d %H:%M:%S} UTC"
    return None


def lifetime_fault(grant: Grant) -> str | None:
    """Why a grant's end is none; or None. Every grant ends, break-glass ones soon."""
    expires = grant.terms[0].expires_at
    if expires is None:
        return "it has no end"
    if expires <= grant.issued_at:
        return "it ends before it begins"
    longest = BREAK_GLASS_LIFE if grant.break_glass else LONGEST_LIFE
    lasts = f"it lasts longer than {longest.total_seconds() / 3600:g} hours"
    return lasts if expires - grant.issued_at > longest else None
