"""Which module of a project has the worst history: defects that are there now, patches that failed, proposals about it; then complexity."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean

from autosd.acts.allowing.questions import project_key
from autosd.adapters.memory.patch_history import PatchHistoryDB
from autosd.app import App
from autosd.domain.chunks import Region
from autosd.domain.errors import AutosdError
from autosd.intake.hardness import Hardness, hardness_of
from autosd.intake.sources.code import functions, python_files
from autosd.intake.sources.lint import Lint

NEWEST = 100
OF_ERRORS = frozenset({"failing_test", "crash", "regression", "lint_defect", "flaky_test"})


@dataclass(frozen=True)
class WorstModule:
    """``errors`` counts what was and is wrong with it; ``complexity`` is how hard all of it is to follow; ``function`` the hardest part."""

    path: str
    errors: float
    complexity: int
    function: str = ""
    region: Region | None = None


def ranked(app: App, history: PatchHistoryDB, root: Path, data: Mapping[str, Sequence[float]] | None = None) -> list[WorstModule]:
    """All modules but the tests, the worst first. ``data`` replaces our own error history: counts by module name or path, oldest first."""
    errors = _given(data) if data else _known(app, history, root)
    found = []
    for file in python_files(root):
        if file.tree is None or file.is_test:
            continue
        hard = hardness_of(file.text)
        name, worst = max(
            ((name, each) for name, each in hard.items() if name), key=lambda pair: pair[1].figure, default=("", Hardness(1, 0))
        )
        node = dict(functions(file.tree)).get(name)
        region = (
            Region(min([node.lineno, *(d.lineno for d in node.decorator_list)]), node.end_lineno or node.lineno, name) if node else None
        )
        count = errors.get(file.path, errors.get(Path(file.path).stem, 0.0))
        found.append(WorstModule(file.path, count, sum(each.figure for each in hard.values()), name if worst.figure > 1 else "", region))
    return sorted(found, key=lambda each: (-each.errors, -each.complexity, each.path))


def worst_of(app: App, history: PatchHistoryDB, root: Path, data: Mapping[str, Sequence[float]] | None = None) -> WorstModule | None:
    """None where no module has an error in its history or a function that is hard to follow."""
    for each in ranked(app, history, root, data)[:1]:
        if each.errors > 0 or (each.region and each.function):
            return each
    return None


def _given(data: Mapping[str, Sequence[float]]) -> dict[str, float]:
    if not isinstance(data, Mapping):
        message = "Figures of one's own are error counts by module name."
        raise AutosdError("AUTOSD-FIGURES-INVALID", message, "Give a mapping such as {'utils': [0, 2, 5]}, oldest first.")
    return {name: fmean(counts[-NEWEST:]) for name, counts in data.items() if counts}


def _known(app: App, history: PatchHistoryDB, root: Path) -> dict[str, float]:
    key = project_key(app, root)
    found: Counter[str] = Counter()
    for signal in Lint().signals(key, root, app.clock.now()):
        places = signal.evidence.get("places")
        found.update(str(each).partition(":")[0] for each in (places if isinstance(places, list) else ()))
    found.update(each.filename for each in history.filter(project=key, limit=NEWEST) if each.reverted)
    found.update(path for each in app.proposals.find(project=key, limit=NEWEST) if each.kind in OF_ERRORS for path in each.paths)
    return {path: float(count) for path, count in found.items()}
