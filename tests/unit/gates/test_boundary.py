"""Which files a change may touch: by name, by place, by kind, by number; on both sides of a rename."""

from __future__ import annotations

from pathlib import Path

import pytest

from autosd.gates.boundary import boundary, paths
from autosd.gates.context import GatePolicy

from .conftest import Case

PATCH = "diff --git a/{0} b/{1}\n--- a/{0}\n+++ b/{1}\n@@ -1 +1 @@\n-a\n+b\n"


def test_an_ordinary_change_is_let_through(case: Case) -> None:
    report = boundary(*case({"calc.py": "def add(a, b):\n    return a + b\n"}))
    assert report.passed and report.detail == "1 file(s), 2 lines"


def test_a_new_module_may_be_added(case: Case) -> None:
    assert boundary(*case({"pkg/helper.py": "X = 1\n"})).passed


@pytest.mark.parametrize(
    ("path", "word"),
    [
        ("x.sh", "diff_suffix_not_allowed:x.sh"),
        (".env", "diff_path_blocked:.env"),
        ("config/.env.py", "diff_path_blocked:config/.env.py"),
        ("_secure/key.py", "diff_path_blocked:_secure/key.py"),
        (".github/workflows/ci.yml", "protected_path:.github/workflows/ci.yml"),
        ("tests/test_calc.py", "protected_path:tests/test_calc.py"),
        ("tests/helper.py", "protected_path:tests/helper.py"),
        ("pkg/tests/data.json", "protected_path:pkg/tests/data.json"),
        ("conftest.py", "protected_path:conftest.py"),
        ("pkg/test_core.py", "protected_path:pkg/test_core.py"),
        ("checks/odd_name.py", "protected_path:checks/odd_name.py"),
        ("pytest.ini", "protected_path:pytest.ini"),
        ("setup.cfg", "protected_path:setup.cfg"),
        ("tox.ini", "protected_path:tox.ini"),
        ("pyproject.toml", "protected_path:pyproject.toml"),
        ("a.egg-info/entry_points.txt", "protected_path:a.egg-info/entry_points.txt"),
        ("sitecustomize.py", "protected_path:sitecustomize.py"),
        ("pytest.py", "protected_path:pytest.py"),
        ("requirements.txt", "protected_path:requirements.txt"),
        ("requirements-dev.txt", "protected_path:requirements-dev.txt"),
        ("requirements/base.txt", "protected_path:requirements/base.txt"),
        ("constraints.txt", "protected_path:constraints.txt"),
        ("environment.yml", "protected_path:environment.yml"),
        ("src/json/__init__.py", "protected_path:src/json/__init__.py"),
    ],
)
def test_a_path_out_of_reach_is_refused_with_its_word(case: Case, path: str, word: str) -> None:
    report = boundary(*case({path: "x\n"}))
    assert not report.passed and str(report.result) == word


@pytest.mark.parametrize(
    ("path", "allowed"),
    [
        ("pkg/core.py", True),
        ("pkg/CORE.PY", True),
        ("pkg/core.tar.py", True),
        ("pkg/core.notpy", False),
        ("pkg/corepy", False),
        ("pkg/core.py.bak", False),
        ("pkg/core.py.", False),
        ("Makefile", False),
        ("pkg/.py", False),
        ("pkg/.core.py", True),
        ("pkg.py/core", False),
    ],
)
def test_what_counts_is_the_last_suffix_of_the_name(case: Case, path: str, allowed: bool) -> None:
    report = boundary(*case({path: "x = 1\n"}))
    assert report.passed == allowed, report


def test_no_suffix_at_all_may_be_changed_where_none_is_allowed(case: Case) -> None:
    report = boundary(*case({"calc.py": "x = 1\n"}, policy=GatePolicy(suffixes=())))
    assert str(report.result) == "diff_suffix_not_allowed:calc.py"


@pytest.mark.parametrize("path", ["../calc.py", "/etc/passwd", "a/../../b.py", "a\\b.py", "a\0b.py", "", "~/x.py", "x.py ", "GIT~1/x.py"])
def test_a_path_that_is_no_path_of_the_project_is_refused_before_anything_is_written(case: Case, path: str) -> None:
    candidate, context = case({path: "x\n"}, diff="")
    report = paths(candidate, context)
    assert report is not None and not report.passed


