"""Grants as files in a home of their own: keys, tokens with their readable halves, and what was revoked."""

from autosd.adapters.grants.files import FileGrants

__all__ = ["FileGrants"]
