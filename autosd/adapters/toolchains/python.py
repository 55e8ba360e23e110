"""The Toolchain port for Python projects: which interpreter runs their tests, and what it sees."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from autosd.adapters.toolchains.build import Builder
from autosd.adapters.toolchains.interpreters import Interpreter, autosds_own, given, own_environment
from autosd.adapters.toolchains.layout import Project, ensure_metadata, import_roots, read_project
from autosd.adapters.toolchains.requirements import missing, requirements
from autosd.adapters.toolchains.toolbox import ensure_toolbox
from autosd.domain.errors import AutosdError
from autosd.domain.sandboxing import Mount
from autosd.ports import Sandbox, Snapshot, SubjectEnv

#: The whole environment of a test run besides paths: the same everywhere, nothing inherited, nothing secret.
_FIXED = {
    "HOME": "/tmp",  # noqa: S108 - the sandbox's own, empty at every run
    "TMPDIR": "/tmp",  # noqa: S108
    "LANG": "C.UTF-8",
    "LC_ALL": "C.UTF-8",
    "TZ": "UTC",
    "USER": "autosd",
    "LOGNAME": "autosd",
    "PYTHONDONTWRITEBYTECODE": "1",
    "PYTHONHASHSEED": "0",
    "PYTHONNOUSERSITE": "1",
}


class PythonToolchain:
    """Satisfies ``Toolchain``. The order: given, the project's own, autosd's when it has all that is required, else built."""

    def __init__(self, home: Path, sandbox: Sandbox | None = None, *, build_seconds: float = 600.0) -> None:
        self._home = home
        self._sandbox = sandbox
        self._builder = Builder(home, build_seconds)

    def prepare(self, snapshot: Snapshot, *, python: Path | None = None) -> SubjectEnv:
        """See ``Toolchain``. Also raises ``AUTOSD-ENV-NO-PYTEST``."""
        project = read_project(snapshot.root)
        interpreter, origin = self._choose(snapshot, project, python)
        return self._environment(snapshot, project, interpreter, origin)

    def _choose(self, snapshot: Snapshot, project: Project, python: Path | None) -> tuple[Interpreter, str]:
        if python is not None:
            return given(python), "given"
        inside = len(snapshot.root.relative_to(snapshot.top).parts)
        for folder in (snapshot.source, *list(snapshot.source.parents)[:inside]):
            if found := own_environment(folder):
                return found, "own venv"
        needed = requirements(project)
        mine = autosds_own()
        lacking = missing(needed.all)
        if not lacking:
            return mine, "autosd"
        try:
            return self._builder.ensure(mine, needed), "built"
        except AutosdError:
            if missing(needed.runtime):
                raise
            return mine, f"autosd (not installed: {', '.join(lacking)})"

    def _environment(self, snapshot: Snapshot, project: Project, interpreter: Interpreter, origin: str) -> SubjectEnv:
        roots = import_roots(project, interpreter.site, snapshot.source)
        path = [str(root) for root in roots]
        programs = [str(interpreter.python.parent), "/usr/local/bin", "/usr/bin", "/bin"]
        folders = list(interpreter.folders)
        if metadata := ensure_metadata(self._home, project, roots, interpreter.site, interpreter.python):
            path.append(str(metadata))
            programs.insert(0, str(metadata / "bin"))
            folders.append(metadata)
        if not interpreter.has("pytest", "_pytest"):
            toolbox = ensure_toolbox(self._home, interpreter)
            path.append(str(toolbox / "start"))
            folders.append(toolbox)
        env: Mapping[str, str] = {**_FIXED, "PATH": ":".join(programs), "PYTHONPATH": ":".join(path)}
        if (interpreter.prefix / "pyvenv.cfg").is_file():
            env = {**env, "VIRTUAL_ENV": str(interpreter.prefix)}
        mounts = tuple(Mount(folder) for folder in dict.fromkeys(folders))
        return SubjectEnv(interpreter.python, mounts, env, interpreter.version, origin)
