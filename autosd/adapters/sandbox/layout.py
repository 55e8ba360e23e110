"""What the inside of a sandbox looks like: which paths exist, in which order they are mounted. Pure but for looking at the host's paths."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from autosd.domain.errors import AutosdError
from autosd.domain.sandboxing import Command, Mount

SYSTEM = ("bin", "sbin", "lib", "lib32", "lib64", "libx32")
ETC_FILES = ("ld.so.cache", "ld.so.conf", "localtime", "timezone", "protocols", "services")
ETC_FOLDERS = ("ld.so.conf.d", "alternatives", "ssl/certs")
RESERVED = ("/proc", "/dev", "/sys", "/usr", "/bin", "/sbin", "/lib", "/lib64", "/etc", "/run", "/boot")


def system_args() -> list[str]:
    """Bubblewrap's words for the read-only system: ``/usr`` and its links."""
    args = ["--ro-bind", "/usr", "/usr"]
    for name in SYSTEM:
        path = Path("/", name)
        if path.is_symlink():
            args += ["--symlink", str(path.readlink()), str(path)]
        elif path.is_dir():
            args += ["--ro-bind", str(path), str(path)]
    return args


def etc() -> tuple[list[str], list[str]]:
    """As little of ``/etc`` as programs need: the files and the folders that this host has."""
    return [name for name in ETC_FILES if Path("/etc", name).is_file()], [name for name in ETC_FOLDERS if Path("/etc", name).is_dir()]


def ordered(mounts: Iterable[Mount]) -> list[Mount]:
    """Parents before children, so a mount below another one lands on top; the same path twice: the later one wins."""
    last = {checked(mount.path): mount for mount in mounts}
    return [Mount(path, mount.access) for path, mount in sorted(last.items(), key=lambda item: len(item[0].parts))]


def checked(path: Path) -> Path:
    """The normalised absolute ``path``, refused when it would replace the sandbox's own system or show the whole host."""
    clean = Path(*path.parts)
    if not clean.is_absolute() or ".." in clean.parts:
        raise bad_mount(path, "it is not an absolute path without '..'")
    if len(clean.parts) < 2 or any(str(clean) == name for name in (*RESERVED, "/tmp")) or clean.parts[1] in ("proc", "dev", "sys"):  # noqa: S108
        raise bad_mount(path, "it would replace a part of the sandbox's own system")
    if not clean.exists():
        raise bad_mount(path, "it does not exist")
    return clean


def bad_mount(path: Path, why: str) -> AutosdError:
    return AutosdError(
        "AUTOSD-SANDBOX-MOUNT", f"Cannot show {path} to a sandbox: {why}.", "Mount an existing folder or file by its absolute path."
    )


def check(command: Command) -> None:
    """Refuse a command that could only fail later, in a less readable way."""
    if not command.argv:
        raise AutosdError("AUTOSD-SANDBOX-COMMAND", "There is no program to run.", "Give at least one word in argv.")
    if any("\0" in word for word in (*command.argv, *command.env, *command.env.values())):
        raise AutosdError("AUTOSD-SANDBOX-COMMAND", "A word of the command holds a NUL byte.", "Remove it.")
