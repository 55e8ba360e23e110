"""The commands beside ``fix``, and how every command fails."""

from __future__ import annotations

import json
import os
import pty
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

import projects
import pytest

from autosd.testing import TinyRepository

Make = Callable[[Mapping[str, str]], TinyRepository]
HEAVY = ("rich", "sqlalchemy", "alembic", "cryptography", "pytest", "autosd.app", "autosd.pipeline", "autosd.adapters.store")


def test_help_and_version_import_nothing_heavy() -> None:
    program = (
        "import sys\nfrom autosd.entrypoints.cli.main import main\n"
        "try:\n    main([sys.argv[1]])\nexcept SystemExit as end:\n    assert not end.code\n"
        f"print([name for name in {HEAVY!r} if name in sys.modules], file=sys.stderr)\n"
    )
    for word in ("--help", "--version"):
        done = subprocess.run([sys.executable, "-c", program, word], capture_output=True, text=True, check=True)
        assert done.stderr.strip() == "[]", word


@pytest.mark.parametrize(
    "words",
    [[], ["fix"], ["doctor"], ["audit"], ["audit", "verify"], ["audit", "tail"], ["config", "show"], ["halt"], ["resume"], ["completion"]],
)
def test_every_help_fits_eighty_columns_and_teaches_by_example(cli, words: list[str]) -> None:
    ran = cli(*words, "--help")

    assert ran.code == 0
    assert not words or words in (["audit"], ["halt"], ["resume"]) or "Examples:" in ran.stdout
    indented = [line for line in ran.stdout.splitlines() if not line.startswith("    ") and "autosd " not in line]
    assert all(len(line) <= 80 for line in indented)


@pytest.mark.parametrize(
    "words, said",
    [
        (["fxi"], "No such command 'fxi'"),
        (["fix", "--bogus"], "No such option"),
        (["fix", "--max-seconds", "soon"], "soon"),
        (["fix", "a", "b"], "unexpected extra argument"),
        (["config", "show", "--project", "/nowhere/at/all"], "/nowhere/at/all"),
        *[(["fix", "--max-seconds", value], "--max-seconds") for value in ("0", "-1", "nan", "inf", "1e9", "")],
        *[(["fix", "--seed", value], "--seed") for value in ("x", "-1", "1.5", "99999999999", "")],
        *[(["fix", option, " "], option) for option in ("--test", "--test-command", "--python")],
        (["fix", "--python", "no-such-python"], "[AUTOSD-PYTHON-INVALID]"),
        (["fix", "--test-command", "ONLY=words"], "[AUTOSD-TEST-COMMAND-INVALID]"),
        (["fix", ""], "it is empty"),
        (["--log-file", "/", "doctor"], "--log-file"),
        (["halt", "--project", ""], "--project"),
        (["audit", "verify", "--log", ""], "--log"),
    ],
)
def test_wrong_usage_is_one_line_with_a_code_and_a_remedy(cli, words: list[str], said: str) -> None:
    ran = cli(*words)

    assert (ran.code, ran.stdout) == (2, "")
    [line] = ran.stderr.strip().splitlines()
    assert line.startswith("[AUTOSD-") and said in line and " Hint: " in line


@pytest.mark.parametrize("words", [[], ["audit"], ["config"]])
def test_no_command_at_all_shows_the_help_and_is_wrong_usage(cli, words: list[str]) -> None:
    ran = cli(*words)

    assert (ran.code, ran.stdout) == (2, "")
    assert "Commands:\n" in ran.stderr and ran.stderr.splitlines()[-1].startswith("[AUTOSD-USAGE] No command was given.")


def test_an_interpreter_may_be_named_as_a_shell_finds_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from autosd.entrypoints.cli.values import Program

    (tmp_path / "python-of-mine").symlink_to(sys.executable)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert Program().convert("python-of-mine", None, None) == tmp_path / "python-of-mine"
    assert Program().convert("./python-of-mine", None, None) == Path("python-of-mine"), "a path is only a path"


def test_wrong_usage_still_prints_the_one_object_that_json_promises(cli) -> None:
    from conftest import assert_keeps_its_form

    ran = cli("fix", "--json", "--bogus")

    assert ran.code == 2
    assert_keeps_its_form(ran.object)
    assert ran.object["objections"][0]["code"] == "AUTOSD-USAGE"
    assert cli("doctor", "--json", "--bogus").object["result"] == "refused:usage"


def test_a_setting_that_makes_no_sense_is_refused_by_its_name(cli, repository: Make) -> None:
    ran = cli.fix(repository(projects.GREEN).path, env={"SANDBOX_MEM_MB": "plenty"})

    assert ran.code == 2 and "SANDBOX_MEM_MB" in ran.object["objections"][0]["message"]


