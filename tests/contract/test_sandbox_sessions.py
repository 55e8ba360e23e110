"""The contract of ``Sandbox.session``, on every level this machine offers."""

from __future__ import annotations

import threading
import time
from pathlib import Path

import pytest

from autosd.adapters.sandbox.probing import interpreter_mounts
from autosd.domain.sandboxing import Access, Command, Limits, Mount
from autosd.ports import Sandbox, SessionLost

from .sandbox_attacks.kit import PYTHON, QUICK, sandbox, work

__all__ = ["sandbox", "work"]  # the fixtures are found by name


ECHO = """
import json, sys
for line in sys.stdin:
    message = json.loads(line)
    if message.get('do'): exec(message['do'])
    print(json.dumps({'got': message}), flush=True)
"""


def session_command(work: Path, limits: Limits = QUICK, code: str = ECHO) -> Command:
    return Command((*PYTHON, code), work, (*interpreter_mounts(), Mount(work, Access.SCRATCH)), {}, limits)


def test_a_session_answers_line_by_line(sandbox: Sandbox, work: Path) -> None:
    with sandbox.session(session_command(work)) as session:
        for message in ({"n": 1}, {"text": "ü" * 200_000}, {"path": str(work / "file")}):
            session.send(message)
            assert session.receive(10) == {"got": message}


def test_a_session_that_stays_silent_is_lost(sandbox: Sandbox, work: Path) -> None:
    with sandbox.session(session_command(work)) as session, pytest.raises(SessionLost, match="timeout"):
        session.receive(0.3)


def test_a_session_that_dies_says_why(sandbox: Sandbox, work: Path) -> None:
    with sandbox.session(session_command(work)) as session:
        session.send({"do": "sys.stderr.write('last words'); sys.exit(3)"})
        with pytest.raises(SessionLost, match="exit code 3: last words"):
            session.receive(10)


def test_a_session_out_of_memory_is_told_so(sandbox: Sandbox, work: Path) -> None:
    with sandbox.session(session_command(work, Limits(wall_seconds=20, memory_mb=100))) as session:
        session.send({"do": "h = [bytearray(b'x' * 1000000) for _ in range(100000)]"})
        with pytest.raises(SessionLost, match="memory"):
            session.receive(15)


@pytest.mark.parametrize("said", ["print('x' * 300_000)", "print('no json')", "print([1])", "print('[' * 100_000)"])
def test_a_session_that_says_nonsense_is_lost(sandbox: Sandbox, work: Path, said: str) -> None:
    with sandbox.session(session_command(work, Limits(wall_seconds=20, output_bytes=200_000))) as session:
        session.send({"do": said})
        with pytest.raises(SessionLost, match="output"):
            session.receive(10)


def test_a_session_that_floods_stderr_does_not_stand_still(sandbox: Sandbox, work: Path) -> None:
    with sandbox.session(session_command(work)) as session:
        session.send({"do": "sys.stderr.write('x' * 3_000_000)"})
        assert "got" in session.receive(10)


def test_leaving_a_session_kills_its_children(sandbox: Sandbox, work: Path) -> None:
    beat = work / "shared"
    beat.mkdir()
    command = Command((*PYTHON, ECHO), work, (*interpreter_mounts(), Mount(beat, Access.WRITE)), {}, QUICK)
    with sandbox.session(command) as session:
        code = f"""
import os, time
if os.fork() == 0:
    os.setsid()
    for n in range(999): open({str(beat / "n")!r}, 'w').write(str(n)); time.sleep(0.01)
"""
        session.send({"do": code})
        session.receive(10)
        for _ in range(200):
            if (beat / "n").exists():
                break
            time.sleep(0.02)
    before = (beat / "n").read_text()
    time.sleep(0.2)
    assert (beat / "n").read_text() == before


def test_a_session_that_is_closed_while_another_thread_waits_is_lost_to_it(sandbox: Sandbox, work: Path) -> None:
    found: list[BaseException] = []
    with sandbox.session(session_command(work)) as session:

        def wait() -> None:
            try:
                session.receive(50)
            except BaseException as error:
                found.append(error)

        waiting = threading.Thread(target=wait)
        waiting.start()
        time.sleep(0.3)
        session.close()
        waiting.join(10)
    assert [type(error) for error in found] == [SessionLost]
