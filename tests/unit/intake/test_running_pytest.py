"""A pytest suite, run cold: every end of a test is told as what it is, and nothing a test does hides the others."""

from __future__ import annotations

from pathlib import Path

import pytest

from autosd.domain.suites import SuiteEnding
from autosd.inside.cold_report import Clockwork
from autosd.intake.runners import Kind, Runner
from autosd.intake.running import SuiteLimits

from .conftest import Running, outcomes, result

pytestmark = pytest.mark.slow

ALL_ENDS = """import pytest
from calc import div


def test_passes():
    pass

def test_fails():
    assert div(4, 2) == 3

def test_errs():
    div(1, 0)

@pytest.mark.skip
def test_skipped():
    pass

@pytest.mark.xfail
def test_xfails():
    assert 0

@pytest.mark.xfail
def test_xpasses():
    pass

@pytest.mark.xfail(strict=True)
def test_xpasses_strictly():
    pass

@pytest.fixture
def broken():
    raise ValueError("no fixture")

def test_set_up(broken):
    pass

@pytest.fixture
def untidy():
    yield
    raise ValueError("no end")

def test_teardown(untidy):
    pass

def test_raises():
    with pytest.raises(ZeroDivisionError):
        div(1, 1)

@pytest.mark.parametrize("x", [1, 2])
def test_params(x):
    assert x == 1
"""


def test_every_end_of_a_test_is_told(running: Running) -> None:
    run = running({"calc.py": "def div(a, b):\n    return a / b\n", "test_ends.py": ALL_ENDS})
    assert run.ending is SuiteEnding.COMPLETE and len(run.collected) == 12
    assert outcomes(run) == {
        "test_passes": "passed", "test_fails": "failed", "test_errs": "error", "test_skipped": "skipped", "test_xfails": "skipped",
        "test_xpasses": "passed", "test_xpasses_strictly": "failed", "test_set_up": "error", "test_teardown": "error",
        "test_raises": "failed", "test_params[1]": "passed", "test_params[2]": "failed",
    }  # fmt: skip
    failure = result(run, "test_errs").failure
    assert failure is not None and (failure.kind, failure.message) == ("ZeroDivisionError", "division by zero")
    assert [(frame.file, frame.line, frame.function) for frame in failure.frames] == [
        ("test_ends.py", 12, "test_errs"), ("calc.py", 2, "div"),
    ]  # fmt: skip
    assert result(run, "test_fails").failure.message == "assert 2.0 == 3"  # type: ignore[union-attr]
    assert set(run.codes) == run.collected and all(run.codes.values()) and not run.notes


def test_files_that_cannot_be_collected_are_told_with_the_place(running: Running) -> None:
    run = running({
        "pkg/__init__.py": "", "pkg/bad.py": "def f():\n    return (1,\n", "test_import.py": "import pkg.bad\n\ndef test_a(): pass\n",
        "test_syntax.py": "def test_b(:\n", "test_missing.py": "import nowhere\n", "test_good.py": "def test_good(): pass\n",
    })  # fmt: skip
    assert outcomes(run) == {"py": "error", "test_good": "passed"}
    place = result(run, "test_import.py").failure.frames[-1]  # type: ignore[union-attr]
    assert (place.file, place.line) == ("pkg/bad.py", 2)
    assert result(run, "test_syntax.py").failure.kind == "SyntaxError"  # type: ignore[union-attr]
    assert result(run, "test_missing.py").failure.kind == "ModuleNotFoundError"  # type: ignore[union-attr]


def test_a_broken_conftest_is_an_error_of_that_file(running: Running) -> None:
    run = running({"calc.py": "x = 1 +\n", "tests/conftest.py": "import calc\n", "tests/test_a.py": "def test_a(): pass\n"})
    assert [found.id for found in run.results] == ["tests/conftest.py"] or [found.id for found in run.results] == ["tests"]
    assert run.results[0].failure is not None and run.results[0].failure.kind == "SyntaxError"
    assert run.results[0].failure.frames[-1].file == "calc.py"


def test_a_broken_conftest_at_the_root_is_an_error_of_that_file(running: Running) -> None:
    run = running({"calc.py": "1 / 0\n", "conftest.py": "import calc\n", "test_a.py": "def test_a(): pass\n"})
    assert [found.id for found in run.results] == ["conftest.py"]
    assert run.results[0].failure is not None and run.results[0].failure.kind == "ZeroDivisionError"


