"""Builds, in a mount namespace of its own, the folders that bubblewrap then shows inside. Runs in the child of the launcher: light.

Everything a run may write lives on one sized tmpfs, so the total is bounded; the host never sees any of these mounts, and they vanish
with the last process. As root the sources are shown with the owner swapped for the sandbox's uid (idmapped mounts): private files
stay private on the host and readable inside, and what is written to a ``WRITE`` mount belongs to its owner.
"""

# pathlib would cost more than the rest of a start
# ruff: noqa: PTH103, PTH123, PTH101, PTH102, PTH106, PTH112, PTH116, PTH118, PTH202, PTH211
from __future__ import annotations

import contextlib
import errno
import os
import stat

from autosd.adapters.sandbox import kernel

TYPING = False
if TYPING:
    from typing import Any

STAGE = "/tmp"  # noqa: S108  covered by a tmpfs in our own namespace only; every Linux has it
ETC = STAGE + "/etc"
ROOM = STAGE + "/room"  # the sized tmpfs
INODES_PER_MB = 256


def enter_namespace(uid: int, gid: int, *, root: bool) -> None:
    """Our own mount namespace; as an ordinary user in a user namespace that maps only this user."""
    if root:
        kernel.unshare(kernel.CLONE_NEWNS)
    else:
        kernel.unshare(kernel.CLONE_NEWUSER | kernel.CLONE_NEWNS)
        for name, text in (("setgroups", "deny"), ("uid_map", f"{uid} {uid} 1"), ("gid_map", f"{gid} {gid} 1")):
            _put(f"/proc/self/{name}", text.encode())
    kernel.make_private()


def build(plan: dict[str, Any], ids: tuple[int, int], userns: UserNamespaces | None) -> None:
    """Fill the stage: ``m<i>`` for each mount, each name of ``tools`` for a host folder the sandbox's own tools need, ``etc``, ``room``."""
    mounts, extra, disk_mb = plan["mounts"], plan["tools"], plan["limits"]["disk"]
    trees = [_open(mount["path"], ids, userns, recursive=mount["access"] != "scratch") for mount in mounts]
    tools = {name: _open(path, ids, userns, recursive=False) for name, path in extra.items()}
    copies = sum(_weight(mount["path"]) for mount, tree in zip(mounts, trees, strict=True) if _must_copy(mount, tree))
    kernel.mount("tmpfs", STAGE, "tmpfs", kernel.MS_NOSUID | kernel.MS_NODEV, "mode=755,size=1m")
    os.mkdir(ROOM)
    size = disk_mb + copies // (1 << 20)
    kernel.mount("tmpfs", ROOM, "tmpfs", kernel.MS_NOSUID | kernel.MS_NODEV, f"mode=755,size={size}m,nr_inodes={size * INODES_PER_MB}")
    for name in ("tmp", "shm"):
        os.mkdir(f"{ROOM}/{name}")
        os.chmod(f"{ROOM}/{name}", 0o1777)  # noqa: S103  as /tmp is everywhere
    _etc(ids, plan["etc_copied"], plan["etc_shown"])
    for name, (tree, _) in tools.items():
        os.mkdir(f"{STAGE}/{name}")
        kernel.attach(tree, f"{STAGE}/{name}")
    for index, (mount, (tree, mapped)) in enumerate(zip(mounts, trees, strict=True)):
        _place(index, mount, tree, ids, owned=mapped or userns is None)


def _open(path: str, ids: tuple[int, int], userns: UserNamespaces | None, *, recursive: bool) -> tuple[int, bool]:
    """A detached copy of the mount at ``path`` and whether its owner is the sandbox's uid."""
    for deep in (True, False) if recursive else (False,):
        tree = kernel.clone_tree(path, deep)
        if userns is None:
            return tree, os.stat(path).st_uid == ids[0]
        try:
            kernel.idmap(tree, userns.mapping(os.stat(path), ids))
            return tree, True
        except OSError as error:
            os.close(tree)
            if error.errno not in (errno.EINVAL, errno.EPERM, errno.ENOSYS):
                raise
    return kernel.clone_tree(path, recursive), False


def _must_copy(mount: dict[str, Any], tree: tuple[int, bool]) -> bool:
    return bool(mount["access"] == "scratch" and (mount["file"] or not tree[1]))


def _weight(path: str) -> int:
    if not os.path.isdir(path):
        return os.path.getsize(path)
    return sum(entry.stat(follow_symlinks=False).st_blocks * 512 for folder in _folders(path) for entry in os.scandir(folder))


def _folders(path: str) -> list[str]:
    return [folder for folder, _, _ in os.walk(path)]


def _place(index: int, mount: dict[str, Any], tree: int, ids: tuple[int, int], *, owned: bool) -> None:
    target = f"{STAGE}/m{index}"
    if mount["access"] != "scratch":
        _hole(target, file=mount["file"])
        kernel.attach(tree, target)
    elif mount["file"] or not owned:
        _hole(f"{STAGE}/l{index}", file=mount["file"])  # the path itself may lie below what the stage covers
        kernel.attach(tree, f"{STAGE}/l{index}")
        _copy(f"{STAGE}/l{index}", f"{ROOM}/copy{index}", ids)
        os.symlink(f"room/copy{index}", target)
    else:
        _overlay(index, tree, target, ids)


def _hole(target: str, *, file: bool) -> None:
    if file:
        os.close(os.open(target, os.O_CREAT | os.O_WRONLY, 0o600))
    else:
        os.mkdir(target)


