"""A defect that the linter proves goes from the scan to a commit: found, answered, rewritten, proven by a suite that says the same."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from conftest import Cli

from autosd.testing import TinyRepository

PROJECT = {
    "bag.py": "def add(item, bag=[]):\n    bag.append(item)\n    return bag\n",
    "test_bag.py": "from bag import add\n\n\ndef test_add():\n    assert add(1, []) == [1]\n\n\ndef test_new():\n    assert 2 in add(2)\n",
}


def test_a_mutable_default_is_found_approved_and_rewritten(cli: Cli, repository: Callable[[Mapping[str, str]], TinyRepository]) -> None:
    repo = repository(PROJECT)
    before = repo.state(ignore=())
    (proposal,) = cli("scan", repo.path, "--json").object["proposals"]
    assert proposal["kind"] == "lint_defect"
    assert cli("build", proposal["id"], "--json").code == 2, "nobody said yes yet"
    assert cli("proposals", "approve", proposal["id"]).code == 0
    built = cli("build", proposal["id"], "--json")
    assert built.code == 0, built.stderr
    (branch,) = [name for name in repo.branches() if name.startswith("selfbuild/")]
    assert "def add(item, bag=None):" in repo.git("show", f"{branch}:bag.py")
    assert repo.state(ignore=("artifacts",)) == {k: v for k, v in before.items() if not k.startswith("artifacts")}


def test_a_defect_in_code_that_no_test_runs_is_rewritten_when_generated_calls_come_to_the_same(
    cli: Cli, repository: Callable[[Mapping[str, str]], TinyRepository]
) -> None:
    files = {"words.py": "def given(x):\n    return x != None\n", "test_words.py": "import words\n\n\ndef test_it():\n    assert words\n"}
    repo = repository(files)
    ran = cli("improve", repo.path, "--yes", "--json")
    assert ran.code == 0, ran.stderr
    (built,) = ran.object["built"]
    assert built["strategy"] == "codemod" and repo.git("show", f"{built['branch']}:words.py").endswith("return x is not None")
    assert "No test says anything else than before" in repo.git("show", "-s", "--format=%B", built["branch"])
    (report,) = (repo.path / "artifacts" / "selfcoding-pr").glob("*/REPORT.md")
    assert "generated calls do, which came to the same as before (words.py:given)" in report.read_text()
    assert "Correct ruff E711 in 1 place" in report.read_text()
