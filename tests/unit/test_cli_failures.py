"""Whatever goes wrong becomes one line with a code; words are read off a command line that may not parse."""

from __future__ import annotations

import errno

import click
import pytest

from autosd.entrypoints.cli.failures import as_autosd_error
from autosd.entrypoints.cli.progress import how_far
from autosd.entrypoints.cli.shell import Shell


@pytest.mark.parametrize(
    "words, command, json",
    [
        ("fix . --json", "fix", True),
        ("--log-file fix doctor --json", "doctor", True),
        ("-v --log-file=x fix -- --json", "fix", False),
        ("", "", False),
    ],
)
def test_the_command_is_read_off_the_words(words: str, command: str, json: bool) -> None:
    shell = Shell(argv=tuple(words.split()))
    assert (shell.command, shell.json) == (command, json)


@pytest.mark.parametrize(
    "error, code",
    [
        (OSError(errno.ENOSPC, "full", "/x"), "AUTOSD-DISK-FULL"),
        (OSError(errno.EFBIG, "large", "/x"), "AUTOSD-DISK-FULL"),
        (OSError(errno.EROFS, "read only", "/x"), "AUTOSD-NOT-WRITABLE"),
        (PermissionError(errno.EACCES, "no", "/x"), "AUTOSD-NOT-WRITABLE"),
        (click.UsageError("no\nsuch thing"), "AUTOSD-USAGE"),
        (click.FileError("f", "why"), "AUTOSD-USAGE"),
    ],
)
def test_foreign_errors_that_a_person_can_act_on_get_a_code(error: Exception, code: str) -> None:
    translated = as_autosd_error(error)
    assert translated is not None and translated.code == code
    assert "\n" not in translated.message and translated.remedy


def test_a_bug_of_ours_is_not_dressed_up() -> None:
    assert as_autosd_error(ZeroDivisionError("x")) is None
    assert as_autosd_error(OSError(errno.EIO, "broken disk")) is None


def test_progress_tells_only_what_is_known() -> None:
    assert how_far(1234, 56.7, 8.9, "") == "1,234 candidates, 57/s, 9 s left"
    assert how_far(0, 0.0, None, "collecting") == "collecting"
    assert how_far(0, 0.0, -3, "") == "0 s left"
