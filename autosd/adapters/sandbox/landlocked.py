"""The second rung's sandbox: the same launcher, a plan without mounts, and private copies in place of scratch mounts."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from autosd.adapters.sandbox import layout
from autosd.adapters.sandbox.ladder import LauncherSandbox
from autosd.adapters.sandbox.plan import limits_told
from autosd.adapters.sandbox.scratch import Den, Translation, base_folder, discard_stale
from autosd.domain.sandboxing import Access, Command, Completed, Mount, SandboxReport
from autosd.ports import Session

READABLE = ("/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32")
LEAST_ENV = {"PATH": "/usr/local/bin:/usr/bin:/bin", "LANG": "C.UTF-8", "USER": "sandbox"}


class LandlockSandbox:
    """Landlock has no mounts: a scratch mount is a private copy, and the words that go in and out are translated."""

    def __init__(self, home: Path, report: SandboxReport) -> None:
        self._report = report
        self._base = base_folder(home)
        discard_stale(self._base)
        self._inner = LauncherSandbox(lambda command: {}, lambda: report)

    def report(self) -> SandboxReport:
        return self._report

    def run(self, command: Command) -> Completed:
        with self._prepared(command) as (plan, inside, translation):
            done = self._inner.run_plan(plan, inside)
        return replace(done, stdout=translation.outward(done.stdout), stderr=translation.outward(done.stderr))

    @contextlib.contextmanager
    def session(self, command: Command) -> Iterator[Session]:
        with self._prepared(command) as (plan, inside, translation), self._inner.session_plan(plan, inside) as session:
            yield _TranslatedSession(session, translation)

    def close(self) -> None:
        self._inner.close()

    @contextlib.contextmanager
    def _prepared(self, command: Command) -> Iterator[tuple[dict[str, Any], Command, Translation]]:
        layout.check(command)
        mounts = layout.ordered(command.mounts)
        den = Den(self._base, mounts)
        try:
            translation = Translation(den.copies)
            inside = replace(command, stdin=translation.inward(command.stdin))
            yield _plan(command, mounts, den, translation), inside, translation
        finally:
            den.remove()


def _plan(command: Command, mounts: list[Mount], den: Den, translation: Translation) -> dict[str, Any]:
    shared = [str(mount.path) for mount in mounts if mount.access is Access.WRITE]
    private = [str(den.path / "tmp"), *map(str, den.copies.values())]
    env = {**LEAST_ENV, "HOME": private[0], "TMPDIR": private[0], **command.env}
    return {
        "level": "landlock",
        "argv": translation.inward(list(command.argv)),
        "cwd": translation.inward(str(command.cwd)),
        "env": {name: translation.inward(value) for name, value in env.items()},
        "read": [
            *READABLE,
            *(f"/etc/{name}" for name in (*layout.ETC_FILES, *layout.ETC_FOLDERS)),
            *(str(mount.path) for mount in mounts if mount.access is Access.READ),
        ],
        "write": [*private, *shared],
        "private": private,
        "shared": shared,
        "folders": private,
        "limits": limits_told(command.limits),
    }


class _TranslatedSession:
    def __init__(self, inner: Session, translation: Translation) -> None:
        self._inner, self._translation = inner, translation

    def send(self, message: Mapping[str, Any]) -> None:
        self._inner.send(self._translation.inward(dict(message)))

    def receive(self, timeout: float) -> dict[str, Any]:
        message: dict[str, Any] = self._translation.outward(self._inner.receive(timeout))
        return message

    def close(self) -> None:
        self._inner.close()
