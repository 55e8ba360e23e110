"""Counts of a grant's use: always what the record says, whoever writes, whatever lies beside it, however long it is."""

from __future__ import annotations

import json
import multiprocessing
import os
import random
import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from autosd.adapters.keyring import FileKeyring
from autosd.domain.errors import AutosdError
from autosd.domain.grants import GrantUse
from autosd.governance import record_index
from autosd.governance.audit import FileAuditLog
from autosd.governance.verifier import verify_log
from autosd.ports import RecordMoved

from .conftest import NOON, Record

TOMORROW = NOON + timedelta(days=1)


def use(record: Record, id: str, at: datetime = NOON) -> GrantUse:
    """Asked of the writer, and of somebody who comes anew: both have to say the same."""
    here = record.log.use_of(id, at)
    assert here == Record(record.home).log.use_of(id, at)
    return here


def permitted(record: Record, permit: str, *ids: str, action: str = "commit", at: datetime = NOON) -> None:
    fields = {"action": action, "permit_id": permit, "grant_id": ids[-1], "grant_ids": list(ids)}
    record.log.append("permitted", fields, at)


def test_a_grant_that_was_never_used_counts_nothing(record: Record) -> None:
    assert record.log.use_of("g", NOON) == GrantUse()
    record.add("permitted", permit_id="p")
    assert use(record, "g") == GrantUse()


def test_uses_are_permits_and_count_for_all_parents(record: Record) -> None:
    permitted(record, "1", "root")
    permitted(record, "2", "root", "child")
    permitted(record, "3", "root", "child", "grandchild")
    record.add("refused", grant_id="root")
    assert [use(record, id).uses for id in ("root", "child", "grandchild")] == [3, 2, 1]


def test_deploys_and_merges_are_counted_by_the_day(record: Record) -> None:
    permitted(record, "1", "g", action="deploy")
    permitted(record, "2", "g", action="promote")
    permitted(record, "3", "g", action="merge_pr")
    permitted(record, "4", "g", action="deploy", at=TOMORROW)
    permitted(record, "5", "g", action="rollback", at=TOMORROW)
    assert use(record, "g") == GrantUse(uses=5, deploys_today=2, merges_today=1)
    assert use(record, "g", TOMORROW) == GrantUse(uses=5, deploys_today=1)
    assert use(record, "g", TOMORROW + timedelta(days=1)) == GrantUse(uses=5)
    late = datetime.fromisoformat("2026-03-02T01:00:00+02:00")  # the day before, in UTC
    assert use(record, "g", late).deploys_today == 2


def test_failures_in_a_row_end_with_a_success(record: Record) -> None:
    for permit, end in enumerate(("failed", "failed", "done", "failed", "failed", "failed")):
        permitted(record, str(permit), "root", "child")
        record.add(end, permit_id=str(permit))  # the end needs not name the grant again
    assert use(record, "child").failures_in_a_row == use(record, "root").failures_in_a_row == 3
    record.add("failed", permit_id="of another")
    assert use(record, "root").failures_in_a_row == 3


def test_a_use_is_counted_only_if_the_record_still_says_what_was_seen(record: Record) -> None:
    other, fields = Record(record.home), {"grant_id": "g", "grant_ids": ["root", "g"]}
    record.log.append("permitted", fields, NOON, seen={"g": GrantUse(), "root": GrantUse()})
    for seen in ({"g": GrantUse()}, {"g": GrantUse(uses=1), "root": GrantUse()}, {"g": GrantUse(uses=2)}):
        with pytest.raises(RecordMoved):
            other.log.append("permitted", fields, NOON, seen=seen)
    assert len(record.entries()) == 1
    other.log.append("permitted", fields, NOON, seen={"g": GrantUse(uses=1), "root": GrantUse(uses=1)})
    assert use(record, "root").uses == 2 and verify_log(record.path).ok


def _use_up(home: Path, limit: int, counted: Any) -> None:
    log = FileAuditLog(home / "audit.log.jsonl", FileKeyring(home), durable=False, rotate_bytes=8_000)
    while True:
        seen = log.use_of("root", NOON)
        if seen.uses >= limit:
            return
        try:
            log.append("permitted", {"grant_id": f"child-{os.getpid()}", "grant_ids": ["root"]}, NOON, seen={"root": seen})
        except RecordMoved:
            continue
        with counted.get_lock():
            counted.value += 1


