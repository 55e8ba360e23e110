"""The codemod strategy on a real project, through the real sandbox: each defect goes, nothing else does, and the suite proves it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from autosd.adapters.git.repository import GitRepository
from autosd.adapters.sandbox import open_sandbox
from autosd.adapters.toolchains.python import PythonToolchain
from autosd.coding.codemod.coder import CodemodCoder
from autosd.domain.changes import Candidate
from autosd.domain.suites import Diagnosis
from autosd.gates.context import GatePolicy
from autosd.gates.judging import Verdict, judge
from autosd.intake.diagnosing import diagnose
from autosd.intake.runners import Runner, detect_runner, runner_of_command
from autosd.intake.running import ColdSuite, SuiteLimits
from autosd.intake.scope import on_any_tree
from autosd.ports import Sandbox, Snapshot, SubjectEnv, Task
from autosd.testing import RecordingProgress, make_repository

pytestmark = pytest.mark.slow
LIMITS = SuiteLimits(seconds=100, test_seconds=10)

#: module -> the rule, its text, and the text without the defect.
DEFECTS = {
    "shared": ("mutable-default", "def add(x, xs=[]):\n    xs.append(x)\n    return xs\n",
               "def add(x, xs=None):\n    if xs is None:\n        xs = []\n    xs.append(x)\n    return xs\n"),
    "late": ("late-binding", "def makers(xs):\n    found = []\n    for x in xs:\n        found.append(lambda: x)\n    return found\n",
             "def makers(xs):\n    found = []\n    for x in xs:\n        found.append(lambda x=x: x)\n    return found\n"),
    "bare": ("swallowed-interrupt", "def number(text):\n    try:\n        return int(text)\n    except:  # any\n        return 0\n",
             "def number(text):\n    try:\n        return int(text)\n    except Exception:  # any\n        return 0\n"),
    "leak": ("left-open", "def read(path):\n    return open(path).read()\n",
             "def read(path):\n    with open(path) as file:\n        return file.read()\n"),
    "none": ("equals-none", "def given(x):\n    return not x == None\n", "def given(x):\n    return not x is None\n"),
    "same": ("is-literal", "def yes(x):\n    return x is 'yes'\n", "def yes(x):\n    return x == 'yes'\n"),
    "cause": ("lost-cause", "def get(d, k):\n    try:\n        return d[k]\n    except KeyError:\n        raise ValueError(k)\n",
              "def get(d, k):\n    try:\n        return d[k]\n    except KeyError as error:\n        raise ValueError(k) from error\n"),
    "dead": ("dead-code", "def one():\n    return 1\n    print('never')\n", "def one():\n    return 1\n"),
    "twice": ("doubled-key", "KINDS = {'a': 1, 'b': 2, 'a': 3}\n", "KINDS = {'a': 3, 'b': 2}\n"),
    "unused": ("F401", "import os\nimport sys\n\nSIZE = sys.maxsize  # é\n", "import sys\n\nSIZE = sys.maxsize  # é\n"),
    "plain": ("F541", "WORD = f'word'\n", "WORD = 'word'\n"),
    "finals": ("return-in-finally", "def done(log):\n    try:\n        log += [1]\n    finally:\n        log += [2]\n        return log\n",
               "def done(log):\n    try:\n        log += [1]\n    finally:\n        log += [2]\n    return log\n"),
}  # fmt: skip

TESTS = """
import shop.bare, shop.cause, shop.dead, shop.finals, shop.late, shop.leak
import shop.none, shop.plain, shop.same, shop.shared, shop.twice, shop.unused
import pytest


def test_all(tmp_path):
    assert shop.shared.add(1, [0]) == [0, 1]
    assert shop.shared.add(1)[-1] == 1
    assert len(shop.late.makers([1, 2])) == 2
    assert shop.bare.number("x") == 0
    (tmp_path / "a").write_text("a")
    assert shop.leak.read(tmp_path / "a") == "a"
    assert shop.none.given(1) and not shop.none.given(None)
    assert shop.same.yes("yes")
    with pytest.raises(ValueError):
        shop.cause.get({}, 1)
    assert shop.dead.one() == 1 and shop.finals.done([]) == [1, 2]
    assert shop.twice.KINDS == {"a": 3, "b": 2} and shop.plain.WORD == "word" and shop.unused.SIZE
