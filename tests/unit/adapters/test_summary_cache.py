"""Summaries are kept for one content and one limit, computed once by however many ask, and never half written."""

from __future__ import annotations

import hashlib
import json
import multiprocessing
import os
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from autosd.adapters.summary_cache import FileSummaryCache
from autosd.coding.context.chunks import split_into_chunks
from autosd.domain.chunks import Chunk
from autosd.domain.errors import AutosdError

CODE = "def a():\n    return 1\n\n\ndef b():\n    return 2\n"


class Counting:
    """Summarises and counts how often it was asked."""

    def __init__(self, seconds: float = 0.0) -> None:
        self.asked = 0
        self._seconds = seconds

    def __call__(self, chunk: Chunk) -> str:
        self.asked += 1
        time.sleep(self._seconds)
        return f"summary of {chunk.start_line}"


def ask(
    cache: FileSummaryCache, path: Path, summarise: Callable[[Chunk], str], code: str = CODE, limit: int = 12, by: str = ""
) -> list[str]:
    found = cache.summaries(path, code, split_into_chunks(code, limit), limit=limit, by=by, summarise=summarise)
    return [each.summary for each in found]


def test_the_file_is_the_guides(tmp_path: Path) -> None:
    path = tmp_path / "x.py"
    ask(FileSummaryCache(tmp_path / "cache"), path, Counting())
    name = hashlib.sha256(str(path).encode()).hexdigest()
    entry = json.loads((tmp_path / "cache" / f"{name}.json").read_text())
    assert entry["path"] == str(path)
    assert entry["file_hash"] == hashlib.sha256(CODE.encode()).hexdigest()
    assert [(row["start_line"], row["end_line"], row["summary"]) for row in entry["summaries"]] == [
        (1, 4, "summary of 1"),
        (5, 6, "summary of 5"),
    ]
    assert entry["summaries"][1]["hash"] == hashlib.sha256(b"def b():\n    return 2\n").hexdigest()


def test_a_second_question_is_answered_from_the_cache(tmp_path: Path) -> None:
    summarise = Counting()
    answers = [ask(FileSummaryCache(tmp_path), tmp_path / "x.py", summarise) for _ in range(3)]
    assert answers == [["summary of 1", "summary of 5"]] * 3 and summarise.asked == 2


def test_other_content_is_computed_anew_and_replaces_the_old(tmp_path: Path) -> None:
    cache, summarise = FileSummaryCache(tmp_path), Counting()
    ask(cache, tmp_path / "x.py", summarise)
    ask(cache, tmp_path / "x.py", summarise, CODE + "x = 1\n")
    assert summarise.asked >= 4 and len(list(tmp_path.glob("*.json"))) == 1
    assert "x = 1" not in next(tmp_path.glob("*.json")).read_text()


def test_another_limit_is_another_question_and_both_are_kept(tmp_path: Path) -> None:
    cache, summarise = FileSummaryCache(tmp_path), Counting()
    assert len(ask(cache, tmp_path / "x.py", summarise, limit=12)) == 2
    assert len(ask(cache, tmp_path / "x.py", summarise, limit=100)) == 1
    assert len(ask(cache, tmp_path / "x.py", summarise, limit=12)) == 2
    assert summarise.asked == 3


def test_another_summariser_is_another_question(tmp_path: Path) -> None:
    cache = FileSummaryCache(tmp_path)
    ask(cache, tmp_path / "x.py", Counting())
    assert ask(cache, tmp_path / "x.py", lambda chunk: "better", by="model") == ["better", "better"]


def test_a_relative_path_is_the_same_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    cache, summarise = FileSummaryCache(tmp_path / "cache"), Counting()
    ask(cache, Path("x.py"), summarise)
    ask(cache, tmp_path / "folder" / ".." / "x.py", summarise)
    assert summarise.asked == 2 and len(list((tmp_path / "cache").glob("*.json"))) == 1


def test_an_empty_summary_is_asked_for_again(tmp_path: Path) -> None:
    cache = FileSummaryCache(tmp_path)
    assert ask(cache, tmp_path / "x.py", lambda chunk: "") == ["", ""]
    assert ask(cache, tmp_path / "x.py", Counting()) == ["summary of 1", "summary of 5"]


@pytest.mark.parametrize(
    "damage",
    [
        "",
        "{",
        "[]",
        "null",
        '{"file_hash": 1}',
        '{"summaries": [{}]}',
        '{"others": 3}',
        '{"others": [null, 1, {"summaries": "x"}]}',
        "[" * 9999,
    ],
)
def test_a_damaged_entry_counts_as_none(tmp_path: Path, damage: str) -> None:
    cache = FileSummaryCache(tmp_path)
    ask(cache, tmp_path / "x.py", Counting())
    [file] = tmp_path.glob("*.json")
    file.write_text(damage)
    assert ask(cache, tmp_path / "x.py", Counting()) == ["summary of 1", "summary of 5"]
    assert json.loads(file.read_text())["token_limit"] == 12


def test_threads_that_ask_at_once_compute_once(tmp_path: Path) -> None:
    cache, summarise, answers = FileSummaryCache(tmp_path), Counting(0.05), []
    threads = [threading.Thread(target=lambda: answers.append(ask(cache, tmp_path / "x.py", summarise))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert summarise.asked == 2 and answers == [["summary of 1", "summary of 5"]] * 8


def _ask_and_tell(folder: Path, asked: Path) -> None:
    def summarise(chunk: Chunk) -> str:
        with asked.open("a") as log:
            log.write(f"{os.getpid()}\n")
        time.sleep(0.05)
        return "said"

    ask(FileSummaryCache(folder), folder / "x.py", summarise)


def test_processes_that_ask_at_once_compute_once(tmp_path: Path) -> None:
    context = multiprocessing.get_context("fork")
    processes = [context.Process(target=_ask_and_tell, args=(tmp_path / "cache", tmp_path / "asked")) for _ in range(5)]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
    assert [process.exitcode for process in processes] == [0] * 5
    assert len((tmp_path / "asked").read_text().split()) == 2


def test_different_files_do_not_wait_for_each_other(tmp_path: Path) -> None:
    cache, inside, done = FileSummaryCache(tmp_path), threading.Event(), threading.Event()

    def slow(chunk: Chunk) -> str:
        inside.set()
        assert done.wait(10)
        return "slow"

    thread = threading.Thread(target=ask, args=(cache, tmp_path / "slow.py", slow))
    thread.start()
    assert inside.wait(10)
    assert ask(cache, tmp_path / "quick.py", Counting()) == ["summary of 1", "summary of 5"]
    done.set()
    thread.join()


def test_who_fails_leaves_nothing_and_frees_the_next(tmp_path: Path) -> None:
    cache = FileSummaryCache(tmp_path)

    def fails(chunk: Chunk) -> str:
        raise RuntimeError("no model")

    with pytest.raises(RuntimeError):
        ask(cache, tmp_path / "x.py", fails)
    assert not list(tmp_path.glob("*.json"))
    assert ask(cache, tmp_path / "x.py", Counting()) == ["summary of 1", "summary of 5"]


def test_a_folder_that_cannot_be_is_told_with_the_setting_to_change(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(AutosdError) as caught:
        ask(FileSummaryCache(tmp_path / "file"), tmp_path / "x.py", Counting())
    assert caught.value.code == "AUTOSD-CACHE-UNUSABLE" and "CHUNK_SUMMARY_CACHE_DIR" in caught.value.remedy
