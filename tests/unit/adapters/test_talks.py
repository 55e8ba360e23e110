"""What conversations leave on disk: many processes at the queue, lines of others, replies and transcripts within their bounds."""

from __future__ import annotations

import json
import multiprocessing
import os
import time
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from autosd.adapters.talks.pruning import prune
from autosd.adapters.talks.queue import FilePromptQueue
from autosd.adapters.talks.runs import FileTalkRuns
from autosd.adapters.talks.transcript import Transcript
from autosd.domain.errors import AutosdError
from autosd.domain.models import Finish, Reply, ToolCall, Usage
from autosd.domain.talks import Kept, WaitingPrompt

FORK = multiprocessing.get_context("fork")
NOON = datetime(2026, 3, 4, 12, tzinfo=UTC)
KEY, PROMPT = "0" * 32, "a" * 64


def waiting(number: int, key: str = KEY) -> WaitingPrompt:
    return WaitingPrompt(f"{number:064x}", f"question {number}\nof two lines", "it is down", NOON, "fake:one", key=key)


def test_what_was_put_is_there_as_it_was(tmp_path: Path) -> None:
    queue = FilePromptQueue(tmp_path / "deep" / "queue.jsonl")
    assert queue.all() == ()
    first = replace(waiting(1), ask={"messages": [["user", "é\u2028\ud800", [], ""]]}, path="/x", attempts=3, tried_at=NOON)
    assert queue.put(first) and queue.put(waiting(2)) and not queue.put(first)
    assert queue.put(replace(first, key="1" * 32)), "another request's same question is its own"
    assert queue.all()[0] == first and len(queue.all()) == 3
    assert queue.path.stat().st_mode & 0o777 == 0o600


def test_many_processes_at_once_lose_and_double_nothing(tmp_path: Path) -> None:
    queue = FilePromptQueue(tmp_path / "queue.jsonl")

    def work(worker: int) -> None:
        for number in range(25):
            queue.put(waiting(number))
            queue.put(waiting(1000 + worker * 100 + number))
            queue.change(waiting(1000 + worker * 100 + number).id, KEY, lambda old: None if worker % 2 else replace(old, attempts=9))

    children = [FORK.Process(target=work, args=(worker,)) for worker in range(6)]
    for child in children:
        child.start()
    for child in children:
        child.join()
    there = queue.all()
    assert all(child.exitcode == 0 for child in children)
    assert len({each.id for each in there}) == len(there) == 25 + 3 * 25
    assert sum(each.attempts == 9 for each in there) == 3 * 25


def test_what_is_no_line_of_ours_stays_and_hurts_nobody(tmp_path: Path) -> None:
    queue = FilePromptQueue(tmp_path / "queue.jsonl")
    odd = [b'{"prompt": 7}', b"[]", b"\xff\xfe", b"[" * 5000, b'{"prompt": "cut of']
    queue.path.write_bytes(b"\n".join(odd))
    assert queue.put(waiting(1)) and queue.all() == [waiting(1)]
    queue.change(waiting(1).id, KEY, lambda old: None)
    assert queue.all() == [] and queue.path.read_bytes().splitlines() == odd


def test_a_queue_that_cannot_be_used_says_so(tmp_path: Path) -> None:
    with pytest.raises(AutosdError) as unusable:
        FilePromptQueue(tmp_path).put(waiting(1))
    with pytest.raises(AutosdError):
        FilePromptQueue(tmp_path).all()
    assert unusable.value.code == "AUTOSD-PROMPT-QUEUE-UNUSABLE" and "CODEX_RETRY_QUEUE" in unusable.value.remedy
    link = tmp_path / "link.jsonl"
    link.symlink_to(tmp_path / "elsewhere")
    with pytest.raises(AutosdError):
        FilePromptQueue(link).put(waiting(1))
    assert not (tmp_path / "elsewhere").exists()


def runs(home: Path, **bounds: float) -> FileTalkRuns:
    return FileTalkRuns(home, days=bounds.get("days", 1), megabytes=int(bounds.get("megabytes", 10)))


def test_a_reply_comes_back_whole(tmp_path: Path) -> None:
    reply = Reply("text é\ud800", (ToolCall("1", "run", "{bad json"),), "m", Usage(1, 2, 1), Finish.TOOLS, 0.1, 2.5, 3, True, "why")
    kept = Kept(2, reply, "r:1", {"micro_usd": 5})
    run = runs(tmp_path).take(KEY)
    run.keep(PROMPT, 0, kept)
    assert run.kept(PROMPT, 0) == kept and run.kept(PROMPT, 1) is None


@pytest.mark.parametrize(
    "content", [b"", b"{", b"[]", b'{"tries": 1}', b'{"tries": 1, "reply": {"calls": 1}, "reservation": "", "amounts": {}}']
)
def test_a_kept_reply_that_cannot_be_read_was_never_kept(tmp_path: Path, content: bytes) -> None:
    run = runs(tmp_path).take(KEY)
    run.keep(PROMPT, 0, Kept(1, Reply("x")))
    (run.folder / "replies" / f"{PROMPT}.0.json").write_bytes(content)
    assert run.kept(PROMPT, 0) is None


@pytest.mark.parametrize("name", ["../../x", "", "a/b", "G" * 64, "a" * 65])
def test_no_name_leads_out_of_the_folder(tmp_path: Path, name: str) -> None:
    with pytest.raises(ValueError):
        runs(tmp_path).take(name)
    with pytest.raises(ValueError):
        runs(tmp_path).take(KEY).keep(name, 0, Kept(1))


def test_an_answer_waits_for_its_request_also_after_the_run_has_ended(tmp_path: Path) -> None:
    mine = runs(tmp_path)
    mine.take(KEY)
    mine.put_answer(KEY, PROMPT, Reply("late"))
    mine.end(KEY)
    run = runs(tmp_path).take(KEY)
    assert run.answer(PROMPT) == Reply("late") and run.answer(PROMPT) is None


def test_what_is_old_or_too_much_goes_and_what_is_in_use_stays(tmp_path: Path) -> None:
    live = runs(tmp_path)
    live.take("1" * 32).keep(PROMPT, 0, Kept(1, Reply("x" * 100)))
    dead = runs(tmp_path)
    dead.take("2" * 32)
    dead.close()
    (tmp_path / "transcripts").mkdir()
    (tmp_path / "transcripts" / "old.jsonl").write_text("x")
    for each in [*tmp_path.rglob("*")]:
        os.utime(each, (time.time() - 1e6,) * 2)
    prune((tmp_path / "talks", tmp_path / "transcripts"), days=1, most=10**9)
    assert [each.name for each in (tmp_path / "talks").iterdir()] == ["1" * 32] and not list((tmp_path / "transcripts").iterdir())


def test_a_transcript_ends_at_its_bound(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("autosd.adapters.talks.transcript.MOST_BYTES", 1000)
    transcript = Transcript(tmp_path / "t.jsonl")
    for number in range(100):
        transcript.write({"number": number, "messages": [{"text": "x" * 50}]})
    lines = [json.loads(each) for each in transcript.path.read_text().splitlines()]
    assert transcript.path.stat().st_size < 1200 and "cut" in lines[-1] and lines[1]["messages"][0]["again"]
