"""What a commit proves, and every way to make it prove more than it may."""

from __future__ import annotations

from dataclasses import replace

import pytest

from autosd.domain.provenance import Authenticity, CommitRead, Signed
from autosd.governance.provenance.statement import key_id
from autosd.governance.provenance.verifying import Finding, judged

from .kit import FOREIGN, NEW, OLD, OTHER, PUBLIC, ROOT, change, commit, message, sign, statement

AUTHENTIC, PARTIAL, TAMPERED, UNKNOWN = Authenticity
CHANGED = change("a.py", OLD, NEW)
ENVELOPE = sign(statement(CHANGED))


def answer(read: CommitRead, *kept: tuple[str, Signed | str], keys: tuple[bytes, ...] = (PUBLIC,), root: str = ROOT) -> Finding:
    return judged(read, kept, keys, lambda ancestor: ancestor == root)


def test_the_commit_as_it_was_signed_is_authentic_whatever_its_first_line_says() -> None:
    for subject in ("fix: ten is written out", "Merged by a person (#12)"):
        found = answer(commit(message(ENVELOPE, subject), CHANGED))
        assert (found.result, found.reasons, found.uncovered) == (AUTHENTIC, (), ()) and found.covered == ("a.py:10", "a.py:21")


def test_a_changed_byte_is_tampered_and_says_which_file() -> None:
    found = answer(commit(message(ENVELOPE), change("a.py", OLD, NEW.replace("line ten", "line Ten"))))
    assert found.result is TAMPERED and "1 of its 2 signed places" in found.reasons[0] and "a.py" in found.reasons[0]
    assert found.covered == ("a.py:21",) and found.uncovered == ("a.py:10",)


@pytest.mark.parametrize("line", [line for line in message(ENVELOPE).splitlines() if line.startswith("Autosd-")])
def test_a_trailer_that_was_changed_or_left_out_is_never_authentic(line: str) -> None:
    text = message(ENVELOPE)
    for spoilt in (text.replace(line, line + "0"), text.replace(line, line[:-1] + "x"), text.replace(line + "\n", "")):
        found = answer(commit(spoilt, CHANGED))
        gone = "Autosd-Signature" in line and "Autosd-Signature" not in spoilt
        assert found.result is (UNKNOWN if gone else TAMPERED), (line, found)
        assert answer(commit(spoilt, CHANGED), ("home", ENVELOPE)).result is (AUTHENTIC if gone else TAMPERED)


@pytest.mark.parametrize("line", ["Autosd-Approvals: 2", "Autosd-Grant: g1", "Autosd-Colour: red", "Autosd-Part: " + "0" * 64 + " b.py"])
def test_a_trailer_that_nobody_signed_is_tampered_wherever_it_stands(line: str) -> None:
    text = message(ENVELOPE)
    for spoilt in (text + line + "\n", text.replace("Autosd-Model", f"{line}\nAutosd-Model"), f"{line}\n{text}"):
        assert answer(commit(spoilt, CHANGED)).result is TAMPERED
    assert answer(commit(f"{text}Autosd-Id: c2\n{line}\n", CHANGED)).result is TAMPERED, "a block of its own, without a signature"


def test_trailers_without_a_signature_are_tampered_when_another_statement_was_signed() -> None:
    text = "\n".join(line for line in message(ENVELOPE).splitlines() if "Signature" not in line)
    assert answer(commit(text, CHANGED)).result is UNKNOWN
    spoilt = text.replace("local:small", "local:large")
    found = answer(commit(spoilt, CHANGED), ("note", ENVELOPE))
    assert found.result is TAMPERED and "not those that were signed" in found.reasons[0]


def test_trailers_copied_to_another_commit_prove_nothing_there() -> None:
    found = answer(commit(message(ENVELOPE), change("b.py", None, "evil()\n")))
    assert found.result is TAMPERED and "2 of its 2 signed places are not in this commit" in found.reasons[0] and not found.covered
    assert answer(commit(message(ENVELOPE))).result is TAMPERED, "nor on a commit that changes nothing"


