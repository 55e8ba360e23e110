"""The task in words, for an agent that knows nothing of autosd."""

from __future__ import annotations

from autosd.ports import Task

MOST = 20


def task_text(task: Task, request: str) -> str:
    """What to do, what fails and why, and what is not to be touched."""
    failing = task.diagnosis.failing
    by_id = {result.id: result.failure for result in task.diagnosis.run.results}
    lines = [request, ""] if request else []
    if failing:
        lines += ["Some tests of this project fail. Change the project so that they pass and no other test breaks.", ""]
    for test in failing[:MOST]:
        failure = by_id.get(test)
        lines.append(f"- {test}" + (f": {failure.kind}: {failure.message[:500]}" if failure else ""))
        lines += [f"    {frame.file}:{frame.line} in {frame.function}" for frame in (failure.frames[-5:] if failure else ())]
    lines += ["", "Make the smallest change that does it. Do not change any test: such changes are taken back."]
    return "\n".join(lines).strip() + "\n"
