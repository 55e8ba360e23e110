"""What a permit costs: the question (facts, policy, halts, grant and its counted use), the rules, the quota, both ends in the record.

``python -m benchmarks.permit [COUNT]``: SQLite, the record without sync; a line for each part and for the whole. Target: under 1 ms in
99 of 100 cases, whatever the length of the record.
"""

from __future__ import annotations

import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from autosd.acts.allowing.leave import open_office
from autosd.acts.allowing.questions import Asker, question
from autosd.acts.desk import opened_desk
from autosd.acts.projects import add
from autosd.app import open_app
from autosd.domain.actions import Action, Principal
from autosd.domain.grants import Capability, RequiredGates, Terms
from autosd.settings import load_settings

ROBOT = Principal("bench", attended=False)


def main(words: list[str]) -> int:
    count = int(words[0]) if words else 3000
    with tempfile.TemporaryDirectory() as folder:
        os.environ.update(AUTOSD_HOME=f"{folder}/home", AUTOSD_AUDIT_FSYNC="os", SELFCODING_QUOTA_PER_HOUR="1000000000")
        run(Path(folder) / "shop", count)
    return 0


def run(project: Path, count: int) -> None:
    project.mkdir()
    settings = load_settings(os.environ)
    with opened_desk(settings, Principal("owner", attended=True)) as desk:
        add(desk, project, "shop", "", "public")
    terms = Terms(
        project_ids=frozenset({"shop"}),
        capabilities=frozenset({Capability.AUTO_COMMIT}),
        required_gates=RequiredGates(quality_gates=False),
    )
    grant = open_office(settings, Principal("owner", attended=True)).create(terms, 1).id
    with open_app(settings, coders=()) as app:
        asker = Asker(ROBOT, project, grant)

        def permit(action: Action) -> None:
            with app.guard.permit(question(app, asker, action, paths=["src/a.py"], lines=3)):
                pass

        facts = question(app, asker, Action.COMMIT, paths=["src/a.py"], lines=3)
        show("the question: facts, policy, halts, grant, its use", lambda: question(app, asker, Action.COMMIT, paths=["src/a.py"]), count)
        show("the rules", lambda: app.guard.decide(facts), count)
        show("a whole permit to commit, both ends recorded", lambda: permit(Action.COMMIT), count)
        show("a whole permit to work, quota charged too", lambda: permit(Action.BUILD), count)


def show(name: str, act: Callable[[], object], count: int) -> None:
    for _ in range(20):
        act()
    times = []
    for _ in range(count):
        began = time.perf_counter()
        act()
        times.append((time.perf_counter() - began) * 1000)
    print(f"{name:52} p50 {statistics.median(times):6.3f} ms   p99 {statistics.quantiles(times, n=100)[98]:6.3f} ms", flush=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
