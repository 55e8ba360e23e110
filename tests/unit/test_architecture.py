"""The house rules that a tool can check: sizes, names, one road, nothing that names a machine."""

from __future__ import annotations

import ast
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
MAX_FILE, MAX_FUNCTION = 400, 60


def tracked(*patterns: str) -> list[Path]:
    listing = subprocess.run(["git", "ls-files", "-z", "--", *patterns], cwd=ROOT, capture_output=True, check=True)
    return [ROOT / name for name in listing.stdout.decode().split("\0") if name and (ROOT / name).is_file()]


def sources() -> list[Path]:
    return [path for path in tracked("*.py") if "sets" not in path.parts and "demo" not in path.parts]


def functions(path: Path) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


def test_no_file_outgrows_its_room() -> None:
    crowded = {str(path.relative_to(ROOT)): lines for path in sources() if (lines := path.read_text("utf-8").count("\n")) > MAX_FILE}
    assert not crowded, f"split where there are two reasons to change: {crowded}"


def test_no_function_outgrows_a_screen() -> None:
    long = [
        f"{path.relative_to(ROOT)}:{node.lineno} {node.name}"
        for path in sources()
        for node in functions(path)
        if (node.end_lineno or node.lineno) - node.lineno + 1 > MAX_FUNCTION
    ]
    assert not long


def test_every_module_of_the_house_says_what_it_is_for() -> None:
    silent = [
        str(path.relative_to(ROOT))
        for path in tracked("autosd/*.py")
        if path.name != "__init__.py" and not ast.get_docstring(ast.parse(path.read_text("utf-8")))
    ]
    assert not silent


def test_only_the_guard_makes_permits() -> None:
    makers = [
        str(path.relative_to(ROOT))
        for path in tracked("autosd/*.py")
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "Permit"
    ]
    assert set(makers) <= {"autosd/governance/guard.py"}


def test_programs_start_as_argument_lists_never_through_a_shell() -> None:
    shells = [
        str(path.relative_to(ROOT))
        for path in tracked("autosd/*.py")
        if re.search(r"shell=True|os\.system\(|os\.popen\(", path.read_text("utf-8")) and "gates" not in path.parts
    ]
    assert not shells


def test_every_setting_is_read_somewhere() -> None:
    """A setting that does nothing must not exist. What ``Settings`` itself reads counts when somebody asks it."""
    folder = ROOT / "autosd" / "settings"
    files = [folder / "table.py", *sorted(folder.glob("*_rows.py"))]
    own = {folder / "__init__.py", *files}
    outside = "".join(path.read_text("utf-8") for path in (ROOT / "autosd").rglob("*.py") if path not in own)
    settings = ast.parse((ROOT / "autosd" / "settings" / "__init__.py").read_text("utf-8"))
    [value] = [node for node in settings.body if isinstance(node, ast.ClassDef) and node.name == "Settings"]
    asked = [node for node in value.body if isinstance(node, ast.FunctionDef) and re.search(rf"settings\.{node.name}\b", outside)]
    read = set(re.findall(r"\btable\.([A-Z_]+)", outside + "".join(map(ast.unparse, asked))))
    rows = [row for file in files for row in ast.parse(file.read_text("utf-8")).body]
    names = {ast.unparse(node.targets[0]) for node in rows if isinstance(node, ast.Assign) and ast.unparse(node).find("= Setting(") > 0}
    assert names >= {"HOME", "FIX_SEED", "SANDBOX_DISK_MB"}
    assert sorted(names - read) == []


@pytest.mark.parametrize(
    "pattern", [r"(^|[^\w.])/(w[o]rk|r[o]ot/\.)", r"--(extra-)?index-url\s*=?\s*http", r"https?://[^ \"]+/(simple|packages)/"]
)
def test_nothing_names_a_machine_or_a_registry(pattern: str) -> None:
    named = [
        f"{path.relative_to(ROOT)}:{number}"
        for path in tracked()
        if path.suffix not in {".png", ".ico"}
        for number, line in enumerate(path.read_text("utf-8", errors="replace").splitlines(), 1)
        if re.search(pattern, line)
    ]
    assert not named