def test_the_kill_switch_stops_a_person_too_and_is_told_by_its_rule(cli, repository: Make) -> None:
    ran = cli.fix(repository(projects.CLAMP).path, env={"SELFCODING_ENABLED": "0"})

    assert (ran.code, ran.result) == (2, "self_coding_engine_disabled")
    assert ran.object["objections"][0]["code"] == "AUTOSD-KILL-SWITCH"


def test_unattended_work_needs_leave_and_a_person_does_not(cli, repository: Make) -> None:
    repo = repository(projects.GREEN)

    refused = cli.fix(repo.path, "--unattended")
    entry = json.loads(cli("audit", "tail", "--json").stdout)["entries"][-1]

    assert refused.code == 2 and "AUTOSD-NOT-ENABLED" in [each["code"] for each in refused.object["objections"]]
    assert (entry["kind"], entry["attended"]) == ("refused", False)
    assert cli.fix(repo.path).result == "no_failing_tests"


def test_a_dry_run_of_the_environment_beats_commit_and_leaves_the_artifact(cli, repository: Make) -> None:
    repo = repository(projects.CLAMP)

    ran = cli.fix(repo.path, "--commit", env={"DRY_RUN": "1"})

    assert (ran.code, ran.result) == (2, "refused:dry_run"), ran.stderr
    assert Path(ran.object["artifacts"]).is_dir() and repo.branches() == ["main"]


def test_a_halted_project_is_left_alone_until_it_is_resumed(cli, repository: Make) -> None:
    repo = repository(projects.GREEN)

    assert cli("halt", "--project", repo.path, "--reason", "release").code == 0
    ran = cli.fix(repo.path)
    assert (ran.code, ran.result) == (2, "refused:halted")
    assert cli("resume", "--project", repo.path).code == 0
    assert cli.fix(repo.path).result == "no_failing_tests"
    kinds = [entry["kind"] for entry in json.loads(cli("audit", "tail", "--json").stdout)["entries"]]
    assert kinds[:3] == ["halted", "refused", "resumed"]


def test_doctor_names_every_part_and_finds_this_machine_fit(cli) -> None:
    ran = cli("doctor", "--json")

    said = ran.object
    assert ran.code == 0 and said["result"] == "ok"
    names = [check["name"] for check in said["checks"]]
    assert {"sandbox", "git", "python", "pytest", "ruff", "node", "home", "store", "record"} <= set(names)
    assert all(check["remedy"] or check["state"] == "ok" or check["name"].startswith("sandbox") for check in said["checks"])
    assert not Path(cli.env["AUTOSD_HOME"], "audit.log.jsonl").exists(), "looking changes nothing"
    assert "autosd fix works here." in cli("doctor").stdout


def test_doctor_fails_where_fix_could_not_work(cli, tmp_path: Path) -> None:
    (tmp_path / "bin").mkdir()

    ran = cli("doctor", "--json", env={"PATH": str(tmp_path / "bin")})

    assert ran.code == 1
    assert [check["name"] for check in ran.object["checks"] if check["state"] == "fail"] == ["git"]


def test_config_shows_values_with_their_origin_and_masks_secrets(cli, tmp_path: Path) -> None:
    env = {"DATABASE_URL": "postgresql://me:hunter2@localhost/autosd", "FIX_UNRELATED": "1", "AUTOSD_FIX_SEED": "7"}

    shown = cli("config", "show", "--json", env=env).object
    told = cli("config", "show", "--changed", env=env).stdout

    assert shown["fix.seed"]["value"] == "7" and "AUTOSD_FIX_SEED" in shown["fix.seed"]["origin"]
    assert shown["dry_run"]["origin"] == "default"
    assert "hunter2" not in json.dumps(shown) + told
    assert "fix.seed" in told and "dry_run" not in told


def test_a_record_that_was_changed_is_found_out(cli, repository: Make) -> None:
    cli.fix(repository(projects.GREEN).path)
    log = Path(cli.env["AUTOSD_HOME"]) / "audit.log.jsonl"
    assert cli("audit", "verify").code == 0
    log.write_text(log.read_text().replace('"action":"build"', '"action":"merge_pr"', 1))

    ran = cli("audit", "verify")

    assert ran.code == 1 and "line 1" in ran.stdout and ran.stderr.startswith("[AUTOSD-AUDIT-BAD]")
    assert cli("doctor", "--json").code == 1


def test_a_record_that_was_never_begun_is_whole_and_empty(cli) -> None:
    ran = cli("audit", "verify", "--json")

    assert (ran.code, ran.object["result"], ran.object["entries"], ran.object["objections"]) == (0, "ok", 0, [])


