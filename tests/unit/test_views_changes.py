"""What an end means to a machine: words, codes and the one object."""

from __future__ import annotations

import json

import pytest

from autosd.domain.changes import LANDED, Change, ChangeResult, Word
from autosd.domain.decisions import Objection
from autosd.domain.errors import AutosdError
from autosd.views.changes import SENTENCES, change_exit_code, change_object, exit_code, result_of


def test_only_a_proven_change_is_done() -> None:
    done = {word for word in Word if exit_code(ChangeResult(word)) == 0}
    assert done == LANDED | {Word.PROVEN}
    assert exit_code(ChangeResult(Word.REFUSED, "halted")) == 2
    assert exit_code(ChangeResult(Word.INTERRUPTED)) == 130


def test_what_a_rule_stopped_was_refused_whatever_the_guides_call_it() -> None:
    objection = Objection("AUTOSD-KILL-SWITCH", "off", "switch it on", rule="kill_switch")
    change = Change("1", "p", None, ChangeResult(Word.SELF_CODING_DISABLED), objections=(objection,))
    assert change_exit_code(change) == 2


def test_what_a_gate_stopped_was_not_done() -> None:
    assert change_exit_code(Change("1", "p", None, ChangeResult(Word.PROTECTED_PATH, "conftest.py"))) == 1


@pytest.mark.parametrize(
    "code, exit_code, result",
    [
        ("AUTOSD-SANDBOX-UNAVAILABLE", 2, "sandbox_failed"),
        ("AUTOSD-ENV-BUILD-FAILED", 1, "environment_failed"),
        ("AUTOSD-PYTHON-INVALID", 2, "refused:python_invalid"),
        ("AUTOSD-REPO-BARE", 2, "refused:repo_bare"),
        ("AUTOSD-DISK-FULL", 1, "failed:disk_full"),
    ],
)
def test_every_error_has_a_result_word(code: str, exit_code: int, result: str) -> None:
    assert str(result_of(AutosdError(code, "m", "r", exit_code=exit_code))) == result


def test_the_object_can_be_printed_even_with_names_that_are_no_text() -> None:
    change = Change("1", "/tmp/\udcff", None, ChangeResult(Word.NO_TESTS))
    assert json.loads(json.dumps(change_object(change, None, 1.0)))["sandbox"] == {"level": "none", "missing": []}


def test_every_word_that_a_person_may_meet_without_a_diff_has_a_sentence() -> None:
    met = {Word.NO_FAILING_TESTS, Word.NO_TESTS, Word.SUITE_TIMEOUT, Word.SUITE_FAILED, Word.ENVIRONMENT_FAILED, Word.SANDBOX_FAILED}
    assert met | {Word.NO_CANDIDATE, Word.TESTS_FAILED, Word.REFUSED, Word.FAILED, Word.INTERRUPTED} <= set(SENTENCES)
