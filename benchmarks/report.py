"""Tables for people: plausible and correct always as a pair, times as percentiles, misses with their reason."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from benchmarks.records import Row


def table(head: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """A markdown table, its columns padded so that it reads well in a terminal too."""
    lines = [[str(cell).replace("|", "\\|") for cell in row] for row in (head, *rows)]
    widths = [max(len(line[column]) for line in lines) for column in range(len(head))]
    padded = ["| " + " | ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)) + " |" for line in lines]
    return "\n".join([padded[0], "|" + "|".join("-" * (width + 2) for width in widths) + "|", *padded[1:]])


def percentile(values: Sequence[float], share: float) -> float:
    """The smallest value that at least ``share`` of ``values`` do not exceed."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, max(0, -(-int(share * 1000) * len(ordered) // 1000) - 1))] if ordered else 0.0


def summary(name: str, rows: Sequence[Row]) -> str:
    """One line of the table that is published."""
    seconds = [row.seconds for row in rows]
    rates = [row.per_second for row in rows if row.evaluated >= 50]
    plausible = [row for row in rows if row.plausible]
    cells = [
        name,
        len(rows),
        len(plausible),
        sum(row.correct for row in rows),
        sum(row.original for row in rows),
        sum(row.suspect and not row.correct for row in plausible),
        f"{percentile(seconds, 0.5):.2f}",
        f"{percentile(seconds, 0.9):.2f}",
        f"{sum(seconds):.0f}",
        f"{percentile(rates, 0.5):.0f}" if rates else "-",
    ]
    head = ("set", "cases", "plausible", "correct", "original text", "wrong, said so", "median s", "90 % s", "sum s", "candidates/s")
    return table(head, [cells])


def details(rows: Sequence[Row]) -> str:
    """Every case on a line."""
    head = ("case", "result", "plausible", "correct", "s", "tried", "tried/s")
    cells = [(r.id, r.result, yes(r.plausible), yes(r.correct), f"{r.seconds:.2f}", r.evaluated, f"{r.per_second:.0f}") for r in rows]
    return table(head, cells)


def misses(rows: Sequence[Row]) -> str:
    """What templates and ranking still lack: the fault, what was answered, the first input that gave it away."""
    lines = []
    for row in rows:
        if row.correct:
            continue
        kind = "WRONG" if row.plausible else "NOT FIXED"
        lines.append(f"- {row.id}: {kind} ({row.result}{', suspect' if row.suspect else ''}); {row.fault or 'see the case'}")
        lines += [f"    {part}" for part in (row.miss, row.note) if part]
        if row.plausible:
            lines += [f"    {line}" for line in row.diff.splitlines() if line[:1] in "+-" and line[:3] not in ("+++", "---")]
    return "\n".join(lines) if lines else "no misses"


def yes(value: bool) -> str:
    return "yes" if value else "no"
