"""Guide S2's ``create_ephemeral_env``: a disposable copy of a folder, and a way to run programs in it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from autosd.acts.allowing.questions import Asker
from autosd.acts.patching.environments import EphemeralEnv, ephemeral_env
from autosd.library.house import caller, opened_house


@contextmanager
def create_ephemeral_env(
    workdir: Path | str,
    *,
    python: Path | str | None = None,
    clean: bool = False,
    ignored: bool = False,
    backend: str | None = None,
    grant: str = "",
    unattended: bool = False,
) -> Iterator[EphemeralEnv]:
    """Yields ``(repo, run)``: the copy, and what runs programs in it as ``subprocess.run`` does, in the sandbox.

    The copy has uncommitted work (unless ``clean``) and nothing that is ignored (unless ``ignored``: then also generated sources that tests
    need). ``backend`` is stronger than ``SANDBOX_BACKEND``. Raises ``Refused`` when the guard says no, ``AUTOSD-ENV-BUILD-FAILED`` when the
    requirements cannot be installed. Nothing is left when the block ends.
    """
    folder = Path(workdir).resolve()
    with opened_house(folder, {"sandbox.backend": backend}) as app:
        asker = Asker(caller(unattended=unattended), folder, grant, "ephemeral_env")
        with ephemeral_env(app, asker, python=Path(python) if python else None, ignored=ignored, clean=clean) as made:
            yield made
