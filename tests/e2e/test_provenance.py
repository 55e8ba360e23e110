"""From an approved proposal to a merged squash: whoever has the commit and the public key can tell where it comes from."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
from work_kit import ALL_ON, BRANCH, ID, Site, make_site

from autosd.governance.provenance.statement import key_id
from autosd.governance.verifier import read_keys
from autosd.testing import TinyRepository


@pytest.fixture
def site(tmp_path: Path) -> Site:
    made = make_site(tmp_path)
    made.propose(approver="ann")
    built = made.build(**ALL_ON)
    assert built.reason == "pr_opened", built.objections
    return made


def step(value: dict[str, Any], name: str) -> list[dict[str, str]]:
    return [each for each in value["chain"] if each["name"] == name]


def squashed(site: Site, subject: str = "Add adds (#1)") -> str:
    """What a forge does with the body of the pull request, in a clone of a person's own."""
    [opened] = site.pull_requests()
    site.repo.git("merge", "-q", "--squash", BRANCH)
    site.repo.git("commit", "-q", "-m", f"{subject}\n\n{opened.body}")
    site.repo.git("branch", "-q", "-D", BRANCH)
    site.repo.git("update-ref", "-d", "refs/notes/autosd")
    return site.repo.git("rev-parse", "HEAD")


def test_the_branch_is_authentic_and_the_chain_leads_to_the_proposal_and_the_record(cli, site: Site) -> None:
    ran = cli("provenance", "verify", BRANCH, site.repo.path, "--json")

    said = ran.object
    assert (ran.code, ran.result, said["reasons"], said["uncovered"]) == (0, "authentic", [], []), said
    assert said["covered"] == ["calc.py:2"] and said["commit"] == site.proposal().commit
    assert step(said, "proposal")[0]["value"] == ID and "approved by ann" in step(said, "proposal")[0]["checked"]
    kinds = [each["checked"].partition(":")[0] for each in step(said, "record")]
    assert kinds == ["permitted", "done"] and f"on {BRANCH}" in step(said, "record")[1]["checked"]
    assert step(said, "gates")[0]["value"].endswith("suite passed") and step(said, "strategy")[0]["value"] == "scripted"
    assert step(said, "project")[0]["value"] == "calc"
    shown = cli("provenance", "verify", BRANCH, site.repo.path)
    assert shown.code == 0 and shown.stdout.startswith("authentic ") and "permitted: commit by" in " ".join(shown.stdout.split())


def test_a_merged_squash_is_authentic_with_nothing_but_the_public_key(cli, site: Site, autosd_home: Path, tmp_path: Path) -> None:
    sha = squashed(site)
    subprocess.run(["git", "clone", "-q", str(site.repo.path), str(tmp_path / "clone")], check=True)
    public = shutil.copy(autosd_home / "keys" / "public_key.pem", tmp_path / "key.pem")
    elsewhere = {"AUTOSD_HOME": str(tmp_path / "another home")}

    ran = cli("provenance", "verify", sha, tmp_path / "clone", "--public-key", public, "--json", env=elsewhere)

    assert (ran.code, ran.result) == (0, "authentic"), ran.object
    assert step(ran.object, "proposal")[0]["value"] == ID and step(ran.object, "cost") and not step(ran.object, "record")
    stranger = cli("provenance", "verify", sha, tmp_path / "clone", "--json", env=elsewhere)
    assert (stranger.code, stranger.result) == (1, "unknown") and "not trusted here" in stranger.object["reasons"][0]


def test_each_answer_has_its_own_word_and_exit_code(cli, site: Site) -> None:
    sha = squashed(site)
    site.repo.write({"test_calc.py": "# a person's line\n" + (site.repo.path / "test_calc.py").read_text()})
    site.repo.git("commit", "-q", "-a", "--amend", "--no-edit")
    partial = cli("provenance", "verify", "HEAD", site.repo.path, "--json")
    assert (partial.code, partial.result, partial.object["uncovered"]) == (1, "partial", ["test_calc.py:1"])
    site.repo.git("reset", "-q", "--hard", sha)
    site.repo.write({"calc.py": "def add(a, b):\n    return a + b + 0\n"})
    site.repo.git("commit", "-q", "-a", "--amend", "--no-edit")
    tampered = cli("provenance", "verify", "HEAD", site.repo.path, "--json")
    assert (tampered.code, tampered.result) == (1, "tampered") and "calc.py" in tampered.object["reasons"][0]
    unknown = cli("provenance", "verify", "HEAD~1", site.repo.path)
    assert unknown.code == 1 and unknown.stdout.startswith("unknown ")
    for words, code in (
        (("verify", "no-such-commit", site.repo.path), "AUTOSD-COMMIT-UNKNOWN"),
        (("verify", "HEAD", site.repo.path / "nowhere"), "AUTOSD-PATH-NOT-FOUND"),
        (("verify", "HEAD", site.repo.path, "--public-key", site.repo.path / "calc.py"), "AUTOSD-KEY-INVALID"),
        (("verify", " ", site.repo.path), "AUTOSD-USAGE"),
        (("show", "no-such-thing", site.repo.path), "AUTOSD-COMMIT-UNKNOWN"),
    ):
        ran = cli("provenance", *words)
        assert ran.code == 2 and code in ran.stderr, ran.stderr
    nothing = cli("provenance", "show", "HEAD~1", site.repo.path)
    assert nothing.code == 1 and "AUTOSD-PROVENANCE-UNKNOWN" in nothing.stderr


