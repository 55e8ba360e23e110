"""``python -m benchmarks.agent_overhead``: what a tool itself takes from go to a verified diff when the model answers at once.

The same small project with one failing test and an environment of its own (pytest, nothing else), the same server of this machine that
answers from a script, one tool after the other, each run in a process of its own. autosd proves its diff in the sandbox
(``fix --strategy edit`` and ``agent``); aider runs the tests after its edit; mini-swe-agent is scripted to run them before and after. Wall
time, and the CPU of the whole process tree. The two agents and the project's pytest are installed by pip into environments of their own on
first use. Target: autosd takes at most half of what each of them takes.
"""

from __future__ import annotations

import argparse
import ctypes
import json
import os
import resource
import shutil
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from autosd.testing.model_server import ModelServer
from benchmarks.catalogue import pip
from benchmarks.isolated import BENCH, folder_of_its_own
from benchmarks.report import table
from benchmarks.tool import write_project

AGENTS = {"aider": "aider-chat==0.86.2", "mini": "mini-swe-agent==2.4.6"}
PYTEST = "pytest==9.2.0"  # of the project
PR_SET_CHILD_SUBREAPER = 36

WRONG, RIGHT = "    return net + net * RATE // 10\n", "    return net + net * RATE // 100\n"
PROJECT = {
    "prices.py": f'"""Prices."""\n\nRATE = 20\n\n\ndef gross(net):\n{WRONG}',
    "tests/test_prices.py": (
        "from prices import gross\n\n\ndef test_gross():\n    assert gross(100) == 120\n\n\ndef test_nothing():\n    assert gross(0) == 0\n"
    ),
    "pyproject.toml": '[project]\nname = "prices"\nversion = "1"\n\n[tool.pytest.ini_options]\npythonpath = ["."]\n',
    ".gitignore": ".venv\n",
}
BLOCK = f"prices.py\n```python\n<<<<<<< SEARCH\n{WRONG}=======\n{RIGHT}>>>>>>> REPLACE\n```\n"


@dataclass(frozen=True)
class Contestant:
    """``answers`` is what the model says, in order; ``words`` is how the tool is called in the project, given the server's address."""

    name: str
    answers: tuple[Any, ...]
    words: Callable[[str], Sequence[str]]


@dataclass(frozen=True)
class Taken:
    wall: float
    cpu: float
    asked: int


def main(words: Sequence[str] | None = None) -> int:
    made = argparse.ArgumentParser(prog="python -m benchmarks.agent_overhead", description=__doc__)
    made.add_argument("--runs", type=int, default=5, help="measured runs of each tool, after one that is not (default 5)")
    made.add_argument("--only", action="append", choices=["edit", "agent", "aider", "mini"], help="default: all of them")
    for name in AGENTS:
        made.add_argument(f"--{name}", type=Path, help=f"an environment that has {AGENTS[name]} already")
    options = made.parse_args(words)
    ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)  # so that the CPU of what a tool leaves behind is counted too
    wanted = [each for each in contestants(options) if not options.only or each.name.split()[-1] in options.only]
    print(shown(taken(wanted, options.runs)))
    return 0


def contestants(options: argparse.Namespace) -> list[Contestant]:
    fix = [sys.executable, "-m", "autosd", "fix", ".", "--json", "--model", "openai:gpt-4o"]
    aider = environment("aider", options.aider) / "bin" / "aider"
    mini = environment("mini", options.mini) / "bin" / "mini"
    environment("project")
    test = ".venv/bin/python -m pytest -q"
    return [
        Contestant("autosd edit", (BLOCK,), lambda url: [*fix, "--strategy", "edit"]),
        Contestant("autosd agent", tuple(map(_calls, AGENT_TURNS)), lambda url: [*fix, "--strategy", "agent"]),
        Contestant(
            "aider",
            (BLOCK, "fix: per cent"),
            lambda url: [
                str(aider), "--model", "openai/gpt-4o", "--message", "The test in tests/test_prices.py fails. Fix prices.py.",
                "--yes-always", "--auto-test", "--test-cmd", test, "--no-check-update", "--analytics-disable", "--no-show-model-warnings",
                "--no-show-release-notes", "--no-detect-urls", "--no-gitignore", "prices.py",
            ],
        ),
        Contestant(
            "mini",
            tuple(_calls([("bash", {"command": command})]) for command in (
                f"{test}; cat prices.py",
                "sed -i 's|RATE // 10$|RATE // 100|' prices.py",
                test,
                "echo COMPLETE_TASK_AND_SUBMIT_FINAL_OUTPUT && git diff",
            )),
            lambda url: [
                str(mini), "--yolo", "--exit-immediately", "--cost-limit", "0", "--model", "openai/gpt-4o",
                "--task", "The test in tests/test_prices.py fails. Fix prices.py.", "--output", "trajectory.json",
            ],
        ),
    ]  # fmt: skip


AGENT_TURNS: tuple[list[tuple[str, dict[str, Any]]], ...] = (
    [("read_file", {"path": "prices.py"})],
    [("edit_file", {"path": "prices.py", "old": WRONG, "new": RIGHT})],
    [("finish", {"summary": "a rate is per cent"})],
)


