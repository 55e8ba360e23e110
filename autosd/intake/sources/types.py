"""What mypy proves to be wrong, in projects that ask for mypy and have it installed."""

from __future__ import annotations

import configparser
import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from autosd.domain.errors import AutosdError
from autosd.domain.sandboxing import Access, Command, Ending, Limits, Mount
from autosd.domain.signals import Signal, SignalKind
from autosd.ports import Sandbox, SubjectEnv

MOST_PLACES = 200
#: Codes that speak of a program that breaks when it is run, not of annotations that are missing or could be better.
DEFECTS: Mapping[str, float] = {
    "attr-defined": 0.7,
    "name-defined": 0.9,
    "call-arg": 0.8,
    "call-overload": 0.6,
    "arg-type": 0.5,
    "index": 0.5,
    "operator": 0.6,
    "union-attr": 0.5,
    "return": 0.6,
    "return-value": 0.5,
    "not-callable": 0.7,
    "str-format": 0.7,
    "used-before-def": 0.9,
    "func-returns-value": 0.6,
    "unused-coroutine": 0.8,
    "syntax": 1.0,
}
_LINE = re.compile(r"^(?P<path>[^:\n]+):(?P<line>\d+)(?::\d+)?: error: (?P<message>.*)  \[(?P<code>[a-z-]+)\]$", re.M)


@dataclass(frozen=True)
class Types:
    """Runs the project's own mypy, plugins and all, so it runs in the sandbox."""

    sandbox: Sandbox
    env: SubjectEnv
    limits: Limits = field(default_factory=Limits)
    name = "mypy"

    def signals(self, project: str, root: Path, now: datetime) -> Iterator[Signal]:
        asked = configured(root)
        if asked is None:
            return
        found: dict[str, list[tuple[str, int, str]]] = {}
        for match in _LINE.finditer(self._told(root, asked)):
            if match["code"] in DEFECTS:
                found.setdefault(match["code"], []).append((match["path"], int(match["line"]), match["message"]))
        for code, places in sorted(found.items()):
            yield self._signal(project, code, places, now)

    def _signal(self, project: str, code: str, places: Sequence[tuple[str, int, str]], now: datetime) -> Signal:
        path, line, message = places[0]
        said = f"mypy [{code}] in {len(places)} place{'s' * (len(places) > 1)}: {message} ({path}:{line})"[:300]
        evidence = {"rule": code, "count": len(places), "places": [f"{p}:{n} {m}"[:300] for p, n, m in places[:MOST_PLACES]], "fixable": 0}
        severity = round(min(1.0, DEFECTS[code] + min(0.1, 0.02 * (len(places) - 1))), 4)
        paths = tuple(dict.fromkeys(each[0] for each in places))
        return Signal(SignalKind.LINT_DEFECT, project, f"mypy {code}", said, now, severity, 0.8, paths, evidence, source=self.name)

    def _told(self, root: Path, targets: Sequence[str]) -> str:
        words = ("-m", "mypy", "--no-incremental", "--cache-dir=/dev/null", "--show-error-codes", "--no-pretty", "--no-error-summary")
        env = {"PATH": "/usr/local/bin:/usr/bin:/bin", "HOME": "/tmp", "LANG": "C.UTF-8", **self.env.env}  # noqa: S108 - the sandbox's own
        mounts = (*self.env.mounts, Mount(root, Access.SCRATCH))
        done = self.sandbox.run(Command((str(self.env.python), *words, *targets), root, mounts, env, self.limits))
        if done.ending is Ending.EXITED and done.exit_code in (0, 1) and b"No module named mypy" not in done.stderr:
            return done.stdout.decode("utf-8", "replace")
        cause = (done.stderr or done.stdout).decode("utf-8", "replace").strip().rpartition("\n")[2][:200] or str(done.ending)
        remedy = "Install mypy in the project's environment, or run it by hand."
        raise AutosdError("AUTOSD-LINT-FAILED", f"The project's mypy could not run: {cause}.", remedy, exit_code=1)


def configured(root: Path) -> tuple[str, ...] | None:
    """What to check: nothing by name where the configuration names it; None when the project does not ask for mypy."""
    for table in (_ini(root / "mypy.ini", "mypy"), _ini(root / ".mypy.ini", "mypy"), _toml(root), _ini(root / "setup.cfg", "mypy")):
        if table is not None:
            return () if {"files", "packages", "modules"} & table.keys() else (".",)
    return None


def _ini(path: Path, section: str) -> Mapping[str, Any] | None:
    parser = configparser.ConfigParser(interpolation=None, strict=False)
    try:
        parser.read_string(path.read_text("utf-8"))
    except (OSError, ValueError, configparser.Error):
        return None
    return dict(parser[section]) if parser.has_section(section) else None


def _toml(root: Path) -> Mapping[str, Any] | None:
    try:
        table = tomllib.loads((root / "pyproject.toml").read_text("utf-8")).get("tool", {}).get("mypy")
    except (OSError, ValueError):
        return None
    return table if isinstance(table, dict) else None