"""


@dataclass
class Workshop:
    """One project, ready to be looked at and judged."""

    sandbox: Sandbox
    git: GitRepository
    snapshot: Snapshot
    env: SubjectEnv
    runner: Runner
    diagnosis: Diagnosis

    def offered(self, *codes: str) -> list[Candidate]:
        task = Task(self.snapshot, self.env, self.diagnosis, 300.0, 0, runner=str(self.runner.kind), test_args=self.runner.args)
        return list(CodemodCoder(self.sandbox, codes=codes).candidates(task, RecordingProgress()))

    def judged(self, candidate: Candidate, *, targetless: bool = True, compare: bool = False) -> Verdict:
        return judge(
            candidate,
            snapshot=self.snapshot,
            repository=self.git,
            sandbox=self.sandbox,
            suite=on_any_tree(ColdSuite(self.sandbox, self.env, self.runner, LIMITS), self.snapshot),
            diagnosis=self.diagnosis,
            policy=GatePolicy(targetless=targetless, compared=("codemod",) if compare else ()),
        )


@pytest.fixture(scope="module")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    home = tmp_path_factory.mktemp("home")
    home.chmod(0o700)
    yield open_sandbox(home)


def opened(sandbox: Sandbox, folder: Path, files: dict[str, str], runner: Runner | None = None) -> Iterator[Workshop]:
    repository = make_repository(folder / "project", files)
    before = repository.state()
    git = GitRepository(folder / "home")
    with git.snapshot(repository.path) as snapshot:
        env = PythonToolchain(folder / "home", sandbox).prepare(snapshot, python=None)
        runner = runner or detect_runner(snapshot.root)
        yield Workshop(sandbox, git, snapshot, env, runner, diagnose(sandbox, env, snapshot.root, runner=runner, limits=LIMITS))
    assert repository.state() == before


@pytest.fixture(scope="module")
def shop(sandbox: Sandbox, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workshop]:
    files = {f"shop/{name}.py": before for name, (_, before, _) in DEFECTS.items()}
    yield from opened(sandbox, tmp_path_factory.mktemp("shop"), {**files, "shop/__init__.py": "", "test_shop.py": TESTS.lstrip()})


def test_each_kind_of_defect_is_one_candidate_worst_first(shop: Workshop) -> None:
    found = shop.offered()
    assert [each.files for each in found if len(each.files) != 1] == []
    assert {path: text for each in found for path, text in each.files.items()} == {
        f"shop/{name}.py": after for name, (_, _, after) in DEFECTS.items()
    }
    kinds = [each.summary.partition(":")[0] for each in found]
    assert kinds[0] == "mutable-default" and kinds[-1] == "F541" and sorted(kinds) == sorted(code for code, _, _ in DEFECTS.values())


@pytest.mark.parametrize("name", sorted(DEFECTS))
def test_exactly_that_defect_goes_and_the_suite_proves_it(shop: Workshop, name: str) -> None:
    code, _, after = DEFECTS[name]
    [candidate] = shop.offered(code)
    assert candidate.files == {f"shop/{name}.py": after} and candidate.targets == () and name in candidate.summary
    verdict = shop.judged(candidate)
    assert verdict.proven, verdict.reports
    assert verdict.evidence.broken == () and verdict.evidence.total == 1


def test_who_did_not_ask_for_such_a_proof_gets_none(shop: Workshop) -> None:
    [candidate] = shop.offered("E711")
    assert str(shop.judged(candidate, targetless=False).stopped_by) == "tests_failed:targets"


def test_a_place_that_no_test_runs_is_objected_to_and_its_neighbour_is_not(sandbox: Sandbox, tmp_path: Path) -> None:
    files = {
        "seen.py": "def given(x):\n    return x != None\n",
        "unseen.py": "def given(x):\n    return x != None\n",
        "test_it.py": "import seen\nimport unseen\n\n\ndef test_it():\n    assert seen.given(1)\n",
    }
    for shop in opened(sandbox, tmp_path, files):
        both, *parts = shop.offered("equals-none")
        assert sorted(both.files) == ["seen.py", "unseen.py"]
        verdict = shop.judged(both)
        assert str(verdict.stopped_by) == "tests_failed:characterisation" and "unseen.py:2" in verdict.reports[-1].detail
        assert [list(each.files) for each in parts] == [["seen.py"], ["unseen.py"]]
        assert shop.judged(parts[0]).proven


PLACE = "src/shop/unseen.py"
UNSEEN = {
    "src/shop/__init__.py": "",
    PLACE: (
        "import time\n\n\nclass Cart:\n    def __init__(self, items: list):\n        self.items = list(items)\n\n"
        "    def has(self, item: int = None) -> bool:\n        if item != None:\n            return item in self.items\n"
        "        return False\n\n\n"
        "def given(x):\n    return x != None\n\n\ndef late(x):\n    return x != None, time.perf_counter_ns()\n"
    ),
    "pyproject.toml": '[tool.pytest.ini_options]\npythonpath = ["src"]\n',
    "tests/test_it.py": "import shop.unseen\n\n\ndef test_it():\n    assert shop.unseen\n",
}


def compared(shop: Workshop, old: str, new: str) -> tuple[str, str]:
    """What the gates say of ``old`` made ``new``, and why."""
    assert UNSEEN[PLACE].count(old) == 1
    verdict = shop.judged(Candidate("codemod", {PLACE: UNSEEN[PLACE].replace(old, new)}, ()), compare=True)
    return str(verdict.stopped_by or "proven"), verdict.reports[-1].detail


def test_where_no_test_runs_a_place_generated_calls_say_whether_it_does_as_before(sandbox: Sandbox, tmp_path: Path) -> None:
    for shop in opened(sandbox, tmp_path, UNSEEN):
        word, why = compared(shop, "if item != None", "if item is not None")
        assert word == "proven" and "generated calls do" in why and f"{PLACE}:Cart.has" in why
        assert compared(shop, "def given(x):\n    return x != None", "def given(x):\n    return x is not None")[0] == "proven"
        edited = Candidate("edit", {PLACE: UNSEEN[PLACE].replace("if item != None", "if item is not None")}, ())
        assert str(shop.judged(edited, compare=True).stopped_by) == "tests_failed:characterisation", "it never speaks for a model"
        word, why = compared(shop, "if item != None", "if item")
        assert word == "tests_failed:not as before" and "Cart.has(" in why
        word, why = compared(shop, "return x != None, time", "return x is not None, time")
        assert word == "tests_failed:characterisation" and why.endswith(f"no test runs {PLACE}:19"), "what tells the time is never the same"


@pytest.mark.parametrize("line", ["python -m unittest", "python check.py"])
def test_what_is_run_is_seen_with_other_runners_too(sandbox: Sandbox, tmp_path: Path, line: str) -> None:
    files = {
        "seen.py": "def given(x):\n    return x != None\n\n\ndef other(x):\n    return x == None\n",
        "test_it.py": (
            "import unittest\nimport seen\n\n\nclass T(unittest.TestCase):\n"
            "    def test_it(self):\n        self.assertTrue(seen.given(1))\n"
        ),
        "check.py": "import seen\n\nassert seen.given(1)\n",
    }
    for shop in opened(sandbox, tmp_path, files, runner_of_command(line)):
        both, first, second = shop.offered("equals-none")
        assert "seen.py:6" in shop.judged(both).reports[-1].detail
        assert shop.judged(first).proven and not shop.judged(second).proven
