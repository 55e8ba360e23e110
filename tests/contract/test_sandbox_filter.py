"""The seccomp filter, by running its program in a small interpreter: so the other architecture's numbers are checked too."""

from __future__ import annotations

import errno
import struct

import pytest

from autosd.adapters.sandbox import seccomp

ALLOW = "allow"
# from the kernel's own tables (include/uapi/asm-generic/unistd.h and arch/x86/entry/syscalls/syscall_64.tbl)
READ = {"x86_64": 0, "aarch64": 63}
EXECVE = {"x86_64": 59, "aarch64": 221}
SOCKET = {"x86_64": 41, "aarch64": 198}
SOCKETPAIR = {"x86_64": 53, "aarch64": 199}
CLONE = {"x86_64": 56, "aarch64": 220}
OPENAT = {"x86_64": 257, "aarch64": 56}
FCHMODAT = {"x86_64": 268, "aarch64": 53}
IOCTL = {"x86_64": 16, "aarch64": 29}


def verdict(machine: str, number: int, *args: int, arch: int | None = None, **options: bool) -> str:
    """What the kernel would do: ``allow``, ``kill`` or the name of an errno."""
    program = seccomp.program(machine, **options)
    data = struct.pack("<IIQ6Q", number & 0xFFFFFFFF, arch or seccomp.ARCHES[machine], 0, *args, *[0] * (6 - len(args)))
    code = [struct.unpack_from("<HBBI", program, at) for at in range(0, len(program), 8)]
    at = accumulator = 0
    while True:
        kind, yes, no, value = code[at]
        at += 1
        if kind == seccomp.LD:
            accumulator = struct.unpack_from("<I", data, value)[0]
        elif kind == seccomp.RET:
            return {seccomp.ALLOW: ALLOW, seccomp.KILL: "kill"}.get(value) or errno.errorcode[value & 0xFFFF]
        else:
            hit = {seccomp.JEQ: accumulator == value, seccomp.JGT: accumulator > value, seccomp.JSET: bool(accumulator & value)}[kind]
            at += yes if hit else no


@pytest.fixture(params=["x86_64", "aarch64"])
def machine(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def test_ordinary_calls_pass(machine: str) -> None:
    assert verdict(machine, READ[machine], 0, 0, 0) == ALLOW
    assert verdict(machine, EXECVE[machine]) == ALLOW
    assert verdict(machine, SOCKETPAIR[machine], 1, 1, 0) == ALLOW


def test_every_denied_call_is_denied(machine: str) -> None:
    column = ["x86_64", "aarch64"].index(machine)
    numbers = [numbers[column] for numbers in seccomp.DENIED.values()]
    assert {verdict(machine, number) for number in numbers if number is not None} == {"EPERM"}
    assert len({number for number in numbers if number is not None}) == sum(number is not None for number in numbers), (
        "a number twice: one is wrong"
    )


def test_calls_newer_than_the_review_do_not_exist(machine: str) -> None:
    assert verdict(machine, seccomp.NEWEST + 1) == "ENOSYS"
    assert verdict(machine, seccomp.CLONE3[0]) == "ENOSYS"


def test_another_architecture_is_killed(machine: str) -> None:
    assert verdict(machine, READ[machine], arch=0x40000003) == "kill"


def test_the_x32_table_is_killed() -> None:
    assert verdict("x86_64", 0x40000000 | 101) == "kill"


@pytest.mark.parametrize("flags", [0x10000000, 0x20000, 0x40000000, 0x10000000 | 17])
def test_new_namespaces_are_denied_and_threads_are_not(machine: str, flags: int) -> None:
    assert verdict(machine, CLONE[machine], flags) == "EPERM"
    assert verdict(machine, CLONE[machine], 0x3D0F00) == ALLOW  # what pthread_create asks for
    assert verdict(machine, CLONE[machine], 0x1200011) == ALLOW  # fork


SOCKETS = [(1, 1, 0, ALLOW), (2, 1, 0, ALLOW), (10, 2, 17, ALLOW), (16, 3, 0, ALLOW)]
NO_SOCKETS = [(16, 3, 12, "EAFNOSUPPORT"), (17, 3, 0, "EAFNOSUPPORT"), (40, 1, 0, "EAFNOSUPPORT")]


@pytest.mark.parametrize(("family", "kind", "protocol", "expected"), SOCKETS + NO_SOCKETS)
def test_only_known_families_of_sockets_are_made(machine: str, family: int, kind: int, protocol: int, expected: str) -> None:
    assert verdict(machine, SOCKET[machine], family, kind, protocol) == expected
    assert verdict(machine, SOCKET[machine], family, kind, protocol, network=False, unix=False) == "EAFNOSUPPORT"


def test_set_id_bits_are_denied_only_where_they_count(machine: str) -> None:
    at_cwd = 0xFFFFFF9C
    assert verdict(machine, FCHMODAT[machine], at_cwd, 0, 0o4755) == "EPERM"
    assert verdict(machine, FCHMODAT[machine], at_cwd, 0, 0o755) == ALLOW
    assert verdict(machine, OPENAT[machine], at_cwd, 0, 0o101, 0o4755) == "EPERM"
    assert verdict(machine, OPENAT[machine], at_cwd, 0, 0o101, 0o644) == ALLOW
    assert verdict(machine, OPENAT[machine], at_cwd, 0, 0, 0o7777) == ALLOW, "without O_CREAT the mode is noise"


def test_typing_into_a_terminal_is_denied(machine: str) -> None:
    assert verdict(machine, IOCTL[machine], 0, seccomp.TIOCSTI) == "EPERM"
    assert verdict(machine, IOCTL[machine], 0, 0x5401) == ALLOW


def test_an_architecture_that_was_not_reviewed_has_no_filter() -> None:
    with pytest.raises(KeyError):
        seccomp.program("riscv64")