def test_what_was_signed_is_shown_by_change_and_by_commit_and_lies_in_the_artifact(cli, site: Site, autosd_home: Path) -> None:
    change = site.proposal().change_id
    [by_change] = cli("provenance", "show", change, site.repo.path, "--json").object["statements"]
    [by_commit] = cli("provenance", "show", BRANCH, site.repo.path, "--json").object["statements"]
    assert by_change == {**by_commit, "source": "home"} and by_commit["source"] == "message"
    assert by_commit["change"] == change and by_commit["proposal"] == ID and by_commit["parts"][0]["path"] == "calc.py"
    assert json.loads((autosd_home / "provenance" / f"{change}.json").read_text()) == json.loads(by_commit["envelope"])
    note = site.repo.git("notes", "--ref=autosd", "show", BRANCH)
    assert json.loads(note) == json.loads(by_commit["envelope"])
    [artifact] = (site.repo.path / "artifacts" / "selfcoding-pr").glob("*/provenance.json")
    assert json.loads(artifact.read_text())["payloadType"] == "application/vnd.in-toto+json"
    with site.app() as app:
        kept = app.store.change(change)
    assert kept is not None and kept.extra["digest"] == by_commit["digest"]


def test_a_key_that_was_put_into_the_archive_goes_on_counting(cli, site: Site, autosd_home: Path) -> None:
    """The installation's key is replaced together with its record, as the record's own remedy says."""
    keys = autosd_home / "keys"
    (old,) = read_keys(str(keys / "public_key.pem"))
    for file in autosd_home.glob("audit.log*"):
        file.rename(autosd_home / f"kept-{file.name}")
    (keys / "private_key.pem").unlink()
    moved = (keys / "public_key.pem").rename(keys / "public_key_20260101000000.pem")
    with site.app() as app:
        assert key_id(app.keyring.public()) != key_id(old)
    gone = cli("provenance", "verify", BRANCH, site.repo.path, "--json")
    assert (gone.code, gone.result) == (1, "unknown")
    (keys / "archive").mkdir(mode=0o700)
    moved.rename(keys / "archive" / moved.name)
    assert cli("provenance", "verify", BRANCH, site.repo.path, "--json").result == "authentic"


def test_the_record_has_a_say_when_it_knows_otherwise(cli, site: Site, autosd_home: Path) -> None:
    log = autosd_home / "audit.log.jsonl"
    log.write_text(log.read_text().replace(f'"change":"{site.proposal().change_id}"', '"change":"ffffffffffff"'))
    ran = cli("provenance", "verify", BRANCH, site.repo.path, "--json")
    assert ran.result == "tampered" and "the record names the change ffffffffffff" in ran.object["reasons"][0]
    log.unlink()
    assert cli("provenance", "verify", BRANCH, site.repo.path, "--json").result == "authentic"


def test_the_same_change_built_again_keeps_what_the_commit_says(cli, walk, tmp_path: Path, autosd_home: Path) -> None:
    from work_kit import BROKEN, FIXED

    from autosd.testing import make_repository

    repo: TinyRepository = make_repository(tmp_path / "again", BROKEN)
    first = walk(repo.path, FIXED, commit=True)
    kept = (autosd_home / "provenance" / f"{first.id}.json").read_bytes()
    repo.git("update-ref", "-d", "refs/notes/autosd")
    again = walk(repo.path, FIXED, commit=True)
    assert (again.commit, again.id) == (first.commit, first.id)
    assert (autosd_home / "provenance" / f"{first.id}.json").read_bytes() == kept
    assert repo.git("notes", "--ref=autosd", "show", first.commit) == kept.decode().strip()
