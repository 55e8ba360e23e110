"""Sources that read the code: ruff's defects, complexity, duplication."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from autosd.domain.signals import Signal, SignalKind
from autosd.intake.sources.code import functions, parsed, python_paths
from autosd.intake.sources.complexity import Complexity, shape_of
from autosd.intake.sources.duplication import Duplication
from autosd.intake.sources.lint import Lint
from autosd.ports import Source
from autosd.testing import write_files

NOW = datetime(2026, 1, 2, tzinfo=UTC)


def seen(source: Source, root: Path, files: dict[str, str]) -> list[Signal]:
    write_files(root, files)
    return list(source.signals("shop", root, NOW))


def test_ruff_s_defects_are_one_signal_a_rule_with_all_places(project: Path) -> None:
    found = seen(
        Lint((3, 11)),
        project,
        {
            "a.py": "def f(x=[]):\n    return x\n\n\ndef g(x={}):\n    return x\n",
            "b.py": "def h(x=[]):\n    return x is 'a'\n",
        },
    )
    by_subject = {signal.subject: signal for signal in found}
    assert set(by_subject) == {"ruff B006", "ruff F632"}
    mutable = by_subject["ruff B006"]
    assert mutable.kind is SignalKind.LINT_DEFECT and mutable.evidence["count"] == 3 and mutable.paths == ("a.py", "b.py")
    assert str(mutable.evidence["places"]).count("a.py:") == 2
    assert mutable.severity == pytest.approx(0.74)  # 0.7 for one place, and a little for each more


def test_untidiness_is_no_defect(project: Path) -> None:
    untidy = "import os, sys\nfrom re import *\nx=1\ndef f():\n    unused = 1\n    l = lambda: 0\n    return f'no value'\n"
    assert seen(Lint((3, 11)), project, {"untidy.py": untidy}) == []


def test_what_the_project_left_out_on_purpose_is_not_told(project: Path) -> None:
    files = {"a.py": "def f(x=[]):\n    return x\n", "pyproject.toml": '[tool.ruff.lint]\nignore = ["B006"]\n'}
    assert seen(Lint((3, 11)), project, files) == []
    assert seen(Lint((3, 11)), project, {"pyproject.toml": "", "a.py": "def f(x=[]):  # noqa: B006\n    return x\n"}) == []
    assert seen(Lint((3, 11)), project, {"a.py": "def f(x=[]):\n    return x\n"}) != []


def test_what_is_broken_on_purpose_for_a_test_is_not_told(project: Path) -> None:
    files = {"tests/data/broken.py": "def f(:\n", "tests/test_a.py": "def test_a(x=[]):\n    x == None\n", "node_modules/x.py": "def f(:\n"}
    assert seen(Lint((3, 11)), project, files) == []
    [syntax] = seen(Lint((3, 11)), project, {"src.py": "def f(:\n    pass\n"})
    assert syntax.subject == "ruff invalid-syntax" and syntax.severity == 1.0 and syntax.paths == ("src.py",)


def test_a_test_that_is_defined_twice_is_told_and_a_fixture_taken_by_its_name_is_not(project: Path) -> None:
    twice = "def test_a():\n    assert 1\n\n\ndef test_a():\n    assert 2\n"
    fixture = "from conftest import thing\n\n\ndef test_b(thing):\n    assert thing\n"
    [found] = seen(Lint((3, 11)), project, {"test_twice.py": twice, "test_fixture.py": fixture})
    assert found.subject == "ruff F811" and found.paths == ("test_twice.py",)


def test_the_project_s_own_python_decides_what_is_a_syntax_error(project: Path) -> None:
    files = {"a.py": "match 1:\n    case _:\n        pass\n"}
    assert seen(Lint((3, 11)), project, files) == []
    assert [each.subject for each in seen(Lint((3, 9)), project, files)] == ["ruff invalid-syntax"]


def test_links_and_other_people_s_code_are_not_looked_at(project: Path, tmp_path: Path) -> None:
    write_files(tmp_path / "elsewhere", {"secret.py": "x = 1\n"})
    write_files(project, {"a.py": "", "pkg/_vendor/b.py": "", ".venv/lib/c.py": "", "x.egg-info/d.py": ""})
    (project / "linked.py").symlink_to(tmp_path / "elsewhere" / "secret.py")
    (project / "folder").symlink_to(tmp_path / "elsewhere")
    assert list(python_paths(project)) == ["a.py"]


BRANCHY = (
    "def twisted(a, b):\n"
    + "".join(f"    if a == {n} and b:\n        b += {n}\n" for n in range(6))
    + "    return b\n\n\ndef deep(x):\n    for a in x:\n        while a:\n            with a:\n                if a:\n"
    "                    try:\n                        return a\n                    finally:\n                        pass\n\n\n"
    "def plain(x):\n    return x\n"
)


def test_complexity_is_counted_as_the_guide_counts_it(project: Path) -> None:
    found = seen(Complexity(), project, {"m.py": BRANCHY, "tests/test_m.py": BRANCHY})
    by_name = {signal.subject: signal for signal in found}
    assert set(by_name) == {"m.py::twisted", "m.py::deep"}
    assert by_name["m.py::twisted"].evidence["cyclomatic"] == 13  # 1, six ifs, six ands
    assert by_name["m.py::deep"].evidence["nesting"] == 5
    assert by_name["m.py::deep"].evidence["plan"] == ["flatten-nesting", "lint-fix"]


def test_an_elif_is_not_one_deeper_and_inner_functions_count_for_themselves() -> None:
    text = (
        "def f(x):\n    if x == 1:\n        return 1\n    elif x == 2:\n        return 2\n    elif x == 3:\n        return 3\n"
        "    def g(y):\n        if y:\n            return y\n    return g\n"
    )
    tree = parsed(text)
    assert tree is not None
    shapes = {name: shape_of(node) for name, node in functions(tree)}
    assert (shapes["f"].cyclomatic, shapes["f"].nesting) == (4, 1)
    assert (shapes["f.g"].cyclomatic, shapes["f.g"].nesting) == (2, 1)
    assert shapes["f"].priority() == pytest.approx(4 + 0.7)  # S0's figure


def test_a_long_function_is_a_candidate_and_severity_grows_with_complexity() -> None:
    def severity(branches: int) -> float:
        tree = parsed("def f(a):\n" + "    if a:\n        a = 1\n" * branches + "    return a\n")
        assert tree is not None
        [(_, node)] = functions(tree)
        return shape_of(node).severity

    assert 0 < severity(11) < severity(25) < severity(60) < severity(200) <= 1.0
    explained = parsed('def f(a):\n    """Says' + "\n" * 50 + '    a lot."""\n    return a\n')
    assert explained is not None and not any(shape_of(node).is_candidate for _, node in functions(explained))
    tree = parsed("def f(a):\n" + "    a = 1\n" * 41 + "    return a\n")
    assert tree is not None
    [(_, long)] = functions(tree)
    assert shape_of(long).is_candidate and shape_of(long).plan == ["extract-functions", "lint-fix"]


BODY = (
    "    total = 0\n    for each in rows:\n        if each.price > 10:\n            total += each.price * 2\n"
    "        else:\n            total += each.price\n    return round(total, 2)\n"
)


def test_same_bodies_are_one_signal_whatever_their_comments_and_docstrings(project: Path) -> None:
    other = BODY.replace("    total = 0\n", '    """Says something."""\n    # and this\n    total   =  0\n')
    files = {"a.py": f"def one(rows):\n{BODY}", "b.py": f"def two(rows):\n{other}", "c.py": "def three(rows):\n    return rows\n"}
    [found] = seen(
        Duplication(), project, {**files, "tests/test_a.py": f"def test_x(rows):\n{BODY}", "d.py": "def four(rows):\n    return rows\n"}
    )
    assert found.subject == "a.py::one b.py::two" and found.evidence["lines"] == 10 and found.paths == ("a.py", "b.py")
