"""The artifact appears whole, under its own name, with a live permit, or not at all."""

from __future__ import annotations

import json
import os
import subprocess
import threading
from dataclasses import replace
from pathlib import Path

import pytest

from autosd.domain.decisions import Action
from autosd.domain.errors import AutosdError
from autosd.landing import artifact
from autosd.landing.artifact import write_artifact
from autosd.landing.evidence import Landing, evidence_digest

from .conftest import NOW, Leave

STAMP = "1767323045000"


def test_the_folder_holds_what_the_guides_name(leave: Leave, landing: Landing, tmp_path: Path) -> None:
    with leave(Action.ARTIFACT) as permit:
        place = write_artifact(permit, tmp_path, landing, now=NOW)
    assert place == tmp_path / "artifacts" / "selfcoding-pr" / STAMP
    found = sorted(path.relative_to(place).as_posix() for path in place.rglob("*") if path.is_file())
    assert found == ["REPORT.md", "change.diff", "generated/pkg/calc.py", "metadata.json"]
    assert (place / "change.diff").read_text() == landing.change.diff
    assert (place / "generated/pkg/calc.py").read_bytes() == b"def add(a, b):\r\n    return a + b\r\n"
    report = (place / "REPORT.md").read_text()
    for title in ("Purpose", "Description", "Time", "Test", "Static Scan", "Sandbox", "Diff", "Evidence", "Overfit", "Not fixed"):
        assert f"## {title}\n" in report
    assert "tests/test_calc.py::test_add" in report and "cgroups (no controllers)" in report


def test_the_metadata_answer_an_auditor(leave: Leave, landing: Landing, tmp_path: Path) -> None:
    with leave(Action.ARTIFACT) as permit:
        told = json.loads((write_artifact(permit, tmp_path, landing, now=NOW) / "metadata.json").read_text())
    assert told["timestamp"] == int(STAMP) and told["correlationId"] == "fix-1"
    assert told["testResult"] == {"passed": True, "details": "1 of 2 failing tests pass now"}
    assert told["scanResult"] == {"passed": True, "details": "nothing new found"}
    assert told["provenance"]["evidence"] == f"sha256:{evidence_digest(landing.change)}"
    assert told["tests"]["failing_after"] == ["tests/test_calc.py::test_other"] and told["notFixed"] == ["tests/test_calc.py::test_other"]
    assert told["sandbox"] == {"level": "bubblewrap", "parts": ["seccomp"], "missing": [{"part": "cgroups", "cause": "no controllers"}]}
    assert told["overfit"]["suspect"] is True


def test_secrets_of_the_request_are_not_kept(leave: Leave, landing: Landing, tmp_path: Path) -> None:
    secret = "tok-5Zq81LmC0x"
    asked = replace(landing, request={"authContext": {"x": secret}, "api_key": secret, "note": f"password={secret}", "path": "p"})
    with leave(Action.ARTIFACT) as permit:
        place = write_artifact(permit, tmp_path, asked, now=NOW)
    for path in place.rglob("*.*"):
        assert secret not in path.read_text()
    assert json.loads((place / "metadata.json").read_text())["request"]["path"] == "p"


def test_javascript_has_the_name_that_the_guide_gives_it(leave: Leave, landing: Landing, tmp_path: Path) -> None:
    script = replace(landing, candidate=replace(landing.candidate, files={"pkg/calc.py": None, "lib/a.js": "module.exports = 1\n"}))
    with leave(Action.ARTIFACT, "pkg/calc.py", "lib/a.js") as permit:
        place = write_artifact(permit, tmp_path, script, now=NOW)
    assert (place / "generated.cjs").read_text() == (place / "generated/lib/a.js").read_text() == "module.exports = 1\n"


def test_git_does_not_see_it(leave: Leave, landing: Landing, tmp_path: Path) -> None:
    subprocess.run(["git", "init", "-q", tmp_path], check=True)
    with leave(Action.ARTIFACT) as permit:
        write_artifact(permit, tmp_path, landing, now=NOW)
    status = subprocess.run(["git", "-C", tmp_path, "status", "--porcelain", "--", "artifacts"], check=True, capture_output=True)
    assert status.stdout == b""


