"""From a failing test to a proven fix, by the real command on real repositories."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable, Mapping
from pathlib import Path

import projects
import pytest

from autosd.testing import TinyRepository, folder_state, write_files

Make = Callable[[Mapping[str, str]], TinyRepository]


def suite_is_green(folder: Path) -> bool:
    """Whether the project's own suite is green, run the way its owner would."""
    import sys

    done = subprocess.run([sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider"], cwd=folder, capture_output=True)
    return done.returncode == 0


def test_one_bug_is_fixed_and_the_diff_of_the_artifact_makes_the_suite_green(cli, repository: Make) -> None:
    repo = repository(projects.CLAMP)
    before = repo.state()

    ran = cli.fix(repo.path)

    assert (ran.code, ran.result) == (0, "artifacts_written")
    said = ran.object
    assert said["tests"]["failing_before"] == ["test_clamp.py::test_above"]
    assert said["tests"]["failing_after"] == said["tests"]["broken"] == []
    assert said["tests"]["total"] == 3
    assert said["base"] == repo.git("rev-parse", "HEAD")
    assert said["strategy"] == "repair" and said["candidates"]["evaluated"] > 0
    assert said["sandbox"]["level"] in ("bubblewrap", "landlock")
    assert said["branch"] is said["commit"] is None and said["objections"] == []
    assert repo.state() == before, "the user's files, index and HEAD stay as they are"
    assert repo.git("status", "--porcelain") == "", "the artifact keeps itself out of git"

    folder = Path(said["artifacts"])
    assert folder.parent == repo.path / "artifacts" / "selfcoding-pr"
    assert {"change.diff", "metadata.json", "REPORT.md"} <= {file.name for file in folder.iterdir()}
    repo.git("apply", str(folder / "change.diff"))
    assert suite_is_green(repo.path)


def test_several_bugs_in_several_files_are_fixed_on_one_branch_that_touches_nothing_of_the_user(cli, repository: Make) -> None:
    repo = repository(projects.SEVERAL)
    repo.write({"notes.txt": "not committed yet\n", "src/stock.py": "# being worked on\n" + projects.SEVERAL["src/stock.py"]})
    repo.git("add", "src/stock.py")
    repo.write({"src/stock.py": "# being worked on, further\n" + projects.SEVERAL["src/stock.py"]})
    before = repo.state()

    ran = cli.fix(repo.path, "--commit")

    said = ran.object
    assert (ran.code, ran.result) == (0, "committed"), ran.stderr
    assert len(said["tests"]["failing_before"]) == 3 and said["tests"]["failing_after"] == []
    assert said["branch"].startswith("autosd/") and repo.git("rev-parse", said["branch"]) == said["commit"]
    assert repo.git("rev-parse", f"{said['commit']}^") == said["base"] == repo.git("rev-parse", "HEAD")
    assert repo.state() == before, "dirty, staged and untracked work is where it was, byte for byte"
    changed = repo.git("diff", "--name-only", "HEAD", said["commit"]).split()
    assert changed == ["src/greet.py", "src/price.py", "src/stock.py"]
    assert "being worked on" not in repo.git("show", f"{said['commit']}:src/stock.py"), "uncommitted work is not committed for its owner"

    again = cli.fix(repo.path, "--commit")
    assert (again.object["branch"], again.object["commit"]) == (said["branch"], said["commit"]), "run again, it finds its branch again"
    assert [name for name in repo.branches() if name.startswith("autosd/")] == [said["branch"]]


@pytest.mark.parametrize(
    "name, files",
    [("import error", projects.IMPORT_ERROR), ("syntax error", projects.SYNTAX_ERROR)],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_module_that_cannot_even_be_imported_is_fixed(cli, repository: Make, name: str, files: Mapping[str, str]) -> None:
    repo = repository(files)

    ran = cli.fix(repo.path, "--commit")

    assert (ran.code, ran.result) == (0, "committed"), (name, ran.stderr)
    repo.git("checkout", "-q", ran.object["branch"])
    assert suite_is_green(repo.path)


def test_a_folder_that_is_no_repository_gets_the_diff_and_the_artifact(cli, tmp_path: Path) -> None:
    folder = tmp_path / "plain"
    write_files(folder, projects.CLAMP)
    before = folder_state(folder)

    ran = cli.fix(folder)

    assert (ran.code, ran.result) == (0, "artifacts_written")
    assert ran.object["base"] is None
    assert not (folder / ".git").exists()
    assert folder_state(folder, ignore=["artifacts"]) == before
    subprocess.run(["git", "apply", Path(ran.object["artifacts"]) / "change.diff"], cwd=folder, check=True)
    assert suite_is_green(folder)


def test_a_project_in_a_subfolder_of_its_repository_gets_a_diff_that_applies_at_the_top(cli, repository: Make) -> None:
    repo = repository({"README": "top\n", **{f"parts/shop/{name}": text for name, text in projects.CLAMP.items()}})

    ran = cli("fix", repo.path / "parts" / "shop", "--max-seconds", "60")

    assert ran.code == 0, ran.stderr
    command = next(line.strip() for line in ran.stdout.splitlines() if " apply " in line)
    subprocess.run(command.split(), check=True, cwd=repo.path.parent)
    assert suite_is_green(repo.path / "parts" / "shop")


def test_a_dry_run_shows_the_proven_fix_and_writes_nothing(cli, repository: Make) -> None:
    repo = repository(projects.CLAMP)
    before = repo.state(ignore=())

    ran = cli.fix(repo.path, "--dry-run", "--commit")

    assert (ran.code, ran.result) == (0, "proven")
    assert "+        return high" in ran.object["diff"] or ran.object["diff"].count("\n+") >= 2
    assert ran.object["artifacts"] is ran.object["branch"] is ran.object["commit"] is None
    assert repo.state(ignore=()) == before
    assert repo.branches() == ["main"]


def test_a_person_reads_diff_verdict_and_next_steps_in_eighty_columns_without_colour(cli, repository: Make) -> None:
    repo = repository(projects.CLAMP)

    ran = cli("fix", repo.path, "--max-seconds", "60", env={"NO_COLOR": "1"})

    assert ran.code == 0, ran.stderr
    assert "\x1b[" not in ran.stdout + ran.stderr, "no colour, nothing that moves"
    rows = ("failing before", "passing after", "broken by it", "overfit check", "sandbox", "artifact")
    for word in ("diff --git a/clamp.py b/clamp.py", "Fixed: 1 of 1", *rows, "Next:"):
        assert word in ran.stdout
    assert f"git -C {repo.path} apply" in ran.stdout
    assert "running the tests" in ran.stderr and "proving" in ran.stderr
    table = [line for line in ran.stdout.splitlines() if line.startswith("  ") and not line.strip().startswith(("git ", "autosd "))]
    assert all(len(line) <= 80 for line in table)


def test_only_the_tests_that_were_asked_for_are_fixed_and_nothing_else_is_broken(cli, repository: Make) -> None:
    repo = repository(projects.SEVERAL)

    ran = cli.fix(repo.path, "--test", "tests/test_price.py::test_gross")

    assert (ran.code, ran.result) == (0, "artifacts_written")
    assert ran.object["tests"]["failing_before"] == ["tests/test_price.py::test_gross"]
    assert "src/price.py" in ran.object["diff"] and "src/stock.py" not in ran.object["diff"]


def test_what_a_person_committed_is_told_in_the_record_with_both_ends(cli, repository: Make) -> None:
    repo = repository(projects.CLAMP)
    commit = cli.fix(repo.path, "--commit").object["commit"]

    entries = json.loads(cli("audit", "tail", "--json").stdout)["entries"]

    story = [(entry["kind"], entry["action"]) for entry in entries]
    assert story == [
        ("permitted", "build"), ("permitted", "artifact"), ("done", "artifact"),
        ("permitted", "commit"), ("done", "commit"), ("done", "build"),
    ]  # fmt: skip
    assert all(entry["attended"] is True and entry["principal"] for entry in entries)
    assert entries[4]["commit_ref"] == commit
    assert cli("audit", "verify").code == 0


def test_the_commit_that_broke_a_test_is_undone_in_all_its_files(cli, repository: Make) -> None:
    good = {
        "prices.py": "from rates import RATES\n\n\ndef price(kind, count):\n    return RATES[kind][0] * count + RATES[kind][1]\n",
        "rates.py": "RATES = {'day': (1731, 93), 'week': (9412, 411), 'month': (30718, 1290)}\n",
        "test_prices.py": "from prices import price\n\n\ndef test_prices():\n"
        "    assert [price(kind, 3) for kind in ('day', 'week', 'month')] == [5286, 28647, 93444]\n",
    }
    repo = repository(good)
    flat = "RATES = {'day': 1650, 'week': 9001, 'month': 29999}\n"
    repo.write({"rates.py": flat, "prices.py": good["prices.py"].replace("RATES[kind][0] * count + RATES[kind][1]", "RATES[kind] * count")})
    repo.commit("one rate each")

    ran = cli.fix(repo.path)

    assert (ran.code, ran.result) == (0, "artifacts_written")
    assert all(text in ran.object["diff"] for text in ("--- a/rates.py", "--- a/prices.py", "(30718, 1290)"))
