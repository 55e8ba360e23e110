"""Questions asked ahead: never the answer to another question than the one that would be asked now."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from autosd.coding.models.prefetch import Ahead, Prefetch, fingerprint_of
from autosd.domain.models import Ask, Message, Reply, Role
from autosd.domain.talks import Spent


class EchoTalk:
    """A conversation whose answers are the questions; it remembers what was asked."""

    model = "echo:1"
    spent = Spent()

    def __init__(self, seconds: float = 0.0, fails_first: bool = False) -> None:
        self.seconds, self.fails_first = seconds, fails_first
        self.asked: list[str] = []
        self._lock = threading.Lock()

    def reply(self, ask: Ask) -> Reply:
        with self._lock:
            self.asked.append(ask.messages[-1].text)
            if self.fails_first and self.asked.count(self.asked[-1]) == 1:
                raise RuntimeError("no")
        time.sleep(self.seconds)
        return Reply(ask.messages[-1].text, seconds=self.seconds, usd=0.5)

    def instead(self, ask: Ask, why: str) -> Reply:
        return Reply(reason=why)


def task(files: dict[str, str], name: str, *depends: str) -> Ahead:
    def make() -> Ask:
        return Ask((Message(Role.USER, f"{name}: " + "|".join(files.get(each, "-") for each in depends)),))

    return Ahead(name, make, depends)


def reader(files: dict[str, str]) -> Callable[[str], bytes | None]:
    return lambda name: files[name].encode() if name in files else None


def test_only_a_change_of_its_own_files_makes_an_answer_stale() -> None:
    files = {"a": "1", "b": "1", "c": "1"}
    tasks = [task(files, name, name) for name in "abc"]
    talk = EchoTalk(0.05)
    with Prefetch(talk, reader(files), workers=3) as ahead:
        ahead.begin(tasks)
        files["b"], files["new"] = "2", "x"
        texts = [ahead.reply(each).text for each in tasks]
    report = ahead.report()
    assert texts == ["a: 1", "b: 2", "c: 1"]
    assert (report.asked, report.hits, report.stale, report.wasted, report.wasted_usd) == (3, 2, 1, 1, 0.5)
    assert sorted(talk.asked) == ["a: 1", "b: 1", "b: 2", "c: 1"]


def test_a_file_that_appears_or_goes_is_a_change() -> None:
    files = {"a": ""}
    before = fingerprint_of(reader(files), ("a", "b"))
    files["b"] = ""
    there = fingerprint_of(reader(files), ("b", "a", "a"))
    del files["a"]
    assert len({before, there, fingerprint_of(reader(files), ("a", "b"))}) == 3


def test_a_further_attempt_is_always_a_fresh_question() -> None:
    files = {"a": "1", "b": "1"}
    tasks = [task(files, name, name) for name in "ab"]
    talk = EchoTalk(0.05)
    with Prefetch(talk, reader(files), workers=2) as ahead:
        ahead.begin(tasks)
        ahead.reply(tasks[0])
        ahead.reply(tasks[0], attempt=2)
        ahead.reply(tasks[1], attempt=2)
    assert talk.asked.count("a: 1") == 2 and talk.asked.count("b: 1") == 2
    assert (ahead.report().hits, ahead.report().wasted) == (1, 1)


def test_stale_answers_are_used_when_that_is_wanted() -> None:
    files = {"a": "1", "b": "1"}
    tasks = [task(files, name, name) for name in "ab"]
    with Prefetch(EchoTalk(), reader(files), workers=2, allow_stale=True) as ahead:
        ahead.begin(tasks)
        files["a"] = "2"
        assert ahead.reply(tasks[0]).text == "a: 1"


@pytest.mark.parametrize(("workers", "names"), [(1, "ab"), (4, "a")])
def test_where_there_is_nothing_to_gain_nothing_is_asked_ahead(workers: int, names: str) -> None:
    files = dict.fromkeys(names, "1")
    talk = EchoTalk()
    with Prefetch(talk, reader(files), workers=workers) as ahead:
        ahead.begin(task(files, name, name) for name in names)
    assert talk.asked == [] and ahead.report().asked == 0


def test_a_question_that_failed_ahead_is_asked_again_in_its_turn() -> None:
    files = {"a": "1", "b": "1"}
    tasks = [task(files, name, name) for name in "ab"]
    with Prefetch(EchoTalk(fails_first=True), reader(files), workers=2) as ahead:
        ahead.begin(tasks)
        assert [ahead.reply(each).text for each in tasks] == ["a: 1", "b: 1"]
    assert ahead.report().failed == 2 and ahead.report().hits == 0


def test_a_file_written_while_the_question_is_made_leaves_it_unasked() -> None:
    files = {"a": "1", "b": "1"}

    def make() -> Ask:
        files["a"] = "2"
        return Ask((Message(Role.USER, "half old, half new"),))

    talk = EchoTalk()
    with Prefetch(talk, reader(files), workers=2) as ahead:
        ahead.begin([Ahead("a", make, ("a",)), task(files, "b", "b")])
    assert talk.asked == ["b: 1"]


STEP = st.tuples(st.sampled_from("abcdef"), st.sampled_from(["1", "2", "3", None]))


@settings(max_examples=150, deadline=None)
@given(st.lists(st.tuples(st.lists(st.sampled_from("abcdef"), min_size=1, max_size=3), st.lists(STEP, max_size=3)), min_size=2, max_size=8))
def test_every_answer_is_the_one_to_the_question_of_that_moment(story: list[tuple[list[str], list[tuple[str, str | None]]]]) -> None:
    """Whatever is written between the tasks, in whatever order: no answer of another state of the files is used."""
    files = dict.fromkeys("abcd", "1")
    tasks = [task(files, str(number), *depends) for number, (depends, _) in enumerate(story)]
    with Prefetch(EchoTalk(), reader(files), workers=3) as ahead:
        ahead.begin(tasks)
        for each, (_, writes) in zip(tasks, story, strict=True):
            for name, text in writes:
                files.pop(name, None) if text is None else files.__setitem__(name, text)
            now = each.make().messages[-1].text
            assert ahead.reply(each).text == now
    report = ahead.report()
    assert report.hits + report.stale == report.asked == len(tasks)
