"""Regressions as people report them and as the worker answers them."""

from __future__ import annotations

import json
from contextlib import ExitStack
from pathlib import Path

import pytest
from work_kit import NOW, Site, make_site

from autosd.acts.allowing.questions import Asker, question
from autosd.acts.work.regressions import process
from autosd.domain.actions import Action, Principal
from autosd.landing.write import write_files

OPEN = {"governance.direct_write": True, "governance.write_root": "gen", "enabled": True}
ALONE = Principal("worker", attended=False)


@pytest.fixture
def site(tmp_path: Path) -> Site:
    site = make_site(tmp_path)
    site.options = dict(OPEN)
    return site


def wrote(site: Site, path: str, before: str | None, after: str, change: str) -> None:
    (site.repo.path / "gen").mkdir(exist_ok=True)
    with site.app() as app, ExitStack() as stack:
        target = site.repo.path / path
        facts = question(app, Asker(ALONE, site.repo.path), Action.WRITE, paths=[path], target=target)
        permit = stack.enter_context(app.guard.permit(facts))
        write_files(
            {path: permit}, site.repo.path, site.repo.path / "gen", {path: before}, {path: after}, change=change, project="calc",
            request={}, now=NOW,
        )  # fmt: skip


def answered(site: Site, **options: object) -> list[str]:
    with site.app(**options) as app:
        return [event.result for event in process(app, site.repo.path, ALONE)]


def test_a_report_without_a_target_is_asked_for_wrongly(cli) -> None:
    assert cli("regressions", "emit").code == 2


def test_a_report_is_an_event_file_that_the_worker_answers_and_moves_away(cli, site: Site) -> None:
    wrote(site, "gen/a.py", None, "one\n", "c1")
    (site.repo.path / "gen/a.py").chmod(0o644)
    wrote(site, "gen/a.py", "one\n", "two\n", "c2")

    told = cli("regressions", "emit", "--target", "gen/a.py", "--reason", "slower", "--json", cwd=site.repo.path)

    assert told.code == 0 and told.result == "emitted", told.stderr
    event = Path(told.object["file"])
    value = json.loads(event.read_text())
    assert event.parent == site.repo.path / "artifacts/autonomy-regressions"
    assert event.name == f"regress-{value['timestamp']}.json" and value["reason"] == "slower"
    assert value["target"] == str(site.repo.path / "gen/a.py")

    assert answered(site) == ["rolled_back"]
    assert (site.repo.path / "gen/a.py").read_text() == "one\n" and not event.exists()
    assert json.loads((event.parent / "processed" / event.name).read_text())["result"] == "rolled_back"
    assert answered(site) == []

    cli("regressions", "emit", "--target", site.repo.path / "gen/../gen/a.py")
    assert answered(site) == ["rolled_back"] and not (site.repo.path / "gen/a.py").exists(), "what was new is removed"
    cli("regressions", "emit", "--target", site.repo.path / "gen/a.py")
    assert answered(site) == ["nothing_to_roll_back"]
    assert site.repo.git("status", "--porcelain") == "", "the event files keep themselves out of git"


def test_an_event_waits_while_unattended_work_has_no_leave(cli, site: Site) -> None:
    wrote(site, "gen/a.py", None, "one\n", "c1")
    cli("regressions", "emit", "--target", site.repo.path / "gen/a.py")

    assert answered(site, enabled=None) == [] and (site.repo.path / "gen/a.py").exists()
    assert answered(site) == ["rolled_back"]


def test_a_file_that_was_edited_since_stays_and_the_event_says_why(cli, site: Site) -> None:
    wrote(site, "gen/a.py", None, "one\n", "c1")
    (site.repo.path / "gen/a.py").write_text("edited\n")
    cli("regressions", "emit", "--target", site.repo.path / "gen/a.py")

    [result] = answered(site)

    assert "AUTOSD-ROLLBACK-CONFLICT" in result and (site.repo.path / "gen/a.py").read_text() == "edited\n"
