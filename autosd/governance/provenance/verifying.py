"""What a commit's provenance proves: authentic, tampered, partly covered, or unknown. Rules only; who calls brings what was read.

Nothing is believed for its name: a statement counts when a trusted key signed exactly its bytes, and covers exactly the hunks that it
signed. The first line and the text of a message are not signed; people may edit them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace

from autosd.domain.provenance import Authenticity, CommitRead, Provenance, Signed
from autosd.governance.provenance.envelope import holds
from autosd.governance.provenance.parts import Hunk, hunks_of
from autosd.governance.provenance.statement import key_id, payload_of, told_in

#: Whether a commit is among those that the verified one comes from; None when this clone cannot tell.
Descends = Callable[[str], bool | None]


@dataclass(frozen=True)
class Checked:
    """One statement about a change: where it was found, what is wrong with it, and which of its hunks are in the commit."""

    provenance: Provenance | None
    source: str  # message | note | home
    key: str = ""
    trusted: bool = False
    wrong: str = ""
    present: tuple[str, ...] = ()
    absent: tuple[str, ...] = ()

    @property
    def good(self) -> bool:
        return self.trusted and not self.wrong


@dataclass(frozen=True)
class Finding:
    """The answer with its reasons. ``uncovered``: places that the commit changes and no good statement signed."""

    result: Authenticity
    reasons: tuple[str, ...] = ()
    statements: tuple[Checked, ...] = ()
    covered: tuple[str, ...] = ()
    uncovered: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


def judged(
    commit: CommitRead, kept: Sequence[tuple[str, Signed | str]], keys: Iterable[bytes], descends: Descends = lambda root: None
) -> Finding:
    """``kept``: envelopes from beside the message by their source (a text says why it is none), for the same changes."""
    trusted = tuple(keys)
    hunks = hunks_of(commit.files)
    from_message = _of_message(commit.message, trusted)
    told = {each.provenance.change: each for each in from_message if each.provenance}
    beside = [_of_envelope(source, each, trusted) for source, each in kept]
    checked = [_placed(each, hunks, descends) for each in _settled(from_message, beside, told)]
    return _answer(checked, hunks, from_message)


def _of_message(message: str, trusted: Sequence[bytes]) -> list[Checked]:
    found = []
    for told in told_in(message):
        if told.wrong or told.provenance is None:
            found.append(Checked(told.provenance, "message", told.key, _known(told.key, trusted), told.wrong))
        elif not told.signature:
            found.append(Checked(told.provenance, "message"))
        else:
            envelope = Signed(told.provenance, payload_of(told.provenance), told.signature, told.key)
            found.append(_of_envelope("message", envelope, trusted))
    return found


def _known(key: str, trusted: Sequence[bytes]) -> bool:
    return key in map(key_id, trusted)


def _of_envelope(source: str, envelope: Signed | str, trusted: Sequence[bytes]) -> Checked:
    if isinstance(envelope, str):
        return Checked(None, source, wrong=envelope)
    signer = next((key for key in trusted if holds(envelope, key)), None)
    named = _known(envelope.key, trusted)
    if signer is None and named:
        return Checked(envelope.provenance, source, envelope.key, True, "its signature does not belong to what it says")
    if signer is not None and key_id(signer) != envelope.key:
        return Checked(envelope.provenance, source, envelope.key, True, "it names another key than the one that signed it")
    return Checked(envelope.provenance, source, envelope.key, signer is not None)


def _settled(message: list[Checked], beside: list[Checked], told: dict[str, Checked]) -> list[Checked]:
    """The statements to go by. What stands beside the message is asked only where the message does not speak for itself."""
    found = [each for each in message if each.wrong or each.key]
    speaks = any(each.good for each in message)
    for each in beside:
        same = told.get(each.provenance.change) if each.provenance else None
        if same is not None and not same.key and not same.wrong and each.good:
            differs = "the trailers of the message are not those that were signed"
            found.append(replace(each, wrong="" if each.provenance == same.provenance else differs))
        elif same is None and (each.good or not speaks):
            found.append(each)
    settled = {each.provenance.change for each in found if each.provenance}
    bare = [each for each in message if not each.wrong and not each.key and each.provenance and each.provenance.change not in settled]
    return found + [replace(each, wrong="its trailers were signed by nobody") for each in bare if speaks]


def _placed(each: Checked, hunks: Sequence[Hunk], descends: Descends) -> Checked:
    """Which of the signed parts the commit holds, and whether it is of the repository that they were signed for."""
    if not each.good or each.provenance is None:
        return each
    here = {digest: hunk.place for hunk in hunks for digest in hunk.digests}
    present = tuple(here[part.digest] for part in each.provenance.parts if part.digest in here)
    absent = tuple(dict.fromkeys(part.path for part in each.provenance.parts if part.digest not in here))
    wrong = ""
    if each.provenance.repository and descends(each.provenance.repository) is False:
        wrong = f"it was signed for another repository (one that begins with {each.provenance.repository[:12]})"
    elif not each.provenance.parts:
        wrong = "it covers no bytes"
    return replace(each, wrong=wrong, present=present, absent=absent)


def _answer(checked: Sequence[Checked], hunks: Sequence[Hunk], from_message: Sequence[Checked]) -> Finding:
    good = [each for each in checked if each.good]
    signed = {part.digest for each in good if each.provenance for part in each.provenance.parts}
    covered = tuple(hunk.place for hunk in hunks if hunk.digests & signed)
    uncovered = tuple(hunk.place for hunk in hunks if not hunk.digests & signed)
    wrong = [f"{_name(each)}: {each.wrong}." for each in checked if each.wrong]
    wrong += [_gone(each) for each in good if each.absent]
    notes = tuple(f"{_name(each)} was found in the {each.source}, not in the message." for each in good if each.source != "message")
    strangers = [each for each in checked if not each.trusted and not each.wrong]
    foreign = [f"{_name(each)} is signed with the key {each.key}, which is not trusted here." for each in strangers]
    if wrong:
        result, reasons = Authenticity.TAMPERED, wrong + foreign
    elif not good:
        result, reasons = Authenticity.UNKNOWN, foreign or [_nothing(from_message)]
    elif uncovered:
        more = f"{len(uncovered)} of {len(hunks)} changed places were signed by nobody: {_listed(uncovered)}."
        result, reasons = Authenticity.PARTIAL, [more, *foreign]
    else:
        result, reasons = Authenticity.AUTHENTIC, []
    return Finding(result, tuple(reasons), tuple(checked), covered, uncovered, notes)


def _name(each: Checked) -> str:
    return f"change {each.provenance.change}" if each.provenance else f"the statement in the {each.source}"


def _gone(each: Checked) -> str:
    """A later edit of the same lines in one squash looks the same as a forgery: either way these are not the signed bytes."""
    assert each.provenance is not None
    count, total = len(each.provenance.parts) - len(each.present), len(each.provenance.parts)
    return (
        f"change {each.provenance.change}: {count} of its {total} signed places are not in this commit as signed: {_listed(each.absent)}."
    )


def _nothing(from_message: Sequence[Checked]) -> str:
    if from_message:
        return "It has trailers of autosd without a signature."
    return "Nothing that autosd signed belongs to this commit."


def _listed(places: Sequence[str], most: int = 8) -> str:
    rest = f" and {len(places) - most} more" if len(places) > most else ""
    return ", ".join(places[:most]) + rest
