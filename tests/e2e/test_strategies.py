"""``--strategy``, ``--model`` and ``--max-usd`` on the real command, through the provider's SDK to a server of this machine."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest
from conftest import Cli
from projects import CLAMP, CLAMP_FIXED

from autosd.testing import TinyRepository
from autosd.testing.model_server import ModelServer

pytestmark = pytest.mark.slow
Repositories = Callable[[Mapping[str, str]], TinyRepository]

FIX = (
    "The bounds were mixed up.\n\nclamp.py\n<<<<<<< SEARCH\n    if value > high:\n        return low\n=======\n"
    "    if value > high:\n        return high\n>>>>>>> REPLACE\n"
)
#: Three parts of it are beyond every template of repair.
RIDDLE = {
    "riddle.py": "def secret(word):\n    return word\n",
    "test_riddle.py": (
        "from riddle import secret\n\n\ndef test_secret():\n    assert secret('abc') == 'c-b-a!'\n    assert secret('xy') == 'y-x!'\n"
    ),
}
SOLVED = "riddle.py\n<<<<<<< SYMBOL secret\ndef secret(word):\n    return '-'.join(reversed(word)) + '!'\n>>>>>>> END\n"


def speaking(server: ModelServer) -> dict[str, str]:
    return {"AUTOSD_MODEL_OPENAI_URL": server.url, "OPENAI_API_KEY": "sk-test-0123456789abcdef", "SELF_CODING_MODEL": "openai:scripted"}


@pytest.fixture
def fixing() -> Iterator[ModelServer]:
    with ModelServer([FIX], repeat=True) as server:
        yield server


def test_a_models_edits_are_proven_and_committed_and_the_tree_is_left_alone(
    cli: Cli, repository: Repositories, fixing: ModelServer, autosd_home: Path
) -> None:
    project = repository(CLAMP)
    before = project.state()
    ran = cli.fix(project.path, "--strategy", "edit", "--commit", env=speaking(fixing))
    assert ran.code == 0 and ran.result == "committed" and ran.object["strategy"] == "edit", ran.object
    assert project.git("show", f"{ran.object['branch']}:clamp.py") + "\n" == CLAMP_FIXED["clamp.py"]
    assert project.state() == before
    assert len(fixing.requests) == 1
    record = (autosd_home / "audit.log.jsonl").read_text()
    assert any(json.loads(line).get("action") == "spend" for line in record.splitlines())
    assert "sk-test-0123456789abcdef" not in record + ran.stdout + ran.stderr


def test_auto_asks_no_model_for_what_repair_mends(cli: Cli, repository: Repositories, fixing: ModelServer) -> None:
    ran = cli.fix(repository(CLAMP).path, env=speaking(fixing))
    assert ran.result == "artifacts_written" and ran.object["strategy"] == "repair"
    assert fixing.requests == []


def test_auto_asks_a_model_where_one_is_set_and_nothing_else_helped(cli: Cli, repository: Repositories) -> None:
    with ModelServer([SOLVED], repeat=True) as server:
        ran = cli.fix(repository(RIDDLE).path, env=speaking(server))
        assert ran.result == "artifacts_written" and ran.object["strategy"] == "edit", ran.object
        assert len(server.requests) == 1


def test_in_a_race_the_first_proven_change_wins_whoever_wrote_it(cli: Cli, repository: Repositories, fixing: ModelServer) -> None:
    with ModelServer([SOLVED], repeat=True) as server:
        ran = cli.fix(repository(RIDDLE).path, "--race", env=speaking(server))
        assert ran.result == "artifacts_written" and ran.object["strategy"] == "edit", ran.object
    ran = cli.fix(repository(CLAMP).path, "--race", env=speaking(fixing))
    assert ran.result == "artifacts_written" and ran.object["strategy"] in ("edit", "repair"), ran.object


@pytest.mark.parametrize(("words", "said"), [((), "AUTOSD-RACE-ALONE"), (("--strategy", "edit"), "AUTOSD-USAGE")])
def test_a_race_of_one_is_refused_before_any_work(cli: Cli, repository: Repositories, words: tuple[str, ...], said: str) -> None:
    ran = cli("fix", repository(CLAMP).path, "--race", *words)
    assert ran.code == 2 and ran.stdout == "" and ran.stderr.strip().splitlines()[-1].startswith(f"[{said}] ")
    settled = cli.fix(repository(CLAMP).path, env={"AUTOSD_STRATEGY_RACE": "1"})
    assert settled.result == "artifacts_written", "as a standing wish it waits for a model"


def test_two_changes_are_asked_for_side_by_side_and_it_is_told_what_that_came_to(cli: Cli, repository: Repositories) -> None:
    with ModelServer(["I do not know.", "Neither do I.", SOLVED], repeat=True) as server:
        ran = cli.fix(repository(RIDDLE).path, "--strategy", "edit", "--parallel-prompt-workers", "2", env=speaking(server))
        assert ran.result == "artifacts_written", ran.object
    assert "asked side by side: 2 asked ahead: 1 used, 0 stale, 1 wasted" in ran.stderr


ONE_QUESTION = {"AUTOSD_EDIT_CANDIDATES": "1", "AUTOSD_EDIT_CORRECTIONS": "0"}


def test_when_replies_are_of_no_use_the_fallback_model_is_asked_and_named(cli: Cli, repository: Repositories) -> None:
    with ModelServer(["I do not know.", SOLVED]) as server:
        rerouted = {"CODEX_FALLBACK_STRATEGY": "reroute", "CODEX_FALLBACK_MODEL": "openai:other"}
        ran = cli.fix(repository(RIDDLE).path, "--strategy", "edit", env={**speaking(server), **ONE_QUESTION, **rerouted})
        assert ran.result == "artifacts_written", ran.object
        assert [request.body["model"] for request in server.requests] == ["scripted", "other"]
    statement = json.loads((Path(ran.object["artifacts"]) / "provenance.json").read_text())
    assert "openai:other" in base64.b64decode(statement["payload"]).decode() and "written by openai:other" in ran.stderr


def test_when_replies_are_of_no_use_the_question_waits(cli: Cli, repository: Repositories) -> None:
    with ModelServer(["I do not know."]) as server:
        env = {**speaking(server), **ONE_QUESTION}
        ran = cli.fix(repository(RIDDLE).path, "--strategy", "edit", env=env)
        assert ran.code == 1 and [each["code"] for each in ran.object["objections"]] == ["AUTOSD-EDIT-NO-DIFF"]
        (waiting,) = cli("prompts", "queue", "list", "--json", env=env).object["prompts"]
    assert waiting["reason"].startswith("a reply of no use: ")


def test_without_a_model_the_strategy_says_so_in_one_word(cli: Cli, repository: Repositories) -> None:
    ran = cli.fix(repository(CLAMP).path, "--strategy", "edit")
    assert ran.code == 1 and ran.result == "ai_core_unavailable"
    assert [each["code"] for each in ran.object["objections"]] == ["AUTOSD-MODEL-NONE"]


def test_an_unknown_strategy_is_told_in_one_line_before_any_work(cli: Cli, repository: Repositories) -> None:
    ran = cli("fix", repository(CLAMP).path, "--strategy", "magic")
    assert ran.code == 2 and ran.stdout == ""
    assert ran.stderr.strip().splitlines()[-1].startswith("[AUTOSD-STRATEGY-UNKNOWN] There is no strategy 'magic' (there are: auto, repair")


@pytest.mark.parametrize(
    ("reply", "result"),
    [
        ("All is well.", "no_unified_diff_returned"),
        ("```diff\n@@ -1 +1 @@\n-a\n+b\n```", "diff_has_no_files"),
        (FIX.replace("value > high", "value >> high"), "git_apply_failed"),
        (FIX.replace("clamp.py\n<", "../clamp.py\n<"), "diff_path_blocked"),
    ],
)
def test_a_reply_that_is_no_use_ends_with_the_guides_word(cli: Cli, repository: Repositories, reply: str, result: str) -> None:
    with ModelServer([reply], repeat=True) as server:
        ran = cli.fix(repository(CLAMP).path, "--strategy", "edit", env=speaking(server))
    assert ran.code == 1 and ran.result == result, ran.object


def test_a_budget_that_is_too_small_asks_nothing(cli: Cli, repository: Repositories, fixing: ModelServer) -> None:
    env = {**speaking(fixing), "SELF_CODING_MODEL": "openai:gpt-4o"}
    ran = cli.fix(repository(CLAMP).path, "--strategy", "edit", "--max-usd", "0.0001", env=env)
    assert ran.code == 1 and ran.result == "quota_exceeded", ran.object
    assert [each["code"] for each in ran.object["objections"]] == ["AUTOSD-BUDGET-EXCEEDED"]
    assert fixing.requests == []


def test_a_named_model_is_the_one_that_is_asked(cli: Cli, repository: Repositories, fixing: ModelServer) -> None:
    ran = cli.fix(repository(CLAMP).path, "--strategy", "edit", "--model", "openai:another", env=speaking(fixing))
    assert ran.code == 0 and fixing.requests[0].body["model"] == "another"


def test_wrong_values_are_told_before_any_work(cli: Cli, repository: Repositories) -> None:
    path = repository(CLAMP).path
    for words in (("--max-usd", "-1"), ("--max-usd", "much"), ("--strategy", ""), ("--model", "")):
        ran = cli("fix", path, *words)
        assert ran.code == 2 and ran.stdout == "", words


# ---- ask ----------------------------------------------------------------------------------------------------------------------------

WORDS = {
    "words.py": "def greet(name):\n    return 'hello, ' + name\n",
    "test_words.py": "from words import greet\n\n\ndef test_greet():\n    assert greet('Ada') == 'hello, Ada'\n",
}
STRIPPED = "words.py\n<<<<<<< SEARCH\n    return 'hello, ' + name\n=======\n    return 'hello, ' + name.strip()\n>>>>>>> REPLACE\n"
WISH = "greet in words.py should strip spaces around the name"


def test_a_wish_is_built_proven_and_committed(cli: Cli, repository: Repositories) -> None:
    project = repository(WORDS)
    before = project.state()
    with ModelServer([STRIPPED], repeat=True) as server:
        ran = cli("ask", WISH, project.path, "--yes", "--json", env=speaking(server))
        prompt = json.dumps(server.requests[0].body)
    assert ran.code == 0 and ran.object["result"] == "committed" and ran.object["strategy"] == "edit", ran.stdout + ran.stderr
    assert "name.strip()" in project.git("show", f"{ran.object['branch']}:words.py")
    assert WISH in prompt and "return 'hello, ' + name" in prompt
    assert project.state() == before


def test_a_no_builds_nothing_and_the_same_words_find_their_proposal_again(cli: Cli, repository: Repositories) -> None:
    project = repository(WORDS)
    with ModelServer([STRIPPED], repeat=True) as server:
        ran = cli("ask", WISH, project.path, env=speaking(server))  # nobody answers the question
        assert ran.code != 0 and server.requests == []
        shown = cli("ask", WISH, project.path, "--yes", "--dry-run", "--json", env=speaking(server))
    assert shown.code == 0 and shown.object["result"] == "proven", shown.stdout + shown.stderr
    assert project.branches() == ["main"]


def test_a_wish_needs_somebody_elses_yes_where_the_rules_ask_for_people(cli: Cli, repository: Repositories) -> None:
    with ModelServer([STRIPPED], repeat=True) as server:
        env = {**speaking(server), "SELFCODING_REQUIRE_APPROVAL": "true"}
        ran = cli("ask", WISH, repository(WORDS).path, "--yes", env=env)
        assert ran.code == 2 and "[AUTOSD-APPROVAL-OWN]" in ran.stderr and server.requests == []


def test_what_no_test_watches_is_not_taken_on_faith(cli: Cli, repository: Repositories) -> None:
    shout = "def shout(name):\n    return name.upper()"
    added = f"words.py\n<<<<<<< SEARCH\ndef greet(name):\n=======\n{shout}\n\n\ndef greet(name):\n>>>>>>> REPLACE\n"
    with ModelServer([added], repeat=True) as server:
        ran = cli("ask", "add a function shout to words.py", repository(WORDS).path, "--yes", "--json", env=speaking(server))
    assert ran.code == 1 and ran.object["result"] == "tests_failed:characterisation", ran.object


def test_asking_wrongly_is_told(cli: Cli, repository: Repositories) -> None:
    project = repository(WORDS)
    assert cli("ask", "  ", project.path, "--yes").code == 2
    assert cli("ask", WISH, project.path, "--project", "x", "--yes").code == 2
    assert cli("ask", WISH, project.path, "--json").code == 2
    assert cli("ask", WISH, "nowhere", "--yes").code == 2
    assert "[AUTOSD-PROJECT-UNKNOWN]" in cli("ask", WISH, "--project", "nobody", "--yes").stderr


def test_a_wish_that_no_model_could_answer_is_built_when_one_can(cli: Cli, repository: Repositories) -> None:
    project = repository(WORDS)
    none = cli("ask", WISH, project.path, "--yes", "--json")
    assert none.code == 1 and none.object["result"] == "ai_core_unavailable" and none.object["again"], none.object
    assert [each["code"] for each in none.object["objections"]] == ["AUTOSD-MODEL-NONE"]
    with ModelServer(["no edit"] * 6, repeat=True) as server:
        failed = cli("ask", WISH, project.path, "--yes", "--json", "--strategy", "edit", env=speaking(server))
    assert failed.code == 1 and failed.object["result"] == "no_unified_diff_returned", failed.object
    with ModelServer([STRIPPED], repeat=True) as server:
        ran = cli("ask", WISH, project.path, "--yes", "--json", env=speaking(server))
    assert ran.code == 0 and ran.object["result"] == "committed", ran.stdout + ran.stderr


def test_a_project_is_found_by_its_name(cli: Cli, repository: Repositories, tmp_path: Path) -> None:
    project = repository(WORDS)
    assert cli("projects", "add", project.path, "--id", "words").code == 0
    with ModelServer([STRIPPED], repeat=True) as server:
        ran = cli("ask", WISH, "--project", "words", "--yes", "--json", env=speaking(server))
    assert ran.code == 0 and ran.object["project"] == "words", ran.stdout + ran.stderr


def test_what_worked_before_stands_in_the_next_question_as_data(cli: Cli, repository: Repositories) -> None:
    project = repository(RIDDLE)
    env = {"AUTOSD_MEMORY_EXPLORATION": "1"}
    with ModelServer([SOLVED], repeat=True) as server:
        first = cli.fix(project.path, "--strategy", "edit", env={**speaking(server), **env})
        asked = str(server.requests[0].body)
        assert first.result == "artifacts_written" and "[DATA" in asked and "lesson" not in asked
        project.write({"notes.txt": "another base\n"})
        project.commit("later")
        cli.fix(project.path, "--strategy", "edit", env={**speaking(server), **env})
    said = str(server.requests[-1].body)
    assert "lesson a change that worked on something like this" in said and "reversed(word)" in said


def test_the_commit_says_which_model_wrote_it_and_on_which_question(cli: Cli, repository: Repositories, fixing: ModelServer) -> None:
    project = repository(CLAMP)
    ran = cli.fix(project.path, "--strategy", "edit", "--commit", env=speaking(fixing))
    shown = cli("provenance", "verify", ran.object["commit"], project.path, "--json")
    assert shown.code == 0 and shown.result == "authentic", shown.stdout
    assert "openai:scripted" in shown.stdout
    message = project.git("log", "-1", "--format=%B", ran.object["branch"])
    assert "Autosd-Model: openai:scripted" in message and "Autosd-Prompt:" in message
