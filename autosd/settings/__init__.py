"""Settings, read once: files, environment and options resolved into one frozen value that knows where each part came from.

From weak to strong: the default, ``autosd.toml`` in autosd's home, ``autosd.toml`` of the project (which may say only what is
harmless), the environment, options. Two kinds of settings stand outside that order: a *strict* value (dry run, the kill switch)
wins whoever says it, and lists that forbid add up. So no order of sources loosens anything.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any, TypeVar

from autosd.domain.errors import AutosdError
from autosd.domain.sandboxing import Limits
from autosd.settings import table
from autosd.settings.kinds import OPTIONAL_PATH, PATH, SECRET, passwords
from autosd.settings.nearest import unknown_variables
from autosd.settings.sources import FILE_NAME, Given, checkout_of, from_environment, from_file, from_options
from autosd.settings.table import TABLE, Merge, Setting

__all__ = ["FILE_NAME", "TABLE", "Setting", "Settings", "Shown", "load_settings", "table"]

T = TypeVar("T")


@dataclass(frozen=True)
class Shown:
    """One setting as people read it; secrets are masked."""

    name: str
    value: str
    origin: str
    sentence: str


@dataclass(frozen=True)
class Settings:
    """``settings[table.FIX_WORKERS]`` is the value, typed as the row says."""

    values: Mapping[str, Any] = field(repr=False)  # may hold a password
    origins: Mapping[str, str]
    unknown_variables: tuple[str, ...] = ()

    def __getitem__(self, setting: Setting[T]) -> T:
        value: T = self.values[setting.name]
        return value

    def origin(self, setting: Setting[Any]) -> str:
        return self.origins[setting.name]

    @property
    def home(self) -> Path:
        return self[table.HOME]

    @property
    def limits(self) -> Limits:
        """The limits of a sandboxed run that is not the suite."""
        seconds = self[table.SANDBOX_TIMEOUT]
        return Limits(
            wall_seconds=seconds,
            cpu_seconds=seconds,
            memory_mb=self[table.SANDBOX_MEMORY_MB],
            processes=self[table.SANDBOX_PROCESSES],
            file_mb=self[table.SANDBOX_FILE_MB],
            disk_mb=self[table.SANDBOX_DISK_MB],
            output_bytes=self[table.SANDBOX_OUTPUT_BYTES],
        )

    @property
    def secrets(self) -> tuple[str, ...]:
        """Literal secrets among the values, for redaction: keys, and the passwords of database and Redis, as written and decoded."""
        keys = (self[row] for row in TABLE if row.kind is SECRET and self[row])
        return (*passwords(self[table.STORE_URL]), *passwords(self[table.REDIS_URL]), *keys)

    def shown(self) -> tuple[Shown, ...]:
        return tuple(Shown(row.name, row.kind.show(self[row]), self.origin(row), row.sentence) for row in TABLE)


def load_settings(
    env: Mapping[str, str], *, project: Path | None = None, options: Mapping[str, Any] | None = None, cwd: Path | None = None
) -> Settings:
    """Read every source once. ``options`` maps setting names to values, ``None`` for not given."""
    cwd = cwd or Path.cwd()
    outside = [*from_options(options or {}, cwd), *from_environment(env, cwd)]
    home = _home(outside, env, cwd)
    inside = [*_project_file(project, home), *_home_file(home)]
    values, origins = _resolve([*outside, *inside], home, env)
    return Settings(MappingProxyType(values), MappingProxyType(origins), unknown_variables(env))


def _home(outside: Iterable[Given], env: Mapping[str, str], cwd: Path) -> Path:
    said = next((given.value for given in outside if given.setting is table.HOME), table.HOME.default)
    return _place_path(said, cwd, home=Path(), env=env)


def _home_file(home: Path) -> Iterable[Given]:
    for given in from_file(home / FILE_NAME, trusted=True):
        if given.setting is table.HOME:
            raise AutosdError(
                "AUTOSD-SETTING-INVALID",
                f"{given.origin}: home cannot be set in a file that lies in it.",
                "Set AUTOSD_HOME in the environment.",
            )
        yield given


def _project_file(project: Path | None, home: Path) -> Iterable[Given]:
    """That of the folder first, then that of the checkout it lies in: its strict words hold in all its folders."""
    if project is None:
        return ()
    folders = dict.fromkeys((project, checkout_of(project)))
    return (given for folder in folders if folder != home for given in from_file(folder / FILE_NAME, trusted=False))


def _resolve(given: list[Given], home: Path, env: Mapping[str, str]) -> tuple[dict[str, Any], dict[str, str]]:
    """``given`` is sorted from strong to weak."""
    values: dict[str, Any] = {}
    origins: dict[str, str] = {}
    for row in TABLE:
        default = Given(row, row.default, "default", home)
        said = [item for item in given if item.setting is row]
        chosen = _merge(row, said) or default
        values[row.name] = home if row is table.HOME else _place(chosen, home, env)
        origins[row.name] = chosen.origin
    return values, origins


def _merge(row: Setting[Any], said: list[Given]) -> Given | None:
    if not said:
        return None
    if row.merge is Merge.UNION:
        union = tuple(dict.fromkeys(item for given in said for item in given.value))
        return Given(row, union, ", ".join(given.origin for given in said), said[0].base)
    strict = [given for given in said if row.merge is Merge.STRICT and given.value == row.strict]
    return (strict or said)[0]


def _place(given: Given, home: Path, env: Mapping[str, str]) -> Any:
    """Fill in ``{home}`` and ``~``, and make paths absolute."""
    value = given.value
    if isinstance(value, str):
        return value.replace("{home}", str(home)) if given.origin == "default" else value
    if isinstance(value, tuple):
        return tuple(_place_path(item, given.base, home, env) if isinstance(item, Path) else item for item in value)
    if given.setting.kind in (PATH, OPTIONAL_PATH) and value is not None:
        return _place_path(value, given.base, home, env)
    return _expand_user(value, env) if isinstance(value, Path) else value


def _place_path(path: Path, base: Path, home: Path, env: Mapping[str, str]) -> Path:
    if path.parts[:1] == ("{home}",):
        return home.joinpath(*path.parts[1:])
    return base / _expand_user(path, env)


def _expand_user(path: Path, env: Mapping[str, str]) -> Path:
    if path.parts[:1] != ("~",):
        return path
    user_home = env.get("HOME", "")
    try:
        return (Path(user_home) if user_home else Path.home()).joinpath(*path.parts[1:])
    except RuntimeError:
        raise AutosdError("AUTOSD-HOME-UNKNOWN", "This user has no home folder.", "Set AUTOSD_HOME to a folder of your own.") from None
