"""One record in many files: nothing is lost between them, whoever writes meanwhile and wherever a process is killed."""

from __future__ import annotations

import json
import multiprocessing
import os
import random
import signal
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from autosd.domain.errors import AutosdError
from autosd.governance import audit, record_index
from autosd.governance.record_heads import HeadsFile
from autosd.governance.record_parts import Unfit, entries_back, lines
from autosd.governance.verifier import Report, verify_log

from .conftest import NOON, Record

pytestmark = pytest.mark.slow


@pytest.fixture
def record(tmp_path: Path) -> Record:
    return Record(tmp_path / "home", durable=False)


def check(record: Record, **options: Any) -> Report:
    return verify_log(record.path, keys=[record.key()], **options)


def files(record: Record) -> list[Path]:
    return [*sorted(record.home.glob("audit.log.jsonl.0*")), record.path]


def in_three(record: Record) -> list[Path]:
    """A record of three files."""
    for number in range(3):
        for _ in range(4):
            record.add("done", details={"number": number})
        if number < 2:
            assert record.log.rotate({"principal": "ada"}, NOON)
    return files(record)


def test_a_rotated_log_is_named_by_its_entries_and_the_next_one_begins_with_its_head(record: Record) -> None:
    first, second, _ = in_three(record)
    assert (first.name, second.name) == (
        "audit.log.jsonl.000000000001-000000000004",
        "audit.log.jsonl.000000000005-000000000009",
    )
    entry = record.entries()[0]
    last = json.loads(second.read_bytes().splitlines()[-1])
    assert (entry["kind"], entry["seq"], entry["prev"], entry["principal"]) == ("rotated", 10, last["hash"], "ada")
    assert entry["details"]["segment"] == second.name and entry["details"]["head"]["hash"] == last["hash"]
    report = check(record)
    assert (report.ok, report.entries, report.segments) == (True, 14, 2)


def test_there_is_nothing_to_rotate_in_what_has_just_begun(record: Record) -> None:
    assert record.log.rotate({}, NOON) is None
    record.add()
    assert record.log.rotate({}, NOON) and record.log.rotate({}, NOON) is None and len(files(record)) == 2


def test_a_log_rotates_by_itself_when_it_has_grown(tmp_path: Path) -> None:
    record = Record(tmp_path / "home", durable=False, rotate_bytes=3_000)
    ids = [record.add() for _ in range(40)]
    assert len(files(record)) > 4 and all(path.stat().st_size < 4_000 for path in files(record))
    assert check(record).ok
    assert [entry["id"] for entry in entries_back(record.path) if entry["kind"] == "noted"] == ids[::-1]
    assert sum(1 for _ in lines(record.path, last=20)) == 20


def test_attempts_without_an_end_are_found_across_files(record: Record) -> None:
    record.add("permitted", permit_id="ended")
    record.add("permitted", permit_id="open")
    record.log.rotate({}, NOON)
    record.add("done", permit_id="ended")
    record.log.rotate({}, NOON)
    assert [intent.permit for intent in check(record).unresolved] == ["open"]


SPOILT: dict[str, Callable[[list[Path]], object]] = {
    "the first segment is gone": lambda files: files[0].unlink(),
    "a segment is gone": lambda files: files[1].unlink(),
    "the log is gone": lambda files: files[2].unlink(),
    "the log is emptied": lambda files: files[2].write_bytes(b""),
    "a segment lost its end": lambda files: files[0].write_bytes(b"".join(files[0].read_bytes().splitlines(keepends=True)[:-1])),
    "a segment was changed": lambda files: files[1].write_bytes(files[1].read_bytes().replace(b'"number":1', b'"number":2', 1)),
    "a segment has another name": lambda files: files[1].rename(files[1].with_name("audit.log.jsonl.000000000005-000000000010")),
    "two segments changed places": lambda files: exchange(files[0], files[1]),
    "a segment is there twice": lambda files: (files[0].parent / "audit.log.jsonl.000000000010-000000000014").write_bytes(
        files[2].read_bytes()
    ),
}


def exchange(one: Path, other: Path) -> None:
    first, second = one.read_bytes(), other.read_bytes()
    one.write_bytes(second)
    other.write_bytes(first)


@pytest.mark.parametrize("how", SPOILT)
def test_a_part_that_is_missing_or_changed_is_noticed(record: Record, how: str) -> None:
    SPOILT[how](in_three(record))
    report = check(record)
    assert not report.ok and report.why


