"""Where a commit comes from, for people: the answer, and the chain behind it as far as this machine can tell."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from autosd.adapters.envelopes import kept_envelope
from autosd.adapters.keyring import FileKeyring
from autosd.adapters.store import open_store
from autosd.adapters.store.work_proposals import SqlProposals
from autosd.domain.errors import AutosdError
from autosd.domain.provenance import Authenticity, CommitRead, Provenance, Signed
from autosd.governance.provenance.envelope import read, written
from autosd.governance.provenance.parts import digest_of
from autosd.governance.provenance.statement import TRAILERS, payload_of, short, told_in
from autosd.governance.provenance.verifying import Checked, Finding, judged
from autosd.governance.record_parts import entries_back, exists
from autosd.governance.verifier import read_keys
from autosd.ports import Repository
from autosd.settings import Settings, table
from autosd.views.record import own_keys


@dataclass(frozen=True)
class Step:
    """One link of the chain. ``checked`` is what this machine knows of it besides the signature."""

    change: str
    name: str
    value: str
    checked: str = ""


@dataclass(frozen=True)
class Verified:
    commit: CommitRead
    finding: Finding
    chain: tuple[Step, ...]

    def to_dict(self) -> dict[str, Any]:
        found = self.finding
        return {
            "result": str(found.result),
            "commit": self.commit.sha,
            "reasons": list(found.reasons),
            "notes": list(found.notes),
            "covered": list(found.covered),
            "uncovered": list(found.uncovered),
            "statements": [_statement(each) for each in found.statements],
            "chain": [vars(step) for step in self.chain],
        }


def verified(settings: Settings, repository: Repository, path: Path, name: str, public_key: Path | None = None) -> Verified:
    """With ``public_key`` by that key alone: nothing of this installation has a say."""
    commit = repository.read_commit(path, name)
    kept = list(_kept(settings, repository, path, commit, home=public_key is None))
    finding = judged(commit, kept, trusted_keys(settings, public_key), lambda root: repository.descends(path, commit.sha, root))
    good = [each.provenance for each in finding.statements if each.good and each.provenance]
    if public_key is not None:
        return Verified(commit, finding, tuple(step for each in good for step in _said(each)))
    steps: list[Step] = []
    against: list[str] = []
    for each in good:
        entries = recorded(settings, each)
        against += _contradictions(each, entries)
        steps += [*_with_proposal(settings, _said(each)), *_of_record(settings, each, entries)]
    if against:
        finding = replace(finding, result=Authenticity.TAMPERED, reasons=(*finding.reasons, *against))
    return Verified(commit, finding, tuple(steps))


def trusted_keys(settings: Settings, public_key: Path | None = None) -> list[bytes]:
    """This installation's key and those that it had before, or those of one file."""
    if public_key is not None:
        return _keys_in(public_key)
    archive = FileKeyring(settings.home).folder / "archive"
    return [*own_keys(settings), *(key for file in sorted(archive.glob("public_key*.pem")) for key in _keys_in(file))]


def _keys_in(file: Path) -> list[bytes]:
    try:
        return read_keys(str(file.absolute()))
    except (OSError, ValueError) as error:
        remedy = "Name a PEM file with an Ed25519 public key, as keys/public_key.pem in autosd's home is."
        raise AutosdError("AUTOSD-KEY-INVALID", f"{file} cannot be read as public keys: {error}.", remedy) from None


def _kept(settings: Settings, repository: Repository, path: Path, commit: CommitRead, *, home: bool) -> Iterator[tuple[str, Signed | str]]:
    """Envelopes beside the message: the note of this commit, and what this home keeps of the changes that the message names."""
    if (note := repository.note(path, commit.sha)) is not None:
        yield "note", envelope_in(note)
    for told in told_in(commit.message) if home else ():
        data = kept_envelope(settings.home, told.provenance.change) if told.provenance else None
        if data is not None:
            yield "home", envelope_in(data)


def envelope_in(data: bytes) -> Signed | str:
    """Or why it is none."""
    try:
        return read(data)
    except ValueError as error:
        return str(error)


def _said(provenance: Provenance) -> list[Step]:
    """What was signed, a step for each value."""
    values = {"digest": digest_of(provenance.parts), **{field: getattr(provenance, field) for field in TRAILERS if field != "change"}}
    return [Step(provenance.change, name, value) for name, value in values.items() if value]


