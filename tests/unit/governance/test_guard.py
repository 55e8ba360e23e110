"""The guard: no effect without a live permit, both ends on record, nothing without a record."""

from __future__ import annotations

import copy
import os
import threading
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from autosd.domain.decisions import Action, Permit, Principal
from autosd.domain.errors import AutosdError
from autosd.domain.grants import GrantUse
from autosd.governance.guard import Guard, Refused
from autosd.governance.permits import require

from .conftest import NOON, Record, Ticking
from .test_rules import PERSON, facts


def invalid(permit: object, action: Action = Action.COMMIT, project: str | None = "shop", paths: tuple[str, ...] = ()) -> str:
    with pytest.raises(AutosdError) as caught:
        require(permit, action, project, paths)  # type: ignore[arg-type]
    assert caught.value.code == "AUTOSD-PERMIT-INVALID"
    return caught.value.message


def test_the_record_has_both_ends_of_what_was_done(guard: Guard, record: Record) -> None:
    with guard.permit(facts(paths=("src/cart.py",))) as permit:
        during = record.entries()
        guard.note(permit, commit_ref="c0ffee", gates_run=["suite"], branch="autosd/1")
    begin, end = record.entries()
    assert during == [begin]  # written ahead of the effect
    assert (begin["kind"], end["kind"], end["result"]) == ("permitted", "done", "success")
    assert begin["permit_id"] == end["permit_id"] == permit.id
    assert (begin["project_id"], begin["action"], begin["principal"], begin["attended"]) == ("shop", "commit", "ada", True)
    frozen = begin["details"]["facts"]
    assert frozen["paths"] == ["src/cart.py"] and frozen["repo"] == "/srv/shop"
    assert end["commit_ref"] == "c0ffee" and end["gates_run"] == ["suite"] and end["details"] == {"branch": "autosd/1"}
    assert begin["timestamp"] < end["timestamp"]


def test_a_failure_is_recorded_with_its_kind_and_rises_on(guard: Guard, record: Record) -> None:
    with pytest.raises(OSError, match="disk"), guard.permit(facts()) as permit:
        guard.note(permit, commit_ref="half")
        raise OSError("disk said token=canary123456 no")
    end = record.entries()[-1]
    assert end["kind"] == end["result"] == "failed" and end["commit_ref"] == "half"
    assert end["details"]["error"] == "OSError" and "canary123456" not in str(end)


def test_ctrl_c_is_recorded_too(guard: Guard, record: Record) -> None:
    with pytest.raises(KeyboardInterrupt), guard.permit(facts()):
        raise KeyboardInterrupt
    assert record.entries()[-1]["details"]["error"] == "KeyboardInterrupt"


def test_the_code_of_a_known_failure_is_recorded(guard: Guard, record: Record) -> None:
    with pytest.raises(AutosdError), guard.permit(facts()):
        raise AutosdError("AUTOSD-X", "No.", "Do.")
    assert record.entries()[-1]["details"]["code"] == "AUTOSD-X"


def test_a_refusal_carries_all_objections_and_is_recorded(guard: Guard, record: Record) -> None:
    with pytest.raises(Refused) as caught, guard.permit(facts(halted=True, paths=("a.sh",))):
        raise AssertionError("the block must not run")
    refused = caught.value
    codes = [o.code for o in refused.decision.objections]
    assert codes == ["AUTOSD-HALTED", "AUTOSD-SUFFIX-NOT-ALLOWED"]
    assert refused.code == "AUTOSD-HALTED" and refused.exit_code == 2 and "a.sh" in refused.message
    assert str(refused.result) == "refused:halted"
    (entry,) = record.entries()
    assert entry["kind"] == "refused" and [o["code"] for o in entry["details"]["objections"]] == codes


def test_a_word_that_only_looks_like_an_action_is_refused(guard: Guard) -> None:
    with pytest.raises(Refused, match="No rule knows"), guard.permit(facts("commit")):
        pass


def test_a_dry_look_records_and_permits_nothing(guard: Guard, record: Record) -> None:
    assert guard.decide(facts()).permitted and not guard.decide(facts(halted=True)).permitted
    assert not record.path.exists()


def test_a_guard_without_rules_refuses_everything(record: Record, new_id: Callable[[], str]) -> None:
    with pytest.raises(Refused), Guard(record.log, Ticking(), new_id, rules=()).permit(facts()):
        pass


# ---- permits -----------------------------------------------------------------------------------------------------------------