@pytest.mark.parametrize("how", ["the log is gone", "the log is emptied"])
def test_it_does_not_go_on_over_a_last_file_that_is_gone(record: Record, how: str) -> None:
    SPOILT[how](in_three(record))
    with pytest.raises(AutosdError, match="its signed head says 14"):
        Record(record.home).add()


def test_segments_that_were_packed_away_are_vouched_for_by_the_head_that_the_next_one_carries(record: Record) -> None:
    first, second, _ = in_three(record)
    first.rename(record.home / "packed")
    assert "a segment is missing" in check(record).why
    report = check(record, partial=True)
    assert (report.ok, report.first, report.entries, report.pinned) == (True, 5, 14, True)
    second.rename(record.home / "packed too")
    assert check(record, partial=True).ok
    text = record.path.read_bytes()
    record.path.write_bytes(text.replace(b'"principal":"ada"', b'"principal":"eve"', 1))
    assert not check(record, partial=True).ok
    record.path.write_bytes(b"".join(text.splitlines(keepends=True)[1:]))
    assert not check(record, partial=True).ok


def test_nothing_is_read_out_of_a_record_that_was_changed(record: Record) -> None:
    in_three(record)
    assert [end.seq for _, end in lines(record.path, last=14)] == list(range(1, 15))
    files(record)[1].write_bytes(files(record)[1].read_bytes().replace(b'"number":1', b'"number":2', 1))
    with pytest.raises(Unfit):
        list(lines(record.path, last=14))


# ---- many writers, and kills -------------------------------------------------------------------------------------------------


def _write_many(home: Path, count: int) -> None:
    record = Record(home, durable=False, rotate_bytes=5_000)
    for number in range(count):
        record.add(principal=f"{os.getpid()}-{number}")
        if number % 10 == 9:
            record.log.rotate({}, NOON)


def test_eight_processes_write_while_the_log_is_rotated(record: Record) -> None:
    context = multiprocessing.get_context("fork")
    writers = [context.Process(target=_write_many, args=(record.home, 50)) for _ in range(8)]
    for writer in writers:
        writer.start()
    reports = []
    while any(writer.is_alive() for writer in writers):
        reports.append(check(record) if record.path.exists() and record.heads.exists() else None)
    assert [writer.exitcode for writer in writers] == [0] * 8
    assert all(report.ok for report in reports if report), [report.why for report in reports if report and not report.ok][:3]
    assert check(record).ok and check(record).segments >= 20
    noted = [entry for entry in entries_back(record.path) if entry["kind"] == "noted"]
    assert len(noted) == len({entry["principal"] for entry in noted}) == 400


def _die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


#: Every step of an append and of a rotation, by where it is looked up.
STEPS: dict[str, tuple[object, str]] = {
    "announcing": (HeadsFile, "announce"),
    "writing": (audit, "write_all"),
    "committing": (HeadsFile, "commit"),
    "renaming": (Path, "rename"),
    "syncing the folder": (audit, "sync_folder"),
    "beginning": (audit, "look_at"),
    "keeping the index": (record_index.GrantIndex, "_keep"),
}


@pytest.mark.parametrize("when", ["before", "after", "in the middle of"])
@pytest.mark.parametrize("step", STEPS)
def test_kill_9_at_any_step_leaves_a_record_that_goes_on(
    record: Record, monkeypatch: pytest.MonkeyPatch, step: str, when: str
) -> None:  # fmt: skip
    """The first, second and third time that a step is reached: it is reached by the append, the rotation, the first entry after it."""
    if when == "in the middle of" and step != "writing":
        pytest.skip("there is no middle")
    monkeypatch.setattr(record_index, "KEEP_EVERY", 2)
    owner, name = STEPS[step]
    before = getattr(owner, name)
    record.add("permitted", grant_id="g", permit_id="0")
    for time_reached in range(4):
        acknowledged = _killed(record, owner, name, before, when, time_reached)
        record.add("survivor", grant_id="g")
        report = check(record)
        assert report.ok, (report.why, time_reached)
        ids = [entry["id"] for entry in entries_back(record.path)]
        assert set(acknowledged) <= set(ids)
        assert Record(record.home).log.use_of("g", NOON).uses == sum(e["kind"] == "permitted" for e in entries_back(record.path))


