"""``autosd improve``: scan, ask, build, for a person at a terminal."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from work_kit import BROKEN, FIXED, Site, make_site


@pytest.fixture
def site(tmp_path: Path) -> Site:
    """``main`` is green; the branch that is checked out is not."""
    site = make_site(tmp_path, {**BROKEN, "calc.py": FIXED["calc.py"] or ""})
    site.repo.git("checkout", "-q", "-b", "feature")
    site.repo.write({"calc.py": BROKEN["calc.py"]})
    site.repo.commit("work")
    return site


def test_what_is_checked_out_is_what_it_works_on_and_it_stays_as_it_is(cli, site: Site) -> None:
    before = site.repo.state()
    done = cli("improve", site.repo.path, "--yes", "--json")
    assert done.code == 0, done.stderr
    [built] = done.object["built"]
    assert built["proposal_status"] == "self_build_completed" and built["branch"].startswith("selfbuild/")
    assert site.repo.git("rev-parse", f"{built['branch']}^") == site.repo.git("rev-parse", "feature")
    assert "a + b" in site.repo.git("show", f"{built['branch']}:calc.py") and site.repo.state() == before


def test_a_no_builds_nothing_and_the_proposal_stays_open(cli, site: Site) -> None:
    done = subprocess.run(
        cli.argv("improve", site.repo.path), cwd=cli.cwd, env=cli.env, input="n\n", capture_output=True, text=True, timeout=150
    )
    assert done.returncode == 0 and "Build it?" in done.stdout, done.stderr
    assert site.repo.branches() == ["feature", "main"]
    assert "pending" in cli("proposals", "list", "--project", str(site.repo.path)).stdout


def test_machines_have_to_say_yes_beforehand(cli, site: Site) -> None:
    assert cli("improve", site.repo.path, "--json").code == 2