def _overlay(index: int, tree: int, target: str, ids: tuple[int, int]) -> None:
    """Copy-on-write over the source: the cheapest scratch, whatever its size; a private copy where the kernel refuses."""
    lower, upper, work = f"{STAGE}/l{index}", f"{ROOM}/u{index}", f"{ROOM}/w{index}"
    for folder in (lower, upper, work, target):
        os.mkdir(folder)
    kernel.attach(tree, lower)
    status = os.stat(lower)
    os.chmod(upper, status.st_mode & 0o777 | 0o700)
    with contextlib.suppress(OSError):
        os.chown(upper, *ids)
    words = f"lowerdir={lower},upperdir={upper},workdir={work}"
    kinds = (words, words + ",userxattr")
    for options in kinds if os.geteuid() == 0 else reversed(kinds):  # only real root may use the overlay's own attributes
        try:
            kernel.mount("overlay", target, "overlay", kernel.MS_NOSUID | kernel.MS_NODEV, options)
            return
        except OSError:
            continue
    os.rmdir(target)
    _copy(lower, f"{ROOM}/copy{index}", ids)
    os.symlink(f"room/copy{index}", target)


def _copy(source: str, target: str, ids: tuple[int, int]) -> None:
    import shutil  # rarely needed, slow to load

    if os.path.isdir(source):
        shutil.copytree(source, target, symlinks=True, ignore=special_files)
    else:
        shutil.copy2(source, target)
    if os.geteuid() == 0:
        for folder, names, files in os.walk(target):
            for name in (folder, *(os.path.join(folder, word) for word in (*names, *files))):
                os.chown(name, *ids, follow_symlinks=False)
        os.chown(target, *ids)


def special_files(folder: str, names: list[str]) -> list[str]:
    """Sockets, pipes and devices: nothing that a copy could hold, and opening them may wait for ever."""
    kinds = {name: stat.S_IFMT(os.lstat(os.path.join(folder, name)).st_mode) for name in names}
    return [name for name, kind in kinds.items() if kind not in (stat.S_IFREG, stat.S_IFDIR, stat.S_IFLNK)]


def _etc(ids: tuple[int, int], copied: list[str], shown: list[str]) -> None:
    """All of the inside's ``/etc`` in one folder: one mount instead of twenty, each of which costs bubblewrap a look at all mounts."""
    uid, gid = ids
    os.mkdir(ETC)
    for name, text in {
        "passwd": f"root:x:0:0:root:/:/bin/false\nsandbox:x:{uid}:{gid}:sandbox:/tmp:/bin/sh\nnobody:x:65534:65534:nobody:/:/bin/false\n",
        "group": f"root:x:0:\nsandbox:x:{gid}:\nnogroup:x:65534:\n",
        "hosts": "127.0.0.1 localhost sandbox\n::1 localhost\n",
        "nsswitch.conf": "passwd: files\ngroup: files\nhosts: files\n",
        "resolv.conf": "",
        "hostname": "sandbox\n",
    }.items():
        _put(f"{ETC}/{name}", text.encode(), os.O_CREAT)
    for name in copied:
        _put(f"{ETC}/{name}", _whole(f"/etc/{name}"), os.O_CREAT)
    for name in shown:
        os.makedirs(f"{ETC}/{name}")


def _whole(path: str) -> bytes:
    with open(path, "rb") as file:
        return file.read()


def _put(path: str, data: bytes, flags: int = 0) -> None:
    fd = os.open(path, os.O_WRONLY | flags, 0o644)
    try:
        os.write(fd, data)
    finally:
        os.close(fd)


class UserNamespaces:
    """User namespaces that only serve as owner maps for idmapped mounts; made once for each pair of owners, by a short-lived child."""

    def __init__(self) -> None:
        self._made: dict[tuple[int, int, int, int], int] = {}

    def prepare(self, ids: tuple[int, int]) -> None:
        """Make the map for files of this process's own user ahead of time, where it can be kept for the next run."""
        key = (os.geteuid(), os.getegid(), *ids)
        if key not in self._made:
            with contextlib.suppress(OSError):
                self._made[key] = _user_namespace(swap(key[0], ids[0]), swap(key[1], ids[1]))

    def mapping(self, status: os.stat_result, ids: tuple[int, int]) -> int:
        key = (status.st_uid, status.st_gid, *ids)
        if key not in self._made:
            self._made[key] = _user_namespace(swap(status.st_uid, ids[0]), swap(status.st_gid, ids[1]))
        return self._made[key]


def swap(host: int, inside: int) -> str:
    """An id map in which ``host`` is seen as ``inside`` and everybody else as themselves."""
    top = 0xFFFFFFFF
    if host == inside:
        return f"0 0 {top}"
    lines, start = [f"{host} {inside} 1"], 0
    for cut in (*sorted((host, inside)), top):
        if cut > start:
            lines.append(f"{start} {start} {cut - start}")
        start = cut + 1
    return "\n".join(lines)


def _user_namespace(uids: str, gids: str) -> int:
    ready, done = os.pipe(), os.pipe()
    pid = os.fork()
    if pid == 0:
        try:
            kernel.unshare(kernel.CLONE_NEWUSER)
            os.write(ready[1], b"1")
            os.close(done[1])
            os.read(done[0], 1)
        finally:
            os._exit(0)
    os.close(ready[1])
    try:
        if not os.read(ready[0], 1):
            raise OSError(errno.EPERM, "no user namespaces")
        _put(f"/proc/{pid}/uid_map", uids.encode())
        _put(f"/proc/{pid}/gid_map", gids.encode())
        return os.open(f"/proc/{pid}/ns/user", os.O_RDONLY | os.O_CLOEXEC)
    finally:
        for fd in (ready[0], *done):
            os.close(fd)
        os.waitpid(pid, 0)
