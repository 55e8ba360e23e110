"""Reads files into rows, in this process or in several: few files are not worth another process, many are parsed on every core.

``python -m autosd.adapters.codeindex.parsing ROOT`` is such a process: it gets lists of paths on stdin and answers on stdout, marshalled.
A file on which it dies is left out, and the rest goes on.
"""

from __future__ import annotations

import io
import marshal
import os
import queue
import subprocess
import sys
import threading
import tokenize
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, BinaryIO

from autosd.adapters.codeindex.looking import digest, is_text, read, suffix_of
from autosd.adapters.codeindex.parsed import Parsed, Symbol
from autosd.adapters.codeindex.python import parse_python
from autosd.adapters.codeindex.shapes import shaped

WORTH_A_PROCESS = 150
_BATCH, _MOST_PROCESSES, _MOST_BYTES = 40, 8, 256 << 20

#: Path, hash, rows; no rows for a file that has nothing to index.
Read = tuple[str, bytes, Parsed | None]


def parse(path: str, data: bytes) -> Parsed | None:
    if not is_text(data):
        return None
    suffix = suffix_of(path)
    return parse_python(_decoded(data)) if suffix in {".py", ".pyi"} else shaped(_text(data), suffix)


def read_all(root: Path, paths: Sequence[str]) -> Iterator[Read]:
    """Every file that can be read, in no order. Those that are gone meanwhile are left out."""
    processes = min(len(os.sched_getaffinity(0)), _MOST_PROCESSES)
    if len(paths) < WORTH_A_PROCESS or processes < 2:
        yield from read_here(root, paths)
    else:
        yield from _read_there(root, paths, processes)


def read_here(root: Path, paths: Sequence[str]) -> Iterator[Read]:
    for path in paths:
        data = read(root, path)
        if data is not None:
            yield path, digest(data), parse(path, data)


def _decoded(data: bytes) -> str:
    """As Python would decode it; as UTF-8 where it does not say."""
    try:
        encoding = tokenize.detect_encoding(io.BytesIO(data).readline)[0]
        return io.TextIOWrapper(io.BytesIO(data), encoding, errors="replace").read()
    except (SyntaxError, LookupError):
        return _text(data)


def _text(data: bytes) -> str:
    return data.decode("utf-8-sig", "replace").replace("\r\n", "\n").replace("\r", "\n")


def _read_there(root: Path, paths: Sequence[str], processes: int) -> Iterator[Read]:
    batches: queue.SimpleQueue[list[str]] = queue.SimpleQueue()
    for at in range(0, len(paths), _BATCH):
        batches.put(list(paths[at : at + _BATCH]))
    answers: queue.Queue[list[Read] | BaseException | None] = queue.Queue(maxsize=processes * 4)
    stop = threading.Event()
    threads = [threading.Thread(target=_drive, args=(root, batches, answers, stop), daemon=True) for _ in range(processes)]
    for thread in threads:
        thread.start()
    try:
        left = len(threads)
        while left:
            answer = answers.get()
            if answer is None:
                left -= 1
            elif isinstance(answer, BaseException):
                raise answer
            else:
                yield from answer
    finally:
        stop.set()
        while any(thread.is_alive() for thread in threads):
            _drain(answers)
        for thread in threads:
            thread.join()


def _drain(answers: queue.Queue[Any]) -> None:
    try:
        answers.get(timeout=0.05)
    except queue.Empty:
        return


def _drive(root: Path, batches: queue.SimpleQueue[list[str]], answers: queue.Queue[Any], stop: threading.Event) -> None:
    """One process at a time, fed batch by batch; a new one where it died, which then gets the files one by one."""
    worker: _Worker | None = None
    todo: list[list[str]] = []
    try:
        while not stop.is_set():
            try:
                batch = todo.pop() if todo else batches.get_nowait()
            except queue.Empty:
                return
            worker = worker or _Worker(root)
            try:
                answers.put(worker.ask(batch))
            except (EOFError, ValueError, TypeError, BrokenPipeError):
                worker.close()
                worker = None
                todo += [[path] for path in batch] if len(batch) > 1 else []
    except BaseException as error:
        answers.put(error)
    finally:
        if worker:
            worker.close()
        answers.put(None)


class _Worker:
    def __init__(self, root: Path) -> None:
        here = Path(__file__).resolve().parents[3]
        self._process = subprocess.Popen(
            [sys.executable, "-I", "-c", _START.format(here=str(here)), os.fspath(root)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )

    def ask(self, batch: list[str]) -> list[Read]:
        assert self._process.stdin and self._process.stdout
        send(self._process.stdin, batch)
        return [(path, found, _parsed(rows)) for path, found, rows in receive(self._process.stdout)]

    def close(self) -> None:
        self._process.kill()
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe:
                pipe.close()
        self._process.wait()


_START = "import sys; sys.path.insert(0, {here!r}); from autosd.adapters.codeindex.parsing import serve; serve(sys.argv[-1])"


def serve(root: str) -> None:
    """Answer batches until nobody asks any more."""
    while True:
        try:
            batch = receive(sys.stdin.buffer)
        except EOFError:
            return
        rows = [(path, found, None if parsed is None else _plain(parsed)) for path, found, parsed in read_here(Path(root), batch)]
        send(sys.stdout.buffer, rows)


def send(stream: Any, value: Any) -> None:
    data = marshal.dumps(value)
    stream.write(len(data).to_bytes(8, "big") + data)
    stream.flush()


def receive(stream: BinaryIO | Any) -> Any:
    head = stream.read(8)
    size = int.from_bytes(head, "big")
    data = stream.read(size) if len(head) == 8 and size <= _MOST_BYTES else b""
    if len(head) < 8 or len(data) < size:
        raise EOFError
    return marshal.loads(data)  # noqa: S302 - from a process of our own, of this interpreter


def _plain(parsed: Parsed) -> tuple[object, ...]:
    return (parsed.lines, parsed.imports, [tuple(symbol) for symbol in parsed.symbols])


def _parsed(rows: Any) -> Parsed | None:
    if rows is None:
        return None
    lines, imports, symbols = rows
    return Parsed(lines, imports, tuple(Symbol(*symbol) for symbol in symbols))
