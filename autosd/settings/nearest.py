"""Names that nobody knows: an error, or a hint, with the nearest name that exists."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from autosd.domain.errors import AutosdError
from autosd.settings.table import TABLE

#: Variables that only the tests read begin with this.
OF_THE_TESTS = "AUTOSD_TEST_"


def unknown_setting(name: str, place: str, names: Collection[str]) -> AutosdError:
    near = _nearest(name, names)
    hint = f"Did you mean {near}? " if near else ""
    return AutosdError("AUTOSD-SETTING-UNKNOWN", f"{place}: there is no setting {name[:80]!r}.", f"{hint}See `autosd config show` for all.")


def unknown_variables(env: Mapping[str, str]) -> tuple[str, ...]:
    """``AUTOSD_`` variables that no setting answers to: probably typos, shown to people and otherwise ignored."""
    known = {name for row in TABLE for name in row.env_names}
    unknown = sorted(name for name in env if name.startswith("AUTOSD_") and not name.startswith(OF_THE_TESTS) and name not in known)
    return tuple(f"{name} (did you mean {near}?)" if (near := _nearest(name, known)) else name for name in unknown)


def _nearest(name: str, names: Collection[str]) -> str | None:
    import difflib  # only for the rare error: keeps start-up short

    tails = [known for known in names if known.rpartition(".")[2] == name.rpartition(".")[2]]
    return next(iter(tails + difflib.get_close_matches(name, names, n=1, cutoff=0.5)), None)
