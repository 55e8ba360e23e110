"""What is new is judged, what the base had is not; secrets are found in every dress; labels and deltas are told."""

from __future__ import annotations

import base64

import pytest

from autosd.gates.context import GatePolicy
from autosd.gates.deltas import complexity, deltas
from autosd.gates.overfit import overfit
from autosd.gates.secret_scan import secrets
from autosd.gates.static import static

from .conftest import BASE, Case

CANARY = "canary-5f2d9c71"


def test_an_undefined_name_is_an_error(case: Case) -> None:
    report = static(*case({"calc.py": "def add(a, b):\n    return a + c\n"}))
    assert str(report.result) == "static_scan_failed:F821 calc.py" and "undefined name" in report.detail.lower()


def test_a_syntax_error_is_an_error(case: Case) -> None:
    assert not static(*case({"calc.py": "def add(a, b:\n    return a\n"})).passed


def test_an_error_that_was_there_before_is_not_the_changes_fault(case: Case) -> None:
    base = {**BASE, "calc.py": "def add(a, b):\n    return a - c\n"}
    assert static(*case({"calc.py": "\n\ndef add(a, b):\n    return b - c\n"}, base=base)).passed


def test_what_a_change_leaves_unused_is_a_warning(case: Case) -> None:
    files = {"calc.py": "import os\n\n\ndef add(a, b):\n    return a + b\n"}
    assert static(*case(files)).passed


def test_a_warning_blocks_where_the_site_says_so(case: Case) -> None:
    files = {"calc.py": "import os\n\n\ndef add(a, b):\n    return a + b\n"}
    assert not static(*case(files, policy=GatePolicy(severity_block=1))).passed


def test_a_threshold_above_all_severities_does_not_open_the_door(case: Case) -> None:
    assert not static(*case({"calc.py": "import os\nos._exit(0)\n"}, policy=GatePolicy(severity_block=9))).passed


def test_the_projects_own_rules_are_warnings(case: Case) -> None:
    base = {**BASE, "ruff.toml": 'lint.select = ["D"]\n'}
    report = static(*case({"calc.py": "def add(a, b):\n    return a + b\n\n\ndef more():\n    pass\n"}, base=base))
    assert report.passed and "D103" in report.detail


def test_a_configuration_that_cannot_be_read_leaves_the_common_rules_in_force(case: Case) -> None:
    base = {**BASE, "ruff.toml": "lint = 3\n"}
    assert str(static(*case({"calc.py": "x = y\n"}, base=base)).result) == "static_scan_failed:F821 calc.py"


@pytest.mark.parametrize(
    "line",
    ["require('child_process')", "process.exit(0)", "eval('1')", "new Function('return 1')", "import n from 'net'", "globalThis.it = f"],
)
def test_javascript_without_eslint_has_a_denylist(case: Case, line: str) -> None:
    base = {**BASE, "index.js": "module.exports = (a, b) => a - b\n"}
    report = static(*case({"index.js": f"{line}\nmodule.exports = (a, b) => a + b\n"}, base=base))
    assert not report.passed and "denied" in str(report.result)


def test_ordinary_javascript_is_let_through(case: Case) -> None:
    base = {**BASE, "index.js": "const fs = require('fs')\nmodule.exports = (a, b) => a - b\n"}
    assert static(*case({"index.js": "const fs = require('fs')\nmodule.exports = (a, b) => a + b // planet.\n"}, base=base)).passed


@pytest.mark.parametrize(
    "line",
    [
        'AWS = "AKIA' + 'IOSFODNN7EXAMPLQ"',
        'password = "hunter2hunter2"',
        "KEY = '-----BEGIN RSA " + "PRIVATE KEY-----'",
        'token = "ghp_' + 'a8F3kd92Lq0Zx7Vb5Nm1Pw4Rt6Yu8Io2Sd3F"',
        'url = "https://user:' + 'S3cr3tPassw0rd@example.org/x"',
        'x = "q7Zp1Lk8Vn3Xw5Rt9Yb2Mc4Hd6Jf0Gs8Qa1We3"',
    ],
)
def test_a_credential_is_found(case: Case, line: str) -> None:
    report = secrets(*case({"calc.py": f"{line}\n"}))
    assert str(report.result) == "secret_found:calc.py"
    assert line.split('"')[-2:][0][:12] not in report.detail, "the find itself must not be told"


