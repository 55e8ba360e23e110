"""A run's transcript: JSON lines for people to read later. Each message is written once, however often it is sent again."""

from __future__ import annotations

import hashlib
import json
import logging
import os
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

logger = logging.getLogger(__name__)

MOST_BYTES = 32_000_000


@dataclass
class Transcript:
    """``messages`` of a line are written in full the first time, with a name that stands for them after that."""

    path: Path
    _seen: set[str] = field(default_factory=set)
    _size: int = -1
    _mutex: threading.Lock = field(default_factory=threading.Lock)

    def write(self, line: Mapping[str, Any]) -> None:
        """What cannot be written is logged: a conversation does not fail for its transcript."""
        with self._mutex:
            told = dict(line)
            if "messages" in told:
                told["messages"] = [self._once(each) for each in told["messages"]]
            content = json.dumps(told).encode() + b"\n"
            try:
                self._append(content)
            except OSError as error:
                logger.warning("the transcript %s cannot be written: %s", self.path, error.strerror)

    def _once(self, message: Any) -> Any:
        name = hashlib.sha256(json.dumps(message, sort_keys=True).encode()).hexdigest()[:12]
        if name in self._seen:
            return {"again": name}
        self._seen.add(name)
        return {"name": name, "message": message}

    def _append(self, content: bytes) -> None:
        self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor = os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
        try:
            if self._size < 0:
                self._size = os.fstat(descriptor).st_size
            if self._size > MOST_BYTES:
                return
            if self._size + len(content) > MOST_BYTES:
                content = json.dumps({"cut": f"the transcript ends at {MOST_BYTES} bytes"}).encode() + b"\n"
                self._size = MOST_BYTES
            os.write(descriptor, content)
            self._size += len(content)
        finally:
            os.close(descriptor)
