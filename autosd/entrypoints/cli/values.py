"""What an option's value may be: told wrong while the command line is read, by the option's own name and before any work."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import Any

import click


class Said(click.ParamType[str]):
    """Text that says something. An empty value is a script's unset variable, never a wish for the default."""

    name = "text"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        return _said(self, value, param, ctx)


class Named(click.ParamType[Path]):
    """A path; whether it is there is asked by whoever uses it."""

    name = "path"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Path:
        return Path(_said(self, value, param, ctx))


class NamedFile(Named):
    """A file that is made when it is not there."""

    name = "file"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Path:
        path = super().convert(value, param, ctx)
        if os.path.isdir(path):  # noqa: PTH112 - what cannot be looked at is told when it is opened
            self.fail(f"{path} is a folder.", param, ctx)
        return path


class Program(Named):
    """A program by its path, or by its name alone as a shell finds it."""

    name = "program"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Path:
        path = super().convert(value, param, ctx)
        is_path = os.sep in str(value) or path.exists()
        found = None if is_path else shutil.which(str(value))
        return Path(found) if found else path


class OfSetting(click.ParamType[Any]):
    """What the setting of this name allows: the table is the one place that knows its bounds."""

    name = "value"

    def __init__(self, setting: str) -> None:
        self.setting = setting

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        from autosd.settings.table import BY_NAME  # not for --help, which must be quick

        kind = BY_NAME[self.setting].kind
        try:
            return kind.parse(value)
        except (ValueError, TypeError, OverflowError):
            self.fail(f"{value!r} is no {kind.name} from {kind.allowed}.", param, ctx)


def _said(kind: click.ParamType[Any], value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
    text = os.fspath(value)
    if not text.strip():
        kind.fail("it is empty.", param, ctx)
    return str(text)
