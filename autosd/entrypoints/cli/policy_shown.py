"""How ``autosd policy`` tells what it found, to people and to machines."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

import click

from autosd.acts.allowing.policy import Past
from autosd.domain.decisions import Facts
from autosd.domain.grants import Presented, Reason
from autosd.entrypoints.cli.failures import print_object
from autosd.entrypoints.cli.tables import print_table
from autosd.governance.policy.changing import FIELDS, said, written
from autosd.governance.policy.explain import Explained
from autosd.governance.policy.files import Layer
from autosd.governance.policy.replay import Replayed
from autosd.governance.policy.showing import Answer
from autosd.governance.rules import GOVERNED, Rule

SHOWN = 50


def print_unfit(presented: Presented, reason: Reason, why: str, as_json: bool) -> None:
    """S3: status, reason and the grant's id."""
    if as_json:
        print_object({"result": "invalid", "status": "invalid", "reason": str(reason), "detail": why, "grant_id": presented.id})
    else:
        click.echo(f"status: invalid\nreason: {reason} ({why})\ngrant_id: {presented.id}")


def print_answers(
    found: Sequence[Answer], facts: Facts, layers: Sequence[Layer], rules: Sequence[Rule], grant: str, with_rules: bool, as_json: bool
) -> None:
    if as_json:
        print_object(
            {
                "result": "ok",
                "project": facts.project,
                "principal": facts.principal.name,
                "attended": facts.principal.attended,
                "grant_id": facts.presented.id if facts.presented else None,
                "halted": facts.halted,
                "policy": {key: _plain(said(facts.policy, where)) for key, where in FIELDS.items()},
                "layers": [{"layer": each.name, "file": str(each.place), "there": each.there, "says": _said(each)} for each in layers],
                "actions": [_answer_object(each) for each in found],
                "rules": [_rule_object(each) for each in rules],
            }
        )
        return
    who = facts.principal.name if facts.principal.attended else "unattended work"
    click.echo(f"{facts.project}, asked for {who}" + (f", with grant {facts.presented.id}" if facts.presented else ""))
    print_table(("action", "may be done", "decided by"), ([each.what, each.answer, each.decided_by] for each in found))
    click.echo("")
    print_table(("layer", "says", "file"), ([each.name, _says(each), str(each.place)] for each in layers))
    if with_rules:
        click.echo("")
        print_table(("rule", "code", "what it asks"), ([each.name, each.code, each.sentence] for each in rules))


def _says(layer: Layer) -> str:
    return ", ".join(f"{key} = {value}" for key, value in _said(layer).items()) or ("nothing" if layer.there else "-")


def _said(layer: Layer) -> dict[str, str]:
    return {key: written(layer.said[where]) for key, where in FIELDS.items() if where in layer.said}


def _plain(value: Any) -> Any:
    word = getattr(value, "word", None)
    return word or ([list(each) if isinstance(each, tuple) else each for each in value] if isinstance(value, tuple) else value)


def _answer_object(answer: Answer) -> dict[str, Any]:
    objections = [{"code": each.code, "rule": each.rule, "message": each.message, "remedy": each.remedy} for each in answer.objections]
    return {
        "action": str(answer.action),
        "environment": answer.environment or None,
        "answer": answer.answer,
        "decided_by": answer.decided_by,
        "objections": objections,
    }


def _rule_object(rule: Rule) -> dict[str, Any]:
    actions = "all" if rule.actions == GOVERNED else sorted(map(str, rule.actions))
    return {"rule": rule.name, "code": rule.code, "sentence": rule.sentence, "actions": actions}


def print_explanation(facts: Facts, found: Sequence[Explained], rules: int, as_json: bool) -> None:
    what = f"{facts.action} of {facts.project}"
    if as_json:
        answer = "refused" if found else "permitted"
        print_object({"result": answer, "action": str(facts.action), "project": facts.project, "objections": list(map(_why_object, found))})
    elif not found:
        click.echo(f"permitted: {what}. None of {rules} rules objects.")
    else:
        click.echo(f"refused: {what}. {len(found)} of {rules} rules object.")
        for each in found:
            click.echo("\n" + "\n".join(_lines(each)))


def _lines(each: Explained) -> list[str]:
    lines = [f"[{each.objection.code}] {each.objection.message}", f"  rule     {each.objection.rule}: {each.sentence}".rstrip()]
    lines += [f"  {'because' if not n else '':8} {fact.fact} is {fact.value} ({fact.origin})" for n, fact in enumerate(each.because)]
    lines += [f"  {'to lift' if not n else '':8} {todo}" for n, todo in enumerate(each.todo)]
    return lines if each.todo else [*lines, f"  to lift  {each.objection.remedy}"]


def _why_object(each: Explained) -> dict[str, Any]:
    no = each.objection
    return {
        "code": no.code,
        "rule": no.rule,
        "message": no.message,
        "remedy": no.remedy,
        "sentence": each.sentence,
        "because": [vars(fact) for fact in each.because],
        "flip": [{**vars(todo), "text": str(todo)} for todo in each.todo],
    }


def print_past(past: Past, as_json: bool) -> None:
    refused = sum(1 for each in past.different if each.now)
    if as_json:
        print_object(
            {
                "result": "ok",
                "decisions": past.decisions,
                "different": [_replayed_object(each) for each in past.different],
                "would_be_refused": refused,
                "would_be_permitted": len(past.different) - refused,
                "without_facts": past.without_facts,
                "unused_settings": list(past.unused),
            }
        )
        return
    click.echo(_summary(past, refused))
    if past.different:
        shown = past.different[-SHOWN:]
        rows = ([each.at[:19], str(each.facts.action), each.facts.project, _word(each.then), _word(each.now)] for each in shown)
        print_table(("time (UTC)", "action", "project", "then", "now"), rows)
        if len(past.different) > SHOWN:
            click.echo(f"The last {SHOWN} are shown; --json lists all.")
        codes = Counter(code for each in past.different for code in each.now)
        click.echo("".join(f"\n{count} x {code}" for code, count in codes.most_common()).strip())


def _summary(past: Past, refused: int) -> str:
    other = len(past.different) - refused
    lines = [f"{len(past.different)} of {past.decisions} decisions would have been different: {refused} refused, {other} permitted."]
    if not past.different:
        lines = [f"None of {past.decisions} decisions would have been different."]
    if past.without_facts:
        lines.append(f"{past.without_facts} more could not be made anew: the record has not kept what they were made on.")
    if past.unused:
        lines.append(f"No decision rests on: {', '.join(past.unused)}.")
    return "\n".join(lines)


def _word(codes: Sequence[str]) -> str:
    return ", ".join(codes) or "permitted"


def _replayed_object(each: Replayed) -> dict[str, Any]:
    return {
        "permit_id": each.id,
        "seq": each.seq,
        "at": each.at,
        "action": str(each.facts.action),
        "project": each.facts.project,
        "principal": each.facts.principal.name,
        "then": list(each.then),
        "now": list(each.now),
    }
