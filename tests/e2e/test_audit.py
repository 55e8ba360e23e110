"""``autosd audit`` as people and auditors call it, with right and wrong input."""

from __future__ import annotations

import csv
import io
import json
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from conftest import Cli


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home in which projects were halted and resumed, its record in two files; tests work on copies of it."""
    place = tmp_path_factory.mktemp("written")
    made = Cli(place / "home", place)
    for name in ("shop", "mail"):
        (place / name).mkdir()
        assert made("halt", "--project", place / name, "--reason", f"why {name}").code == 0
    assert made("audit", "rotate").code == 0
    assert made("resume", "--project", place / "shop").code == 0
    return place / "home"


@pytest.fixture
def kept(cli, written: Path) -> Path:
    home = Path(cli.env["AUTOSD_HOME"])
    shutil.copytree(written, home)
    for name in ("shop", "mail"):
        (cli.cwd / name).mkdir()
    return home / "audit.log.jsonl"


def said(cli, *words: Any) -> dict[str, Any]:
    ran = cli("audit", *words, "--json")
    assert ran.code == 0, ran.stderr
    return dict(ran.object)


def test_tail_shows_the_last_entries_of_all_files_and_can_be_asked_for_some(cli, kept: Path) -> None:
    entries = said(cli, "tail")["entries"]
    assert [entry["seq"] for entry in entries] == [1, 2, 3, 4]
    assert [entry["kind"] for entry in entries] == ["halted", "halted", "rotated", "resumed"]
    assert [entry["seq"] for entry in said(cli, "tail", "-n", "2")["entries"]] == [3, 4]
    assert [entry["seq"] for entry in said(cli, "tail", "--kind", "halted", "-n", "1")["entries"]] == [2]
    assert [entry["seq"] for entry in said(cli, "tail", "--action", "resume")["entries"]] == [4]
    shop = entries[0]["project_id"]
    assert [entry["seq"] for entry in said(cli, "tail", "--project", shop)["entries"]] == [1, 4]
    assert "resumed" in cli("audit", "tail").stdout


def test_tail_follows_the_record_through_a_rotation(cli, kept: Path) -> None:
    following = cli.start("audit", "tail", "--follow", "-n", "1", "--json")
    try:
        assert following.stdout is not None
        assert json.loads(following.stdout.readline())["seq"] == 4
        cli("halt", "--project", cli.cwd / "shop")
        cli("audit", "rotate")
        cli("resume", "--project", cli.cwd / "shop")
        assert [json.loads(following.stdout.readline())["kind"] for _ in range(3)] == ["halted", "rotated", "resumed"]
    finally:
        following.kill()
        following.communicate()


def test_a_head_that_was_kept_elsewhere_finds_a_record_that_was_rewritten(cli, kept: Path, tmp_path: Path) -> None:
    head = tmp_path / "head.json"
    head.write_text(cli("audit", "head").stdout)
    as_object = tmp_path / "object.json"
    as_object.write_text(cli("audit", "head", "--json").stdout)
    cli("halt", "--project", cli.cwd / "shop")
    for file in (head, as_object):
        assert cli("audit", "verify", "--against", file).code == 0
    home = kept.parent
    for file in [*home.glob("audit.log.jsonl*")]:
        file.unlink()
    for number in range(5):  # the same key, another story
        cli("halt", "--project", cli.cwd / "mail", "--reason", str(number))
    assert cli("audit", "verify").code == 0
    ran = cli("audit", "verify", "--against", head)
    assert ran.code == 1 and "rewritten" in ran.stdout and ran.stderr.startswith("[AUTOSD-AUDIT-BAD]")


def test_an_export_is_checked_by_whoever_gets_it(cli, kept: Path, tmp_path: Path) -> None:
    file = tmp_path / "part.jsonl"
    statement = said(cli, "export", "-o", file)["statement"]
    assert (statement["entries"], statement["together"], statement["first"]["seq"], statement["head"]["seq"]) == (4, True, 1, 4)
    assert file.read_bytes().endswith(kept.read_bytes())
    assert cli("audit", "verify", "--export", file).code == 0
    assert cli("audit", "verify", "--against", f"{file}.statement").code == 0
    whole = file.read_text()
    for changed in (whole.replace("why shop", "why Shop"), whole.partition("\n")[2], whole + whole.splitlines()[0] + "\n", ""):
        file.write_text(changed)
        ran = cli("audit", "verify", "--export", file)
        assert ran.code == 1 and ran.stderr.startswith("[AUTOSD-EXPORT-BAD]")
    file.write_text(whole)
    told = json.loads(Path(f"{file}.statement").read_text())
    Path(f"{file}.statement").write_text(json.dumps({**told, "filter": {"project": "all of them"}}))
    assert "forged" in cli("audit", "verify", "--export", file).stderr


def test_an_export_holds_what_was_asked_for(cli, kept: Path, tmp_path: Path) -> None:
    shop = said(cli, "tail")["entries"][0]["project_id"]
    lines = cli("audit", "export", "--project", shop).stdout.splitlines()
    assert [json.loads(line)["seq"] for line in lines] == [1, 4]
    assert cli("audit", "export", "--until", "2020-01-01").stdout == ""
    assert len(cli("audit", "export", "--since", "1h", "--kind", "halted").stdout.splitlines()) == 2
    rows = list(csv.DictReader(io.StringIO(cli("audit", "export", "--format", "csv").stdout)))
    assert [row["seq"] for row in rows] == ["1", "2", "3", "4"] and json.loads(rows[0]["details"])["reason"] == "why shop"
    statement = said(cli, "export", "--project", shop, "-o", tmp_path / "shop.jsonl")["statement"]
    assert (statement["entries"], statement["together"], statement["filter"]) == (2, False, {"project": shop})
    assert cli("audit", "verify", "--export", tmp_path / "shop.jsonl").code == 0


def test_a_spreadsheet_gets_no_formulas(cli, kept: Path) -> None:
    cli("halt", "--project", cli.cwd / "shop", "--reason", "x")
    assert not [
        row
        for row in csv.reader(io.StringIO(cli("audit", "export", "--format", "csv").stdout))
        for cell in row
        if cell[:1] in "=@" and cell
    ]


def test_nothing_is_exported_of_a_record_that_was_changed(cli, kept: Path, tmp_path: Path) -> None:
    segment = next(kept.parent.glob("audit.log.jsonl.0*"))
    segment.write_bytes(segment.read_bytes().replace(b"why shop", b"why Shop"))
    ran = cli("audit", "export", "-o", tmp_path / "part.jsonl")
    assert ran.code == 1 and "AUTOSD-AUDIT-BAD" in ran.stderr and not list(tmp_path.glob("*part*"))


def test_attempts_without_an_end_are_listed(cli, kept: Path) -> None:
    from autosd.adapters.keyring import FileKeyring
    from autosd.governance.audit import FileAuditLog

    log = FileAuditLog(kept, FileKeyring(kept.parent))
    fields = {"permit_id": "p-1", "action": "deploy", "project_id": "shop"}
    from datetime import UTC, datetime

    log.append("permitted", fields, datetime(2026, 3, 1, tzinfo=UTC))
    report = said(cli, "verify")
    assert [(each["entry"], each["permit"], each["action"]) for each in report["unresolved"]] == [(5, "p-1", "deploy")]
    assert "unresolved entry 5: deploy of shop" in cli("audit", "verify").stdout


def test_the_verifier_alone_checks_all_files(cli, kept: Path, tmp_path: Path) -> None:
    from autosd.governance import verifier

    program = tmp_path / "verifier.py"
    program.write_bytes(Path(verifier.__file__).read_bytes())
    words = [sys.executable, "-I", "-S", str(program), str(kept), "--key", str(kept.parent / "keys" / "public_key.pem")]
    done = subprocess.run(words, capture_output=True, text=True)
    assert done.returncode == 0 and "4 entries in 2 files" in done.stdout


@pytest.mark.parametrize(
    "words, code",
    [
        (("export", "--since", "tomorrow"), 2),
        (("export", "--since", "2026-02-30"), 2),
        (("export", "--since", "2026-01-02", "--until", "2026-01-01"), 2),
        (("export", "--format", "xml"), 2),
        (("export", "--json"), 2),
        (("export", "-o", "no/such/folder/file"), 2),
        (("verify", "--against", "nowhere"), 2),
        (("verify", "--export", "nowhere"), 2),
        (("verify", "--log", "nowhere"), 1),
        (("tail", "-n", "0"), 2),
        (("tail", "--kind", ""), 2),
    ],
)
def test_wrong_input_is_one_clear_line(cli, kept: Path, words: tuple[str, ...], code: int) -> None:
    ran = cli("audit", *words)
    assert ran.code == code and ran.stderr.startswith("[AUTOSD-") and ran.stderr.count("\n") == 1


@pytest.mark.parametrize("words", [("head",), ("rotate",), ("export",)])
def test_a_record_that_was_never_begun_is_told(cli, words: tuple[str, ...]) -> None:
    ran = cli("audit", *words)
    assert ran.code == 1 and ran.stderr.startswith("[AUTOSD-AUDIT-EMPTY]") and not Path(cli.env["AUTOSD_HOME"], "audit.log.jsonl").exists()


def test_rotation_by_size_is_a_setting(cli, kept: Path) -> None:
    from datetime import UTC, datetime

    from autosd.app import open_audit
    from autosd.settings import load_settings

    settings = load_settings({**cli.env, "AUTOSD_AUDIT_ROTATE_MB": "1", "AUTOSD_AUDIT_FSYNC": "os"})
    log, began = open_audit(settings), time.monotonic()
    while len(list(kept.parent.glob("audit.log.jsonl.0*"))) < 2 and time.monotonic() - began < 60:
        log.append("noted", {"details": {"x": ["y" * 7000] * 30}}, datetime.now(UTC))
    assert said(cli, "verify")["segments"] == 2