def _calls(calls: list[tuple[str, dict[str, Any]]]) -> dict[str, Any]:
    return {"calls": [{"name": name, "arguments": arguments} for name, arguments in calls]}


def taken(contestants: Sequence[Contestant], runs: int) -> dict[str, list[Taken]]:
    """One round to warm caches and environments, then the measured ones; the tools take turns, so that a busy machine is busy for all."""
    found: dict[str, list[Taken]] = {each.name: [] for each in contestants}
    with folder_of_its_own() as homes:
        for contestant in contestants:
            _price_list(homes / contestant.name)
        for number in range(runs + 1):
            for contestant in contestants:
                print(f"{contestant.name}: run {number} of {runs}", file=sys.stderr, flush=True)
                found[contestant.name].append(once(contestant, homes / contestant.name))
    return {name: all_of_them[1:] for name, all_of_them in found.items()}


def once(contestant: Contestant, home: Path) -> Taken:
    with folder_of_its_own() as folder, ModelServer(contestant.answers) as server:
        write_project(folder / "prices", PROJECT)
        shutil.copytree(environment("project"), folder / "prices" / ".venv", symlinks=True, copy_function=os.link)
        before, began = _cpu(), time.perf_counter()
        done = subprocess.run(
            list(contestant.words(server.url)), cwd=folder / "prices", env=_variables(server.url, home), capture_output=True, text=True
        )
        wall = time.perf_counter() - began
        _reap()
        _check(contestant, done, folder / "prices")
        return Taken(wall, _cpu() - before, len(server.requests))


def _check(contestant: Contestant, done: subprocess.CompletedProcess[str], project: Path) -> None:
    """A tool that did not bring the fix is not measured."""
    if contestant.name.startswith("autosd"):
        good = done.returncode == 0 and RIGHT.strip() in json.loads(done.stdout)["diff"]
    else:
        good = RIGHT in (project / "prices.py").read_text()
    if not good:
        raise SystemExit(f"{contestant.name} brought no fix:\n{done.stdout[-3000:]}\n{done.stderr[-3000:]}")


def _variables(url: str, home: Path) -> Mapping[str, str]:
    return {
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
        "HOME": str(home),
        "AUTOSD_HOME": str(home / "autosd"),
        "LANG": "C.UTF-8",
        "OPENAI_API_KEY": "sk-nobody",
        "OPENAI_BASE_URL": f"{url}/v1",
        "OPENAI_API_BASE": f"{url}/v1",
        "LITELLM_LOCAL_MODEL_COST_MAP": "True",
        "MSWEA_CONFIGURED": "true",
        "MSWEA_COST_TRACKING": "ignore_errors",
        "PYTHONDONTWRITEBYTECODE": "",
        "GIT_AUTHOR_NAME": "A Person", "GIT_AUTHOR_EMAIL": "person@example.org",
        "GIT_COMMITTER_NAME": "A Person", "GIT_COMMITTER_EMAIL": "person@example.org",
    }  # fmt: skip


def _price_list(home: Path) -> None:
    """aider would fetch it from the network, and wait for that where there is none."""
    caches = home / ".aider" / "caches"
    caches.mkdir(parents=True)
    (caches / "model_prices_and_context_window.json").write_text(
        json.dumps({"gpt-4o": {"max_tokens": 16384, "max_input_tokens": 128000, "litellm_provider": "openai", "mode": "chat"}})
    )


def environment(name: str, given: Path | None = None) -> Path:
    folder = given or BENCH / f"agent-{name}"
    if not given and not (folder / ".installed").is_file():
        shutil.rmtree(folder, ignore_errors=True)
        subprocess.run([sys.executable, "-m", "venv", str(folder)], check=True)
        pip(folder / "bin" / "python", "install", AGENTS.get(name, PYTEST))
        (folder / ".installed").touch()
    return folder


def _cpu() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _reap() -> None:
    """What a tool left behind ends by itself; its CPU counts when it was waited for."""
    until = time.monotonic() + 10
    while time.monotonic() < until:
        try:
            if os.waitpid(-1, os.WNOHANG)[0] == 0:
                time.sleep(0.02)
        except ChildProcessError:
            return


def shown(found: Mapping[str, Sequence[Taken]]) -> str:
    """Medians, and each tool as a part of the cheaper of the two others."""
    walls = {name: statistics.median(run.wall for run in runs) for name, runs in found.items()}
    cpus = {name: statistics.median(run.cpu for run in runs) for name, runs in found.items()}
    others = [name for name in found if not name.startswith("autosd")]
    rows = []
    for name, runs in found.items():
        parts = (
            (f"{walls[name] / min(walls[o] for o in others):.2f}", f"{cpus[name] / min(cpus[o] for o in others):.2f}")
            if others
            else ("-", "-")
        )
        rows.append((name, runs[0].asked, f"{walls[name]:.2f}", f"{cpus[name]:.2f}", *parts))
    head = ("tool", "questions", "wall, s", "CPU, s", "wall beside the quicker agent", "CPU beside the cheaper agent")
    return table(head, rows)


if __name__ == "__main__":
    sys.exit(main())
