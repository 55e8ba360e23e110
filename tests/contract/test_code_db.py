"""What the database of code keeps, and which pieces it suggests."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from autosd.adapters.memory.code_db import CodeDB, hash_of
from autosd.adapters.memory.patch_history import PatchHistoryDB
from autosd.domain.memories import CodeRecord
from autosd.domain.patches import PatchRecord

NOON = datetime(2026, 3, 4, 12, tzinfo=UTC)
STRIP = CodeRecord("def normalize_text(s):\n    return s.strip()\n", "helper", summary="strips white space")
SORT = CodeRecord("def order(items):\n    return sorted(items)\n", summary="sorts a list")


@pytest.fixture(params=["file", "in memory"])
def code(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[CodeDB]:
    with CodeDB(tmp_path / "code.db" if request.param == "file" else ":memory:") as opened:
        yield opened


def test_a_record_is_read_back_as_it_was_added_with_its_id(code: CodeDB) -> None:
    record = CodeRecord("x = 1", "t", "javascript", "2.0", 3.5, "a summary", revision=4)
    cid = code.add(record)
    found = code.get(cid)
    assert found and (found.code, found.template_type, found.language, found.version, found.complexity_score) == (
        "x = 1",
        "t",
        "javascript",
        "2.0",
        3.5,
    )
    assert (found.summary, found.cid, found.revision) == ("a summary", cid, 4) and code.get(99) is None


def test_the_same_code_again_is_the_record_that_is_there(code: CodeDB) -> None:
    assert code.add(STRIP) == code.add(CodeRecord(STRIP.code, "other", summary="again")) and len(code.fetch_all()) == 1


def test_code_is_not_empty() -> None:
    with pytest.raises(ValueError):
        CodeRecord(" \n")


@pytest.mark.parametrize(
    "text", ["normalize text", "please NORMALIZE, the (text)!", "white space", "normalizeText", "text-normalizer; drop 'it'", "rmalize_te"]
)
def test_any_of_the_words_is_enough_and_punctuation_does_no_harm(code: CodeDB, text: str) -> None:
    code.add(SORT)
    cid = code.add(STRIP)
    assert code.suggest(text)[0].cid == cid


@pytest.mark.parametrize("text", ["", " ", "'", '"', "*", "a AND OR NOT", "NEAR(", "col:x", "\0", "\ud800", "((", "x" * 100_000, "%", "_"])
def test_no_text_is_an_error(code: CodeDB, text: str) -> None:
    code.add(STRIP)
    code.suggest(text)


def test_more_matching_words_come_first_then_what_is_newer(tmp_path: Path) -> None:
    now = [NOON - timedelta(days=400)]
    with CodeDB(tmp_path / "c.db", now=lambda: now[0]) as code:
        for number in range(6):
            code.add(CodeRecord(f"y = {number}", summary="nothing"))
        old = code.add(CodeRecord("def f(): pass", summary="parse dates quickly"))
        now[0] = NOON
        new = code.add(CodeRecord("def g(): pass", summary="parse dates quickly"))
        only_one = code.add(CodeRecord("def h(): pass", summary="parse numbers slowly and with care"))
        assert [each.cid for each in code.suggest("parse dates", 5)] == [new, old, only_one]


def test_what_patches_did_well_with_comes_before_what_they_failed_with(tmp_path: Path) -> None:
    with PatchHistoryDB(":memory:") as patches, CodeDB(":memory:", patches=patches) as code:
        bad, good = (code.add(CodeRecord(f"def {name}(): pass", summary="parse dates")) for name in ("f", "g"))
        assert code.suggest("parse dates")[0].cid == good, "of equals the newer"
        for cid, reverted in ((bad, False), (bad, False), (good, True)):
            patches.add(PatchRecord("x.py", code_id=cid, reverted=reverted))
        assert [each.cid for each in code.suggest("parse dates")] == [bad, good]
        assert patches.code_outcomes([bad, good, 99]) == {bad: (2, 0), good: (0, 1)}


def test_no_more_than_asked_for(code: CodeDB) -> None:
    for number in range(9):
        code.add(CodeRecord(f"value_{number} = parse()"))
    assert len(code.suggest("parse")) == 3 and len(code.search("parse", 5)) == 5 and code.search("parse", 0) == []


def test_code_under_a_license_that_may_not_be_used_is_not_suggested(code: CodeDB) -> None:
    cid = code.add(STRIP)
    code.add_license_violation("vendor/x.py", "GPL-3.0", hash_of(STRIP.code))
    code.add_license_violation("vendor/x.py", "GPL-3.0", hash_of(STRIP.code))
    assert code.suggest("normalize") == code.suggest("rmaliz") == [] and code.get(cid)
    [found] = code.license_violations()
    assert (found.path, found.license, found.hash) == ("vendor/x.py", "GPL-3.0", hash_of(STRIP.code))


def test_records_are_tied_to_bots_enhancements_and_errors(code: CodeDB) -> None:
    cid = code.add(STRIP)
    for kind in ("bot", "enhancement", "error"):
        for name in (f"{kind} b", f"{kind} a", f"{kind} a"):
            code.link(cid, kind, name)
        assert code.links(cid, kind) == [f"{kind} a", f"{kind} b"]
        assert [each.cid for each in code.linked(kind, f"{kind} a")] == [cid] and code.linked(kind, "nobody") == []


def test_credentials_are_taken_out_of_code_and_calls_stay_as_they_are(code: CodeDB) -> None:
    cid = code.add(CodeRecord(f"token = next(tokens)\npassword = 'hunter22'\nkey = 'ghp_{'a' * 30}'\n"))
    found = code.get(cid)
    assert found and found.code == "token = next(tokens)\npassword = '[redacted]'\nkey = '[redacted]'\n"


def test_an_older_file_of_the_guide_is_searched_without_its_doubles(tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "code.db")) as old:
        old.execute(
            "CREATE TABLE code (id INTEGER PRIMARY KEY, code TEXT, template_type TEXT, language TEXT, version TEXT, complexity REAL, "
            "summary TEXT, revision INTEGER, source_menace_id TEXT)"
        )
        row = "INSERT INTO code VALUES (?, 'def f(): pass', '', 'python', '1.0', 0.5, 'parse dates', 0, 'm1')"
        old.executemany(row, [(1,), (2,)])
        old.commit()
    with CodeDB(tmp_path / "code.db") as code:
        assert [(each.cid, each.complexity_score) for each in code.suggest("parse")] == [(1, 0.5)]
        assert code.add(CodeRecord("def f(): pass")) == 1
