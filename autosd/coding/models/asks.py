"""What can be told of an ask without sending it: its hash, the most it may take, and how it looks when it is made simpler."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from autosd.domain.models import Ask, Message, Reply, Role, Tool, ToolCall
from autosd.domain.prompts import EXAMPLES, parts_of


def prompt_hash(model: str, ask: Ask) -> str:
    """Two asks have the same hash when a model gets the same words, tools and limits. Tags, purpose and time change nothing."""
    return hashlib.sha256(json.dumps([model, wire_of(ask)], sort_keys=True).encode()).hexdigest()


def prompt_fingerprint(ask: Ask) -> str:
    """Guide S3's: SHA-256 of the system's text, a newline, and what is asked."""
    system, examples, rest = parts_of(ask)
    asked = "\n\n".join(_said(each) for each in (*examples, *rest))
    return hashlib.sha256(("\n\n".join(each.text for each in system) + "\n" + asked).encode("utf-8", "surrogatepass")).hexdigest()


def _said(message: Message) -> str:
    return message.text + "".join(f"\n{call.name} {call.arguments}" for call in message.calls)


def wire_of(ask: Ask) -> dict[str, Any]:
    """The part of an ask that reaches a model, as JSON."""
    return {
        "messages": [_message(each) for each in ask.messages],
        "tools": [[tool.name, tool.description, _plain(tool.parameters)] for tool in ask.tools],
        "max_tokens": ask.max_tokens,
        "temperature": ask.temperature,
    }


def _message(message: Message) -> list[Any]:
    said = [str(message.role), message.text, [[each.id, each.name, each.arguments] for each in message.calls], message.answers]
    return [*said, message.thoughts] if message.thoughts else said


def _plain(schema: Mapping[str, Any]) -> Any:
    return json.loads(json.dumps(dict(schema), default=dict))


def ask_from_wire(wire: Mapping[str, Any], *, purpose: str = "") -> Ask:
    """What ``wire_of`` wrote. Raises ``ValueError`` for what it never wrote."""
    try:
        messages = tuple(
            Message(Role(role), str(text), tuple(ToolCall(str(a), str(b), str(c)) for a, b, c in calls), str(answers), "".join(thoughts))
            for role, text, calls, answers, *thoughts in wire["messages"]
        )
        tools = tuple(Tool(str(name), str(sentence), dict(schema)) for name, sentence, schema in wire["tools"])
        return Ask(messages, tools, max_tokens=int(wire["max_tokens"]), temperature=float(wire["temperature"]), purpose=purpose)
    except (KeyError, TypeError) as error:
        raise ValueError(f"no ask: {error}") from None


@dataclass(frozen=True)
class Simplifying:
    """Guide S2's ``SIMPLIFY_PROMPT_*``: what the last try leaves out."""

    drop_system: bool = True
    examples: int = 0  # how many stay


def simplified(ask: Ask, how: Simplifying) -> Ask:
    """The same question without the system's text and without examples, as far as ``how`` says."""
    system, examples, rest = parts_of(ask)
    kept = examples[: how.examples]
    known = {name: value for name, value in ask.metadata.items() if name != EXAMPLES}
    if kept:
        known[EXAMPLES] = str(len(kept))
    return replace(ask, messages=(*(() if how.drop_system else system), *kept, *rest), metadata=known)


def most_tokens(ask: Ask) -> int:
    """More than any tokenizer in use makes of what is sent: half of the letters, every digit and every byte of another alphabet.

    It is what is put aside for an ask until the provider has counted.
    """
    texts = [_said(each) for each in ask.messages]
    texts += [f"{tool.name}{tool.description}{json.dumps(_plain(tool.parameters))}" for tool in ask.tools]
    return sum(map(_most, texts)) + 16 * (len(ask.messages) + len(ask.tools)) + 16


def _most(text: str) -> int:
    letters = len(text)
    foreign = 0 if text.isascii() else len(text.encode("utf-8", "surrogatepass")) - letters
    digits = sum(map(text.count, "0123456789"))
    return digits + foreign * 2 + (letters - digits + 1) // 2


def nothing(reply: Reply) -> str:
    """Why a reply is none; empty when it is one."""
    if not reply.empty:
        return ""
    if reply.reason:
        return reply.reason
    return f"empty completion ({reply.finish})"