@pytest.mark.parametrize(("old", "new"), [("calc.py", "tests/test_calc.py"), ("tests/test_calc.py", "calc.py"), ("calc.py", ".env")])
def test_both_sides_of_a_rename_count(case: Case, old: str, new: str) -> None:
    text = f"diff --git a/{old} b/{new}\nsimilarity index 100%\nrename from {old}\nrename to {new}\n"
    assert not boundary(*case({"calc.py": "x = 1\n"}, diff=text)).passed


def test_a_diff_that_touches_more_than_the_candidate_says_is_refused(case: Case) -> None:
    text = PATCH.format("calc.py", "calc.py") + PATCH.format(".github/x.yml", ".github/x.yml")
    assert not boundary(*case({"calc.py": "b\n"}, diff=text)).passed


def test_a_diff_above_the_projects_folder_is_refused(case: Case) -> None:
    inside = PATCH.format("sub/calc.py", "sub/calc.py")
    assert boundary(*case({"calc.py": "b\n"}, diff=inside, folder="sub/")).passed


def test_a_neighbour_of_the_projects_folder_is_refused(case: Case) -> None:
    outside = PATCH.format("other/calc.py", "other/calc.py")
    assert not boundary(*case({"calc.py": "b\n"}, diff=outside, folder="sub/")).passed


@pytest.mark.parametrize(
    "mode", ["new file mode 120000", "new file mode 160000", "old mode 100644\nnew mode 100755", "new file mode 100755"]
)
def test_links_submodules_and_modes_are_refused(case: Case, mode: str) -> None:
    text = f"diff --git a/new.py b/new.py\n{mode}\n--- /dev/null\n+++ b/new.py\n@@ -0,0 +1 @@\n+x\n"
    report = boundary(*case({"new.py": "x\n"}, diff=text))
    assert str(report.result) == "diff_path_blocked:new.py"


def test_a_change_through_a_link_is_refused(case: Case) -> None:
    candidate, context = case({"linked/core.py": "x = 1\n"}, links={"linked": "pkg"}, diff="")
    report = paths(candidate, context)
    assert report is not None and str(report.result) == "diff_path_blocked:linked/core.py"


def test_binary_content_is_refused(case: Case) -> None:
    text = "diff --git a/calc.py b/calc.py\nBinary files a/calc.py and b/calc.py differ\n"
    assert not boundary(*case({"calc.py": "x"}, diff=text)).passed


def test_a_deletion_is_refused_unless_the_site_allows_it(case: Case) -> None:
    candidate, context = case({"calc.py": None})
    assert str(boundary(candidate, context).result) == "diff_path_blocked:calc.py"


def test_the_sites_leave_to_delete_counts(case: Case) -> None:
    assert boundary(*case({"calc.py": None}, policy=GatePolicy(max_deleted_files=1))).passed


def test_too_many_files_or_lines_are_refused(case: Case) -> None:
    many: dict[str, str | None] = {f"pkg/m{number}.py": "x = 1\n" for number in range(4)}
    assert str(boundary(*case(many, policy=GatePolicy(max_files=3))).result) == "too_large:4 files"


def test_too_many_lines_are_refused(case: Case) -> None:
    assert str(boundary(*case({"calc.py": "x = 1\n" * 30}, policy=GatePolicy(max_lines=20))).result) == "too_large:32 lines"


def test_no_change_is_no_diff(case: Case) -> None:
    assert str(boundary(*case({"calc.py": "def add(a, b):\n    return a - b\n"})).result) == "no_unified_diff_returned"


def test_the_write_root_holds(case: Case, tmp_path: Path) -> None:
    policy = GatePolicy(write_root=tmp_path / "subject" / "pkg")
    assert str(boundary(*case({"calc.py": "x = 1\n"}, policy=policy)).result) == "path_outside_write_root:calc.py"


def test_inside_the_write_root_is_fine(case: Case, tmp_path: Path) -> None:
    assert boundary(*case({"pkg/core.py": "x = 1\n"}, policy=GatePolicy(write_root=tmp_path / "subject" / "pkg"))).passed


def test_the_sites_own_protected_paths_hold(case: Case) -> None:
    assert str(boundary(*case({"pkg/core.py": "x\n"}, policy=GatePolicy(protected=("pkg/",)))).result) == "protected_path:pkg/core.py"
