"""The home of grants: keys that rotate, what was revoked, and what others could have read or written."""

from __future__ import annotations

import json
import os
import stat
from dataclasses import replace
from pathlib import Path

import pytest

from autosd.acts.allowing.leave import Made, Office
from autosd.adapters.grants import FileGrants
from autosd.domain.errors import AutosdError

from .grants_kit import TERMS, office_in, word


@pytest.fixture
def office(tmp_path: Path) -> Office:
    return office_in(tmp_path)


@pytest.fixture
def made(office: Office) -> Made:
    return office.create(TERMS, 2)


def test_private_things_are_private(office: Office, made: Made) -> None:
    modes = {path.relative_to(office.grants.home).as_posix(): stat.S_IMODE(path.lstat().st_mode) for path in office.grants.home.rglob("*")}
    assert modes["keys/private_key.pem"] == 0o600 and modes[f"grants/{made.id}.json"] == 0o600
    assert all(mode & 0o077 == 0 for mode in modes.values()), modes


def test_the_home_is_where_the_setting_says(tmp_path: Path) -> None:
    from autosd.settings import load_settings, table

    assert load_settings({"AUTOSD_HOME": str(tmp_path)})[table.PREAUTH_HOME] == tmp_path / "preauth"
    other = {"AUTOSD_HOME": str(tmp_path), "AUTOSD_PREAUTH_HOME": str(tmp_path / "leave")}
    assert load_settings(other)[table.PREAUTH_HOME] == tmp_path / "leave"
    assert os.environ.get("AUTOSD_PREAUTH_HOME") is None


# ---- keys ----------------------------------------------------------------------------------------------------------------------


def test_rotation_keeps_old_grants_until_the_old_key_is_dropped(office: Office, made: Made) -> None:
    old = office.grants.keys.trusted()
    office.rotate_keys()
    office.rotate_keys()  # in the same second
    archived = sorted(file.name for file in office.grants.keys.archive.iterdir())
    assert archived == ["public_key_20260301120000.pem", "public_key_20260301120001.pem"]
    assert set(old) < set(office.grants.keys.trusted()) and word(office, made.id) == "ok"
    new = office.create(TERMS, 1)
    office.rotate_keys(drop_old=True)
    assert [word(office, each.id) for each in (made, new)] == ["invalid_signature"] * 2 and len(office.grants.keys.trusted()) == 1


@pytest.mark.parametrize("done", [1, 2])
def test_a_rotation_that_was_broken_off_leaves_all_grants_valid_and_is_finished_later(
    office: Office, made: Made, done: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    from autosd.adapters.grants import keys

    written: list[Path] = []
    whole = keys.write_private

    def dies(file: Path, content: bytes) -> None:
        if len(written) == done:
            raise KeyboardInterrupt
        whole(file, content)
        written.append(file)

    monkeypatch.setattr(keys, "write_private", dies)
    with pytest.raises(KeyboardInterrupt):
        office.rotate_keys()
    monkeypatch.undo()
    assert word(office, made.id) == "ok"
    new = office.create(TERMS, 1)
    assert word(office, new.id) == word(office, made.id) == "ok"


def test_a_public_key_that_was_swapped_is_noticed(office: Office, made: Made, tmp_path: Path) -> None:
    mallory = replace(office, grants=FileGrants(tmp_path / "mallory"))
    mallory.make_keys()
    (office.grants.keys.folder / "public_key.pem").write_bytes((mallory.grants.keys.folder / "public_key.pem").read_bytes())
    assert word(office, made.id) == "invalid_signature"
    with pytest.raises(AutosdError, match="AUTOSD-KEY-INVALID"):
        office.create(TERMS, 1)


@pytest.mark.parametrize("mode", [0o777, 0o770, 0o722])
@pytest.mark.parametrize("place", [".", "keys", "keys/archive", "keys/public_key.pem", "revoked.jsonl"])
def test_what_others_could_have_written_is_not_trusted(office: Office, made: Made, place: str, mode: int) -> None:
    office.rotate_keys()
    office.revoke(office.create(TERMS, 1).id)
    (office.grants.home / place).chmod(mode)
    expected = {"revoked.jsonl": "grant_revoked", ".": "public_key_missing", "keys": "public_key_missing"}
    assert word(office, made.id) == expected.get(place, "invalid_signature" if "archive" in place else "ok")
    if place == "keys/public_key.pem":
        assert word(office, office.create(TERMS, 1).id) == "invalid_signature"


@pytest.mark.parametrize("place", [".", "keys"])
def test_a_home_that_others_can_read_is_no_place_for_keys(office: Office, made: Made, place: str) -> None:
    (office.grants.home / place).chmod(0o755)
    with pytest.raises(AutosdError, match=r"AUTOSD-KEY-PERMISSIONS.*chmod 700"):
        office.create(TERMS, 1)


def test_a_private_key_that_others_can_read_signs_nothing(office: Office, made: Made) -> None:
    (office.grants.keys.folder / "private_key.pem").chmod(0o640)
    with pytest.raises(AutosdError, match=r"AUTOSD-KEY-PERMISSIONS.*chmod 600"):
        office.create(TERMS, 1)


@pytest.mark.parametrize("place", [".", "keys", "grants"])
def test_links_are_not_followed(office: Office, made: Made, place: str) -> None:
    folder = office.grants.home / place
    moved = office.grants.home.parent / "moved"
    folder.rename(moved)
    (office.grants.home.parent / "preauth" if place == "." else folder).symlink_to(moved)
    with pytest.raises(AutosdError, match="AUTOSD-KEY-INVALID"):
        office.create(TERMS, 1)


def test_a_link_for_a_grant_or_a_key_is_none(office: Office, made: Made) -> None:
    file, key = office.grants.folder / f"{made.id}.json", office.grants.keys.folder / "public_key.pem"
    for path, expected in ((file, "grant_not_found"), (key, "public_key_missing")):
        moved = path.rename(office.grants.home / "moved")
        path.symlink_to(moved)
        assert word(office, made.id) == expected
        path.unlink()
        moved.rename(path)


def test_a_home_that_cannot_be_made_is_one_clear_line(office: Office, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(AutosdError, match=r"AUTOSD-PREAUTH-HOME-UNUSABLE|AUTOSD-KEY-INVALID"):
        replace(office, grants=FileGrants(tmp_path / "file" / "preauth")).make_keys()
    with pytest.raises(AutosdError, match="AUTOSD-KEY-INVALID"):
        replace(office, grants=FileGrants(tmp_path / "file")).make_keys()


# ---- revocations ---------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("line", [b"garbage\n", b"{}\n", b'{"grant_id": "x"}\n', b"[1]\n", b"\xff\n"])
def test_a_list_of_revocations_that_cannot_be_read_revokes_everything(office: Office, made: Made, line: bytes) -> None:
    (office.grants.home / "revoked.jsonl").write_bytes(line)
    assert word(office, made.id) == "grant_revoked"


def test_half_a_line_of_a_writer_that_died_harms_nobody(office: Office, made: Made) -> None:
    other = office.create(TERMS, 1)
    office.revoke(other.id, "done")
    with (office.grants.home / "revoked.jsonl").open("ab") as file:
        file.write(b'{"grant_id": "' + made.id.encode()[:9])
    assert [word(office, each.id) for each in (made, other)] == ["ok", "grant_revoked"]
    office.revoke(made.id)
    lines = (office.grants.home / "revoked.jsonl").read_text().splitlines()
    assert [json.loads(line)["grant_id"] for line in lines] == [other.id, made.id]
    assert set(json.loads(lines[0])) == {"grant_id", "revoked_at", "reason", "by"}