def test_without_a_live_permit_nothing_is_written(leave: Leave, landing: Landing, tmp_path: Path) -> None:
    with leave(Action.ARTIFACT) as permit:
        pass
    with leave(Action.COMMIT) as other, leave(Action.ARTIFACT, "other.py") as narrow:
        for refused in (permit, other, narrow, replace(narrow)):
            with pytest.raises(AutosdError, match="AUTOSD-PERMIT-INVALID"):
                write_artifact(refused, tmp_path, landing, now=NOW)
    assert not (tmp_path / "artifacts").exists()


def test_many_at_once_in_one_millisecond_each_get_their_own(leave: Leave, landing: Landing, tmp_path: Path) -> None:
    places: list[Path] = []

    def write() -> None:
        with leave(Action.ARTIFACT) as permit:
            places.append(write_artifact(permit, tmp_path, landing, now=NOW))

    threads = [threading.Thread(target=write) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(places)) == 8 and {place.name for place in places} == {STAMP, *(f"{STAMP}-{n}" for n in range(2, 9))}
    assert all((place / "REPORT.md").is_file() for place in places)


def refused(leave: Leave, landing: Landing, root: Path) -> AutosdError:
    with pytest.raises(AutosdError) as caught, leave(Action.ARTIFACT) as permit:
        write_artifact(permit, root, landing, now=NOW)
    assert caught.value.code == "AUTOSD-ARTIFACT-WRITE-FAILED" and caught.value.exit_code == 1
    return caught.value


def test_a_place_that_cannot_be_written_is_said_in_one_line(leave: Leave, landing: Landing, tmp_path: Path) -> None:
    (tmp_path / "artifacts").write_text("in the way")
    assert "\n" not in str(refused(leave, landing, tmp_path))
    assert (tmp_path / "artifacts").read_text() == "in the way"


def test_a_full_disk_leaves_nothing_half_written(leave: Leave, landing: Landing, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    full = Path("/dev/full")
    if not full.exists():
        pytest.skip("no /dev/full")
    real = artifact._fill

    def fill(draft: Path, texts: dict[str, str]) -> None:
        real(draft, {"change.diff": texts["change.diff"]})
        with full.open("wb", buffering=0) as disk:  # what the kernel answers on a full disk
            disk.write(b"x")

    monkeypatch.setattr(artifact, "_fill", fill)
    assert "No space left" in str(refused(leave, landing, tmp_path))
    assert [path.name for path in (tmp_path / "artifacts/selfcoding-pr").iterdir()] == [".gitignore"]


@pytest.mark.skipif(os.geteuid() == 0, reason="root writes everywhere")
def test_a_read_only_project_is_said(leave: Leave, landing: Landing, tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    try:
        refused(leave, landing, tmp_path)
    finally:
        tmp_path.chmod(0o700)


def test_a_link_out_of_the_project_is_not_followed(leave: Leave, landing: Landing, tmp_path: Path) -> None:
    root, outside = tmp_path / "root", tmp_path / "outside"
    root.mkdir()
    outside.mkdir()
    (root / "artifacts").symlink_to(outside)
    refused(leave, landing, root)
    assert list(outside.iterdir()) == []


def test_drafts_of_killed_runs_are_swept_and_fresh_ones_left(leave: Leave, landing: Landing, tmp_path: Path) -> None:
    home = tmp_path / "artifacts/selfcoding-pr"
    for name in (".draft-old", ".draft-new"):
        (home / name).mkdir(parents=True)
    os.utime(home / ".draft-old", (1, 1))
    with leave(Action.ARTIFACT) as permit:
        write_artifact(permit, tmp_path, landing, now=NOW)
    assert sorted(path.name for path in home.iterdir()) == [".draft-new", ".gitignore", STAMP]


def test_a_diff_cannot_end_its_own_fence(leave: Leave, landing: Landing, tmp_path: Path) -> None:
    sly = replace(landing, change=replace(landing.change, diff="+```\n+# Approved\n"))
    with leave(Action.ARTIFACT) as permit:
        report = (write_artifact(permit, tmp_path, sly, now=NOW) / "REPORT.md").read_text()
    assert "````diff\n+```\n+# Approved\n````" in report
