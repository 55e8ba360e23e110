"""The guide's path lookup: roots by four variables or found, hints, new files, and no way out."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from autosd.domain.errors import AutosdError
from autosd.library import paths
from autosd.library.paths import (
    clear_cache,
    get_project_root,
    get_project_roots,
    list_files,
    path_for_prompt,
    resolve_dir,
    resolve_module_path,
    resolve_path,
)
from autosd.testing import make_repository, write_files

VARIABLES = ("MENACE_ROOTS", "SANDBOX_REPO_PATHS", "MENACE_ROOT", "SANDBOX_REPO_PATH")


@pytest.fixture(autouse=True)
def _anew(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)
    clear_cache()
    yield
    clear_cache()


@pytest.fixture
def two(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[Path, Path]:
    """Two roots, ``main`` before ``alt``."""
    main, alt = tmp_path / "main", tmp_path / "alt"
    write_files(main, {"shared.py": "main", "pkg/__init__.py": "", "pkg/mod.py": ""})
    write_files(alt, {"shared.py": "alt", "code.db": "alt", ".env": "alt", "deep/er/notes.txt": "alt"})
    monkeypatch.setenv("MENACE_ROOTS", f"{main}{os.pathsep}{alt}")
    return main, alt


@pytest.mark.parametrize("variable", VARIABLES)
def test_each_of_the_four_variables_names_the_root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, variable: str) -> None:
    write_files(tmp_path / "root", {"x.py": ""})
    monkeypatch.setenv(variable, str(tmp_path / "root"))
    assert resolve_path("x.py") == tmp_path / "root" / "x.py"
    assert get_project_root() == tmp_path / "root"


def test_a_variable_that_names_no_folder_that_is_there_leaves_the_word_to_the_next(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_files(tmp_path / "root", {"x.py": ""})
    monkeypatch.setenv("MENACE_ROOTS", str(tmp_path / "gone"))
    monkeypatch.setenv("SANDBOX_REPO_PATH", str(tmp_path / "root"))
    assert get_project_roots() == [tmp_path / "root"]


def test_the_first_root_that_has_the_file_wins(two: tuple[Path, Path]) -> None:
    assert resolve_path("shared.py").read_text() == "main"


def test_a_file_that_is_there_beats_a_new_one_in_an_earlier_root(two: tuple[Path, Path]) -> None:
    assert resolve_path("code.db") == two[1] / "code.db"


def test_a_new_file_goes_to_the_first_root_that_has_its_folder(two: tuple[Path, Path]) -> None:
    assert resolve_path("fresh.db") == two[0] / "fresh.db"
    assert resolve_path("deep/er/fresh.txt") == two[1] / "deep/er/fresh.txt"


def test_a_path_is_found_by_its_end(two: tuple[Path, Path]) -> None:
    assert resolve_path("er/notes.txt") == two[1] / "deep/er/notes.txt"


def test_leading_dots_of_a_name_are_kept(two: tuple[Path, Path]) -> None:
    assert resolve_path(".env") == two[1] / ".env"
    assert resolve_path("./shared.py") == two[0] / "shared.py"


@pytest.mark.parametrize("hint", ["alt", "path", "inside"])
def test_a_hint_keeps_the_lookup_to_one_root(two: tuple[Path, Path], hint: str) -> None:
    said = {"alt": "alt", "path": str(two[1]), "inside": two[1] / "deep"}[hint]
    assert resolve_path("shared.py", repo_hint=said).read_text() == "alt"
    assert get_project_root(repo_hint=said) == two[1]


def test_a_hint_that_fits_no_root_is_a_mistake(two: tuple[Path, Path]) -> None:
    with pytest.raises(AutosdError) as caught:
        resolve_path("shared.py", repo_hint="/elsewhere")
    assert caught.value.code == "AUTOSD-ROOT-UNKNOWN"


@pytest.mark.parametrize("name", ["../main/shared.py", "..", "pkg/../../x", "", " ", "a\0b", "../../../../etc/passwd"])
def test_a_name_that_leads_out_is_refused(two: tuple[Path, Path], name: str) -> None:
    with pytest.raises(AutosdError) as caught:
        resolve_path(name)
    assert caught.value.code == "AUTOSD-PATH-ESCAPES"


def test_a_link_does_not_lead_out_either(two: tuple[Path, Path], tmp_path: Path) -> None:
    write_files(tmp_path / "outside", {"secret.txt": ""})
    (two[0] / "link").symlink_to(tmp_path / "outside")
    for name in ("link/secret.txt", "link/new.txt", "link"):
        with pytest.raises(AutosdError, match="inside of a root"):
            resolve_path(name)


def test_an_absolute_path_is_only_tidied(two: tuple[Path, Path]) -> None:
    assert resolve_path("/no/such/../place.py") == Path("/no/place.py")


def test_what_is_nowhere_is_a_file_not_found_error_that_lists_the_roots(two: tuple[Path, Path]) -> None:
    with pytest.raises(FileNotFoundError, match=f"{two[0]}, {two[1]}"):
        resolve_path("no/such/folder/x.py")


def test_folders_and_modules(two: tuple[Path, Path]) -> None:
    assert resolve_dir("deep/er") == two[1] / "deep/er"
    with pytest.raises(NotADirectoryError):
        resolve_dir("shared.py")
    assert resolve_module_path("pkg.mod") == two[0] / "pkg/mod.py"
    assert resolve_module_path("pkg") == two[0] / "pkg/__init__.py"
    with pytest.raises(FileNotFoundError):
        resolve_module_path("pkg.none")


def test_prompts_get_forward_slashes_and_files_are_listed_over_all_roots(two: tuple[Path, Path]) -> None:
    assert path_for_prompt("pkg/mod.py") == (two[0] / "pkg/mod.py").as_posix()
    assert list_files("shared.*") == [two[1] / "shared.py", two[0] / "shared.py"]
    assert list_files("*.py", repo_hint="alt") == [two[1] / "shared.py"]


def test_roots_are_kept_until_the_cache_is_cleared(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_files(tmp_path / "a", {"x": ""})
    write_files(tmp_path / "b", {"x": ""})
    monkeypatch.setenv("MENACE_ROOT", str(tmp_path / "a"))
    assert resolve_path("x") == tmp_path / "a" / "x"
    monkeypatch.setenv("MENACE_ROOT", str(tmp_path / "b"))
    assert resolve_path("x") == tmp_path / "a" / "x"
    clear_cache()
    assert resolve_path("x") == tmp_path / "b" / "x"


def test_without_variables_the_checkout_around_is_the_root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    repository = make_repository(tmp_path / "repo", {"top.py": "", "sub/below.py": ""})
    repository.git("config", "core.worktree", "/")  # a checkout has no say in where it begins
    monkeypatch.chdir(repository.path / "sub")
    assert get_project_root() == repository.path
    assert resolve_path("top.py") == repository.path / "top.py"


def test_without_git_the_folder_itself_is_the_root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert get_project_roots() == [tmp_path]
    other = make_repository(tmp_path / "other", {"sub/x.py": ""})
    assert get_project_root(other.path / "sub" / "x.py") == other.path


def test_a_search_by_the_end_of_a_path_is_over_in_its_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_files(tmp_path, {f"folder{n}/x{n}/y.txt": "" for n in range(40)})
    monkeypatch.setenv("MENACE_ROOT", str(tmp_path))
    monkeypatch.setenv("PATH_DISCOVERY_TIMEOUT_S", "0.05")
    assert resolve_path("x7/y.txt") == tmp_path / "folder7/x7/y.txt"
    assert paths.get_project_root() == tmp_path
