"""The few system calls that Python does not offer, by ctypes. Imported by the launcher, so it stays light."""

from __future__ import annotations

import ctypes
import os
import struct

CLONE_NEWNS, CLONE_NEWUSER = 0x00020000, 0x10000000
MS_NOSUID, MS_NODEV, MS_REC, MS_PRIVATE = 2, 4, 0x4000, 0x40000
AT_FDCWD, AT_EMPTY_PATH, AT_RECURSIVE = -100, 0x1000, 0x8000
OPEN_TREE, MOVE_MOUNT, MOUNT_SETATTR = 428, 429, 442  # the same number on every architecture since 5.2
LANDLOCK_CREATE, LANDLOCK_ADD, LANDLOCK_RESTRICT = 444, 445, 446
OPEN_TREE_CLONE, OPEN_TREE_CLOEXEC, MOVE_EMPTY_FROM, ATTR_IDMAP = 1, os.O_CLOEXEC, 4, 0x100000
PR_SET_PDEATHSIG, PR_SET_SECCOMP, PR_SET_DUMPABLE, PR_SET_SUBREAPER, PR_SET_NO_NEW_PRIVS = 1, 22, 4, 36, 38

_libc = ctypes.CDLL(None, use_errno=True)


def checked(result: int, what: str) -> int:
    """``result``, or an ``OSError`` that names ``what`` failed."""
    if result < 0:
        code = ctypes.get_errno()
        raise OSError(code, f"{what}: {os.strerror(code)}")
    return result


def syscall(number: int, what: str, *args: int | bytes | None) -> int:
    words = [ctypes.c_long(word) if isinstance(word, int) else word for word in args]
    return checked(int(_libc.syscall(ctypes.c_long(number), *words)), what)


def prctl(option: int, value: int, what: str) -> None:
    checked(_libc.prctl(option, ctypes.c_ulong(value), ctypes.c_ulong(0), ctypes.c_ulong(0), ctypes.c_ulong(0)), what)


def unshare(flags: int) -> None:
    checked(_libc.unshare(flags), "unshare")


def mount(source: str, target: str, kind: str, flags: int, data: str) -> None:
    checked(
        _libc.mount(source.encode(), os.fsencode(target), kind.encode(), ctypes.c_ulong(flags), os.fsencode(data)),
        f"mount {kind} on {target}",
    )


def make_private() -> None:
    """Nothing that is mounted from here on is seen by the host."""
    mount("none", "/", "none", MS_REC | MS_PRIVATE, "")


def clone_tree(path: str, recursive: bool = True) -> int:
    """A detached copy of the mount at ``path``, as a descriptor."""
    flags = OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | (AT_RECURSIVE if recursive else 0)
    return syscall(OPEN_TREE, f"open_tree {path}", AT_FDCWD, os.fsencode(path), flags)


def idmap(tree: int, userns: int) -> None:
    """Show the files of the detached mount ``tree`` with the owners that ``userns`` maps them to."""
    attributes = struct.pack("QQQQ", ATTR_IDMAP, 0, 0, userns)
    syscall(MOUNT_SETATTR, "mount_setattr", tree, b"", AT_EMPTY_PATH | AT_RECURSIVE, attributes, len(attributes))


def attach(tree: int, target: str) -> None:
    syscall(MOVE_MOUNT, f"move_mount {target}", tree, b"", AT_FDCWD, os.fsencode(target), MOVE_EMPTY_FROM)
    os.close(tree)


def load_filter(program: bytes) -> None:
    """Put the seccomp filter ``program`` on the calling thread; needs no_new_privs."""
    buffer = ctypes.create_string_buffer(program, len(program))
    header = ctypes.create_string_buffer(struct.pack("HxxxxxxP", len(program) // 8, ctypes.addressof(buffer)))
    checked(_libc.prctl(PR_SET_SECCOMP, ctypes.c_ulong(2), header, ctypes.c_ulong(0), ctypes.c_ulong(0)), "seccomp")
