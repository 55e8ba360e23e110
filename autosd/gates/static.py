"""The static gate: what a linter finds that it did not find in the base, and what no change may newly do."""

from __future__ import annotations

import json
import subprocess
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from autosd.domain.changes import Candidate, GateReport, Word
from autosd.domain.errors import AutosdError
from autosd.gates.context import GateContext, passed, stopped
from autosd.gates.denylist import added_traits
from autosd.gates.javascript import SUFFIXES as JAVASCRIPT
from autosd.gates.javascript import javascript_findings

GATE = "static"
#: Lint that speaks of tidiness, not of error: an import or a name that a change leaves unused, a doubled key, an idle f-string.
TIDINESS = frozenset({"F401", "F541", "F601", "F811", "F841"})
RUFF_SECONDS = 20


@dataclass(frozen=True)
class Finding:
    """One finding. ``severity``: 1 a warning, 2 an error, 3 denied whatever the threshold."""

    path: str
    rule: str
    message: str
    line: int
    severity: int


def static(candidate: Candidate, context: GateContext) -> GateReport:
    findings: list[Finding] = []
    for path, text in candidate.files.items():
        base = context.base_text(path)
        if text is None:
            continue
        if path.endswith((".py", ".pyi")):
            findings += python_findings(path, base, text, context)
        elif path.endswith(JAVASCRIPT):
            findings += [Finding(path, *found) for found in javascript_findings(path, base, text, context)]
    worst = max((finding.severity for finding in findings), default=0)
    detail = "; ".join(f"{found.path}:{found.line} {found.rule} {found.message}" for found in findings)[:2000]
    if worst >= min(context.policy.severity_block, 3):
        first = next(found for found in findings if found.severity == worst)
        return stopped(GATE, Word.STATIC_SCAN_FAILED, f"{first.rule} {first.path}", detail)
    return passed(GATE, detail or "nothing new found")


def python_findings(path: str, base: str, text: str, context: GateContext) -> list[Finding]:
    denied = [Finding(path, "denied", trait, 0, 3) for trait in added_traits(base, text)]
    if not context.policy.ruff:
        return denied + _compiles(path, text)
    return denied + new_findings(path, base, text, context.snapshot.root)


def _compiles(path: str, text: str) -> list[Finding]:
    try:
        compile(text, path, "exec", dont_inherit=True)
    except (SyntaxError, ValueError) as error:
        return [Finding(path, "E999", str(error), getattr(error, "lineno", 0) or 0, 2)]
    return []


def new_findings(path: str, base: str, text: str, root: Path) -> list[Finding]:
    """What ruff says of ``text`` and did not say of ``base``, told apart by rule and message: lines shift."""
    try:
        before, after = _lint(path, (base, text), root, own_rules=_has_rules(root))
    except _Unreadable:
        before, after = _lint(path, (base, text), root, own_rules=False)  # a broken configuration of the project is not the change's fault
    known = Counter((finding.rule, finding.message) for finding in before)
    new = []
    for finding in after:
        key = (finding.rule, finding.message)
        known[key] -= 1
        if known[key] < 0:
            new.append(finding)
    return new


class _Unreadable(AutosdError):
    """ruff could not start on this configuration."""


def _lint(path: str, texts: tuple[str, str], root: Path, *, own_rules: bool) -> list[list[Finding]]:
    words = _ruff_words(path, own_rules)
    runs = [subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=root) for _ in texts]
    try:
        told = [run.communicate(text.encode("utf-8", "surrogateescape"), RUFF_SECONDS) for run, text in zip(runs, texts, strict=True)]
    finally:
        for run in runs:
            run.kill()
            run.wait()
    if any(run.returncode != 0 for run in runs):
        cause = told[-1][1].decode("utf-8", "replace").strip()[:300]
        raise _Unreadable("AUTOSD-LINT-FAILED", f"ruff could not run: {cause}.", "Run `ruff check` in the project by hand.", exit_code=1)
    return [[_finding(path, found) for found in json.loads(output or b"[]")] for output, _ in told]


def _ruff_words(path: str, own_rules: bool) -> list[str]:
    from ruff import find_ruff_bin  # type: ignore[import-untyped]

    rules = ["--extend-select", "E9,F"] if own_rules else ["--isolated", "--select", "E9,F"]
    return [find_ruff_bin(), "check", "--quiet", "--no-cache", "--no-fix", "--exit-zero", "--force-exclude", "--output-format", "json",
            *rules, "--stdin-filename", path, "-"]  # fmt: skip


def _has_rules(root: Path) -> bool:
    return any((root / name).is_file() for name in ("ruff.toml", ".ruff.toml")) or "[tool.ruff" in _read(root / "pyproject.toml")


def _read(path: Path) -> str:
    try:
        return path.read_text("utf-8", "replace")
    except OSError:
        return ""


def _finding(path: str, found: dict[str, object]) -> Finding:
    rule = str(found.get("code") or "E999")
    location = found.get("location")
    line = int(location["row"]) if isinstance(location, dict) else 0
    error = rule.startswith(("E9", "F", "invalid-syntax")) and rule not in TIDINESS
    return Finding(path, rule, str(found.get("message")), line, 2 if error else 1)
