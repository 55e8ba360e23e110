"""The host's end of the warm server: typed, bounded, and robust to whatever the untrusted side says."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from autosd.coding.repair.replies import Verdict
from autosd.coding.repair.session import SERVER, Trial, WarmSession, server_argv
from autosd.domain.changes import TextEdit
from autosd.ports import SessionLost


class Scripted:
    """A session whose other side says what it was told to, then is gone."""

    def __init__(self, *messages: dict[str, Any]) -> None:
        self._messages: Iterator[dict[str, Any]] = iter(messages)
        self.sent: list[Mapping[str, Any]] = []
        self.closed = False

    def send(self, message: Mapping[str, Any]) -> None:
        self.sent.append(message)

    def receive(self, timeout: float) -> dict[str, Any]:
        try:
            return next(self._messages)
        except StopIteration:
            raise SessionLost("exit code 3") from None

    def close(self) -> None:
        self.closed = True


def trials(count: int) -> list[Trial]:
    return [Trial(number, (TextEdit("a.py", 0, 1, "x"),)) for number in range(1, count + 1)]


def tried(id: int, **more: Any) -> dict[str, Any]:
    return {"event": "tried", "id": id, "verdict": "killed", "passed": [], "killed_by": None, "ran": 1, **more}


END = {"event": "end"}


def test_replies_become_values_and_the_request_says_all_that_was_asked() -> None:
    script = Scripted(tried(2, verdict="plausible", passed=["t"], ran=3), tried(1, killed_by="t"), END)
    found = list(WarmSession(script).attempt(trials(2), targets=["t"], guards=["g"], need="any", scout=1, fuel=4))
    assert [(one.id, one.verdict, one.passed, one.killed_by, one.ran) for one in found] == [
        (2, Verdict.PLAUSIBLE, ("t",), None, 3),
        (1, Verdict.KILLED, (), "t", 1),
    ]
    (request,) = script.sent
    assert {key: request[key] for key in ("op", "targets", "guards", "need", "scout", "fuel")} == {
        "op": "try",
        "targets": ["t"],
        "guards": ["g"],
        "need": "any",
        "scout": 1,
        "fuel": 4,
    }
    assert request["candidates"][0] == {"id": 1, "edits": [{"file": "a.py", "start": 0, "end": 1, "text": "x"}]}


def test_after_a_loss_pending_says_what_is_unanswered_in_order() -> None:
    session = WarmSession(Scripted(tried(1), tried(3)))
    with pytest.raises(SessionLost):
        list(session.attempt(trials(5), targets=["t"]))
    assert session.pending == (2, 4, 5)


@pytest.mark.parametrize(
    "nonsense",
    [
        tried(9),
        tried(1, verdict="splendid"),
        tried(1, verdict=None),
        tried(1, verdict=["killed"]),
        {"event": "observed", "test": "t", "outcome": "passed"},
        {"event": "tried"},
        {},
        {"event": "end", "error": "KeyError: x"},
    ],
)
def test_a_reply_that_cannot_be_true_ends_the_session(nonsense: dict[str, Any]) -> None:
    with pytest.raises(SessionLost):
        list(WarmSession(Scripted(nonsense, END)).attempt(trials(1), targets=["t"]))


def test_an_answer_given_twice_ends_the_session() -> None:
    with pytest.raises(SessionLost):
        list(WarmSession(Scripted(tried(1), tried(1), END)).attempt(trials(2), targets=["t"]))


@pytest.mark.parametrize(
    "rubbish", [None, 7, "x", [], {}, [[]], {"a": 1}, [{"file": 3}], {"1": {"x": [3]}}, float("nan"), -1, True, 1 << 80]
)
def test_rubbish_in_any_field_is_read_as_nothing(rubbish: Any) -> None:
    fields = ("seconds", "lines", "failure", "looped", "vars", "values", "attrs", "returns")
    for name in fields:
        message = {"event": "observed", "test": "t", "outcome": "failed", name: rubbish}
        (seen,) = WarmSession(Scripted(message, END)).observe(["t"])
        assert seen.test == "t" and seen.seconds >= 0
    for name in ("kind", "message", "frames", "left", "right", "op", "locals"):
        message = {"event": "observed", "test": "t", "outcome": "failed", "failure": {name: rubbish}}
        (seen,) = WarmSession(Scripted(message, END)).observe(["t"])
        assert seen.failure is not None and isinstance(seen.failure.failure.kind, str)
    for name in ("agree", "kept", "outputs", "kinds", "inputs"):
        (probe,) = WarmSession(Scripted({"event": "probed", "id": 1, name: rubbish}, END)).probe(trials(1), tests=["t"])
        assert probe.agree is None or 0 <= probe.agree <= 1
    for name in ("python", "tests", "errors"):
        WarmSession(Scripted({"event": "opened", name: rubbish})).open(Path("/x"))
    for name in ("passed", "killed_by", "ran", "twin", "share"):
        (one,) = WarmSession(Scripted(tried(1, **{name: rubbish}), END)).attempt(trials(1), targets=["t"])
        assert one.verdict == "killed"


def test_an_outcome_for_a_test_nobody_asked_for_ends_the_session() -> None:
    with pytest.raises(SessionLost):
        list(WarmSession(Scripted({"event": "observed", "test": "u", "outcome": "passed"}, END)).observe(["t"]))


def test_close_ends_the_process_also_when_it_is_gone() -> None:
    script = Scripted()
    WarmSession(script).close()
    assert script.closed and script.sent == [{"op": "close"}]


def test_the_server_is_a_script_below_one_folder_that_must_be_readable() -> None:
    argv = server_argv(Path(sys.executable))
    assert argv[0] == sys.executable and Path(argv[1]).is_file() and SERVER in Path(argv[1]).parents