def test_many_processes_use_a_grant_exactly_as_often_as_it_allows(record: Record) -> None:
    """And the log is rotated all the while."""
    record.add()
    context = multiprocessing.get_context("fork")
    counted = context.Value("i", 0)
    users = [context.Process(target=_use_up, args=(record.home, 60, counted)) for _ in range(8)]
    for user in users:
        user.start()
    for user in users:
        user.join(60)
    assert [user.exitcode for user in users] == [0] * 8
    report = verify_log(record.path, keys=[record.key()])
    assert report.ok and report.segments > 2, report
    assert counted.value == 60 and use(record, "root").uses == 60


def test_threads_that_share_a_record_use_a_grant_exactly_as_often_as_it_allows(record: Record) -> None:
    done: list[str] = []

    def use_up() -> None:
        while (seen := record.log.use_of("g", NOON)).uses < 40:
            try:
                done.append(record.log.append("permitted", {"grant_id": "g"}, NOON, seen={"g": seen}))
            except RecordMoved:
                continue

    threads = [threading.Thread(target=use_up) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(done) == len(set(done)) == 40 == use(record, "g").uses and verify_log(record.path).ok


# ---- the kept index is never believed over the record ------------------------------------------------------------------------


@pytest.fixture
def record(tmp_path: Path) -> Record:
    return Record(tmp_path / "home", durable=False)


@pytest.fixture
def kept(record: Record, monkeypatch: pytest.MonkeyPatch) -> Record:
    """A record of 45 uses whose index was kept at entry 40."""
    monkeypatch.setattr(record_index, "KEEP_EVERY", 20)
    for number in range(45):
        permitted(record, str(number), "root", f"child-{number % 3}")
    assert index_of(record).exists()
    return record


def index_of(record: Record) -> Path:
    return record.path.with_name(record.path.name + ".index")


def forged(record: Record) -> bytes:
    """An index that says nothing was used."""
    signature, _, content = index_of(record).read_bytes().partition(b"\n")
    said = json.loads(content)
    said["grants"] = {}
    return signature + b"\n" + json.dumps(said, sort_keys=True, separators=(",", ":")).encode()


TAMPERINGS: dict[str, Callable[[Record], bytes | None]] = {
    "gone": lambda record: None,
    "emptied": lambda record: b"",
    "nonsense": lambda record: b"\x00[\n{",
    "forged": forged,
    "cut": lambda record: index_of(record).read_bytes()[:-40],
    "of another record": lambda record: of_another_record(record),
}


def of_another_record(record: Record) -> bytes:
    """Signed with the same key, true of another log."""
    other = Record(record.home.parent / "other", durable=False)
    other.home.mkdir(mode=0o700)
    (record.home / "keys").rename(other.home / "keys")
    for number in range(40):
        permitted(other, str(number), "root")
    (other.home / "keys").rename(record.home / "keys")
    return index_of(other).read_bytes()


@pytest.mark.parametrize("how", TAMPERINGS)
def test_a_tampered_index_grants_no_more_uses(kept: Record, how: str) -> None:
    content = TAMPERINGS[how](kept)
    index_of(kept).unlink()
    if content is not None:
        index_of(kept).write_bytes(content)
    assert use(kept, "root").uses == 45 and use(kept, "child-0").uses == 15
    with pytest.raises(RecordMoved):
        Record(kept.home).log.append("permitted", {"grant_id": "root"}, NOON, seen={"root": GrantUse()})


def test_an_older_index_of_ours_is_no_danger(kept: Record) -> None:
    old = index_of(kept).read_bytes()
    for number in range(30):
        permitted(kept, f"more-{number}", "root")
    assert index_of(kept).read_bytes() != old
    index_of(kept).write_bytes(old)
    assert use(kept, "root").uses == 75


def test_a_record_that_was_cut_or_changed_is_counted_by_nobody(kept: Record) -> None:
    lines = kept.path.read_bytes().splitlines(keepends=True)
    for changed in (lines[:10], [*lines[:42], lines[42].replace(b"child", b"chilD"), *lines[43:]], lines[1:]):
        kept.path.write_bytes(b"".join(changed))
        with pytest.raises(AutosdError, match="changed from outside"):
            Record(kept.home).log.use_of("root", NOON)
        try:  # the one that wrote it may have nothing to read again, and then it knows what it wrote
            assert kept.log.use_of("root", NOON).uses == 45
        except AutosdError as error:
            assert error.code == "AUTOSD-AUDIT-BROKEN"


def test_a_record_that_cannot_be_counted_from_its_beginning_is_counted_by_nobody(kept: Record) -> None:
    """Its oldest segment was packed away and the index is lost: how often was the grant used before?"""
    aside = kept.log.rotate({}, NOON)
    permitted(kept, "more", "root")
    assert aside and use(kept, "root").uses == 46
    aside.rename(kept.home / "packed")
    assert use(kept, "root").uses == 46  # with the index it is known
    index_of(kept).unlink()
    with pytest.raises(AutosdError, match="in none of its files"):
        Record(kept.home).log.use_of("root", NOON)


def test_counts_agree_with_a_plain_reading_of_the_record(record: Record, monkeypatch: pytest.MonkeyPatch) -> None:
    """Random histories with several writers, rotations, restarts and lost indexes."""
    monkeypatch.setattr(record_index, "KEEP_EVERY", 7)
    for seed in range(4):
        chance = random.Random(seed)
        here = Record(record.home / str(seed))
        writers = [Record(here.home, durable=False) for _ in range(3)]
        open_permits: list[str] = []
        for step in range(120):
            writer = chance.choice(writers)
            at = NOON + timedelta(hours=step // 4)
            what = chance.random()
            if what < 0.5:
                open_permits.append(f"p{step}")
                ids = ["root", "a", "b"][: chance.randint(1, 3)]
                permitted(writer, f"p{step}", *ids, action=chance.choice(["commit", "deploy", "merge_pr"]), at=at)
            elif what < 0.85 and open_permits:
                writer.log.append(chance.choice(["done", "failed"]), {"permit_id": open_permits.pop()}, at)
            elif what < 0.9:
                writer.log.rotate({}, at)
            elif what < 0.93:
                writers[chance.randrange(3)] = Record(here.home, durable=False)
            elif what < 0.95:
                index_of(here).unlink(missing_ok=True)
            if step % 10 == 9:
                for id in ("root", "a", "b"):
                    assert writer.log.use_of(id, at) == plainly(here, id, at), (seed, step, id)
        assert verify_log(here.path, keys=[here.key()]).ok


def plainly(record: Record, id: str, now: datetime) -> GrantUse:
    entries = [
        json.loads(line)
        for path in sorted(record.home.glob("audit.log.jsonl.0*")) + ([record.path] if record.path.exists() else [])
        for line in path.read_text().splitlines()
    ]
    ids = {e["permit_id"]: e["grant_ids"] for e in entries if e["kind"] == "permitted"}
    uses = [e for e in entries if e["kind"] == "permitted" and id in e["grant_ids"]]
    today = [e["action"] for e in uses if e["timestamp"][:10] == now.astimezone(UTC).date().isoformat()]
    failures = 0
    for e in entries:
        if e["kind"] in ("done", "failed") and id in ids.get(e["permit_id"], ()):
            failures = failures + 1 if e["kind"] == "failed" else 0
    return GrantUse(len(uses), today.count("deploy"), today.count("merge_pr"), failures)


def test_asking_costs_the_same_in_a_long_record(record: Record) -> None:
    """What is read is counted, not timed: a newcomer reads what was added since the index was kept, no more."""
    read: list[int] = []
    count = record_index.GrantIndex._read_on

    def counting(self: record_index.GrantIndex) -> int:
        read.append(count(self))
        return read[-1]

    entries = [("permitted", {"grant_id": "g", "permit_id": "p"}, NOON)] * 100
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(record_index.GrantIndex, "_read_on", counting)
        for _ in range(40):
            record.log.append_all(entries)
            Record(record.home).log.use_of("g", NOON)
            assert read.pop() <= record_index.KEEP_EVERY
    assert use(record, "g").uses == 4000
