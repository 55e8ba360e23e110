"""The digest of a hunk stays over other work and does not stay over anything else."""

from __future__ import annotations

import random

from autosd.domain.provenance import FileChange
from autosd.governance.provenance.parts import digest_of, hunks_of, parts_of

from .kit import NEW, OLD, change


def owns(*files: FileChange) -> list[str]:
    return [hunk.own for hunk in hunks_of(files)]


def covered(signed: list[str], *files: FileChange) -> list[bool]:
    return [bool(hunk.digests & set(signed)) for hunk in hunks_of(files)]


def test_each_place_is_a_hunk_and_knows_where_it_is() -> None:
    assert [hunk.place for hunk in hunks_of([change("a.py", OLD, NEW)])] == ["a.py:10", "a.py:21"]


def test_one_byte_more_or_less_or_other_is_another_digest() -> None:
    signed = owns(change("a.py", OLD, NEW))
    rng = random.Random(1)
    new = NEW.encode()
    for _ in range(300):
        at = rng.randrange(NEW.index("line ten"), NEW.index("line 11"))
        spoilt = rng.choice([new[:at] + new[at + 1 :], new[:at] + b"x" + new[at:], new[:at] + bytes([new[at] ^ 1]) + new[at + 1 :]])
        assert not all(covered(signed, FileChange("a.py", OLD.encode(), spoilt, ("100644", "100644"))))


def test_other_work_in_the_same_file_before_it_or_in_the_same_commit_keeps_it() -> None:
    """What git would rebase without asking: the changed lines and the one beside them are untouched."""
    rng = random.Random(2)
    for _ in range(300):
        lines = [f"{rng.choice('abcdef')} = {rng.randrange(9)}\n" for _ in range(rng.randrange(20, 60))]
        at = rng.randrange(6, len(lines) - 6)
        lines[at - 1 : at + 2] = ["def f():\n", f"    return {rng.randrange(99)}\n", "# end\n"]
        fixed = [*lines[:at], "    return None\n", *lines[at + 1 :]]
        signed = owns(change("a.py", "".join(lines), "".join(fixed)))
        above, below = rng.randrange(0, at - 3), rng.randrange(at + 4, len(lines))
        other = {above: ["other()\n", "work()\n"], below: []}
        base = [text for n, line in enumerate(lines) for text in other.get(n, [line])]
        rebased = [text for n, line in enumerate(fixed) for text in other.get(n, [line])]
        assert all(covered(signed, change("a.py", "".join(base), "".join(rebased)))), "rebased over it"
        mixed = covered(signed, change("a.py", "".join(lines), "".join(rebased)))
        assert mixed.count(True) == 1 and len(mixed) == 3, "mixed into one commit"


def test_the_same_lines_at_another_place_are_not_the_same_change() -> None:
    twice = "def a():\n    x = 1\n\n\ndef b():\n    x = 1\n\n\n" + OLD
    first = twice.replace("    x = 1\n", "    x = 1\n    return x\n", 1)
    second = twice[:20] + twice[20:].replace("    x = 1\n", "    x = 1\n    return x\n", 1)
    assert first != second and not any(covered(owns(change("a.py", twice, first)), change("a.py", twice, second)))
    same = "x\ny\n" * 12
    made = [change("a.py", same, same[: 4 * n] + "new\n" + same[4 * n :]) for n in range(1, 12)]
    assert len({own for each in made for own in owns(each)}) == 11, "of equal places the number counts"


def test_lines_that_repeat_are_found_at_one_place_however_the_file_ends() -> None:
    body = "a\n}\n}\n}\nb\n"
    signed = owns(change("a.c", body, "a\n}\n}\n}\n}\nb\n"))
    mixed = change("a.c", "first\n" + body + "last\n", "FIRST\na\n}\n}\n}\n}\nb\nLAST\n")
    assert covered(signed, mixed).count(True) == 1


def test_a_path_a_mode_and_what_is_new_or_gone_count() -> None:
    for one, other in (
        (change("a.py", OLD, NEW), change("b.py", OLD, NEW)),
        (change("a.sh", None, "x\n"), change("a.sh", None, "x\n", ("000000", "100755"))),
        (change("a.py", None, ""), change("a.py", "", None)),
        (change("a.py", OLD, OLD, ("100644", "100755")), change("a.py", OLD, OLD, ("100755", "100644"))),
        (FileChange("a", b"\0", b"\0\1", ("100644", "100644")), FileChange("a", b"\0", b"\0\2", ("100644", "100644"))),
        (
            FileChange("a", None, None, ("160000", "160000"), ("1", "2"), False),
            FileChange("a", None, None, ("160000",) * 2, ("1", "3"), False),
        ),
    ):
        assert owns(one) and owns(other) and not set(owns(one)) & set(owns(other))
    assert len(owns(change("a.py", OLD, NEW, ("100644", "100755")))) == 3, "the mode is a place of its own"


def test_bytes_that_are_no_text_and_lines_without_an_end_are_kept_apart() -> None:
    raw = FileChange("a", b"\xff\r\nx", b"\xfe\r\nx", ("100644", "100644"))
    assert len(owns(raw)) == 1 and owns(raw) != owns(FileChange("a", b"\xff\nx", b"\xfe\nx", ("100644", "100644")))
    assert owns(change("a", "x", "x\n")) != owns(change("a", "x\n", "x"))


def test_a_file_that_would_take_for_ever_is_taken_whole_and_quickly() -> None:
    old = "same\n" * 5000
    (only,) = hunks_of([change("data.txt", old, "other\n" + "same\n" * 4000 + "other\n" + "same\n" * 900 + "x\n")])
    assert only.line == 0 and len(only.digests) == 1


def test_the_digest_of_a_change_does_not_hang_on_the_order_of_its_parts() -> None:
    parts = parts_of(hunks_of([change("b.py", OLD, NEW), change("a.py", None, "x\n")]))
    assert [part.path for part in parts] == ["a.py", "b.py", "b.py"]
    assert digest_of(parts) == digest_of(parts[::-1]) != digest_of(parts[1:])