def _killed(record: Record, owner: object, name: str, before: Callable[..., Any], when: str, reached: int) -> list[str]:
    """A child appends and rotates until it is killed; the ids of what it was told is written."""
    read, write = os.pipe()
    child = os.fork()
    if child == 0:
        calls = [0]

        def lethal(*args: Any, **options: Any) -> Any:
            calls[0] += 1
            if calls[0] > reached and when == "before":
                _die()
            if calls[0] > reached and when == "in the middle of":
                os.write(args[0], args[1][: len(args[1]) // 2])
                _die()
            result = before(*args, **options)
            if calls[0] > reached:
                _die()
            return result

        setattr(owner, name, lethal)
        try:
            mine = Record(record.home)
            for number in range(6):
                id = mine.add("permitted", grant_id="g", permit_id=f"{os.getpid()}-{number}")
                os.write(write, f"{id}\n".encode())
                mine.log.append_all([("noted", {}, NOON)] * 3)
                mine.log.rotate({}, NOON)
        finally:
            os._exit(0)
    os.close(write)
    said = b""
    while chunk := os.read(read, 65_536):
        said += chunk
    os.close(read)
    os.waitpid(child, 0)
    return said.decode().split()


def test_kill_9_at_random_moments_of_writing_and_rotating_loses_nothing_that_was_acknowledged(record: Record) -> None:
    chance = random.Random(7)
    acknowledged: set[str] = set()
    for _ in range(12):
        read, write = os.pipe()
        child = os.fork()
        if child == 0:
            try:
                mine = Record(record.home, durable=False, rotate_bytes=6_000)
                while True:
                    ids = [mine.add(details={"x": "y" * 500}), *mine.log.append_all([("noted", {}, NOON)] * 4)]
                    os.write(write, ("\n".join(ids) + "\n").encode())
            finally:
                os._exit(1)
        os.close(write)
        os.read(read, 1)
        time.sleep(chance.random() * 0.03)
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        said = b""
        while chunk := os.read(read, 1_048_576):
            said += chunk
        os.close(read)
        acknowledged |= set(said.decode().split("\n")[1:-1])
        record.add("survivor")
        assert check(record).ok, check(record).why
    assert acknowledged and acknowledged <= {entry["id"] for entry in entries_back(record.path)}


# ---- together ----------------------------------------------------------------------------------------------------------------


def test_entries_that_are_written_together_are_entries_like_others(record: Record) -> None:
    ids = record.log.append_all([("noted", {"details": {"n": n}}, NOON) for n in range(30)])
    assert [entry["id"] for entry in record.entries()] == ids and record.log.append_all([]) == []
    assert check(record).ok and check(record).entries == 30


def test_threads_that_wait_for_each_other_share_a_write(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    record, writes = Record(tmp_path / "home"), []
    write_all = audit.write_all

    def slowly(file: int, data: bytes) -> None:
        writes.append(data.count(b"\n"))
        time.sleep(0.01)
        write_all(file, data)

    monkeypatch.setattr(audit, "write_all", slowly)
    ids: list[str] = []
    threads = [threading.Thread(target=lambda: ids.extend(record.add() for _ in range(10))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(ids) == sorted(entry["id"] for entry in record.entries()) and len(ids) == 80
    assert check(record).ok and len(writes) < 50 and max(writes) > 2


@pytest.mark.soak
def test_any_bit_of_a_long_record_counts(tmp_path: Path) -> None:
    """SOAK_FLIPS bits (default 300) of a record of SOAK_ENTRIES entries (default 10 000) in several files."""
    record = Record(tmp_path / "home", durable=False, rotate_bytes=1_000_000)
    for start in range(0, int(os.environ.get("SOAK_ENTRIES", "10000")), 1000):
        record.log.append_all([("permitted", {"permit_id": str(start + n), "grant_id": "g"}, NOON) for n in range(1000)])
    assert check(record).ok
    chance = random.Random(1)
    for _ in range(int(os.environ.get("SOAK_FLIPS", "300"))):
        path = chance.choice(files(record))
        place, bit = chance.randrange(path.stat().st_size), 1 << chance.randrange(8)
        with path.open("r+b", buffering=0) as file:
            was = os.pread(file.fileno(), 1, place)
            os.pwrite(file.fileno(), bytes([was[0] ^ bit]), place)
            assert not check(record).ok, (path, place, bit)
            os.pwrite(file.fileno(), was, place)
    assert check(record).ok
