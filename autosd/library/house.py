"""How a Python program comes by the house: settings read once, the account it runs under, the house opened for as long as it is used."""

from __future__ import annotations

import os
import pwd
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from autosd.app import App, open_app
from autosd.domain.actions import Principal
from autosd.settings import Settings, load_settings


def settings_of(project: Path | None = None, options: Mapping[str, Any] | None = None) -> Settings:
    """As a command would read them: files, environment, ``options``."""
    return load_settings(os.environ, project=project, options=options)


def caller(*, unattended: bool = False) -> Principal:
    """The account that runs the program; ``unattended`` for what no person started."""
    try:
        name = pwd.getpwuid(os.getuid()).pw_name
    except KeyError:
        name = f"uid {os.getuid()}"
    return Principal(name, attended=not unattended)


@contextmanager
def opened_house(project: Path | None, options: Mapping[str, Any] | None = None) -> Iterator[App]:
    from autosd.acts.work.noticing import record_changed_settings

    with open_app(settings_of(project, options)) as app:
        record_changed_settings(app.settings, app.audit, app.clock.now())
        yield app


class Quiet:
    """A ``Progress`` that tells nobody."""

    def step(self, name: str, detail: str = "") -> None:
        """Nothing."""

    def update(self, *, done: int = 0, per_second: float = 0.0, seconds_left: float | None = None, detail: str = "") -> None:
        """Nothing."""
