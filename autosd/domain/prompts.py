"""Prompts and answers in guide S2's words: plain values, and how they become an ask and come from a reply."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from autosd.domain.models import Ask, Message, Reply, Role

#: In an ask's metadata: how many of its messages, after those of the system, are examples. They are what is dropped first.
EXAMPLES = "examples"

_NONE: Mapping[str, Any] = MappingProxyType({})


@dataclass(frozen=True)
class Prompt:
    """What S2's parts hand to a model. ``vector_confidence`` and ``origin`` say where its context came from."""

    user: str
    system: str = ""
    examples: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    metadata: Mapping[str, Any] = field(default_factory=lambda: _NONE)
    vector_confidence: float | None = None
    origin: str = ""


@dataclass(frozen=True)
class LLMResult:
    """What came, as S2 reads it. ``text`` is empty when nothing did, and ``raw["reason"]`` says why; ``parsed`` is the caller's."""

    raw: Mapping[str, Any] = field(default_factory=lambda: _NONE)
    text: str = ""
    parsed: Any = None
    prompt_tokens: int | None = None
    completion_tokens: int | None = None
    input_tokens: int | None = None
    output_tokens: int | None = None
    cost: float | None = None
    latency_ms: float | None = None


def ask_of(prompt: Prompt, *, purpose: str = "", max_tokens: int = 3000, temperature: float = 0.2) -> Ask:
    """The system's text, then each example, then what is asked."""
    system = (Message(Role.SYSTEM, prompt.system),) if prompt.system else ()
    examples = tuple(Message(Role.USER, each) for each in prompt.examples)
    known = {name: str(value) for name, value in prompt.metadata.items()}
    if prompt.origin:
        known["origin"] = prompt.origin
    if examples:
        known[EXAMPLES] = str(len(examples))
    messages = (*system, *examples, Message(Role.USER, prompt.user))
    return Ask(messages, max_tokens=max_tokens, temperature=temperature, purpose=purpose, tags=prompt.tags, metadata=known)


def prompt_of(ask: Ask) -> Prompt:
    """The way back. What a conversation had before its last words becomes a part of ``user``."""
    system, examples, rest = parts_of(ask)
    known = {name: value for name, value in ask.metadata.items() if name not in (EXAMPLES, "origin")}
    return Prompt(
        user="\n\n".join(each.text for each in rest if each.text),
        system="\n\n".join(each.text for each in system),
        examples=tuple(each.text for each in examples),
        tags=ask.tags,
        metadata=known,
        origin=ask.metadata.get("origin", ""),
    )


def parts_of(ask: Ask) -> tuple[tuple[Message, ...], tuple[Message, ...], tuple[Message, ...]]:
    """The messages of the system, the examples, and what is asked with all that was said about it."""
    system = tuple(each for each in ask.messages if each.role is Role.SYSTEM)
    others = tuple(each for each in ask.messages if each.role is not Role.SYSTEM)
    said = ask.metadata.get(EXAMPLES, "")
    count = min(int(said), max(len(others) - 1, 0)) if said.isdecimal() and said.isascii() else 0
    return system, others[:count], others[count:]


def result_of(reply: Reply) -> LLMResult:
    """What is no success has an empty text and a reason."""
    raw: dict[str, Any] = {"model": reply.model, "finish": str(reply.finish), "tries": reply.tries}
    raw |= {"reason": reply.reason} if reply.reason else {}
    raw |= {"degraded": True} if reply.degraded else {}
    used = reply.usage
    return LLMResult(
        raw=raw,
        text="" if reply.empty else reply.text,
        prompt_tokens=used.input_tokens,
        completion_tokens=used.output_tokens,
        input_tokens=used.input_tokens,
        output_tokens=used.output_tokens,
        cost=reply.usd,
        latency_ms=reply.seconds * 1000,
    )
