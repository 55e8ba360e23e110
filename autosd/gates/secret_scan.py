"""The secrets gate: credentials, planted canaries and random-looking text among the added lines."""

from __future__ import annotations

import base64
import binascii
import math
import re
from collections import Counter
from urllib.parse import quote

from autosd.domain.changes import Candidate, GateReport, Word
from autosd.gates.context import GateContext, passed, stopped

GATE = "secrets"
#: detect-secrets takes 0.15 s to load: only for lines that could hold a secret at all, by a telling word or a long mixed token.
_WORTH_A_LOOK = re.compile(
    r"(?i)pass|pwd|secret|token|credential|auth|api.?key|private|bearer|BEGIN |://[^/\s]*:[^/\s]*@|AKIA|gh[opusr]_|xox|eyJ"
    r"|(?=[A-Za-z0-9+/=_\-]{0,60}[0-9])(?=[A-Za-z0-9+/=_\-]{0,60}[A-Za-z])[A-Za-z0-9+/=_\-]{18,}"
    r"|['\"][^'\"\s]{16,}['\"]"
)
_SOURCE = (".py", ".js", ".ts", ".mjs", ".cjs")
#: Kinds that are told by a word beside them or by how random they look, with the least randomness (bits a character).
_VAGUE = {"Secret Keyword": 0.0, "Base64 High Entropy String": 4.5, "Hex High Entropy String": 3.0}
_FILTERS = ("is_indirect_reference", "is_likely_id_string", "is_sequential_string", "is_templated_secret", "is_not_alphanumeric_string")
_SETTINGS = {
    "plugins_used": [
        {"name": name}
        for name in (
            "AWSKeyDetector", "ArtifactoryDetector", "AzureStorageKeyDetector", "BasicAuthDetector", "CloudantDetector",
            "DiscordBotTokenDetector", "GitHubTokenDetector", "GitLabTokenDetector", "IbmCloudIamDetector", "JwtTokenDetector",
            "KeywordDetector", "MailchimpDetector",
            "NpmDetector", "OpenAIDetector", "PrivateKeyDetector", "PypiTokenDetector", "SendGridDetector", "SlackDetector",
            "SquareOAuthDetector", "StripeDetector", "TelegramBotTokenDetector", "TwilioKeyDetector",
        )
    ] + [{"name": "Base64HighEntropyString", "limit": 4.5}, {"name": "HexHighEntropyString", "limit": 3.0}],
    "filters_used": [{"path": f"detect_secrets.filters.heuristic.{name}"} for name in _FILTERS],
}  # fmt: skip


def secrets(candidate: Candidate, context: GateContext) -> GateReport:
    """Lines that the base already has are not the change's fault; names of the finds are told, never the finds."""
    for file in context.diff.files:
        path = file.paths[-1] if file.paths else ""
        known = set(context.base_text(path).splitlines())
        lines = [line for line in file.added if line not in known]
        found = _canary(lines, context.policy.canaries) or _credential(path, lines)
        if found:
            return stopped(GATE, Word.SECRET_FOUND, path, f"{path}: {found}")
    return passed(GATE)


def _canary(lines: list[str], canaries: tuple[str, ...]) -> str | None:
    text = "\n".join(lines)
    squeezed = re.sub(r"[\s\"'+\\,()]+", "", text)
    for canary in canaries:
        if any(form in text or form in squeezed for form in _disguises(canary)):
            return "a planted secret"
    return None


def _disguises(canary: str) -> tuple[str, ...]:
    raw = canary.encode()
    encoded = base64.b64encode(raw).decode().rstrip("=")
    return (canary, canary[::-1], encoded[: max(8, len(encoded) - 2)], binascii.hexlify(raw).decode(), quote(canary, safe=""))


def _credential(path: str, lines: list[str]) -> str | None:
    suspicious = [line for line in lines if _WORTH_A_LOOK.search(line)]
    if not suspicious:
        return None
    from detect_secrets.core.scan import scan_line
    from detect_secrets.settings import transient_settings

    with transient_settings(_SETTINGS):
        for line in suspicious:
            for secret in scan_line(line):
                if _is_meant(path, line, str(secret.type), secret.secret_value or ""):
                    return str(secret.type)
    return None


def _is_meant(path: str, line: str, kind: str, value: str) -> bool:
    """``scan_line`` is made for people who ask about one line: it matches plain code and forgets the limits of randomness."""
    if kind not in _VAGUE:
        return True
    if path.endswith(_SOURCE) and not any(f"{mark}{value}{mark}" in line for mark in "'\"`"):
        return False  # in source code only quoted text can be a secret: ``token = waiting.pop()`` is none
    return _randomness(value) >= _VAGUE[kind]


def _randomness(value: str) -> float:
    """Shannon entropy in bits a character."""
    counts = Counter(value)
    return -sum(count / len(value) * math.log2(count / len(value)) for count in counts.values())
