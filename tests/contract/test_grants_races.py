"""Several processes on one home of grants: no key is made twice, no grant is lost, and what is revoked stays revoked."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from autosd.adapters.grants import FileGrants

WORKER = """
import os, sys
from pathlib import Path
from autosd.acts.allowing.leave import open_office
from autosd.domain.actions import Principal
from autosd.domain.grants import Capability, Terms
from autosd.settings import load_settings

task, count = sys.argv[1], int(sys.argv[2])
settings = load_settings(os.environ)
terms = Terms(project_ids=frozenset({"shop"}), capabilities=frozenset({Capability.AUTO_COMMIT}))
sys.stdin.readline()
for _ in range(count):
    office = open_office(settings, Principal("worker", attended=False))
    if task == "rotate":
        office.rotate_keys()
        continue
    made = office.create(terms, 1)
    child = office.narrow(made.id, Terms(max_uses=1))
    if task == "revoke":
        office.revoke(made.id)
    print(task, made.id, child.id)
"""


@pytest.fixture
def crowd(autosd_home: Path) -> Iterator[list[subprocess.Popen[str]]]:
    """One that gives, two that take back and one that rotates, let go at the same moment."""
    argv = [("give", 3), ("revoke", 2), ("revoke", 2), ("rotate", 3)]
    started = [
        subprocess.Popen(
            [sys.executable, "-c", WORKER, task, str(count)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for task, count in argv
    ]
    yield started
    for each in started:
        each.kill()
        each.wait()


def test_giving_revoking_and_rotating_at_once_leaves_each_grant_as_its_owner_left_it(
    crowd: list[subprocess.Popen[str]], autosd_home: Path
) -> None:
    reader_found: list[str] = []
    over = threading.Event()
    watcher = threading.Thread(target=_watch, args=(autosd_home / "preauth", over, reader_found))
    watcher.start()
    for each in crowd:
        assert each.stdin is not None
        each.stdin.write("go\n")
        each.stdin.flush()
    ended = [each.communicate(timeout=120) for each in crowd]
    over.set()
    watcher.join()
    assert [each.returncode for each in crowd] == [0] * len(crowd), [stderr for _, stderr in ended]
    told = [line.split() for stdout, _ in ended for line in stdout.splitlines()]
    grants, now = FileGrants(autosd_home / "preauth"), datetime.now(UTC)
    for task, *ids in told:
        expected = "grant_revoked" if task == "revoke" else None
        assert [grants.present(id, now).reason for id in ids] == [expected, expected]
    assert sorted(grants.ids()) == sorted(id for _, *ids in told for id in ids) and len(told) == 7
    assert set(reader_found) <= {"None", "grant_revoked", "grant_not_found"}, "a reader saw something half done"
    assert len(list(grants.keys.archive.iterdir())) == 3
    kinds = [json.loads(line)["kind"] for line in (autosd_home / "audit.log.jsonl").read_text().splitlines()]
    counted = {kind: kinds.count(kind) for kind in set(kinds)}
    assert counted == {"keys_made": 1, "keys_rotated": 3, "granted": 7, "narrowed": 7, "revoked": 4}


def _watch(home: Path, over: threading.Event, found: list[str]) -> None:
    """A reader that takes no lock."""
    grants = FileGrants(home)
    while not over.wait(0.005):
        found.extend(str(grants.present(id, datetime.now(UTC)).reason) for id in grants.ids()[-5:])
