"""Whatever a model says: no error, no path outside, no end of waiting. The soak tries a hundred thousand."""

from __future__ import annotations

import signal
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from autosd.adapters.git.files import checked, write
from autosd.coding.editing.applying import edited
from autosd.coding.editing.paths import Tree
from autosd.governance.paths import is_secret, malformed
from autosd.testing import folder_state

from .reply_kit import FORMS, LINES, PATHS, replies

pytestmark = pytest.mark.slow

SECONDS = 10  # many thousand times what a reply takes: only a hang reaches it


@contextmanager
def no_hang(reply: str) -> Iterator[None]:
    def ring(number: int, frame: object) -> None:
        raise AssertionError(f"more than {SECONDS} s for {reply[:500]!r}")

    before = signal.signal(signal.SIGALRM, ring)
    signal.alarm(SECONDS)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("any") / "project"
    (root / "pkg").mkdir(parents=True)
    (root / "shop.py").write_text("class Cart:\n    def total(self):\n        return sum(self.items)\n\n\nx = 1\n")
    (root / "pkg" / "mod.py").write_text("x = 1\n\n\ndef f():\n\treturn 1\n")
    (root / "notes.md").write_text("Title\n=======\n\nx = 1\nx = 1\n")
    (root / "crlf.py").write_bytes(b"class Cart:\r\n    def total(self):\r\n        return sum(self.items)\r\nx = 1\r\n")
    (root / "bom.py").write_bytes(b"\xef\xbb\xbfx = 1")
    (root / "latin.py").write_bytes("# coding: latin-1\nname = 'é'\nx = 1\n".encode("latin-1"))
    (root / "empty.py").write_text("")
    (root / "data.bin").write_bytes(b"\0\xff\xfex = 1\n")
    (root / "big.txt").write_text("x = 1\n" * 20_000)
    (root / ".env").write_text("TOKEN=1\n")
    (root / "link.py").symlink_to("/etc/hostname")
    (root / "linked").symlink_to("/tmp")
    return root


def harmless(reply: str, root: Path) -> str:
    """What came of it; fails when it is anything but a clean result."""
    with no_hang(reply):
        found = edited(reply, Tree(root))
    assert bool(found.files) != bool(found.problems)
    for path in found.files:
        assert checked(path) == path and not malformed(path) and not is_secret(path), path
        spot = root / path
        assert not any(part.is_symlink() for part in (spot, *spot.parents) if part.is_relative_to(root))
        assert spot.resolve().is_relative_to(root.resolve())
    for problem in found.problems:
        str(problem).encode("utf-8", "surrogatepass")
    return "edits" if found.files else str(found.problems[0].trouble)


def test_a_sample_of_broken_replies_does_no_harm(root: Path) -> None:
    before = folder_state(root)
    counted = Counter(harmless(reply, root) for reply in replies(7, 1000))
    assert counted["edits"] > 30 and len(counted) >= 5, counted  # the sample reaches every kind of end
    assert folder_state(root) == before


@pytest.mark.soak
def test_a_hundred_thousand_broken_replies_do_no_harm(root: Path) -> None:
    before = folder_state(root)
    counted = Counter(harmless(reply, root) for reply in replies(2026, 100_000))
    assert sum(counted.values()) == 100_000 and counted["edits"] > 5000, counted
    assert folder_state(root) == before


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.text(max_size=300) | st.lists(st.sampled_from([*LINES, *FORMS, *PATHS]), max_size=40).map("\n".join))
def test_texts_of_any_kind_do_no_harm(root: Path, reply: str) -> None:
    harmless(reply, root)


def test_what_is_accepted_can_be_written_and_touches_nothing_else(root: Path, tmp_path: Path) -> None:
    before = folder_state(root)
    written = 0
    for reply in replies(11, 300):
        files = edited(reply, Tree(root)).files
        if files:
            copy = tmp_path / str(written)
            for name in ("shop.py", "pkg/mod.py", "notes.md", "crlf.py", "bom.py", "latin.py", "empty.py"):
                (copy / name).parent.mkdir(parents=True, exist_ok=True)
                (copy / name).write_bytes((root / name).read_bytes())
            write(copy, files)
            assert {path for path, text in files.items() if text is not None} == {path for path in files if (copy / path).is_file()}
            written += 1
    assert written > 10
    assert folder_state(root) == before and sorted(each.name for each in tmp_path.iterdir()) == sorted(map(str, range(written)))


@pytest.mark.parametrize(
    "reply",
    [
        "a.py\n<<<<<<< SEARCH\n" * 20_000,
        "".join(f"{'<' * (5 + n % 30)} SEARCH\n" for n in range(20_000)),
        "big.txt\n<<<<<<< SEARCH\n" + "x = 1\n" * 15_000 + "y\n=======\n>>>>>>> REPLACE\n",
        ("big.txt\n<<<<<<< SEARCH\n" + "x = 1\n" * 300 + "y\n=======\n>>>>>>> REPLACE\n") * 90,
        "--- a/big.txt\n+++ b/big.txt\n" + "@@ -1 +1 @@\n-x = 1\n+y\n" * 10_000,
        "--- a/big.txt\n+++ b/big.txt\n@@\n" + "-x = 1\n+y\n" * 20_000,
        "--- a/big.txt\n+++ b/big.txt\n@@\n" + " \n" * 100_000,
        "--- a\n+++ b\n" * 20_000,
        "```\n" * 90_000,
        "*" * 390_000 + "\n<<<<<<< FILE\n>>>>>>> END",
        "new.py\n<<<<<<< FILE\n" + "(" * 100_000 + "\n>>>>>>> END",
        "new.py\n<<<<<<< FILE\n" + "-" * 390_000 + "1\n>>>>>>> END",
        "new.py\n<<<<<<< FILE\n" + "a." * 100_000 + "b\n>>>>>>> END",
        "new.py\n<<<<<<< FILE\n" + "".join(" " * n + "if 1:\n" for n in range(600)) + "\n>>>>>>> END",
        "shop.py\n<<<<<<< SYMBOL Cart.total\ndef total(self):\n    return " + "f(" * 50_000 + "\n>>>>>>> END",
        "new.py\n<<<<<<< FILE\n" + "# ... " * 60_000 + "\n>>>>>>> END",
        '--- "a/' + "\\303" * 90_000 + '"\n+++ "b/x"\n@@ -1 +1 @@\n-a\n+b\n',
    ],
    ids=lambda reply: reply[:24],
)
def test_replies_made_to_be_slow_are_not(root: Path, reply: str) -> None:
    assert harmless(reply, root)
