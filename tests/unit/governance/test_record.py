"""The record: complete lines or none, under many writers, crashes, full disks, and other people's hands."""

from __future__ import annotations

import json
import multiprocessing
import os
import re
import resource
import signal
import stat
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest

from autosd.adapters.keyring import FileKeyring
from autosd.domain.errors import AutosdError
from autosd.governance.audit import FileAuditLog
from autosd.governance.chain import End, head_of, sealed, slot_of
from autosd.governance.record_heads import HeadsFile
from autosd.governance.verifier import Report, verify_log

from .conftest import NOON, Record

S3_FIELDS = [
    "timestamp",
    "project_id",
    "action",
    "result",
    "grant_id",
    "gates_run",
    "commit_ref",
    "tag_ref",
    "break_glass_used",
    "details",
]


def check(record: Record) -> Report:
    return verify_log(record.path, keys=[record.key()])


def without_links(entry: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in entry.items() if name not in ("id", "seq", "prev", "hash")}


def refusal(record: Record) -> AutosdError:
    with pytest.raises(AutosdError) as caught:
        Record(record.home).add()
    assert "\n" not in str(caught.value)
    return caught.value


def test_an_entry_has_the_guides_fields_and_its_place_in_the_chain(record: Record) -> None:
    id = record.add("done", commit_ref="c0ffee")
    record.add()
    first, second = record.entries()
    assert list(first)[:10] == S3_FIELDS
    assert set(first) >= {"seq", "prev", "hash", "id", "permit_id", "principal", "attended", "kind", "v"} and first["v"] == 2
    assert second["prev"] == first["hash"]
    assert first["id"] == id and first["result"] == "success" and first["commit_ref"] == "c0ffee" and first["gates_run"] == []
    assert (first["seq"], second["seq"]) == (1, 2) and first["timestamp"] == "2026-03-01T12:00:00+00:00"
    assert check(record).ok


def test_times_are_kept_in_utc(record: Record) -> None:
    record.log.append("noted", {}, datetime(2026, 1, 1, 2, tzinfo=timezone(timedelta(hours=2))))
    assert record.entries()[0]["timestamp"] == "2026-01-01T00:00:00+00:00"


def test_the_files_are_private(record: Record) -> None:
    old = os.umask(0)
    try:
        record.add()
    finally:
        os.umask(old)
    for path in (record.path, record.heads):
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(record.home.stat().st_mode) == 0o700


def test_a_caller_cannot_set_the_links_of_the_chain(record: Record) -> None:
    links = ("seq", "prev", "hash", "v", "timestamp", "kind", "result", "id")
    record.log.append("noted", dict.fromkeys(links, "forged"), NOON)
    (entry,) = record.entries()
    assert entry["seq"] == 1 and entry["kind"] == entry["result"] == "noted" and entry["id"] != "forged" and check(record).ok


def test_secrets_do_not_reach_the_record(record: Record) -> None:
    log = FileAuditLog(record.path, record.keyring, secrets=("hunter2-the-db-password",))
    log.append("noted", {"project_id": "x", "details": {"said": "it was hunter2-the-db-password", "api_key": "k" * 20}}, NOON)
    log.append("noted", {"principal": "ghp_" + "a1" * 18}, NOON)
    text = record.path.read_text()
    assert "hunter2" not in text and "k" * 20 not in text and "a1a1" not in text and check(record).ok


def test_odd_values_are_kept_as_plain_data(record: Record) -> None:
    details = {"path": Path("/a"), "nan": float("nan"), "bytes": b"x", "lone": "\ud800", "deep": {"set": {2, 1}}, 3: "three"}
    record.add(details=details)
    assert record.entries()[0]["details"] == {
        "path": "/a",
        "nan": "nan",
        "bytes": "<bytes>",
        "lone": "\ud800",
        "deep": {"set": [1, 2]},
        "3": "three",
    }
    assert check(record).ok


def test_details_beyond_all_measure_are_cut(record: Record) -> None:
    record.add(details={str(n): "x" * 7000 for n in range(60)})
    assert "cut" in record.entries()[0]["details"] and record.path.stat().st_size < 10_000 and check(record).ok


# ---- many writers ------------------------------------------------------------------------------------------------------------


def _write_many(home: Path, count: int) -> None:
    record = Record(home)
    for number in range(count):
        record.add(principal=f"{os.getpid()}-{number}")


