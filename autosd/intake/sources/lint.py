"""What ruff proves to be wrong, never what it finds untidy; one signal for each rule, with all its places."""

from __future__ import annotations

import json
import re
import subprocess
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from autosd.domain.errors import AutosdError
from autosd.domain.signals import Signal, SignalKind
from autosd.intake.scoring import is_test_path
from autosd.intake.sources.code import python_paths

SECONDS, MOST_PLACES, BATCH = 60, 200, 500

#: Rules that speak of defects, with how bad one place is and how surely it is one. A prefix stands for all its rules.
DEFECTS: Mapping[str, tuple[float, float]] = {
    "invalid-syntax": (1.0, 1.0),
    "E9": (1.0, 1.0),
    "F50": (0.8, 0.95),  # format strings that fail when they are used
    "F52": (0.8, 0.95),
    "F601": (0.6, 0.95),  # a key twice in a dictionary: the first is lost
    "F631": (0.8, 1.0),  # an assertion on a tuple never fails
    "F632": (0.7, 0.95),  # identity of literals
    "F633": (0.8, 0.95),
    "F634": (0.8, 1.0),
    "F7": (0.95, 1.0),  # break outside of a loop and the like
    "F811": (0.6, 0.9),  # defined twice: the first is lost (a test that never runs)
    "F821": (0.9, 0.9),  # a name that nobody defines
    "F822": (0.7, 0.9),
    "F823": (0.9, 0.9),
    "E711": (0.4, 0.6),
    "E722": (0.5, 0.7),  # a bare except swallows also what ends the program
    "B002": (0.7, 0.95),
    "B003": (0.7, 0.95),
    "B005": (0.7, 0.9),  # strip() with several characters
    "B006": (0.7, 0.9),  # mutable default
    "B012": (0.7, 0.9),  # return in finally swallows the exception
    "B015": (0.6, 0.9),  # a comparison whose result nobody uses
    "B016": (0.8, 0.95),
    "B018": (0.5, 0.8),
    "B020": (0.6, 0.85),
    "B021": (0.5, 0.9),
    "B022": (0.6, 0.95),
    "B023": (0.7, 0.75),  # a closure that sees the loop's last value
    "B025": (0.6, 0.95),
    "B029": (0.7, 0.95),
    "B030": (0.7, 0.85),
    "B031": (0.6, 0.8),
    "B032": (0.7, 0.95),
    "B035": (0.7, 0.9),
    "B039": (0.7, 0.9),
    "PLE": (0.8, 0.95),
    "PLW0129": (0.7, 0.95),  # an assertion on a text never fails
    "PLW0133": (0.8, 0.95),  # an exception that is made and not raised
    "PLW0245": (0.8, 0.9),
    "PLW0711": (0.8, 0.95),
    "PLW1501": (0.8, 0.95),
    "PLW2101": (0.8, 0.95),
    "SIM115": (0.4, 0.6),  # a file that nobody closes
}
#: In tests only what breaks a test or keeps it from testing: they do odd things on purpose.
OF_TESTS = ("invalid-syntax", "E9", "F50", "F52", "F63", "F7", "F811", "F82", "PLW0129", "PLW0133")
_ASKED = tuple(rule for rule in DEFECTS if rule != "invalid-syntax")


@dataclass(frozen=True)
class Place:
    path: str
    line: int
    message: str
    fixable: bool


