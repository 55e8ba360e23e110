"""Secrets taken out of what is kept: used for everything that goes into the record, and for logs and artifacts.

Three nets: literal secrets that the caller knows, the shapes of well-known credentials, and names that promise a secret.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Iterable, Mapping
from datetime import datetime
from pathlib import PurePath
from typing import Any

MASK = "[redacted]"
MAX_TEXT = 8000
MARGIN = 4096
MAX_ITEMS = 1000
MAX_DEPTH = 12
SHORTEST = 4  # of a literal secret: what is shorter stands in every text

#: Names whose values are never kept (``apiKey``, ``DB_PASSWORD``, ``x-auth-token``) ...
_SECRET_NAME = re.compile(
    r"(?i)(pass(word|wd|phrase)|pwd$|secret|token|credential|authorization|api[-_]?key|access[-_]?key|private[-_]?key|"
    r"signing[-_]?key|account[-_]?key|auth[-_]?(context|header)|cookie|session[-_]?id|dsn$|database[-_]?url|connection[-_]?string)"
)
#: ... and names that only look like it: counts and limits.
_HARMLESS_NAME = re.compile(
    r"(?i)(max|min|num|total|prompt|completion|input|output|context)_?tokens(_|$)|tokens_|token_(count|threshold|limit)|tokenizer"
)

#: Well-known credentials. Each shape is only looked for in a text that has one of its words: most texts have none.
_SHAPES: tuple[tuple[tuple[str, ...], re.Pattern[str]], ...] = tuple(
    (tuple(words.split()), re.compile(shape))
    for words, shape in (
        (
            "PRIVATE",
            r"-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----[\s\S]*?"
            r"(?:-----END [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----|\Z)",
        ),
        ("eyJ", r"\beyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]*"),  # JSON web tokens
        ("ghp_ gho_ ghu_ ghs_ ghr_", r"\bgh[pousr]_[A-Za-z0-9]{16,}"),
        ("github_pat_", r"\bgithub_pat_[A-Za-z0-9_]{16,}"),
        ("gl", r"\bgl(?:pat|dt|rt|cbt|ptt|ft|soat|agent|oas)-[A-Za-z0-9_.-]{16,}"),
        ("sk rk pk", r"\b(?:sk|rk|pk)(?:-|_live_|_test_)[A-Za-z0-9_-]{16,}"),  # OpenAI, Anthropic, Stripe
        ("whsec_", r"\bwhsec_[A-Za-z0-9+/=]{16,}"),
        ("AKIA ASIA AGPA AROA AIDA ABIA ACCA", r"\b(?:AKIA|ASIA|AGPA|AROA|AIDA|ABIA|ACCA)[A-Z0-9]{16}\b"),
        ("AIza", r"\bAIza[A-Za-z0-9_-]{30,}"),
        ("ya29.", r"\bya29\.[A-Za-z0-9_-]{16,}"),
        ("GOCSPX-", r"\bGOCSPX-[A-Za-z0-9_-]{16,}"),
        ("xox xapp-", r"\b(?:xox[abeoprs]|xapp)-[A-Za-z0-9-]{10,}"),
        (
            "hooks. webhook",
            r"https://[A-Za-z0-9.-]*(?:hooks\.slack\.com|webhook\.office\.com|discord(?:app)?\.com/api/webhooks)/[A-Za-z0-9@/_-]+",
        ),
        ("npm_ hf_ dop_v1_ pul- pul_ shpat_ atlasv1_ dckr_pat_", r"\b(?:npm|hf|dop_v1|pul|shpat|atlasv1|dckr_pat)_[A-Za-z0-9_-]{16,}"),
        (".atlasv1.", r"\b[A-Za-z0-9]{10,}\.atlasv1\.[A-Za-z0-9_=-]{16,}"),
        ("pypi-", r"\bpypi-[A-Za-z0-9_-]{16,}"),
        ("hvs. hvb. hvr.", r"\bhv[sbr]\.[A-Za-z0-9_-]{20,}"),
        ("SG.", r"\bSG\.[A-Za-z0-9_-]{16,}\.[A-Za-z0-9_-]{16,}"),
        ("SK AC", r"\b(?:SK|AC)[0-9a-f]{32}\b"),  # Twilio
        ("dapi", r"\bdapi[0-9a-f]{32}\b"),
        ("AAA:AA :AA", r"\b[0-9]{8,10}:AA[A-Za-z0-9_-]{30,}"),  # Telegram
        ("8Q~", r"\b[A-Za-z0-9_~.-]{3}8Q~[A-Za-z0-9_~.-]{31,34}"),  # Azure client secrets
        ("sig= Signature=", r"(?<=[?&;])(?:sig|(?:X-Amz-|X-Goog-)?Signature)=[A-Za-z0-9%+/=_-]{20,}"),  # signed addresses
        ("AGE-SECRET-KEY-1", r"\bAGE-SECRET-KEY-1[A-Z0-9]{20,}"),
    )
)
_IN_ADDRESS = re.compile(r"(\b[A-Za-z][A-Za-z0-9+.-]{1,20}://[^\s/@:'\"]*:)[^\s'\"]{0,500}(?=@)")  # user:password@ in a URL
#: Shapes of which only a part is the secret: the part before it is kept. Their words are looked for in any case.
_NAMED = "pass pwd secret token key credential"
_TAILS: tuple[tuple[tuple[str, ...], re.Pattern[str]], ...] = tuple(
    (tuple(words.split()), re.compile(shape))
    for words, shape in (
        ("bearer basic", r"(?i)(\b(?:bearer|basic)\s+)[A-Za-z0-9+/._~=-]{8,}"),
        (
            _NAMED,
            r"(?i)((?:password|passwd|passphrase|pwd|secret|token|api[-_]?key|access[-_]?key|account[-_]?key|private[-_]?key|"
            r"signing[-_]?key|client-key-data|credential)s?[\w-]{0,20}[\"']?\s{0,3}(?:=>|:=|[:=](?!:))\s{0,3})"
            r"(?:\"[^\"\n]*\"|'[^'\n]*'|[^\s,;&\"'}\])]+)",
        ),
        ("--", r"(?i)(--(?:password|passwd|token|secret|api-key)\s+)[^\s-]\S{3,}"),  # on a command line
        ("_auth", r"(?i)(\b_auth(?:Token)?\s?=\s?)\S{8,}"),  # npm's configuration
        ("login", r"(?i)(\bmachine\s+\S+\s+login\s+\S+\s+password\s+)\S+"),  # netrc
    )
)

#: In a prompt only what looks like a real secret is masked: code has to stay code. A letter and a digit, and no blank, tell one.
_REAL = r"(?=[^\s\"']{0,500}[0-9])(?=[^\s\"']{0,500}[A-Za-z])"
_UNDER = r"(?:password|passwd|passphrase|pwd|secret|token|(?:api|access|account|private|signing)[-_]?key|credential)"  # names of secrets
_IN_PROMPTS = tuple(
    re.compile(shape)
    for shape in (
        rf"(?i)({_UNDER}s?[\w-]{{0,20}}[\"']?\s{{0,3}}(?:=>|:=|[:=])\s{{0,3}}[\"']){_REAL}[^\s\"'{{}}<>$%()]{{8,500}}(?=[\"'])",
        # a line of a configuration file, perhaps numbered or in a diff
        rf"(?im)(^(?:\d{{1,7}}[:|]?[ \t])?[+ \t-]{{0,40}}(?:export[ \t]+)?[\w.-]{{0,60}}{_UNDER}[\w.-]{{0,20}}(?:=|:[ \t]+))"
        rf"{_REAL}[^\s\"'{{}}<>$()\[\],;]{{8,500}}(?=[ \t]*$)",
        rf"(?i)(\bbearer\s+){_REAL}[A-Za-z0-9+/._~=-]{{16,500}}",
    )
)

_remembered: set[str] = set()
#: Short texts that were looked through lately and hold no secret: names and paths come again and again.
_plain: set[str] = set()
_MOST_PLAIN, _LONGEST_PLAIN = 4096, 120


def remember(secrets: Iterable[str]) -> None:
    """Literal values that nothing in this process may keep, whatever they look like: every ``Redactor`` takes them out from now on."""
    _remembered.update(secret for secret in secrets if len(secret) >= SHORTEST)
    _plain.clear()


class Redactor:
    """Takes secrets out of text and data: ``known`` and remembered literal values, and what looks like a secret."""

    def __init__(self, known: Iterable[str] = ()) -> None:
        self._known = frozenset(secret for secret in known if len(secret) >= SHORTEST)

    def text(self, text: str) -> str:
        """``text`` without secrets, and cut where it is longer than anybody reads."""
        if text in _plain and not self._known:
            return text
        whole = len(text)
        if whole > MAX_TEXT:
            text = text[: MAX_TEXT + MARGIN]  # a secret that lies across the cut is still seen whole
        before, text = text, self.whole_text(text)
        if whole <= MAX_TEXT:
            if whole <= _LONGEST_PLAIN and before == text and not self._known:
                if len(_plain) >= _MOST_PLAIN:
                    _plain.clear()
                _plain.add(text)
            return text
        end = min(MAX_TEXT, len(text) - MARGIN) if whole > MAX_TEXT + MARGIN else MAX_TEXT
        return f"{text[: max(end, 0)]}[cut: {whole} characters in all]"

    def whole_text(self, text: str) -> str:
        """``text`` without secrets, at any length: for a list of names or a prompt, which must not be cut."""
        text = self.code(text)
        low = text.lower()
        for words, tail in _TAILS:
            for word in words:
                if word in low:
                    text = tail.sub(rf"\1{MASK}", text)
                    break
        return text

    def code(self, text: str) -> str:
        """``text`` without credentials of a well-known shape: for source and diffs, where ``token = next(tokens)`` is no secret."""
        for secret in sorted(filter(text.__contains__, self._known | _remembered), key=len, reverse=True):
            text = text.replace(secret, MASK)
        for words, shape in _SHAPES:
            for word in words:
                if word in text:
                    text = shape.sub(MASK, text)
                    break
        return _IN_ADDRESS.sub(rf"\1{MASK}", text) if "://" in text else text

    def prompt(self, text: str) -> str:
        """``text`` as a model may see it: as ``code``, and without values that are written under the name of a secret."""
        text = self.code(text)
        low = text.lower()
        if "bearer" in low or any(word in low for word in _NAMED.split()):
            for shape in _IN_PROMPTS:
                text = shape.sub(rf"\1{MASK}", text)
        return text

    def fields(self, value: Mapping[str, Any]) -> dict[str, Any]:
        """Like ``data``, for a mapping."""
        return self._mapping(value, MAX_DEPTH)

    def data(self, value: Any) -> Any:
        """``value`` as plain JSON without secrets: text redacted, values under secret names blanked, odd objects named by their type."""
        return self._data(value, MAX_DEPTH)

    def _data(self, value: Any, depth: int) -> Any:
        if value is None or isinstance(value, bool | int):
            return value
        if isinstance(value, str | PurePath):
            return self.text(str(value))
        if isinstance(value, float):
            return value if value == value and abs(value) != float("inf") else str(value)
        if isinstance(value, datetime):
            return value.isoformat()
        if depth == 0:
            return f"<{type(value).__name__}: nested too deep>"
        if isinstance(value, Mapping):
            return self._mapping(value, depth)
        if isinstance(value, list | tuple | set | frozenset):
            return self._items(value, depth)
        return f"<{type(value).__name__}>"  # its repr could hold anything

    def _items(self, value: Iterable[Any], depth: int) -> list[Any]:
        items = sorted(value, key=str) if isinstance(value, set | frozenset) else list(value)
        kept = [self._data(item, depth - 1) for item in items[:MAX_ITEMS]]
        return [*kept, f"[cut: {len(items) - MAX_ITEMS} more]"] if len(items) > MAX_ITEMS else kept

    def _mapping(self, value: Mapping[Any, Any], depth: int) -> dict[str, Any]:
        result = {}
        for number, (key, item) in enumerate(value.items()):
            if number == MAX_ITEMS:
                break
            name, secret = self._name(str(key))
            hidden = secret and not isinstance(item, bool | None) and item != ""
            result[name] = MASK if hidden else self._data(item, depth - 1)
        return result

    def _name(self, key: str) -> tuple[str, bool]:
        if key in _PLAIN_NAMES:
            return key, False
        name = self.text(key)
        return name, is_secret_name(name)


#: What the record's own entries are made of: looked at so often that it pays to know.
_PLAIN_NAMES = frozenset(
    {
        "project_id", "action", "grant_id", "grant_ids", "gates_run", "commit_ref", "tag_ref", "break_glass_used", "details", "permit_id",
        "principal", "attended", "risk", "paths", "repo", "decided_at", "reason", "error", "message", "code", "rule", "objections",
        "environment", "lines",
    }
)  # fmt: skip


def redact_text(text: str, known: Iterable[str] = ()) -> str:
    """``text`` without secrets, and cut where it is longer than anybody reads."""
    return Redactor(known).text(text)


def redact(value: Any, known: Iterable[str] = ()) -> Any:
    """``value`` as plain JSON data without secrets: see ``Redactor.data``."""
    return Redactor(known).data(value)


def is_secret_name(name: str) -> bool:
    return bool(_SECRET_NAME.search(name)) and not _HARMLESS_NAME.search(name)


class RedactingFilter(logging.Filter):
    """Takes secrets out of every log line, its arguments and its traceback before any handler writes it."""

    def __init__(self, known: Iterable[str] = ()) -> None:
        super().__init__()
        self._redactor = Redactor(known)

    def filter(self, record: logging.LogRecord) -> bool:
        record.msg, record.args = self._redactor.text(record.getMessage()), None
        if record.exc_info:
            record.exc_text = self._redactor.text(logging.Formatter().formatException(record.exc_info))
            record.exc_info = None
        return True