def test_a_secret_that_the_base_has_is_not_the_changes_fault(case: Case) -> None:
    line = 'password = "hunter2hunter2"\n'
    assert secrets(*case({"calc.py": f"import os\n\n{line}"}, base={**BASE, "calc.py": line})).passed


def test_ordinary_lines_hold_no_secret(case: Case) -> None:
    text = 'def calculate_the_total_amount_of_everything(key, default="a plain sentence"):\n    return {"key": key, "size": 0x7FFFFFFF}\n'
    assert secrets(*case({"calc.py": text})).passed


@pytest.mark.parametrize("line", ["token = waiting.pop()", "secret = keys[index - 1]", "password = read(token, secrets)"])
def test_code_that_only_speaks_of_tokens_holds_no_secret(case: Case, line: str) -> None:
    assert secrets(*case({"calc.py": f"def add(a, b):\n    {line}\n    return a + b\n"})).passed


@pytest.mark.parametrize(
    "dress",
    [CANARY, CANARY[::-1], base64.b64encode(CANARY.encode()).decode(), CANARY.encode().hex(), f'{CANARY[:7]}" + "{CANARY[7:]}'],
)
def test_a_planted_secret_is_found_in_every_dress(case: Case, dress: str) -> None:
    report = secrets(*case({"calc.py": f'x = "{dress}"\n'}, policy=GatePolicy(canaries=(CANARY,))))
    assert str(report.result) == "secret_found:calc.py" and CANARY not in report.detail


def test_complexity_is_counted_by_branches() -> None:
    assert complexity("def f(a):\n    if a and a > 1 or a < 0:\n        return [x for x in a if x]\n") == 4


def test_deltas_are_told_and_stop_only_above_the_cap(case: Case) -> None:
    text = "def add(a, b):\n" + "    if a:\n        b += 1\n" * 5 + "    return a + b\n"
    report = deltas(*case({"calc.py": text}))
    assert report.passed and report.detail == "complexity +5, lines +10"


def test_a_change_above_the_cap_is_stopped(case: Case) -> None:
    text = "def add(a, b):\n" + "    if a:\n        b += 1\n" * 5 + "    return a + b\n"
    assert str(deltas(*case({"calc.py": text}, policy=GatePolicy(max_complexity_delta=4))).result) == "deltas_worse:complexity +5"


def test_a_memorised_answer_is_labelled_and_passes(case: Case) -> None:
    report = overfit(*case({"calc.py": "def add(a, b):\n    return 42\n"}))
    assert report.passed and report.detail.startswith("suspect: it adds 42")


@pytest.mark.parametrize(
    ("fixed", "labelled"),
    [
        ("    return n % 20 in (1, 2)\n", True),  # a number from a text of the test, in the place of another
        ("    return n % 100 in (1, 2)\n", False),  # powers of ten are in every program
        ("    return n % 7 in (1, 2)\n", False),  # a small number in the place of another
        ("    return n % 13 in (1, 2, 7)\n", True),  # a new number of the test's
    ],
)
def test_numbers_of_the_tests_are_told_from_ordinary_ones(case: Case, fixed: str, labelled: bool) -> None:
    base = {
        "calc.py": "def f(n):\n    return n % 13 in (1, 2)\n",
        "tests/test_calc.py": "def test_add():\n    assert f(7) == ('20th', 100)\n",
    }
    report = overfit(*case({"calc.py": "def f(n):\n" + fixed}, base=base))
    assert report.detail.startswith("suspect") is labelled


def test_an_honest_fix_has_no_label(case: Case) -> None:
    assert overfit(*case({"calc.py": "def add(a, b):\n    return a + b\n"})).detail == "not checked"
