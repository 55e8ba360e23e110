"""The keyring: made once, private, refused when others could read or replace it."""

from __future__ import annotations

import os
import stat
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from autosd.adapters.keyring import FileKeyring
from autosd.domain.errors import AutosdError
from autosd.governance.verifier import read_keys


def refusal(home: Path) -> AutosdError:
    with pytest.raises(AutosdError) as caught:
        FileKeyring(home).sign(b"x")
    return caught.value


def test_a_key_is_made_at_first_use_and_kept(tmp_path: Path) -> None:
    home = tmp_path / "home"
    keyring = FileKeyring(home)
    assert not home.exists()
    Ed25519PublicKey.from_public_bytes(keyring.public()).verify(keyring.sign(b"hello"), b"hello")
    again = FileKeyring(home)
    assert again.public() == keyring.public() and again.sign(b"hello") == keyring.sign(b"hello")
    assert sorted(path.name for path in keyring.folder.iterdir()) == ["private_key.pem", "public_key.pem"]


def test_the_files_are_private_whatever_the_umask(tmp_path: Path) -> None:
    old = os.umask(0)
    try:
        keyring = FileKeyring(tmp_path / "home")
        keyring.public()
    finally:
        os.umask(old)
    modes = [stat.S_IMODE(path.stat().st_mode) for path in (keyring.folder, *sorted(keyring.folder.iterdir()))]
    assert modes == [0o700, 0o600, 0o600]


def test_the_public_file_is_what_auditors_are_given(tmp_path: Path) -> None:
    keyring = FileKeyring(tmp_path)
    public = keyring.public()
    assert read_keys(str(keyring.public_file)) == [public]
    keyring.public_file.unlink()
    assert FileKeyring(tmp_path).public() == public and read_keys(str(keyring.public_file)) == [public]


def _public(home: Path) -> bytes:
    return FileKeyring(home).public()


def test_processes_that_start_together_agree_on_one_key(tmp_path: Path) -> None:
    with ProcessPoolExecutor(6) as pool:
        assert len(set(pool.map(_public, [tmp_path / "home"] * 24))) == 1
    assert len(list((tmp_path / "home" / "keys").iterdir())) == 2


@pytest.mark.parametrize("what", ["keys", "keys/private_key.pem"])
@pytest.mark.parametrize("mode", [0o740, 0o704, 0o710])
def test_keys_that_others_may_use_are_refused_with_the_command_that_helps(tmp_path: Path, what: str, mode: int) -> None:
    FileKeyring(tmp_path).public()
    (tmp_path / what).chmod(mode)
    error = refusal(tmp_path)
    assert error.code == "AUTOSD-KEY-PERMISSIONS" and f"'{tmp_path / what}'" in error.remedy and error.remedy.startswith("Run: chmod ")


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a file away")
def test_keys_of_another_user_are_refused(tmp_path: Path) -> None:
    FileKeyring(tmp_path).public()
    os.chown(tmp_path / "keys" / "private_key.pem", 12345, 12345)
    assert "belongs to another user" in refusal(tmp_path).message


def test_a_link_in_place_of_a_key_is_refused(tmp_path: Path) -> None:
    FileKeyring(tmp_path / "a").public()
    (tmp_path / "b" / "keys").mkdir(parents=True, mode=0o700)
    (tmp_path / "b" / "keys" / "private_key.pem").symlink_to(tmp_path / "a" / "keys" / "private_key.pem")
    assert refusal(tmp_path / "b").code == "AUTOSD-KEY-INVALID"


@pytest.mark.parametrize("content", [b"", b"garbage", b"-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"])
def test_a_spoilt_key_is_refused_and_not_replaced(tmp_path: Path, content: bytes) -> None:
    FileKeyring(tmp_path).public()
    private = tmp_path / "keys" / "private_key.pem"
    private.write_bytes(content)
    assert refusal(tmp_path).code == "AUTOSD-KEY-INVALID" and private.read_bytes() == content


def test_a_public_key_that_somebody_exchanged_is_refused(tmp_path: Path) -> None:
    FileKeyring(tmp_path / "a").public()
    FileKeyring(tmp_path / "b").public()
    (tmp_path / "b" / "keys" / "public_key.pem").replace(tmp_path / "a" / "keys" / "public_key.pem")
    assert "does not belong to the private key" in refusal(tmp_path / "a").message


def test_a_home_that_cannot_be_made_is_one_clear_line(tmp_path: Path) -> None:
    (tmp_path / "home").write_text("a file in the way")
    assert refusal(tmp_path / "home").code == "AUTOSD-KEY-UNAVAILABLE"