def test_a_permit_is_good_within_its_block_for_what_it_names(guard: Guard) -> None:
    with guard.permit(facts(paths=("src/cart.py", "src/tax.py"))) as permit:
        require(permit, Action.COMMIT, "shop", ["src/tax.py"])
        require(permit, Action.COMMIT)
        assert "not for push" in invalid(permit, Action.PUSH)
        assert "not for bank" in invalid(permit, project="bank")
        assert "src/other.py" in invalid(permit, paths=("src/tax.py", "src/other.py"))
        assert "does not cover" in invalid(permit, paths=("../src/tax.py",))
    assert "its block has ended" in invalid(permit)


def test_a_permit_does_not_outlive_a_block_that_failed(guard: Guard) -> None:
    kept: list[Permit] = []
    with pytest.raises(ValueError, match="x"), guard.permit(facts()) as permit:
        kept.append(permit)
        raise ValueError("x")
    invalid(kept[0])


def test_a_forged_copied_or_widened_permit_is_refused(guard: Guard) -> None:
    with guard.permit(facts()) as permit:
        forged = Permit(permit.id, permit.action, permit.project, permit.principal, permit.paths)
        assert forged == permit
        for other in (forged, copy.copy(permit), replace(permit, paths=("src/cart.py", "secret.py")), "a word", None):
            invalid(other)
    invalid(Permit("made up", Action.COMMIT, "shop", Principal("mallory", attended=True)))


def test_permits_of_two_threads_do_not_touch_each_other(guard: Guard) -> None:
    inside, leave = threading.Event(), threading.Event()

    def hold() -> None:
        with guard.permit(facts(project="other")):
            inside.set()
            leave.wait(10)

    thread = threading.Thread(target=hold)
    thread.start()
    assert inside.wait(10)
    with guard.permit(facts()) as permit:
        require(permit, Action.COMMIT, "shop")
        leave.set()
        thread.join(10)
        require(permit, Action.COMMIT, "shop")


# ---- when the record cannot be written ---------------------------------------------------------------------------------------


def test_what_cannot_be_recorded_is_not_done(guard: Guard, record: Record) -> None:
    record.path.parent.mkdir(parents=True)
    record.path.mkdir()  # in the way, even for root
    with pytest.raises(AutosdError) as caught, guard.permit(facts()):
        raise AssertionError("the block must not run")
    assert caught.value.code == "AUTOSD-AUDIT-UNAVAILABLE"


def test_a_no_stands_also_when_it_cannot_be_recorded(guard: Guard, record: Record) -> None:
    record.path.mkdir(parents=True)
    with pytest.raises(Refused) as caught, guard.permit(facts(halted=True)):
        pass
    assert caught.value.code == "AUTOSD-HALTED" and "could not be recorded" in caught.value.__notes__[0]


def test_a_failure_is_not_hidden_by_a_record_that_broke_meanwhile(guard: Guard, record: Record) -> None:
    with pytest.raises(ValueError, match="first") as caught, guard.permit(facts()):
        record.path.write_text("spoilt\n")
        raise ValueError("first")
    assert "could not be recorded" in caught.value.__notes__[0]


def test_an_effect_whose_end_cannot_be_recorded_says_so(guard: Guard, record: Record) -> None:
    with pytest.raises(AutosdError) as caught, guard.permit(facts()):
        record.path.write_text("spoilt\n")
    assert caught.value.code == "AUTOSD-AUDIT-BROKEN"


class Planted:
    """An audit log that keeps what it is given, to look for what should not reach it."""

    def __init__(self) -> None:
        self.kept: list[Mapping[str, Any]] = []

    def append(self, kind: str, fields: Mapping[str, Any], at: datetime, *, seen: Mapping[str, GrantUse] | None = None) -> str:
        self.kept.append(fields)
        return "1"

    def use_of(self, grant_id: str, now: datetime) -> GrantUse:
        return GrantUse()


def test_the_guard_works_with_any_audit_log(new_id: Callable[[], str]) -> None:
    log = Planted()
    with Guard(log, Ticking(), new_id).permit(facts()):
        pass
    assert [set(fields) >= {"permit_id", "project_id", "action", "principal", "attended", "details"} for fields in log.kept] == [True, True]


def test_a_killed_process_leaves_an_intent_that_the_verifier_lists(guard: Guard, record: Record) -> None:
    from autosd.governance.verifier import verify_log

    record.add()
    child = os.fork()
    if child == 0:
        with guard.permit(facts()):
            os.kill(os.getpid(), 9)
    os.waitpid(child, 0)
    record.add()
    report = verify_log(record.path, keys=[record.key()])
    assert report.ok and [(i.entry, i.action, i.project) for i in report.unresolved] == [(2, "commit", "shop")]


def test_the_facts_in_these_tests_are_permitted(guard: Guard) -> None:
    assert guard.decide(facts()).permitted and facts().now == NOON and facts().principal == PERSON and facts().repo == Path("/srv/shop")