def _with_proposal(settings: Settings, steps: list[Step]) -> list[Step]:
    """What the store remembers of the proposal: who approved it, and how far it got."""
    asked = next((step for step in steps if step.name == "proposal"), None)
    known = ""
    if asked and (settings.origin(table.STORE_URL) != "default" or (settings.home / "autosd.db").exists()):
        with suppress(AutosdError), closing(open_store(settings[table.STORE_URL])) as store:
            if proposal := SqlProposals(store.engine).get(asked.value):
                when = f" at {proposal.approved_at:%Y-%m-%d %H:%M} UTC" if proposal.approved_at else ""
                by = f", approved by {proposal.approver}{when}" if proposal.approver else ""
                known = f"{proposal.title}: {proposal.status}{by}"
    return [replace(step, checked=known) if step is asked else step for step in steps]


def recorded(settings: Settings, provenance: Provenance) -> list[dict[str, Any]]:
    """The entries of the record about the permit that the change was landed by, oldest first."""
    found: list[dict[str, Any]] = []
    if provenance.permit and exists(settings[table.AUDIT_LOG]):
        for entry in entries_back(settings[table.AUDIT_LOG]):
            if entry.get("permit_id") == provenance.permit:
                found.append(entry)
                if entry.get("kind") == "permitted":
                    break
    return found[::-1]


def _contradictions(provenance: Provenance, entries: Sequence[dict[str, Any]]) -> Iterator[str]:
    """What the record says otherwise than the statement."""
    for entry in entries:
        said = {"change": entry.get("details", {}).get("change"), "grant": entry.get("grant_id")}
        for name, value in said.items():
            if value and value != getattr(provenance, name):
                where = f"entry {entry['seq']} of the record names the {name} {value}"
                yield f"change {provenance.change}: {where} (run `autosd audit verify`)."


def _of_record(settings: Settings, provenance: Provenance, entries: Sequence[dict[str, Any]]) -> Iterator[Step]:
    for entry in entries:
        details = entry.get("details", {})
        by = f"{entry['action']} by {entry.get('principal')}"
        ref = f", commit {entry['commit_ref'][:12]}" if entry.get("commit_ref") else ""
        where = details.get("observed", {}).get("branch", "") if isinstance(details.get("observed"), dict) else ""
        known = f"{entry['kind']}: {by} at {str(entry['timestamp'])[:19]}{ref}{f' on {where}' if where else ''}"
        yield Step(provenance.change, "record", str(entry["id"]), known)
    if not entries and provenance.permit and exists(settings[table.AUDIT_LOG]):
        yield Step(provenance.change, "record", "", "the record here has no entry of this permit")


# ---- showing ----------------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Shown:
    """A statement as it was found, not judged."""

    source: str
    envelope: Signed

    def to_dict(self) -> dict[str, Any]:
        provenance = self.envelope.provenance
        values = {field: value for field in TRAILERS if (value := getattr(provenance, field))}
        return {
            "source": self.source,
            "key": self.envelope.key,
            "digest": digest_of(provenance.parts),
            **values,
            "parts": [{"path": part.path, "digest": part.digest} for part in provenance.parts],
            "envelope": written(self.envelope).decode().strip(),
        }


def shown(settings: Settings, repository: Repository, path: Path, name: str) -> list[Shown]:
    """Of a change by its id, else of a commit. Raises ``AUTOSD-PROVENANCE-UNKNOWN`` when nothing was signed of it."""
    data = kept_envelope(settings.home, name)
    envelope = envelope_in(data) if data is not None else None
    if isinstance(envelope, Signed):
        return [Shown("home", envelope)]
    commit = repository.read_commit(path, name)
    found = [
        Shown("message", Signed(told.provenance, payload_of(told.provenance), told.signature, told.key))
        for told in told_in(commit.message)
        if told.provenance and told.signature
    ]
    note = repository.note(path, commit.sha) if not found else None
    beside = envelope_in(note) if note is not None else None
    found += [Shown("note", beside)] if isinstance(beside, Signed) else []
    if not found:
        message = f"Nothing that autosd signed belongs to {commit.sha[:12]}."
        raise AutosdError("AUTOSD-PROVENANCE-UNKNOWN", message, "Name a commit or a change of autosd.", exit_code=1)
    return found


def _statement(each: Checked) -> dict[str, Any]:
    provenance = each.provenance
    return {
        "change": provenance.change if provenance else None,
        "digest": digest_of(provenance.parts) if provenance else None,
        "source": each.source,
        "key": each.key or None,
        "trusted": each.trusted,
        "wrong": each.wrong or None,
        "present": list(each.present),
        "absent": list(each.absent),
    }


def title(provenance: Provenance) -> str:
    return f"change {provenance.change} ({short(digest_of(provenance.parts))})"