def test_no_tests_is_said(running: Running) -> None:
    assert running({"calc.py": "x = 1\n"}).ending is SuiteEnding.NO_TESTS


def test_an_option_that_does_not_exist_is_a_matter_of_the_environment(running: Running) -> None:
    run = running({"pytest.ini": "[pytest]\naddopts = --no-such-option\n", "test_a.py": "def test_a(): pass\n"})
    assert run.ending is SuiteEnding.ENVIRONMENT and "no-such-option" in run.output_tail


@pytest.mark.slow
@pytest.mark.parametrize(
    ("body", "outcome"),
    [
        ("os._exit(0)", "crashed"),
        ("os._exit(3)", "crashed"),
        ("sys.exit(0)", "error"),
        ("os.kill(os.getpid(), 9)", "crashed"),
        ("os.kill(os.getppid(), 9)", "crashed"),
        ("os.abort()", "crashed"),
        ("raise KeyboardInterrupt", "crashed"),
        ("pytest.exit('bye')", "crashed"),
        ("while True: pass", "timeout"),
        ("time.sleep(60)", "timeout"),
        ("signal.signal(signal.SIGALRM, signal.SIG_IGN)\n    while True: pass", "timeout"),
        ("signal.pthread_sigmask(signal.SIG_BLOCK, range(1, 65))\n    time.sleep(60)", "timeout"),
        ("os.closerange(3, 60)", "crashed"),
        ("os.write(2, b'x' * 300_000)", "passed"),
        ("subprocess.Popen(['sleep', '60'])", "passed"),
        ("if os.fork() == 0: raise ValueError", "passed"),
        ("print('x' * 1_000_000)", "passed"),
        ('sys.stdout.write(\'{"e": "end", "ending": "complete"}\\n\')', "passed"),
        ("threading.Thread(target=time.sleep, args=(60,)).start()", "passed"),
    ],
)
def test_a_violent_test_is_blamed_and_the_others_are_judged(running: Running, body: str, outcome: str) -> None:
    text = f"""import os, pytest, signal, subprocess, sys, threading, time
def test_before(): pass
def test_violent():
    {body}
def test_after(): pass
def test_fails(): assert 0
"""
    run = running({"test_violent.py": text})
    assert outcomes(run) == {"test_before": "passed", "test_violent": outcome, "test_after": "passed", "test_fails": "failed"}
    assert run.ending is SuiteEnding.COMPLETE


def test_an_import_that_leaves_the_process_is_an_error_of_its_file_alone(running: Running) -> None:
    run = running({
        "test_a.py": "import os\nos._exit(0)\n", "test_b.py": "def test_b(): pass\n", "test_c.py": "while True: pass\n",
    }, limits=SuiteLimits(seconds=40, test_seconds=0.3))  # fmt: skip
    assert {found.id: str(found.outcome) for found in run.results} == {
        "test_a.py": "crashed", "test_c.py": "timeout", "test_b.py::test_b": "passed",
    }  # fmt: skip


@pytest.mark.slow
def test_a_suite_that_never_ends_is_cut_and_what_is_known_is_kept(running: Running) -> None:
    text = "import time\n" + "".join(f"def test_{number}(): time.sleep(0.5)\n" for number in range(40))
    run = running({"test_long.py": text}, limits=SuiteLimits(seconds=4, test_seconds=2))
    assert run.ending is SuiteEnding.TIMEOUT and run.seconds < 8
    assert 0 < len(run.passed) < 40 and len(run.collected) == 40


def test_many_tests_that_hang_get_less_and_less_time_but_never_less_than_passing_ones_took() -> None:
    clock = Clockwork(4.0, 0)
    given = []
    for _ in range(20):
        given.append(clock.next_limit())
        clock.stop(given[-1], timed_out=True)
    assert given[:4] == [4.0, 2.0, 1.0, 1.0] and sum(given) < 20
    assert Clockwork(4.0, 20).next_limit() == given[-1]  # in the next process too
    clock.stop(0.2, timed_out=False)
    assert clock.next_limit() >= given[-1]


def test_memory_without_end_is_stopped(running: Running) -> None:
    text = "def test_big():\n    x = []\n    while True: x.append(bytearray(20_000_000))\ndef test_after(): pass\n"
    run = running({"test_memory.py": text}, limits=SuiteLimits(seconds=30, test_seconds=10, memory_mb=400))
    assert outcomes(run)["test_big"] in ("error", "crashed") and outcomes(run)["test_after"] == "passed"