@pytest.mark.parametrize(
    "removed, sign",
    [
        ((".jsonl",), "audit.log.jsonl.heads"),
        ((".jsonl", ".heads"), "key"),
        ((".jsonl", ".heads", ".pem"), "the store remembers runs"),
    ],
)
def test_a_record_that_was_removed_is_found_out_by_what_is_left(cli, repository: Make, removed: tuple[str, ...], sign: str) -> None:
    cli.fix(repository(projects.GREEN).path)
    home = Path(cli.env["AUTOSD_HOME"])
    for file in [*home.iterdir(), *(home / "keys").iterdir()]:
        if file.name.endswith(removed):
            file.unlink()

    ran = cli("audit", "verify", "--json")

    assert (ran.code, ran.object["result"]) == (1, "bad")
    [objection] = ran.object["objections"]
    assert objection["code"] == "AUTOSD-AUDIT-GONE" and sign in objection["message"]
    assert ran.stderr.startswith("[AUTOSD-AUDIT-GONE]")
    [check] = [each for each in cli("doctor", "--json").object["checks"] if each["name"] == "record"]
    assert check["state"] == ("fail" if ".heads" not in removed else "missing"), "with a head left, nothing is written over it"


def test_an_emptied_record_is_found_out(cli, repository: Make) -> None:
    cli.fix(repository(projects.GREEN).path)
    home = Path(cli.env["AUTOSD_HOME"])
    (home / "audit.log.jsonl").write_text("")
    (home / "audit.log.jsonl.heads").unlink()

    ran = cli("audit", "verify")

    assert ran.code == 1 and "BAD" in ran.stdout and "the store remembers runs" in ran.stdout


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_knows_commands_and_options(cli, shell: str) -> None:
    assert "_AUTOSD_COMPLETE" in cli("completion", shell).stdout
    words = {"bash": {"COMP_WORDS": "autosd fix --ma", "COMP_CWORD": "2"}, "zsh": {"COMP_WORDS": "autosd fix --ma", "COMP_CWORD": "2"}}
    env = words.get(shell, {"COMP_WORDS": "autosd fix --ma", "COMP_CWORD": "--ma"})
    asking = {**cli.env, **env, "_AUTOSD_COMPLETE": f"{shell}_complete"}
    done = subprocess.run([Path(sys.executable).with_name("autosd")], env=asking, capture_output=True, text=True)
    assert "--max-seconds" in done.stdout, done.stderr


def test_the_reader_of_the_output_may_leave(cli) -> None:
    done = subprocess.run(
        f"{sys.executable} -m autosd config show --json | head -c 1 >/dev/null; echo ${{PIPESTATUS[0]}}",
        shell=True, executable="/bin/bash", env=cli.env, capture_output=True, text=True,
    )  # fmt: skip
    assert "Traceback" not in done.stderr and "Exception" not in done.stderr


def test_at_a_terminal_the_progress_is_alive_and_in_ci_it_is_plain(cli, repository: Make) -> None:
    repo = repository(projects.GREEN)

    def on_terminal(extra: Mapping[str, str]) -> str:
        ours, theirs = pty.openpty()
        process = subprocess.Popen(
            cli.argv("fix", repo.path), env={**cli.env, "TERM": "xterm-256color", **extra}, stdout=subprocess.DEVNULL, stderr=theirs
        )
        os.close(theirs)
        said = b""
        while True:
            try:
                part = os.read(ours, 65536)
            except OSError:
                break
            if not part:
                break
            said += part
        os.close(ours)
        assert process.wait() == 1
        return said.decode()

    assert "\x1b[" in on_terminal({})
    plain = on_terminal({"CI": "true"})
    assert "\x1b[" not in plain and "running the tests" in plain


def test_something_unexpected_is_one_line_and_a_kept_traceback(cli, tmp_path: Path) -> None:
    command = "import click\n\n\n@click.command()\n@click.option('--json', is_flag=True)\ndef command(json):\n    1 / 0\n"
    (tmp_path / "broken.py").write_text(command)
    added = "cli.commands_at['broken'] = 'broken:command'"
    program = f"from autosd.entrypoints.cli.main import cli, main\n{added}\nmain(['broken', '--json'])\n"
    done = subprocess.run([sys.executable, "-c", program], env=cli.env, cwd=tmp_path, capture_output=True, text=True)

    assert done.returncode == 1 and json.loads(done.stdout)["objections"][0]["code"] == "AUTOSD-INTERNAL"
    [line] = done.stderr.strip().splitlines()
    assert line.startswith("[AUTOSD-INTERNAL]") and "ZeroDivisionError" in line
    [kept] = (Path(cli.env["AUTOSD_HOME"]) / "logs").glob("crash-*.txt")
    assert "Traceback" in kept.read_text() and str(kept) in line
