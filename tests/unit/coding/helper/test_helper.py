"""A helper from a request to a candidate: what is asked, what counts as code, where it goes."""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest

from autosd.coding.helper.checking import helper_of, lines_of, unfenced
from autosd.coding.helper.parts import Origin, Parts
from autosd.coding.helper.placing import appended, spliced
from autosd.coding.helper.prompt import prompt_for
from autosd.coding.helper.writing import NO_MODEL, write_helper
from autosd.domain.chunks import Region
from autosd.domain.memories import CodeRecord
from autosd.domain.models import Ask, Reply
from autosd.domain.passages import Passage

GOOD = "def add(a, b):\n    return a + b\n"


@dataclass
class Says:
    """A ``Talk`` that answers what it was given."""

    text: str
    reason: str = ""
    degraded: bool = False
    model: str = "scripted:one"
    asked: list[Ask] = field(default_factory=list)

    def reply(self, ask: Ask) -> Reply:
        self.asked.append(ask)
        return Reply(self.text, model=self.model, usd=0.25, degraded=self.degraded, reason=self.reason)


# -- what counts as code


@pytest.mark.parametrize("text", [
    GOOD,
    f"```python\n{GOOD}```",
    f"Here you are:\n\n```\n{GOOD}```\nEnjoy!",
    f"~~~py\n{GOOD}~~~",
    "    def add(a, b):\n        return a + b",
])  # fmt: skip
def test_code_is_found_with_and_without_fences(text: str) -> None:
    assert helper_of(text) == (GOOD, "")


@pytest.mark.parametrize(("text", "why"), [
    ("", "empty completion"),
    ("```python\n```", "empty completion"),
    ("def f(:\n", "no Python"),
    ("I cannot do that.", "no Python"),
    ("x = 1\n", "it defines nothing"),
    ("def auto_normalize(*args, **kwargs):\n    pass\n", "a stub"),
    ("def f():\n    raise NotImplementedError\n", "a stub"),
    (GOOD + "add(1, 2)\n", "runs when it is imported"),
    ("import os\nos.remove('x')\n" + GOOD, "runs when it is imported"),
    ("def f():\n    return '" + "x" * 30_000 + "'\n", "too long"),
])  # fmt: skip
def test_what_is_no_helper_says_why(text: str, why: str) -> None:
    code, said = helper_of(text)
    assert code == "" and why in said


def test_several_fenced_pieces_are_one_text() -> None:
    assert unfenced("```python\nimport re\n```\nand\n```python\nx = 1\n```") == "import re\n\n\nx = 1"
    assert lines_of("```\n    return 1\n```") == ("    return 1\n", "")


# -- where it goes


def test_a_helper_stands_behind_what_is_there_in_the_files_own_line_ends() -> None:
    assert appended("x = 1\n", GOOD) == ("x = 1\n\n\n" + GOOD, "")
    assert appended("x = 1", GOOD) == ("x = 1\n\n\n" + GOOD, "")
    assert appended("", GOOD) == (GOOD, "")
    assert appended("x = 1\r\n", GOOD)[0] == ("x = 1\n\n\n" + GOOD).replace("\n", "\r\n")


def test_a_name_that_is_taken_and_a_file_that_is_no_python_are_refused() -> None:
    assert appended(GOOD, GOOD) == ("", "the file has add already")
    assert appended("def f(:\n", GOOD)[1] == "the file itself is no Python that can be read"


def test_only_the_lines_of_a_region_change() -> None:
    text = "a = 1\nb = 2\nc = 3\n"
    assert spliced(text, Region(2, 2), "b = 20\nd = 4\n") == ("a = 1\nb = 20\nd = 4\nc = 3\n", "")
    assert "no Python" in spliced(text, Region(2, 2), "b = (\n")[1]
    for region in (Region(2, 9), Region(3, 2), Region(0, 1)):
        assert spliced(text, region, "b = 1\n")[1].startswith("the file has 3 lines, no lines")


# -- what is asked


def test_the_prompt_has_the_guides_parts_in_its_order_all_of_them_fenced() -> None:
    parts = Parts(
        snippets=(CodeRecord("def norm(t): return t.lower()", summary="lower case"),),
        file_text="FILE TEXT", passages=(Passage("a.py", 3, 4, "PLACE", "a.f"),), layout=("a.py", "b/c.py"), strategy="use str methods",
        error_log="FAILED BEFORE", history=("failed: x",), memories=("OLD EXCHANGE",),
    )  # fmt: skip
    prompt = prompt_for("normalize text", "utils.py", parts)
    order = [
        "utils.py",
        "use str methods",
        "normalize text",
        "def norm",
        "FILE TEXT",
        "PLACE",
        "b/c.py",
        "FAILED BEFORE",
        "failed: x",
        "OLD",
    ]
    assert [prompt.user.find(each) for each in order] == sorted(prompt.user.find(each) for each in order) and "data-" in prompt.system


# -- who writes it


def test_a_model_writes_it_and_its_price_is_known() -> None:
    made = write_helper(Says(GOOD), "add two numbers", "u.py", Parts(snippets=(CodeRecord("x = 1", cid=7),)))
    assert (str(made), made.origin, made.model, made.usd, made.snippet, made.degraded) == (
        GOOD,
        Origin.MODEL,
        "scripted:one",
        0.25,
        7,
        False,
    )


@pytest.mark.parametrize(("says", "why"), [
    (Says("", "queued"), "queued"),
    (Says("def f():\n    pass\n"), "a stub: f"),
    (Says("sorry"), "it defines nothing"),
])  # fmt: skip
def test_what_is_no_code_is_degraded_and_never_applied(says: Says, why: str) -> None:
    made = write_helper(says, "add", "u.py", Parts())
    assert not made and made.degraded and made.reason == why and made.origin is Origin.NOBODY


def test_a_reply_of_the_fallback_model_is_marked() -> None:
    made = write_helper(Says(GOOD, degraded=True), "add", "u.py", Parts())
    assert made and made.degraded


def test_without_a_model_stored_code_serves_only_when_it_is_what_was_asked_for() -> None:
    snippets = (CodeRecord("def normalize_text(t):\n    return t.lower()\n", summary="lower case", cid=4),)
    made = write_helper(None, "normalize text", "u.py", Parts(snippets=snippets))
    assert made and (made.origin, made.snippet, made.reason) == (Origin.SNIPPET, 4, NO_MODEL)
    for other in ("normalize text and urls", "sort numbers"):
        none = write_helper(None, other, "u.py", Parts(snippets=snippets))
        assert not none and none.degraded and none.reason == NO_MODEL
