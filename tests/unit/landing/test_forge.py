"""Pull requests on a folder: opened once, numbered apart, and not more of them than a project wants."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

import pytest

from autosd.adapters.forges.folder import FolderForge
from autosd.domain.actions import Risk
from autosd.domain.decisions import Action
from autosd.domain.errors import AutosdError
from autosd.domain.proposals import Proposal
from autosd.landing.commit import branch_of, commit_message
from autosd.landing.evidence import Landing
from autosd.landing.forge import open_pull_request

ID = "123e4567-e89b-42d3-a456-426614174000"


def proposal(title: str = "Reduce failure rate for Foo Agent!", id: str = ID) -> Proposal:
    now = datetime(2026, 1, 2, tzinfo=UTC)
    return Proposal(id, "calc", "error_handling", title, "", "f", Risk.MEDIUM, 0.5, 0.9, now, steps=("one\n# two",), criteria=("green",))


def opened(leave, landing: Landing, root: Path, head: str, most: int = 10):
    with leave(Action.OPEN_PR) as permit:
        return open_pull_request(permit, FolderForge(root), proposal(), landing.change, project="calc", head=head, base="main", most=most)


def test_the_same_head_is_opened_once_and_another_gets_the_next_number(leave, landing: Landing, tmp_path: Path) -> None:
    first, again, other = (opened(leave, landing, tmp_path, head) for head in ("a", "a", "b"))

    assert (first.number, again, other.number) == (1, first, 2)
    assert sorted(path.name for path in (tmp_path / "calc").iterdir()) == ["1.json", "2.json"]
    assert set(json.loads((tmp_path / "calc/1.json").read_text())) == {"number", "title", "body", "head", "base", "state"}


def test_many_at_once_open_one_each(leave, landing: Landing, tmp_path: Path) -> None:
    with leave(Action.OPEN_PR) as permit, ThreadPoolExecutor(8) as pool:
        heads = [f"h{n % 6}" for n in range(24)]
        forge = FolderForge(tmp_path)
        found = list(pool.map(lambda head: forge.ensure_pull_request(permit, "calc", head=head, base="main", title="t", body=""), heads))

    assert sorted(each.head for each in forge.pull_requests("calc")) == sorted(set(heads))
    assert len({(each.head, each.number) for each in found}) == 6


def test_over_the_limit_none_is_opened_until_one_is_closed(leave, landing: Landing, tmp_path: Path) -> None:
    first = opened(leave, landing, tmp_path, "a", most=1)
    with pytest.raises(AutosdError, match="b was kept") as no:
        opened(leave, landing, tmp_path, "b", most=1)
    file = Path(first.place)
    file.write_text(json.dumps({**json.loads(file.read_text()), "state": "merged"}))

    assert no.value.code == "AUTOSD-PR-LIMIT"
    assert opened(leave, landing, tmp_path, "b", most=1).number == 2
    assert opened(leave, landing, tmp_path, "a", most=1).state == "merged", "found again, whatever became of it"


def test_title_and_body_are_the_guides_and_no_line_can_be_added_to_them(leave, landing: Landing, tmp_path: Path) -> None:
    found = opened(leave, landing, tmp_path, "a")

    assert found.title == "SelfBuilder: Reduce failure rate for Foo Agent!"
    for part in (f"**Proposal ID:** {ID}", "**Type:** error_handling", "**Risk:** medium", "- one # two", "- green"):
        assert part in found.body


@pytest.mark.parametrize(
    "title, branch",
    [
        ("Reduce failure rate for Foo Agent!", "selfbuild/123e4567-reduce-failure-rate-for-foo-agent"),
        ("???", "selfbuild/123e4567-change"),
        ("x" * 80, f"selfbuild/123e4567-{'x' * 48}"),
        ("a" * 47 + " b", f"selfbuild/123e4567-{'a' * 47}"),
    ],
)
def test_a_branch_is_named_after_its_proposal(landing: Landing, title: str, branch: str) -> None:
    assert branch_of(landing.change, proposal(title)) == branch


def test_a_commit_says_which_proposal_it_is_of(landing: Landing) -> None:
    message = commit_message(Landing(landing.change, landing.candidate, landing.sandbox, proposal=proposal("Do\nit")))

    assert message.splitlines()[0] == "selfbuild: Do it (123e4567)"
    assert f"Autosd-Proposal: {ID}" in message.splitlines()