def test_many_processes_make_one_unbroken_chain(record: Record) -> None:
    """They also race for making the key, the folder and the first entry."""
    context = multiprocessing.get_context("fork")
    writers = [context.Process(target=_write_many, args=(record.home, 20)) for _ in range(6)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join(60)
    assert [writer.exitcode for writer in writers] == [0] * 6
    report = check(record)
    assert report.ok and report.entries == 120
    assert len({entry["principal"] for entry in record.entries()}) == 120


def test_the_verifier_never_sees_half_of_a_writers_line(record: Record) -> None:
    record.add()
    writer = multiprocessing.get_context("fork").Process(target=_write_many, args=(record.home, 60))
    writer.start()
    while writer.is_alive():
        assert check(record).ok
    writer.join()
    assert check(record).entries == 61


def test_kill_9_at_any_moment_loses_nothing_that_was_acknowledged(record: Record, tmp_path: Path) -> None:
    """A writer says what it has been told is on disk; whenever it dies, that is there, and the next writer goes on."""
    acknowledged = 0
    for round in range(8):
        read, write = os.pipe()
        child = os.fork()
        if child == 0:
            try:
                while True:
                    record.add(details={"x": "y" * 3000})
                    os.write(write, b".")
            finally:
                os._exit(1)
        os.close(write)
        os.read(read, 1)
        time.sleep(0.002 * round)
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        said = 1
        while chunk := os.read(read, 65536):
            said += len(chunk)
        os.close(read)
        acknowledged += said
        record.add("survivor")
        report = check(record)
        assert report.ok, report.why
        assert sum(entry["kind"] == "noted" for entry in record.entries()) >= acknowledged


# ---- torn lines --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("cut", [1, 2, 40, 300])
def test_a_torn_last_line_is_set_aside_and_recorded(record: Record, cut: int) -> None:
    record.add()
    whole = record.path.read_bytes()
    record.path.write_bytes(whole + whole[:-cut])
    record.add()
    kinds = [entry["kind"] for entry in record.entries()]
    assert kinds == ["noted", "recovered", "noted"]
    assert record.log.torn.read_bytes() == whole[:-cut] + b"\n"
    details = record.entries()[1]["details"]
    assert details["bytes"] == len(whole) - cut and details["kept_in"] == "audit.log.jsonl.torn"
    assert check(record).ok


def test_a_record_whose_very_first_line_was_torn_begins_anew(record: Record) -> None:
    record.home.mkdir(mode=0o700)
    record.path.write_bytes(b'{"action":"te')
    record.add()
    assert [entry["kind"] for entry in record.entries()] == ["recovered", "noted"] and check(record).ok


def test_a_crash_before_the_announced_line_is_no_tampering(record: Record) -> None:
    record.add()
    before = record.path.read_bytes()
    record.add()
    record.path.write_bytes(before)
    heads = record.heads.read_bytes()
    record.heads.write_bytes(slot(before) + heads[512:])  # announced, not written
    assert check(record).ok and check(record).entries == 1
    record.add()
    assert check(record).ok and check(record).entries == 2


def test_a_crash_between_a_line_and_its_head_is_no_tampering(record: Record) -> None:
    record.add()
    before = record.path.read_bytes()
    record.add()
    heads = record.heads.read_bytes()
    record.heads.write_bytes(slot(before) + heads[512:])  # announced and written, but not said to be
    assert check(record).ok and check(record).entries == 2
    assert Record(record.home).add() and check(record).ok and check(record).entries == 3


def test_a_crash_in_the_middle_of_several_entries_sets_aside_what_nobody_was_told_of(record: Record) -> None:
    record.add()
    before = record.path.read_bytes()
    record.log.append_all([("noted", {"details": {"n": n}}, NOON) for n in range(5)])
    lines = record.path.read_bytes().splitlines(keepends=True)
    heads = record.heads.read_bytes()
    record.heads.write_bytes(slot(before) + heads[512:])
    record.path.write_bytes(b"".join(lines[:4]) + lines[4][:100])
    record.add("survivor")
    assert [entry["kind"] for entry in record.entries()] == ["noted", "recovered", "survivor"]
    assert record.log.torn.read_bytes() == b"".join(lines[1:4]) + lines[4][:100] + b"\n" and check(record).ok


def slot(log: bytes) -> bytes:
    """The head as it was when ``log`` was the whole record."""
    entry = json.loads(log.splitlines()[-1])
    return _HEADS[entry["seq"], entry["hash"]]


_HEADS: dict[tuple[int, str], bytes] = {}


@pytest.fixture(autouse=True)
def _heads_are_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    """What somebody who looks in from time to time could have copied."""
    commit = HeadsFile.commit

    def remember(self: HeadsFile, slot: bytes, end: End) -> None:
        _HEADS[end.seq, end.hash] = slot
        commit(self, slot, end)

    monkeypatch.setattr(HeadsFile, "commit", remember)


# ---- nothing half written ----------------------------------------------------------------------------------------------------


def _with_file_limit(home: Path, limit: int) -> None:
    record = Record(home)
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
    record.add(details={"x": "y" * 2000})


def test_a_full_disk_is_one_clear_error_and_leaves_nothing_half_written(record: Record) -> None:
    record.add()
    before, head = record.path.read_bytes(), record.heads.read_bytes()
    for room in (0, 100, 1500):
        code = f"import sys; sys.path[:0] = {sys.path!r}; from governance.test_record import _with_file_limit; from pathlib import Path;"
        code += f" _with_file_limit(Path({str(record.home)!r}), {len(before) + room})"
        child = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
        assert "[AUTOSD-AUDIT-UNAVAILABLE]" in child.stderr and "File too large" in child.stderr, child.stderr
        assert record.path.read_bytes() == before and record.heads.read_bytes() == head
        assert sorted(path.name for path in record.home.iterdir()) == ["audit.log.jsonl", "audit.log.jsonl.heads", "keys"]
    record.add()
    assert check(record).ok


def test_a_really_full_disk_is_refused_too(record: Record) -> None:
    full = Path("/dev/full")
    if not full.exists():
        pytest.skip("this system has no /dev/full")
    record.home.mkdir(mode=0o700)
    record.path.symlink_to(full)
    assert refusal(record).code in ("AUTOSD-AUDIT-UNAVAILABLE", "AUTOSD-AUDIT-BROKEN")


def test_a_record_that_somebody_holds_for_ever_is_refused_in_time(record: Record, monkeypatch: pytest.MonkeyPatch) -> None:
    import fcntl

    record.add()
    monkeypatch.setattr("autosd.governance.record_lock.LOCK_SECONDS", 0.05)
    with record.path.open("rb") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        assert "does not let go" in refusal(record).message
    record.add()


def test_a_place_that_cannot_be_written_is_one_clear_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    log = FileAuditLog(tmp_path / "file" / "audit.log", FileKeyring(tmp_path / "home"))
    with pytest.raises(AutosdError) as caught:
        log.append("noted", {}, NOON)
    assert caught.value.code == "AUTOSD-AUDIT-UNAVAILABLE" and "AUTOSD_AUDIT_LOG" in caught.value.remedy


# ---- it does not go on over what somebody changed ----------------------------------------------------------------------------


def broken(record: Record) -> str:
    before = record.path.read_bytes() if record.path.exists() else b""
    error = refusal(record)
    assert error.code == "AUTOSD-AUDIT-BROKEN" and "autosd audit verify" in error.remedy
    assert record.path.read_bytes() == before
    return error.message


def test_it_does_not_go_on_over_a_cut_tail(record: Record) -> None:
    for _ in range(3):
        record.add()
    lines = record.path.read_bytes().splitlines(keepends=True)
    record.path.write_bytes(b"".join(lines[:2]))
    assert "ends at entry 2 but its signed head says 3" in broken(record)
    record.path.write_bytes(b"")
    assert "ends at entry 0" in broken(record)


def test_it_does_not_go_on_without_its_head(record: Record) -> None:
    for _ in range(3):
        record.add()
    head = record.heads.read_bytes()
    for spoilt in (b"", b"{}", b"[]\n", b'{"seq": "x", "hash": 1}', head[:512], head + b" ", head.replace(b'"seq":3', b'"seq":4')):
        record.heads.write_bytes(spoilt)
        assert re.search("missing|spoilt", broken(record))
    record.heads.unlink()
    assert "missing" in broken(record)
    record.heads.write_bytes(head)
    record.add()


def test_it_does_not_sign_a_line_that_somebody_else_put_there(record: Record, tmp_path: Path) -> None:
    """Else the next honest entry would vouch for the forged one."""
    record.add()
    stranger = Record(tmp_path / "stranger")
    entry = json.loads(record.path.read_bytes())
    body = json.dumps({**without_links(entry), "details": {"forged": True}})[:-1].encode()
    line, end = sealed(body, End(1, entry["hash"]), "2-forged")
    record.path.write_bytes(record.path.read_bytes() + line + b"\n")
    assert "entries are forged" in broken(record)
    forged = slot_of(head_of(end, stranger.keyring.sign, record.key().hex()))
    record.heads.write_bytes(forged + forged)
    assert "spoilt or foreign" in broken(record)


def test_it_does_not_go_on_over_a_changed_last_line(record: Record) -> None:
    record.add()
    record.path.write_bytes(record.path.read_bytes().replace(b"shop", b"shoP"))
    assert "not what was written" in broken(record)
    time.sleep(0.05)  # longer than a tick of the file system's clock
    record.path.touch()
    with pytest.raises(AutosdError, match="not what was written"):
        record.add()  # nor does the one that wrote it


def test_it_does_not_go_on_over_another_record_of_the_same_key(record: Record) -> None:
    record.add()
    log, head = record.path.read_bytes(), record.heads.read_bytes()
    record.path.unlink()
    record.heads.unlink()
    record.add("another")
    record.heads.write_bytes(head)
    assert "is not the one in its signed head" in broken(record)
    record.path.write_bytes(log)
    record.add()


def test_a_record_that_was_moved_away_with_its_head_begins_anew(record: Record) -> None:
    record.add()
    record.path.rename(record.path.with_suffix(".old"))
    record.heads.rename(record.heads.with_suffix(".old"))
    record.add()
    assert check(record).ok and check(record).entries == 1


def test_appending_does_not_get_slower_as_the_record_grows(record: Record) -> None:
    """Only the end is read: what lies before it may be of any size."""
    record.add()
    tail_start = record.path.stat().st_size
    for _ in range(3):
        record.add(details={"x": "y" * 100_000})  # lines longer than a read step
    assert check(record).ok and record.path.stat().st_size > tail_start
    assert datetime.fromisoformat(record.entries()[-1]["timestamp"]).tzinfo == UTC
