"""Paths that changes may not touch, in every spelling that some file system reads as the same."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from autosd.governance.paths import PROTECTED_PATTERNS, canonical, inside, is_protected, is_secret, malformed, matches

ORDINARY = [
    "src/cart.py",
    "README.md",
    "a.py",
    "src/github/client.py",
    "docs/git.md",
    "environment.py",
    "tests/test_env.py",
    "secure/login.py",
    "insecure/x.py",
    "src/ci_tools.py",
    "src/ci/tool.py",
    "my_autosd.toml",
    "autosd/views.py",
    "naïve/übung.py",
    "日本/テスト.py",
    "with space/a b.py",
    "keys.py",
    "monkey.py",
    "a..b.py",
    "...",
][:-1]


@pytest.mark.parametrize("path", ORDINARY)
def test_ordinary_paths_are_free(path: str) -> None:
    assert malformed(path) is None and not is_secret(path) and not is_protected(path)


@pytest.mark.parametrize(
    "path",
    [
        ".env",
        "app/.env",
        ".ENV",
        "BrainOps.env",
        "brainops.ENV",
        "conf/.env.local",
        "prod.env",
        "_secure/a.py",
        "app/_SECURE/key.txt",
        "_secure",
        "home/.ssh/config",
        "deploy/server.pem",
        "id_rsa",
        "id_ed25519.pub",
        ".netrc",
        "．env",  # full-width dot
        ".ｅnv",
        "_ſecure/x.py",  # long s folds to s
    ],
)
def test_places_of_secrets_are_blocked(path: str) -> None:
    assert is_secret(path)


@pytest.mark.parametrize(
    "path",
    [
        ".git/config",
        ".GIT/config",
        "sub/.git/hooks/pre-commit",
        ".gitattributes",
        "sub/.gitmodules",
        ".gitignore",
        ".github/workflows/ci.yml",
        ".gitlab-ci.yml",
        "ci/run_ci.sh",
        "ci",
        ".ci/run",
        ".circleci/config.yml",
        "Jenkinsfile",
        "azure-pipelines.yml",
        "CODEOWNERS",
        "docs/CodeOwners",
        ".autosd/policy_resolved.json",
        "sub/autosd.toml",
        "autosd/governance/guard.py",
        "autosd/acts/allowing/approvals.py",
        "autosd/ports/road.py",
        "autosd/gates/boundary.py",
        "autosd/settings/table.py",
        "vendored/autosd/governance/rules.py",
        ".ＧＩＴ/config",
        ".git\N{COMBINING ACUTE ACCENT}".replace("\N{COMBINING ACUTE ACCENT}", "") + "/x.py",
    ],
)
def test_what_judges_changes_is_protected(path: str) -> None:
    assert is_protected(path)


@pytest.mark.parametrize(
    "path",
    [
        "",
        "/etc/passwd",
        "~/x.py",
        "../x.py",
        "a/../../x.py",
        "a/..",
        "./a.py",
        "a//b.py",
        "a/./b.py",
        "a/",
        "a\0.py",
        "a\n.py",
        "a\\b.py",
        "..\\x.py",
        "C:x.py",
        ".git::$INDEX_ALLOCATION",
        ".git./config",
        ".git /config",
        " .git/config",
        "GIT~1/config",
        "SETTIN~1.PY",
        ".g\N{ZERO WIDTH NON-JOINER}it/config",
        ".gi\N{SOFT HYPHEN}t/config",
        "\N{RIGHT-TO-LEFT OVERRIDE}yp.x",
        "a\N{FULLWIDTH SOLIDUS}b.py",
        "\N{TWO DOT LEADER}/x.py",
        "a\ud800.py",
        "a/" * 3000 + "x.py",
    ],
)
def test_a_path_that_hides_where_it_leads_is_malformed_and_so_blocked(path: str) -> None:
    assert malformed(path) and canonical(path) is None
    assert is_secret(path) and is_protected(path)


def test_a_project_can_add_patterns() -> None:
    assert is_protected("docs/api/x.md", ["docs/"])
    assert is_protected("a/b/model.py", ["model.*"])
    assert is_protected("a/b/c/d.py", ["a/**/d.py"]) and is_protected("a/d.py", ["a/**/d.py"])
    assert is_protected("DB/x.py", ["/db/"]) and not is_protected("src/db/x.py", ["/db/"])
    assert not is_protected("a/b/c.py", ["a/*.py"]) and is_protected("a/c.py", ["a/*.py"])
    assert not is_protected("ax.py", ["a?x.py"]) and is_protected("abx.py", ["a?x.py"])
    assert not is_protected("x.py", ["", "/", "["])


@settings(deadline=None, database=None)
@given(st.sampled_from([".env", "_secure/x.py", ".git/config", "ci/run.py", "autosd.toml"]), st.data())
def test_no_change_of_case_frees_a_path(path: str, data: st.DataObject) -> None:
    spelt = "".join(data.draw(st.sampled_from([char.lower(), char.upper()])) for char in path)
    assert is_secret(spelt) or is_protected(spelt)


@settings(deadline=None, database=None)
@given(st.text(max_size=30))
def test_any_text_at_all_gets_an_answer_and_one_spelling(path: str) -> None:
    name = canonical(path)
    if name is not None:
        assert canonical(name) == name
        assert ".." not in name.split("/") and not name.startswith("/")
        assert matches(name, PROTECTED_PATTERNS) == is_protected(path)


@pytest.mark.parametrize(
    ("path", "root", "is_in"),
    [
        ("/gen", "/gen", True),
        ("/gen/a", "/gen", True),
        ("/gen-evil", "/gen", False),
        ("/", "/gen", False),
        ("/gen/../x", "/gen", False),
        ("gen/a", "gen", False),
        ("/gen/a", "gen", False),
        ("/a/b", "/a/c/..", False),
    ],
)
def test_inside_means_containment_of_resolved_paths(path: str, root: str, is_in: bool) -> None:
    assert inside(Path(path), Path(root)) is is_in
