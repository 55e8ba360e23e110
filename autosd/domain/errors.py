"""The one base error: a stable code, what is wrong, what to do next."""

from __future__ import annotations


class AutosdError(Exception):
    """Something that must not happen, said so that a person can act on it.

    ``code`` is stable (``AUTOSD-...``), ``remedy`` is one imperative sentence. ``exit_code`` follows the CLI's
    convention: 1 it could not be done, 2 it was refused or asked for wrongly.
    """

    def __init__(self, code: str, message: str, remedy: str, *, exit_code: int = 2) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.remedy = remedy
        self.exit_code = exit_code

    def __str__(self) -> str:
        return f"[{self.code}] {self.message} Hint: {self.remedy}"
