"""Globs of leave cover what they say and nothing that is only spelt alike."""

from __future__ import annotations

import time

import pytest

from autosd.governance.grants.globs import covers, fault


@pytest.mark.parametrize(
    ("glob", "path"),
    [
        ("src/**", "src/cart.py"),
        ("src/**", "src/deep/er/cart.py"),
        ("*.md", "README.md"),
        ("**/*.md", "README.md"),
        ("**/*.md", "docs/a/b.md"),
        ("**", "anything/at/all"),
        ("src/*/test_?.py", "src/cart/test_a.py"),
        ("a/**/z", "a/z"),
        ("a/**/z", "a/b/c/z"),
        ("a/**/m/**/z", "a/m/m/z"),
        ("app/[id].tsx", "app/[id].tsx"),
    ],
)
def test_a_path_that_fits_is_covered(glob: str, path: str) -> None:
    assert fault(glob) is None and covers(glob, path)


@pytest.mark.parametrize(
    ("glob", "path"),
    [
        ("src/**", "src"),  # a file of that name would take the folder's place
        ("src/**", "srcs/cart.py"),
        ("src/**", "lib/src/cart.py"),
        ("src/**", "SRC/cart.py"),
        ("src/*", "src/deep/cart.py"),
        ("*.md", "docs/README.md"),
        ("*", "a/b"),
        ("src/?.py", "src/ab.py"),
        ("a/**/z", "a/b/z/c"),
        ("app/[id].tsx", "app/i.tsx"),
        ("src/*.py", "src/cart.py\n"),
    ],
)
def test_a_path_that_only_looks_alike_is_not(glob: str, path: str) -> None:
    assert not covers(glob, path)


@pytest.mark.parametrize("glob", ["", "/src/**", "../x", "a/../b", "a//b", "src/", "a**", "**b/c", "a\0", "a\\b", "C:x", "~/x", "x" * 600])
def test_what_is_no_glob_is_named(glob: str) -> None:
    assert fault(glob)


def test_no_glob_makes_matching_slow() -> None:
    began = time.perf_counter()
    assert not covers("/".join(["**", "*a*a*a*a*a*a*a*b"] * 12), "/".join(["a" * 200] * 40))
    assert time.perf_counter() - began < 2