@dataclass(frozen=True)
class Lint:
    """``version`` is the Python that the project runs on: what it cannot parse is a defect, what only we could not is none."""

    version: tuple[int, int] = (0, 0)
    name = "ruff"

    def signals(self, project: str, root: Path, now: datetime) -> Iterator[Signal]:
        found: dict[str, list[Place]] = {}
        for rule, place in self._findings(root):
            found.setdefault(rule, []).append(place)
        for rule, places in sorted(found.items()):
            yield self._signal(project, rule, places, now)

    def _signal(self, project: str, rule: str, places: Sequence[Place], now: datetime) -> Signal:
        severity, confidence = DEFECTS[_class_of(rule, DEFECTS)]
        first = places[0]
        said = f"{rule} in {len(places)} place{'s' * (len(places) > 1)}: {first.message} ({first.path}:{first.line})"
        evidence = {
            "rule": rule,
            "count": len(places),
            "places": [f"{each.path}:{each.line} {each.message}" for each in places[:MOST_PLACES]],
            "fixable": sum(each.fixable for each in places),
        }
        paths = tuple(dict.fromkeys(each.path for each in places))
        worse = round(min(1.0, severity + min(0.1, 0.02 * (len(places) - 1))), 4)
        return Signal(
            SignalKind.LINT_DEFECT, project, f"ruff {rule}", said[:300], now, worse, confidence, paths, evidence, source=self.name
        )

    def _findings(self, root: Path) -> Iterator[tuple[str, Place]]:
        ignored = _ignored(root)
        files = list(python_paths(root))
        for start in range(0, len(files), BATCH):
            for told in self._run(root, files[start : start + BATCH]):
                rule = str(told.get("code") or "invalid-syntax")
                location = told.get("location")
                line = int(location["row"]) if isinstance(location, dict) else 0
                path = _relative(root, str(told.get("filename")))
                place = Place(path, line, str(told.get("message"))[:200], bool(told.get("fix")))
                if not rule.startswith(ignored) and _is_defect(root, rule, place):
                    yield rule, place

    def _run(self, root: Path, files: Sequence[str]) -> Sequence[Mapping[str, Any]]:
        """Without the project's configuration, which may name files outside of it; ``noqa`` in the code is heard."""
        from ruff import find_ruff_bin  # type: ignore[import-untyped]

        words = [find_ruff_bin(), "check", "--isolated", "--quiet", "--no-cache", "--no-fix", "--exit-zero", "--output-format", "json",
                 "--select", ",".join(_ASKED), *self._target(), "--", *files]  # fmt: skip
        try:
            done = subprocess.run(words, cwd=root, capture_output=True, timeout=SECONDS, check=False)
        except subprocess.TimeoutExpired:
            raise _failed(f"it did not end in {SECONDS} s") from None
        if done.returncode != 0:
            raise _failed(done.stderr.decode("utf-8", "replace").strip()[:300])
        told = json.loads(done.stdout or b"[]")
        return told if isinstance(told, list) else []

    def _target(self) -> list[str]:
        major, minor = self.version
        return ["--target-version", f"py3{min(max(minor, 7), 14)}"] if major == 3 else []


def _failed(why: str) -> AutosdError:
    return AutosdError("AUTOSD-LINT-FAILED", f"ruff could not run: {why}.", "Run `ruff check` in the project by hand.", exit_code=1)


def _class_of(rule: str, classes: Mapping[str, object] | Sequence[str]) -> str:
    """The longest of ``classes`` that ``rule`` belongs to; empty when it is of none."""
    return max((each for each in classes if rule.startswith(each)), key=len, default="")


def _is_defect(root: Path, rule: str, place: Place) -> bool:
    if is_test_path(place.path):
        named = Path(place.path).name
        if rule.startswith(("invalid-syntax", "E9")) and not (named.startswith("test") or named == "conftest.py"):
            return False  # broken on purpose, for a test to look at
        if not _class_of(rule, OF_TESTS):
            return False
    return rule != "F811" or _defines(root / place.path, place)  # else: a fixture that a test takes by its name


def _defines(file: Path, place: Place) -> bool:
    """Whether the line defines the name that ruff speaks of, in backticks."""
    lines = file.read_bytes().decode("utf-8", "replace").splitlines()
    text = lines[place.line - 1] if 0 < place.line <= len(lines) else ""
    name = place.message.partition("`")[2].partition("`")[0]
    return re.match(rf"\s*(async\s+)?(def|class)\s+{re.escape(name)}\b", text) is not None


def _relative(root: Path, name: str) -> str:
    path = Path(name)
    for base in (root, root.resolve()):
        if path.is_relative_to(base):
            return path.relative_to(base).as_posix()
    return name


def _ignored(root: Path) -> tuple[str, ...]:
    """Rules that the project's own configuration of ruff leaves out, on purpose."""
    said: list[str] = []
    for name in ("ruff.toml", ".ruff.toml", "pyproject.toml"):
        try:
            table: Any = tomllib.loads((root / name).read_text("utf-8"))
        except (OSError, ValueError):
            continue
        table = table.get("tool", {}).get("ruff", {}) if name == "pyproject.toml" else table
        for part in (table, table.get("lint", {})):
            said += [*part.get("ignore", []), *part.get("extend-ignore", [])]
    return tuple(rule for rule in said if isinstance(rule, str) and rule)
