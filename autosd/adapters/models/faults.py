"""What went wrong at a provider, in our words: which fault it is, one line without secrets, and what to do."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from autosd.adapters.models.waiting import retry_after
from autosd.governance.redaction import Redactor
from autosd.ports import ModelError, ModelFault

F = ModelFault


@dataclass(frozen=True)
class _Fault:
    code: str
    what: str
    remedy: str


_FAULTS: dict[ModelFault, _Fault] = {
    F.RATE_LIMITED: _Fault(
        "AUTOSD-MODEL-RATE-LIMITED", "{name} allows no more requests for now", "Wait, or have the provider raise your limits."
    ),
    F.TIMEOUT: _Fault("AUTOSD-MODEL-TIMEOUT", "{name} did not answer in time", "Try again, or give it longer (CODEX_TIMEOUT, in seconds)."),
    F.CONNECTION: _Fault(
        "AUTOSD-MODEL-CONNECTION",
        "{name} could not be reached, or went away",
        "See that {url} can be reached from here and is the right address.",
    ),
    F.SERVER: _Fault("AUTOSD-MODEL-SERVER", "{name} is in trouble", "Try again later."),
    F.GARBAGE: _Fault(
        "AUTOSD-MODEL-GARBAGE",
        "{name} sent what is no answer",
        "See that {url} is the address of a model's interface, and try again.",
    ),
    F.AUTH: _Fault(
        "AUTOSD-MODEL-AUTH",
        "{name} does not accept the key or the account",
        "Check {key}, and what the account behind it may use.",
    ),
    F.BAD_REQUEST: _Fault("AUTOSD-MODEL-BAD-REQUEST", "{name} refused the request", "Check the model's name, and what the provider says."),
    F.TOO_LONG: _Fault(
        "AUTOSD-MODEL-TOO-LONG",
        "{name} was asked with more than it can take in",
        "Send less, or name a model that takes in more.",
    ),
}
#: The providers' own words, stronger than the status: an error in the middle of a stream has none.
_KINDS = {
    "insufficient_quota": F.AUTH,
    "billing_error": F.AUTH,
    "authentication_error": F.AUTH,
    "permission_error": F.AUTH,
    "context_length_exceeded": F.TOO_LONG,
    "request_too_large": F.TOO_LONG,
    "rate_limit_error": F.RATE_LIMITED,
    "rate_limit_exceeded": F.RATE_LIMITED,
    "overloaded_error": F.SERVER,
    "api_error": F.SERVER,
    "server_error": F.SERVER,
    "timeout_error": F.TIMEOUT,
    "not_found_error": F.BAD_REQUEST,
}
_STATUSES = {401: F.AUTH, 402: F.AUTH, 403: F.AUTH, 408: F.TIMEOUT, 409: F.SERVER, 413: F.TOO_LONG, 425: F.SERVER, 429: F.RATE_LIMITED}
_TOO_LONG = re.compile(
    r"(?i)context[ _]?(length|window|size)|(prompt|input|request) (is )?too (long|large)|too many (input |prompt )?tokens|"
    r"exceeds? the (max|lim)"
)
_MOST_SAID = 300


@dataclass(frozen=True)
class Place:
    """Which model, where, and by which setting its key is given; with what takes secrets out of what it says."""

    name: str
    url: str
    key_setting: str
    redactor: Redactor

    def error(self, fault: ModelFault, said: str = "", headers: Mapping[str, str] | None = None) -> ModelError:
        known = _FAULTS[fault]
        wait = retry_after(headers, datetime.now(UTC)) if headers else None
        said = self.one_line(said)
        message = known.what.format(name=self.name) + (f": {said}" if said else "")
        message += f"; it asks for {wait:.4g} seconds of patience." if wait is not None else "."
        return ModelError(fault, message, known.remedy.format(url=self.url, key=self.key_setting), retry_after=wait)

    def refused(self, status: int, kinds: tuple[object, ...], said: str, headers: Mapping[str, str]) -> ModelError:
        """What a status, with the machine-readable words and the message that came with it, stands for."""
        told = f"{said.rstrip('. ')} (status {status})" if status >= 300 else said
        return self.error(fault_of(status, kinds, said), told, headers)

    def one_line(self, text: str) -> str:
        """What a provider says is untrusted: no control characters, no key, not long."""
        plain = "".join(each if each.isprintable() else " " for each in self.redactor.text(text))
        return " ".join(plain.split())[:_MOST_SAID].rstrip(".")


def fault_of(status: int, kinds: tuple[object, ...], said: str) -> ModelFault:
    for kind in kinds:
        if isinstance(kind, str) and kind in _KINDS:
            return _KINDS[kind]
    if status in _STATUSES:
        return _STATUSES[status]
    if status >= 500 or status < 300:
        return F.SERVER
    return F.TOO_LONG if _TOO_LONG.search(said) else F.BAD_REQUEST
