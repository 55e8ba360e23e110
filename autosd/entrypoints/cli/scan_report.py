"""What a scan found, for people and for machines."""

from __future__ import annotations

from collections import Counter
from typing import Any

import click

from autosd.acts.work.scanning import Scan, told_left
from autosd.domain.proposals import Proposal, ProposalStatus
from autosd.entrypoints.cli.tables import print_table
from autosd.views.proposals import proposal_object

MOST_LEFT = 10


def scan_object(found: Scan) -> dict[str, Any]:
    left = [
        {
            "kind": each.opportunity.name,
            "subject": each.opportunity.subject,
            "what": each.opportunity.signals[0].summary,
            "reason": each.reason,
            "why": sentence,
            "priority": each.score.priority if each.score else None,
            "paths": list(each.opportunity.paths),
        }
        for each, sentence in told_left(found.left)
    ]
    return {
        "result": "proposed" if found.proposed else "nothing_new",
        "project": found.project,
        "saved": found.saved,
        "seen": len(found.signals),
        "expired": found.expired,
        "sources": [{"source": each.source, "signals": each.signals, "problem": each.problem} for each in found.looked],
        "proposals": [proposal_object(each) for each in found.proposed],
        "not_proposed": left,
        "seconds": round(found.seconds, 3),
    }


def show_scan(found: Scan) -> None:
    if found.proposed:
        print_table(("proposal", "kind", "what", "risk", "priority", "effect"), (_row(each) for each in found.proposed))
        click.echo()
        for each in found.proposed:
            click.echo(f"{each.id[:8]}  {_why(each)}")
    else:
        click.echo("Nothing new to propose.")
    _show_left(found)
    for looked in found.looked:
        if looked.problem:
            click.echo(f"Could not look with {looked.source}: {looked.problem}", err=True)
    click.echo(_end(found))


def _row(proposal: Proposal) -> list[str]:
    return [proposal.id[:8], proposal.kind, proposal.title, str(proposal.risk), f"{proposal.priority:.2f}", proposal.expected_effect]


def _why(proposal: Proposal) -> str:
    lines = proposal.description.splitlines() or [proposal.title]
    more = f" (and {len(lines) - 1} more)" if len(lines) > 1 else ""
    approved = "  [approved without a person]" if proposal.status is ProposalStatus.APPROVED else ""
    return f"{lines[0]}{more}{approved}"


def _show_left(found: Scan) -> None:
    if not found.left:
        return
    counts = Counter(each.reason for each in found.left)
    said = ", ".join(f"{count} {reason.replace('_', ' ')}" for reason, count in counts.most_common())
    click.echo(f"\nSeen and not proposed: {len(found.left)} ({said})")
    for each, sentence in list(told_left(found.left))[:MOST_LEFT]:
        click.echo(f"  {each.opportunity.name}: {each.opportunity.signals[0].summary[:160]}\n    {sentence}")
    if len(found.left) > MOST_LEFT:
        click.echo(f"  ... and {len(found.left) - MOST_LEFT} more: --json tells them all.")


def _end(found: Scan) -> str:
    blind = sum(bool(each.problem) for each in found.looked)
    looked = f"{len(found.looked) - blind} of {len(found.looked)} sources looked, {len(found.signals)} signals, {found.seconds:.1f} s."
    if not found.saved:
        return f"\n{looked} Nothing was kept."
    if not found.proposed:
        return f"\n{looked}"
    return f"\n{looked}\nSay yes or no: autosd proposals approve {found.proposed[0].id[:8]}, or autosd proposals reject ... --reason TEXT"
