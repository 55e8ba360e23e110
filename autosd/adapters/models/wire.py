"""The HTTP client below the SDKs: one try ends when its time is over, whatever the server does, and no answer fills the memory."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from typing import Any

import httpx2

_LARGEST = 64_000_000  # bytes of one answer
_HERE = {"all://127.0.0.1": None, "all://localhost": None, "all://[::1]": None}  # this machine is reached by no proxy


class Watch:
    """Ends the connections of one try when its time is over: a server that sends a byte now and then would keep it open for ever."""

    def __init__(self) -> None:
        self.expired = False
        self._sockets: list[socket.socket] = []
        self._lock = threading.Lock()

    def trace(self, event: str, info: Mapping[str, Any]) -> None:
        """Called by the client at each step of a request: here its sockets are seen, the plain one and the one with TLS."""
        if event.endswith((".connect_tcp.complete", ".connect_unix_socket.complete", ".start_tls.complete")):
            stream = info.get("return_value")
            found = stream.get_extra_info("socket") if stream is not None else None
            with self._lock:
                if isinstance(found, socket.socket):
                    self._sockets.append(found)
                    if self.expired:
                        _shut(found)

    def end(self) -> None:
        with self._lock:
            self.expired = True
            for each in self._sockets:
                _shut(each)


def _shut(connection: socket.socket) -> None:
    with suppress(OSError):
        socket.socket.shutdown(connection, socket.SHUT_RDWR)  # TLS would want to say goodbye first


_watching: ContextVar[Watch | None] = ContextVar("watching", default=None)


@contextmanager
def within(seconds: float) -> Iterator[Watch]:
    """Requests of this thread that begin in the block end with it, at the latest after ``seconds``."""
    watch = Watch()
    timer = threading.Timer(seconds, watch.end)
    timer.daemon = True
    token = _watching.set(watch)
    timer.start()
    try:
        yield watch
    finally:
        timer.cancel()
        _watching.reset(token)


def http_client(drop: tuple[str, ...] = ()) -> httpx2.Client:
    """No redirects (a key goes nowhere but where it was meant to), no connections kept (an idle one fails when it is used again).

    ``drop`` are headers that are taken off every request.
    """

    def prepare(request: httpx2.Request) -> None:
        for name in list(request.headers):
            if name.lower() in drop or name.lower().startswith("x-stainless-"):  # what machine this is, is nobody's business
                del request.headers[name]
        request.headers["accept-encoding"] = "identity"
        watch = _watching.get()
        if watch is not None:
            request.extensions["trace"] = watch.trace

    def look(response: httpx2.Response) -> None:
        if response.headers.get("content-encoding", "identity").lower() != "identity":
            raise httpx2.DecodingError("the answer is compressed, which was not asked for", request=response.request)
        assert isinstance(response.stream, httpx2.SyncByteStream)
        response.stream = _Bounded(response.stream, response.request)

    limits = httpx2.Limits(max_keepalive_connections=0)
    hooks: dict[str, list[Callable[..., None]]] = {"request": [prepare], "response": [look]}
    return httpx2.Client(follow_redirects=False, limits=limits, event_hooks=hooks, mounts=_HERE)


class _Bounded(httpx2.SyncByteStream):
    def __init__(self, stream: httpx2.SyncByteStream, request: httpx2.Request) -> None:
        self._stream, self._request = stream, request

    def __iter__(self) -> Iterator[bytes]:
        left = _LARGEST
        for part in self._stream:
            left -= len(part)
            if left < 0:
                raise httpx2.DecodingError(f"the answer is larger than {_LARGEST} bytes", request=self._request)
            yield part

    def close(self) -> None:
        self._stream.close()
