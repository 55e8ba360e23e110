"""The host's end of the warm server: requests out, typed replies in. See ``autosd/inside/PROTOCOL.md``."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from autosd.coding.repair.replies import Observed, Opened, Probed, Tried, read_observed, read_opened, read_probed, read_tried
from autosd.domain.changes import TextEdit
from autosd.ports import Session, SessionLost

#: The folder that must be readable inside the sandbox, at the same path.
SERVER = Path(__file__).resolve().parents[2] / "inside" / "warm"


def server_argv(python: Path) -> tuple[str, ...]:
    """The command that starts the server under the subject's interpreter."""
    return (str(python), str(SERVER / "__main__.py"))


@dataclass(frozen=True)
class Trial:
    """A candidate as the server sees it: an id above 0, unique in its request, and its edits against the base."""

    id: int
    edits: tuple[TextEdit, ...]

    def to_dict(self) -> dict[str, Any]:
        return {
            "id": self.id,
            "edits": [{"file": edit.file, "start": edit.start, "end": edit.end, "text": edit.text} for edit in self.edits],
        }


class WarmSession:
    """One opened server. After ``SessionLost`` start another on a new ``Session``; ``pending`` says what is unanswered.

    What ended the server is among the first of ``pending`` (answers may have been on their way): try those one by one.
    """

    def __init__(self, session: Session, *, patience: float = 120.0) -> None:
        self._session = session
        self._patience = patience  # seconds to wait for the next reply; the server's own limits are tighter
        self.pending: tuple[int, ...] = ()

    def open(
        self,
        root: Path,
        *,
        runner: Literal["pytest", "unittest"] = "pytest",
        args: Sequence[str] = (),
        tests: Sequence[str] | None = None,
        seed: int = 0,
        test_seconds: float = 5.0,
        overlay: Mapping[str, str] | None = None,
        hanging: Sequence[str] = (),
    ) -> Opened:
        """Import the project, with ``overlay`` written over its files, and collect its tests (all, or only ``tests``).

        ``hanging``: tests that ran into their time before; how they fare now is looked at for less long.
        """
        wanted = None if tests is None else list(tests)
        self._session.send(
            {
                "op": "open",
                "root": str(root),
                "runner": runner,
                "args": list(args),
                "tests": wanted,
                "seed": seed,
                "test_seconds": test_seconds,
                "overlay": dict(overlay or {}),
                "hanging": list(hanging),
            }
        )
        message = self._receive()
        if message.get("event") != "opened":
            raise SessionLost("nonsense: no answer to open")
        return read_opened(message)

    def observe(self, tests: Sequence[str], *, full: bool = False) -> Iterator[Observed]:
        """How each of ``tests`` fares on the base."""
        asked = set(tests)
        for message in self._stream({"op": "observe", "tests": list(tests), "detail": "full" if full else "lines"}, "observed"):
            seen = read_observed(message)
            if seen.test not in asked:
                raise SessionLost("nonsense: a test that was not asked for")
            asked.discard(seen.test)
            yield seen

    def attempt(
        self,
        trials: Sequence[Trial],
        *,
        targets: Sequence[str],
        guards: Sequence[str] = (),
        need: Literal["all", "any"] = "all",
        scout: int = 0,
        fuel: float = 10.0,
    ) -> Iterator[Tried]:
        """A verdict for each of ``trials``, in any order. ``scout``: give up when none of the first so many targets passes."""
        request = {
            "op": "try",
            "targets": list(targets),
            "guards": list(guards),
            "need": need,
            "scout": scout,
            "fuel": fuel,
            "candidates": [trial.to_dict() for trial in trials],
        }
        left = dict.fromkeys(trial.id for trial in trials)
        self.pending = tuple(left)
        try:
            for message in self._stream(request, "tried"):
                tried = read_tried(message)
                if tried.id not in left:
                    raise SessionLost("nonsense: a candidate that was not asked for")
                del left[tried.id]
                yield tried
        finally:
            self.pending = tuple(left)

    def probe(self, trials: Sequence[Trial], *, tests: Sequence[str], samples: int = 60, seed: int = 0) -> Iterator[Probed]:
        """How ``trials`` and the original (id 0) behave on inputs that ``tests`` gave the changed functions, and near them."""
        candidates = [trial.to_dict() for trial in trials]
        request = {"op": "probe", "candidates": candidates, "tests": list(tests), "samples": samples, "seed": seed}
        known = {0, *(trial.id for trial in trials)}
        for message in self._stream(request, "probed"):
            probed = read_probed(message)
            if probed.id not in known:
                raise SessionLost("nonsense: a candidate that was not asked for")
            known.discard(probed.id)
            yield probed

    def close(self) -> None:
        try:
            self._session.send({"op": "close"})
        except SessionLost:
            pass
        finally:
            self._session.close()

    def _stream(self, request: Mapping[str, Any], event: str) -> Iterator[Mapping[str, Any]]:
        self._session.send(request)
        while True:
            message = self._receive()
            if message.get("event") == "end":
                if message.get("error"):
                    raise SessionLost(f"the server gave up: {str(message['error'])[:300]}")
                return
            if message.get("event") != event:
                raise SessionLost("nonsense: an unexpected reply")
            yield message

    def _receive(self) -> dict[str, Any]:
        return self._session.receive(self._patience)
