"""Our seccomp filter: a hand-made classic BPF program, for x86_64 and aarch64. Pure: words in, bytes out.

The rest of the sandbox makes most of these calls harmless; the filter takes the kernel's least reviewed doors away altogether.
"""

from __future__ import annotations

import errno
import struct

ARCHES = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}
NEWEST = 462  # calls newer than the ones reviewed here answer ENOSYS
X32 = 0x40000000
NEW_NAMESPACES = 0x7E020080
TIOCSTI, TIOCLINUX = 0x5412, 0x541C
AF_UNIX, AF_INET, AF_INET6, AF_NETLINK = 1, 2, 10, 16
O_CREAT, O_TMPFILE, SET_ID = 0o100, 0o20000000, 0o6000

# name: (x86_64, aarch64); None: the architecture has no such call
CLONE, CLONE3, SOCKET, IOCTL, OPENAT2 = (56, 220), (435, 435), (41, 198), (16, 29), (437, 437)
OPEN, OPENAT = (2, None), (257, 56)
# chmod, fchmod, fchmodat, fchmodat2, mknod, mknodat, creat, and which argument is the mode
CHMODS = (((90, None), 1), ((91, 52), 1), ((268, 53), 2), ((452, 452), 2), ((133, None), 1), ((259, 33), 2), ((85, None), 1))
DENIED: dict[str, tuple[int, int | None]] = {
    "ptrace": (101, 117), "process_vm_readv": (310, 270), "process_vm_writev": (311, 271), "kcmp": (312, 272),
    "pidfd_getfd": (438, 438), "process_madvise": (440, 440), "bpf": (321, 280), "perf_event_open": (298, 241),
    "userfaultfd": (323, 282), "io_uring_setup": (425, 425), "io_uring_enter": (426, 426), "io_uring_register": (427, 427),
    "add_key": (248, 217), "request_key": (249, 218), "keyctl": (250, 219), "mount": (165, 40), "umount2": (166, 39),
    "pivot_root": (155, 41), "chroot": (161, 51), "open_tree": (428, 428), "move_mount": (429, 429), "fsopen": (430, 430),
    "fsconfig": (431, 431), "fsmount": (432, 432), "fspick": (433, 433), "mount_setattr": (442, 442), "statmount": (457, 457),
    "listmount": (458, 458), "unshare": (272, 97), "setns": (308, 268), "name_to_handle_at": (303, 264),
    "open_by_handle_at": (304, 265), "fanotify_init": (300, 262), "kexec_load": (246, 104), "kexec_file_load": (320, 294),
    "init_module": (175, 105), "finit_module": (313, 273), "delete_module": (176, 106), "create_module": (174, None),
    "swapon": (167, 224), "swapoff": (168, 225), "reboot": (169, 142), "acct": (163, 89), "quotactl": (179, 60),
    "quotactl_fd": (443, 443), "syslog": (103, 116), "settimeofday": (164, 170), "clock_settime": (227, 112),
    "clock_adjtime": (305, 266), "adjtimex": (159, 171), "sethostname": (170, 161), "setdomainname": (171, 162), "iopl": (172, None),
    "ioperm": (173, None), "modify_ldt": (154, None), "uselib": (134, None), "ustat": (136, None), "sysfs": (139, None),
    "_sysctl": (156, None), "personality": (135, 92), "vhangup": (153, 58), "lookup_dcookie": (212, 18), "nfsservctl": (180, 42),
    "mbind": (237, 235), "set_mempolicy": (238, 237), "migrate_pages": (256, 238), "move_pages": (279, 239),
    "set_mempolicy_home_node": (450, 450), "memfd_secret": (447, 447),
}  # fmt: skip

LD, JEQ, JGT, JSET, RET = 0x20, 0x15, 0x25, 0x45, 0x06
ALLOW, KILL = 0x7FFF0000, 0x80000000

Instruction = tuple[int, int, int, int]


def deny(code: int) -> Instruction:
    return (RET, 0, 0, 0x00050000 | code)


def argument(index: int) -> Instruction:
    """Load the low half of an argument (both architectures are little-endian)."""
    return (LD, 0, 0, 16 + 8 * index)


def program(machine: str, *, network: bool = True, unix: bool = True) -> bytes:
    """The filter for ``machine`` (``platform.machine()``). Without ``network`` or ``unix`` no such socket can be made.

    Raises ``KeyError`` for an architecture whose call numbers are not known here.
    """
    column = {"x86_64": 0, "aarch64": 1}[machine]
    code: list[Instruction] = [(LD, 0, 0, 4), (JEQ, 1, 0, ARCHES[machine]), (RET, 0, 0, KILL), (LD, 0, 0, 0)]
    if machine == "x86_64":
        code += [(JGT, 0, 1, X32 - 1), (RET, 0, 0, KILL)]
    code += [(JGT, 0, 1, NEWEST), deny(errno.ENOSYS)]
    for numbers in DENIED.values():
        if (number := numbers[column]) is not None:
            code += [(JEQ, 0, 1, number), deny(errno.EPERM)]
    for numbers in (CLONE3, OPENAT2):  # their arguments lie in memory where no filter can look; callers fall back
        code += [(JEQ, 0, 1, numbers[column]), deny(errno.ENOSYS)]
    for block in _blocks(column, network=network, unix=unix):
        code += block
    code.append((RET, 0, 0, ALLOW))
    return b"".join(struct.pack("<HBBI", *step) for step in code)


def _blocks(column: int, *, network: bool, unix: bool) -> list[list[Instruction]]:
    blocks = [
        _when(CLONE[column], [argument(0), (JSET, 0, 1, NEW_NAMESPACES), deny(errno.EPERM)]),
        _when(IOCTL[column], [argument(1), (JEQ, 1, 0, TIOCSTI), (JEQ, 0, 1, TIOCLINUX), deny(errno.EPERM)]),
        _when(SOCKET[column], _sockets(network=network, unix=unix)),
    ]
    for numbers, mode in CHMODS:
        blocks.append(_when(numbers[column], [argument(mode), (JSET, 0, 1, SET_ID), deny(errno.EPERM)]))
    for numbers, flags in ((OPEN, 1), (OPENAT, 2)):  # the mode counts only when the call may create
        blocks.append(
            _when(
                numbers[column],
                [argument(flags), (JSET, 0, 3, O_CREAT | O_TMPFILE), argument(flags + 1), (JSET, 0, 1, SET_ID), deny(errno.EPERM)],
            )
        )
    return blocks


def _sockets(*, network: bool, unix: bool) -> list[Instruction]:
    families = ([AF_INET, AF_INET6] if network else []) + ([AF_UNIX] if unix else [])
    code: list[Instruction] = [argument(0)]
    for family in families:
        code += [(JEQ, 0, 1, family), (RET, 0, 0, ALLOW)]
    if network:  # interface lists; other netlink families are kernel surface that no test needs
        code += [(JEQ, 0, 3, AF_NETLINK), argument(2), (JEQ, 0, 1, 0), (RET, 0, 0, ALLOW)]
    return [*code, deny(errno.EAFNOSUPPORT)]


def _when(number: int | None, body: list[Instruction]) -> list[Instruction]:
    """``body`` for one call; afterwards the accumulator holds the call's number again."""
    if number is None:
        return []
    return [(JEQ, 0, len(body) + 1, number), *body, (LD, 0, 0, 0)]