def test_the_signature_of_another_key_is_unknown_and_a_borrowed_name_is_tampered() -> None:
    foreign = sign(statement(CHANGED), OTHER)
    found = answer(commit(message(foreign), CHANGED))
    assert found.result is UNKNOWN and key_id(FOREIGN) in found.reasons[0]
    assert answer(commit(message(replace(foreign, key=key_id(PUBLIC))), CHANGED)).result is TAMPERED
    assert answer(commit(message(replace(ENVELOPE, key=key_id(FOREIGN))), CHANGED)).result is TAMPERED
    assert answer(commit(message(foreign), CHANGED), keys=(PUBLIC, FOREIGN)).result is AUTHENTIC, "an earlier key that is still trusted"


def test_a_statement_for_another_repository_is_not_one_for_this() -> None:
    found = answer(commit(message(ENVELOPE), CHANGED), root="f" * 40)
    assert found.result is TAMPERED and "another repository" in found.reasons[0]
    assert judged(commit(message(ENVELOPE), CHANGED), (), (PUBLIC,), lambda root: None).result is AUTHENTIC, "a clone that cannot tell"


def test_other_edits_in_the_commit_are_partial_and_named() -> None:
    found = answer(commit(message(ENVELOPE), CHANGED, change("b.py", OLD, NEW), change("run.sh", "x\n", "x\n", ("100644", "100755"))))
    assert found.result is PARTIAL and found.covered == ("a.py:10", "a.py:21") and found.uncovered == ("b.py:10", "b.py:21", "run.sh")
    assert "3 of 5 changed places were signed by nobody: b.py:10" in found.reasons[0]


def test_several_changes_in_one_squash_are_authentic_when_all_of_it_was_signed() -> None:
    second = change("b.py", None, "x\n")
    other = sign(statement(second, change="c2"))
    both = f"Both\n\n* {message(ENVELOPE)}\n* {message(other)}"
    assert answer(commit(both, CHANGED, second)).result is AUTHENTIC
    assert answer(commit(both, CHANGED)).result is TAMPERED, "one of them is not there"
    assert answer(commit(message(ENVELOPE), CHANGED, second)).result is PARTIAL
    mixed = f"Both\n\n* {message(ENVELOPE)}\n* {message(sign(statement(second, change='c2'), OTHER))}"
    found = answer(commit(mixed, CHANGED, second))
    assert found.result is PARTIAL and any("not trusted here" in reason for reason in found.reasons)


def test_a_note_speaks_where_the_message_is_silent_and_cannot_harm_where_it_speaks() -> None:
    found = answer(commit("squashed by hand\n", CHANGED), ("note", ENVELOPE))
    assert found.result is AUTHENTIC and "was found in the note" in found.notes[0]
    assert answer(commit("squashed by hand\n", CHANGED)).result is UNKNOWN, "the note was stripped"
    assert answer(commit("x\n", CHANGED), ("note", "it is no envelope")).result is TAMPERED
    forged = replace(ENVELOPE, payload=ENVELOPE.payload.replace(b"local:small", b"local:large"))
    assert answer(commit("x\n", CHANGED), ("note", forged)).result is TAMPERED
    for note in ("it is no envelope", forged, sign(statement(CHANGED, change="c9"), OTHER)):
        assert answer(commit(message(ENVELOPE), CHANGED), ("note", note)).result is AUTHENTIC


def test_a_statement_over_nothing_covers_nothing() -> None:
    assert answer(commit(message(sign(statement())), CHANGED)).result is TAMPERED


def test_a_commit_of_a_person_is_unknown() -> None:
    found = answer(commit("Write ten out\n", CHANGED))
    assert found.result is UNKNOWN and found.reasons == ("Nothing that autosd signed belongs to this commit.",)


def test_messages_of_any_length_and_shape_get_an_answer() -> None:
    flood = "Autosd-Id: c1\n" * 20_000 + "Autosd-Part: x\n" * 20_000 + message(ENVELOPE)
    assert answer(commit(flood, CHANGED)).result is TAMPERED
    for text in ("", "\0", "Autosd-Id:\n", "Autosd-Signature: x\n" * 3, "\ud800Autosd-Id: c\n"):
        assert answer(commit(text, CHANGED)).result in (UNKNOWN, TAMPERED)
