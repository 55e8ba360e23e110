"""The whole examination behind ``autosd doctor``: the machine, the sandbox's rungs, the store and the record."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from autosd.settings import Settings, table
from autosd.settings.kinds import mask_url
from autosd.views.machine import Check, State, attempted, git_check, home_check, python_checks, tool_checks


@dataclass(frozen=True)
class Examination:
    checks: tuple[Check, ...]
    level: str

    @property
    def works(self) -> bool:
        return not any(check.state is State.FAIL for check in self.checks)

    def to_dict(self) -> dict[str, Any]:
        checks = [{"name": c.name, "state": str(c.state), "detail": c.detail, "remedy": c.remedy} for c in self.checks]
        return {"result": "ok" if self.works else "fail", "sandbox": self.level, "checks": checks}
