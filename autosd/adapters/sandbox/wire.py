"""Length-prefixed JSON between the caller, the launcher's wardens and their children. Light."""

from __future__ import annotations

import json
import os
import socket
import struct

TYPING = False
if TYPING:
    from typing import Any


def send_message(sock: socket.socket, message: dict[str, Any]) -> None:
    data = json.dumps(message).encode()
    sock.sendall(struct.pack("!I", len(data)) + data)


def read_message(sock: socket.socket) -> dict[str, Any]:
    """One length-prefixed message. Raises ``EOFError`` when the other end is gone."""
    size = struct.unpack("!I", _exactly(sock, 4))[0]
    message: dict[str, Any] = json.loads(_exactly(sock, size))
    return message


def _exactly(sock: socket.socket, size: int) -> bytes:
    data = bytearray()
    while len(data) < size:
        chunk = sock.recv(min(size - len(data), 1 << 16))
        if not chunk:
            raise EOFError("the other end closed")
        data += chunk
    return bytes(data)


def receive_fds(sock: socket.socket, count: int) -> list[int]:
    """Descriptors sent by ``socket.send_fds``; empty at the end. Never inherited (``socket.recv_fds`` of 3.11 drops its flags)."""
    data, fds, _, _ = socket.recv_fds(sock, 1, count)
    for fd in fds:
        os.set_inheritable(fd, False)
    return fds if data else []
