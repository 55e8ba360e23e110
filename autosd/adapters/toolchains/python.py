"""The Toolchain port for Python projects: which interpreter runs their tests, and what it sees."""

from __future__ import annotations

import platform
from collections.abc import Mapping
from pathlib import Path

from autosd.adapters.toolchains.build import Builder
from autosd.adapters.toolchains.interpreters import Interpreter, autosds_own, given, own_environment
from autosd.adapters.toolchains.layout import Project, import_roots, read_project, uses_pytest
from autosd.adapters.toolchains.metadata import ensure_metadata
from autosd.adapters.toolchains.requirements import Requirements, missing, requirements
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
        """See ``Toolchain``. Also raises ``AUTOSD-ENV-NO-PYTEST`` and ``AUTOSD-ENV-PYTHON-VERSION``."""
        project = read_project(snapshot.root)
        interpreter, origin = self._choose(snapshot, project, python)
        return self._environment(snapshot, project, interpreter, origin)

    def require(self, python: Path) -> None:
        """See ``Toolchain``."""
        given(python)

    def _choose(self, snapshot: Snapshot, project: Project, python: Path | None) -> tuple[Interpreter, str]:
        if python is not None:
            return given(python), "given"
        for folder in dict.fromkeys((snapshot.source, _top(snapshot))):
            if found := own_environment(folder):
                return found, "own venv"
        needed = requirements(project)
        mine = autosds_own()
        _check_version(project, mine)
        lacking = missing(needed.all)
        if not lacking:
            return mine, "autosd"
        return self._built(mine, needed, lacking)

    def _built(self, mine: Interpreter, needed: Requirements, lacking: list[str]) -> tuple[Interpreter, str]:
        """An environment with all, else with what the project itself needs; autosd's own when only the tests' extras are lacking."""
        own_suffices = not missing(needed.runtime)
        try:
            return self._builder.ensure(mine, needed, patient=not own_suffices), "built"
        except AutosdError:
            if own_suffices:
                return mine, f"autosd (not installed: {', '.join(lacking)})"
            if not needed.tests:
                raise
        built = self._builder.ensure(mine, Requirements(needed.runtime))
        return built, f"built (not installed: {', '.join(line for line in needed.tests if line in lacking)})"

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
            toolbox = self._lent(snapshot, project, interpreter)
            path += [str(toolbox / "start")] if toolbox else []
            folders += [toolbox] if toolbox else []
        env: Mapping[str, str] = {**_FIXED, "PATH": ":".join(programs), "PYTHONPATH": ":".join(path)}
        if (interpreter.prefix / "pyvenv.cfg").is_file():
            env = {**env, "VIRTUAL_ENV": str(interpreter.prefix)}
        mounts = tuple(Mount(folder) for folder in dict.fromkeys(folders))
        return SubjectEnv(interpreter.python, mounts, env, interpreter.version, origin)

    def _lent(self, snapshot: Snapshot, project: Project, interpreter: Interpreter) -> Path | None:
        """Our pytest for an interpreter without one; a project that shows no sign of pytest can do without."""
        try:
            return ensure_toolbox(self._home, interpreter, _top(snapshot))
        except AutosdError:
            if uses_pytest(project):
                raise
            return None


def _top(snapshot: Snapshot) -> Path:
    """The user's folder that stands behind the worktree's top."""
    inside = len(snapshot.root.relative_to(snapshot.top).parts)
    return [snapshot.source, *snapshot.source.parents][inside]


def _check_version(project: Project, mine: Interpreter) -> None:
    from packaging.specifiers import InvalidSpecifier, SpecifierSet

    said = project.get("project", "requires-python") or project.cfg.get("options", {}).get("python_requires") or ""
    try:
        fits = SpecifierSet(str(said)).contains(platform.python_version(), prereleases=True)
    except InvalidSpecifier:
        return
    if not fits:
        running = ".".join(map(str, mine.version))
        message = f"The project needs Python {said}, autosd runs on {running}, and there is no environment of its own."
        remedy = "Create a .venv in the project, or name an interpreter with --python PATH."
        raise AutosdError("AUTOSD-ENV-PYTHON-VERSION", message, remedy, exit_code=1)
