"""Guide S2's ``SafetyMonitor``: runs the tests of a module in the sandbox and raises a flag when they fail again and again."""

from __future__ import annotations

import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol

from autosd.intake.own_tests import own_tests
from autosd.library.environment import create_ephemeral_env

FLAG = "safety:flag"


class EventBus(Protocol):
    def publish(self, topic: str, payload: Mapping[str, Any], /) -> object: ...


class SafetyMonitor:
    """Counts failures in a row for each target. ``workflows`` are lists of modules by name; ``event_bus`` hears ``safety:flag``."""

    def __init__(
        self,
        root: Path | str = ".",
        *,
        fail_threshold: int = 3,
        event_bus: EventBus | None = None,
        workflows: Mapping[str, Sequence[str]] | None = None,
        timeout: float = 300.0,
        unattended: bool = False,
    ) -> None:
        if fail_threshold < 1:
            raise ValueError("fail_threshold is at least 1")
        self.root, self.fail_threshold, self.timeout = Path(root).resolve(), fail_threshold, timeout
        self._bus, self._workflows, self._unattended = event_bus, dict(workflows or {}), unattended
        self.failures: dict[str, int] = {}

    def validate_bot(self, name: str) -> bool:
        """Whether the tests of this module pass now. A module without tests does not: nothing speaks for it."""
        return self.note(name, self._passes(name))

    def validate_workflow(self, id: str) -> bool:
        """Whether every module of the workflow has tests that pass; an empty or unknown workflow does not."""
        modules = self._workflows.get(id, ())
        return self.note(f"workflow:{id}", bool(modules) and all(map(self._passes, modules)))

    def note(self, target: str, passed: bool) -> bool:
        """One more result; the flag is raised at the threshold and at every failure after it. Returns ``passed``."""
        if passed:
            self.failures.pop(target, None)
            return True
        count = self.failures[target] = self.failures.get(target, 0) + 1
        if count >= self.fail_threshold and self._bus is not None:
            self._bus.publish(FLAG, {"target": target, "count": count})
        return False

    def flagged(self, target: str) -> bool:
        return self.failures.get(target, 0) >= self.fail_threshold

    def _passes(self, name: str) -> bool:
        with create_ephemeral_env(self.root, ignored=True, unattended=self._unattended) as (repo, run):
            files = own_tests(repo, name)
            try:
                return bool(files) and run(["pytest", "-q", *files], timeout=self.timeout).returncode == 0
            except subprocess.TimeoutExpired:
                return False
