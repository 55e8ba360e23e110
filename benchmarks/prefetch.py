"""What asking ahead saves: tasks one after the other, with a model that takes a while, against the same with their questions asked ahead.

``python -m benchmarks.prefetch [TASKS] [SECONDS]`` (8 tasks, 1 s): the whole governed conversation (leave, ledger, record with its waits
for the disk) through OpenAI's SDK to a server on this machine. Each task writes its own file when it has its answer; in the last round
one task depends on another one's file, so its answer has to be asked for anew. The server's answer is the question, so that an answer to
another question than the one of that moment shows as a wrong reuse. Target for 8 tasks of 1 s: at least 4 times faster, 0 wrong.
"""

from __future__ import annotations

import os
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from autosd.acts.changing import FixRequest
from autosd.acts.talks.talking import end_talk, talk_for
from autosd.app import App, open_app
from autosd.coding.models.prefetch import Ahead, Prefetch, PrefetchReport
from autosd.domain.actions import Principal
from autosd.domain.models import Ask, Message, Role
from autosd.settings import load_settings
from autosd.testing import Answer, ModelServer


def main(words: list[str]) -> int:
    tasks, seconds = int(words[0]) if words else 8, float(words[1]) if len(words) > 1 else 1.0
    with tempfile.TemporaryDirectory() as folder, ModelServer(lambda asked: _echo(asked, seconds)) as server:
        known = {"OPENAI_BASE_URL": server.url, "OPENAI_API_KEY": "sk-of-the-benchmark", "SELF_CODING_MODEL": "openai:gpt-4o-mini"}
        with open_app(load_settings({**os.environ, "AUTOSD_HOME": f"{folder}/home", **known}), coders=()) as app:
            root = Path(folder) / "project"
            root.mkdir()
            serial, _, wrong = _round(app, root, tasks, workers=1, dependent=False)
            print(f"{'one after the other':34} {serial:6.2f} s                wrong reuse {wrong}", flush=True)
            for workers, dependent in ((4, False), (8, False), (8, True)):
                took, report, wrong = _round(app, root, tasks, workers=workers, dependent=dependent)
                name = f"ahead, {workers} workers{', one task depends' if dependent else ''}"
                print(f"{name:34} {took:6.2f} s   {serial / took:5.2f} times   wrong reuse {wrong}   {report}", flush=True)
    return 0


def _echo(asked: Any, seconds: float) -> Answer:
    return Answer(str(asked.body["messages"][-1]["content"]), delay=seconds)


def _round(app: App, root: Path, count: int, *, workers: int, dependent: bool) -> tuple[float, PrefetchReport, int]:
    for number in range(count):
        (root / f"{number}.py").write_text("x = 0\n")
    tasks = [_task(root, number, [number, number - 1] if dependent and number == count - 1 else [number]) for number in range(count)]
    request = FixRequest(root, Principal("bench", attended=True))
    wrong, began = 0, time.monotonic()
    with Prefetch(talk_for(app, request), lambda name: (root / name).read_bytes(), workers=workers) as ahead:
        ahead.begin(tasks)
        for number, task in enumerate(tasks):
            question = task.make().messages[-1].text
            wrong += ahead.reply(task).text != question
            (root / f"{number}.py").write_text(f"x = {number + 1}\n")
        took = time.monotonic() - began
    end_talk(app, request)
    return took, ahead.report(), wrong


def _task(root: Path, number: int, depends: Sequence[int]) -> Ahead:
    files = tuple(f"{each}.py" for each in depends)

    def make() -> Ask:
        return Ask((Message(Role.USER, f"task {number}\n" + "".join((root / each).read_text() for each in files)),))

    return Ahead(str(number), make, files)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
