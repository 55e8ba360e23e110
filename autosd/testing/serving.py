"""A small server on this machine that speaks the wire formats of model providers and answers as it was told: for tests, and by hand."""

from __future__ import annotations

import json
import logging
import ssl
import threading
from collections.abc import Callable, Iterable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any

from autosd.testing import wire_anthropic, wire_openai
from autosd.testing.answers import Answer, Asked

logger = logging.getLogger(__name__)

#: What the server may be given: answers in order (a text, an ``Answer``, an object of a script), or what makes one of each request.
Script = Iterable[Any] | Callable[[Asked], Any]

_KEYS = ("authorization", "x-api-key", "api-key")
_LARGEST = 64_000_000  # bytes of a request


class ModelServer:
    """``with ModelServer(["hello"]) as server:`` listens on ``server.url`` and keeps what it was asked in ``server.requests``.

    The URL is the base for both kinds of SDK, with or without ``/v1``. Each request takes the next answer of the script; after the last
    one comes an error that says so, unless ``repeat`` goes on with the last. ``key``: requests without this very key get a 401.
    ``tls`` makes it a server of https, under the name localhost.
    """

    def __init__(
        self, script: Script = ("hello",), *, port: int = 0, repeat: bool = False, key: str = "", tls: ssl.SSLContext | None = None
    ) -> None:
        self.requests: list[Asked] = []
        self.key = key
        self._lock = threading.Lock()
        self._answer = script if callable(script) else _in_order([Answer.of(each) for each in script], repeat)
        self._server = _Server(("127.0.0.1", port), _Handler)
        self._server.of = self
        self._secure = tls is not None
        if tls is not None:
            self._server.socket = tls.wrap_socket(self._server.socket, server_side=True, do_handshake_on_connect=False)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)

    @property
    def url(self) -> str:
        return f"{'https://localhost' if self._secure else 'http://127.0.0.1'}:{self._server.server_address[1]}"

    def __enter__(self) -> ModelServer:
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._server.over.set()
        self._server.shutdown()
        self._server.server_close()

    def answer(self, asked: Asked, accepted: bool) -> tuple[Answer, int]:
        """The answer to this request and its number; one after the other, whatever many threads ask."""
        problem = (wire_anthropic if asked.wire == "anthropic" else wire_openai).problem(asked.body)
        with self._lock:
            self.requests.append(asked)
            number = len(self.requests)
            if not accepted:
                return Answer.denied(), number
            if problem:
                return Answer(problem, status=400, kind="invalid_request_error"), number
            return Answer.of(self._answer(asked)), number


def _in_order(answers: list[Answer], repeat: bool) -> Callable[[Asked], Answer]:
    rest = iter(answers)
    over = Answer(f"The script is over: it has {len(answers)} answers.", status=400, kind="script_is_over")
    last = answers[-1] if repeat and answers else over
    return lambda _: next(rest, last)


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 256  # with the usual five, requests that come at once are turned away on a busy machine
    of: ModelServer

    def __init__(self, *given: Any) -> None:
        super().__init__(*given)
        self.over = threading.Event()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that went away is what some tests are about."""
        logger.debug("a connection from %s ended early", client_address)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Server

    def do_GET(self) -> None:
        if self.path.rstrip("/").endswith("/models"):
            self._send(200, json.dumps(wire_openai.models("scripted")).encode())
        else:
            self._send(404, json.dumps(wire_openai.error(Answer(f"Unknown request URL: GET {self.path}.", status=404))).encode())

    def do_POST(self) -> None:
        content = self.rfile.read(min(int(self.headers.get("content-length", 0)), _LARGEST))
        path = self.path.partition("?")[0]
        if not path.rstrip("/").endswith(("/chat/completions", "/messages")):
            return self._send(404, json.dumps(wire_openai.error(Answer(f"Unknown request URL: POST {path}.", status=404))).encode())
        try:
            body = json.loads(content)
        except ValueError:
            body = {}
        headers = {name.lower(): value for name, value in self.headers.items() if name.lower() not in _KEYS}
        sent = self._key()
        asked = Asked(path, body if isinstance(body, dict) else {}, headers, bool(sent))
        answer, number = self.server.of.answer(asked, not self.server.of.key or sent == self.server.of.key)
        return self._say(asked, answer, number)

    def _key(self) -> str:
        bearer = self.headers.get("authorization", "")
        return self.headers.get("x-api-key") or bearer.removeprefix("Bearer ").strip()

    # ---- saying -----------------------------------------------------------------------------------------------------------------------

    def _say(self, asked: Asked, answer: Answer, number: int) -> None:
        self.close_connection = True
        if answer.delay and self.server.over.wait(answer.delay):
            return
        if answer.hang_up:
            return
        wire = wire_anthropic if asked.wire == "anthropic" else wire_openai
        if answer.raw is not None:
            kind = "text/event-stream" if asked.stream else "application/json"
            self._stream(answer, [answer.raw], kind)
        elif answer.status >= 400:
            self._stream(answer, [json.dumps(wire.error(answer)).encode()], "application/json")
        elif asked.stream:
            self._stream(answer, (event.encode() for event in wire.events(answer, asked.body, number)), "text/event-stream")
        else:
            self._stream(answer, [json.dumps(wire.whole(answer, asked.body, number)).encode()], "application/json")

    def _send(self, status: int, body: bytes) -> None:
        self._stream(Answer(status=status), [body], "application/json")

    def _stream(self, answer: Answer, parts: Iterable[bytes], kind: str) -> None:
        """In chunks; a connection that is cut leaves the body without its end."""
        self.send_response(answer.status)
        for name, value in {"content-type": kind, "transfer-encoding": "chunked", "connection": "close", **answer.headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.close_connection = True
        left = answer.cut
        for part in _dripped(parts, answer.drip):
            if left is not None and len(part) >= left:
                self._chunk(part[:left])
                return
            left = None if left is None else left - len(part)
            self._chunk(part)
            if answer.drip and self.server.over.wait(answer.drip):
                return
        self.wfile.write(b"0\r\n\r\n")

    def _chunk(self, part: bytes) -> None:
        if part:
            self.wfile.write(f"{len(part):x}\r\n".encode() + part + b"\r\n")
            self.wfile.flush()

    def log_message(self, format: str, *args: Any) -> None:
        logger.debug(format, *args)


def _dripped(parts: Iterable[bytes], drip: float) -> Iterator[bytes]:
    """As they are; a slow server sends each in small pieces."""
    for part in parts:
        yield from (part[start : start + 8] for start in range(0, len(part), 8)) if drip else (part,)
