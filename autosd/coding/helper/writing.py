"""Writes a helper: asks the model and checks what it answers. Without a model, code that is there already may be what was asked for."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from autosd.coding.helper.checking import helper_of, lines_of
from autosd.coding.helper.parts import Helper, Origin, Parts
from autosd.coding.helper.prompt import prompt_for
from autosd.domain.memories import CodeRecord
from autosd.domain.prompts import ask_of
from autosd.ports import Talk

NO_MODEL = "no model is configured"
_SMALL = frozenset(re.findall(r"\w+", "a an and as by for from in into is it its of on or that the this to with helper function write add"))


def write_helper(talk: Talk | None, description: str, path: str, parts: Parts) -> Helper:
    """Never a stub: what cannot be written is empty, and says why."""
    if talk is None:
        return _from_snippets(description, parts) or Helper(degraded=True, reason=NO_MODEL)
    prompt = prompt_for(description, path, parts)
    reply = talk.reply(ask_of(prompt, purpose="helper"))
    first = parts.snippets[0].cid if parts.snippets else 0
    made = Helper("", Origin.MODEL, reply.degraded, "", reply.model or talk.model, reply.usd, prompt.user, first)
    if reply.empty:
        return replace(made, origin=Origin.NOBODY, degraded=True, reason=reply.reason or "empty completion")
    text, why = lines_of(reply.text) if parts.region else helper_of(reply.text)
    return replace(made, text=text) if text else replace(made, origin=Origin.NOBODY, degraded=True, reason=why)


def _from_snippets(description: str, parts: Parts) -> Helper | None:
    """A stored function whose name and summary have every word of the request: it is what was asked for."""
    wanted = _words(description)
    for each in parts.snippets if wanted and not parts.region else ():
        text, _ = helper_of(each.code)
        if text and wanted <= _words(_said(each, text)):
            return Helper(text, Origin.SNIPPET, reason=NO_MODEL, snippet=each.cid)
    return None


def _said(record: CodeRecord, text: str) -> str:
    names = re.findall(r"(?:def|class) (\w+)", text)
    return " ".join([record.summary, *names])


def _words(text: str) -> frozenset[str]:
    pieces: Sequence[str] = re.findall(r"[a-z]+|\d+", re.sub(r"([a-z])([A-Z])", r"\1 \2", text).lower())
    return frozenset(each for each in pieces if each not in _SMALL)
