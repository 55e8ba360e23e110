"""What the attacks share: the table of them, and ways to try a thing and name the refusal."""

# an attacker has no use for pathlib
# ruff: noqa: PTH123, SIM115

from __future__ import annotations

import ctypes
import errno
import os
import socket
from collections.abc import Callable
from typing import Any

LIBC = ctypes.CDLL(None, use_errno=True)
MACHINE = os.uname().machine
ATTACKS: dict[str, Callable[[dict[str, Any]], tuple[bool, str]]] = {}
CALLS = {  # name: x86_64, aarch64
    "bpf": (321, 280), "io_uring_setup": (425, 425), "keyctl": (250, 219), "add_key": (248, 217),
    "perf_event_open": (298, 241), "userfaultfd": (323, 282), "ptrace": (101, 117), "process_vm_readv": (310, 270),
    "open_by_handle_at": (304, 265), "kexec_load": (246, 104), "unshare": (272, 97), "setns": (308, 268),
    "mount": (165, 40), "pidfd_getfd": (438, 438), "fsopen": (430, 430),
}  # fmt: skip


def attack(function: Callable[[dict[str, Any]], tuple[bool, str]]) -> Callable[[dict[str, Any]], tuple[bool, str]]:
    ATTACKS[function.__name__] = function
    return function


def refused(action: Callable[[], Any]) -> str:
    """Why ``action`` failed, empty when it worked."""
    try:
        action()
    except OSError as error:
        return errno.errorcode.get(error.errno or 0, str(error)) or "?"
    return ""


def read(path: str) -> tuple[bool, str]:
    why = refused(lambda: open(path, "rb").read(1))
    return not why, why


def write(path: str) -> tuple[bool, str]:
    why = refused(lambda: os.close(os.open(path, os.O_WRONLY | os.O_CREAT)))
    return not why, why


def raw(name: str, *args: int) -> str:
    number = CALLS[name][0 if MACHINE == "x86_64" else 1]
    ctypes.set_errno(0)
    result = LIBC.syscall(ctypes.c_long(number), *(ctypes.c_long(word) for word in args))
    return "" if result >= 0 else errno.errorcode.get(ctypes.get_errno(), "?")


def connect(family: int, kind: int, address: Any) -> tuple[bool, str]:
    def go() -> None:
        with socket.socket(family, kind) as sock:
            sock.settimeout(1.0)
            sock.connect(address)
            sock.send(b"escape")

    why = refused(go)
    return not why, why
