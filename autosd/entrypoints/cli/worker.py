"""``autosd worker``: unattended work, from what was approved to what was built."""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from autosd.entrypoints.cli.shell import Shell
from autosd.entrypoints.cli.values import OfSetting, Said

if TYPE_CHECKING:
    from autosd.acts.work.working import Worker

#: How long builds may go on after SIGTERM before they are broken off and given back.
GRACE_SECONDS = 60.0


@click.command(
    short_help="Unattended work: scan, build, judge.",
    help="""Scans each project every hour (worker.scan_seconds), queues approved proposals, builds them one after the other, notes what was
merged, judges what came of it, and answers regressions. It acts unattended: it needs SELFCODING_ENABLED=1, or a grant.
Two workers never build one proposal, and never work in one repository at the same time.

SIGTERM or Ctrl-C: nothing new is begun, and what runs may end (for a minute; a second signal breaks it off). What was broken off is
given back. A killed worker loses nothing: its job is taken up by the next one when its lease of a minute has run out.

\b
Examples:
  autosd worker                        until it is stopped
  autosd worker --once                 one pass, then end: for cron and timers
  autosd worker --concurrency 2        two builds at a time
  autosd worker --preauth-grant G      act on this grant
""",
)
@click.option("--once", is_flag=True, help="One pass over everything that may run now, then end.")
@click.option("--concurrency", type=click.IntRange(1, 64), default=1, show_default=True, metavar="N", help="Builds at a time.")
@click.option("--interval", type=OfSetting("queue.poll_seconds"), default=None, metavar="S", help="Seconds between looks.  [default: 30]")
@click.option("--preauth-grant", "grant", type=Said(), default=None, metavar="GRANT", help="Act on this grant: its id or its token.")
@click.option("--write", is_flag=True, help="Ask for direct writes: done only where S4's gate for normal mode lets them pass.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object on stdout when it ends.")
@click.pass_obj
def worker(shell: Shell, once: bool, concurrency: int, interval: float | None, grant: str | None, write: bool, as_json: bool) -> None:
    from autosd.acts.work.rounds import Rounds
    from autosd.acts.work.working import Worker
    from autosd.entrypoints.cli.children import ChildBuild, run_errand
    from autosd.entrypoints.cli.opening import opened, principal
    from autosd.settings import table

    with opened(shell, None, {"queue.poll_seconds": interval}) as app:
        who = principal(unattended=True)
        build = ChildBuild(grant or "", write, app.settings[table.SELF_BUILD_SECONDS])
        rounds = Rounds(app, who, run_errand, grant or "")
        workers = [Worker(app, who, build, grant or "", rounds, write) for _ in range(concurrency)]
        _hear_signals(workers)
        threads = [threading.Thread(target=_run, args=(each, once, app.settings[table.QUEUE_POLL])) for each in workers]
        for thread in threads:
            thread.start()
        _wait_for(threads, workers)
    done = {name: sum(getattr(each.tally, name) for each in workers) for name in vars(workers[0].tally)}
    if as_json:
        from autosd.entrypoints.cli.failures import print_object

        print_object({"result": "stopped" if workers[0].stop.is_set() else "ok", **done})
    else:
        click.echo(", ".join(f"{value} {name.replace('_', ' ')}" for name, value in done.items()))


def _run(worker: Worker, once: bool, poll: float) -> None:
    """A pass that fails is told in the log, and the next one comes after the usual wait."""
    from autosd.acts.work.working import logger
    from autosd.domain.errors import AutosdError

    while not worker.stop.is_set():
        try:
            done = worker.pass_once()
        except AutosdError as error:
            done = 0
            logger.error("a pass failed: [%s] %s", error.code, error.message)
            click.echo(f"[{error.code}] {error.message} Hint: {error.remedy}", err=True)
        if once:
            break
        if not done:
            _idle(worker, poll)
    worker.gone()


def _idle(worker: Worker, poll: float) -> None:
    """Until something may be claimed, or the next look is due; in slices, so that a stop is heard."""
    until = time.monotonic() + poll
    while not worker.stop.is_set() and (left := until - time.monotonic()) > 0:
        if worker.app.queue.wait(min(1.0, left)):
            return


def _hear_signals(workers: Sequence[Worker]) -> None:
    def stop(signum: int, frame: object) -> None:
        for each in workers:
            if each.stop.is_set():
                each.break_off.set()
            each.stop.set()

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)


def _wait_for(threads: Sequence[threading.Thread], workers: Sequence[Worker]) -> None:
    stopped_at = 0.0
    while any(thread.is_alive() for thread in threads):
        for thread in threads:
            thread.join(0.2)
        if workers[0].stop.is_set():
            stopped_at = stopped_at or time.monotonic()
            if time.monotonic() - stopped_at > GRACE_SECONDS:
                for each in workers:
                    each.break_off.set()