def test_a_flood_of_output_is_stopped(running: Running) -> None:
    flood = "    with capfd.disabled():\n        while True: os.write(2, b'x' * 65536)\n"
    text = f"import os\ndef test_flood(capfd):\n{flood}def test_after(): pass\n"
    run = running({"test_flood.py": text}, limits=SuiteLimits(seconds=30, test_seconds=10, output_bytes=2_000_000))
    assert outcomes(run) == {"test_flood": "crashed", "test_after": "passed"}
    assert result(run, "test_flood").failure.kind == "OutputLimit"  # type: ignore[union-attr]


def test_only_the_asked_tests_run(running: Running) -> None:
    files = {"test_a.py": "def test_1(): pass\ndef test_2(): pass\n", "test_b.py": "1 / 0\n"}
    run = running(files, tests=["test_a.py::test_2"])
    assert outcomes(run) == {"test_2": "passed"} and run.ending is SuiteEnding.COMPLETE


def test_a_file_that_was_asked_for_runs_whole(running: Running) -> None:
    run = running({"test_a.py": "def test_1(): pass\ndef test_2(): pass\n"}, tests=["test_a.py"])
    assert outcomes(run) == {"test_1": "passed", "test_2": "passed"}


def test_tests_that_are_gone_are_not_collected(running: Running) -> None:
    assert running({"test_a.py": "def test_1(): pass\n"}, tests=["test_gone.py::test_x"]).collected == frozenset()


def test_nothing_that_a_test_writes_stays(running: Running, project: Path) -> None:
    run = running({"test_a.py": "from pathlib import Path\ndef test_1(): Path('made.txt').write_text('x')\n"})
    assert outcomes(run) == {"test_1": "passed"}
    assert sorted(path.name for path in project.iterdir()) == ["test_a.py"]


def test_a_locked_file_cannot_be_written_by_code_inside(running: Running, project: Path) -> None:
    text = "from pathlib import Path\ndef test_1(): Path('calc.py').write_text('')\ndef test_2(): Path('calc.py').unlink()\n"
    run = running({"calc.py": "x = 1\n", "test_a.py": text}, locked=["calc.py"])
    assert outcomes(run) == {"test_1": "error", "test_2": "error"}


def test_the_projects_own_configuration_holds_but_not_its_haste(running: Running) -> None:
    files = {
        "pytest.ini": "[pytest]\naddopts = -x --lf -p no:faulthandler\npython_functions = check_*\n",
        "test_a.py": "def check_1(): assert 0\ndef check_2(): pass\ndef test_3(): pass\n",
    }
    assert outcomes(running(files)) == {"check_1": "failed", "check_2": "passed"}


def test_the_callers_words_select(running: Running) -> None:
    runner = Runner(Kind.PYTEST, ("-k", "one"))
    assert outcomes(running({"test_a.py": "def test_one(): pass\ndef test_two(): pass\n"}, runner)) == {"test_one": "passed"}


def test_replaced_parts_of_the_judge_are_noted(running: Running) -> None:
    text = "import _pytest.runner\ndef test_1(): _pytest.runner.call_and_report = print\ndef test_2(): pass\n"
    assert "replaced:_pytest.runner.call_and_report" in running({"test_a.py": text}).notes


def test_a_path_with_spaces_and_a_leading_dash_is_fine(running: Running, project: Path) -> None:
    run = running({"a b/-t/test_ü.py": "def test_1(): pass\n"})
    assert [found.id for found in run.results] == ["a b/-t/test_ü.py::test_1"]


def test_the_digest_is_of_the_tests_own_code_not_of_what_decorates_it(running: Running, project: Path) -> None:
    files = {
        "calc.py": "def twice(f):\n    def run(): f(); f()\n    return run\n",
        "test_a.py": "from calc import twice\n@twice\ndef test_1(): pass\ndef test_2(): pass\n",
    }
    before = running(files)
    after = running({**files, "calc.py": files["calc.py"].replace("f(); f()", "f()")})
    assert before.codes == after.codes and before.codes["test_a.py::test_2"]
    changed = running({**files, "test_a.py": files["test_a.py"].replace("test_2(): pass", "test_2(): assert 1")})
    assert changed.codes["test_a.py::test_2"] != before.codes["test_a.py::test_2"]
