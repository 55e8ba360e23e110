"""What is said to a model and what it answers. Everything a model says is untrusted data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any


class Role(StrEnum):
    SYSTEM = "system"
    USER = "user"
    ASSISTANT = "assistant"
    TOOL = "tool"


@dataclass(frozen=True)
class ToolCall:
    """``arguments`` is the JSON text as the model wrote it, whatever it is."""

    id: str
    name: str
    arguments: str


@dataclass(frozen=True)
class Message:
    """``calls`` belong to an ASSISTANT message; ``answers`` is the id of the call that a TOOL message answers. ``thoughts`` are what
    ``Reply.thoughts`` was."""

    role: Role
    text: str = ""
    calls: tuple[ToolCall, ...] = ()
    answers: str = ""
    thoughts: str = ""


@dataclass(frozen=True)
class Tool:
    """What a model may call; ``parameters`` is a JSON schema."""

    name: str
    description: str
    parameters: Mapping[str, Any]


@dataclass(frozen=True)
class Ask:
    """One question to a model. ``seconds`` is the longest one try may take; ``purpose`` names what it is for in the record."""

    messages: tuple[Message, ...]
    tools: tuple[Tool, ...] = ()
    max_tokens: int = 3000
    temperature: float = 0.2
    seconds: float = 30.0
    purpose: str = ""
    tags: tuple[str, ...] = ()
    metadata: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Usage:
    """Tokens as the provider counted them; ``cached_tokens`` are a part of ``input_tokens``."""

    input_tokens: int = 0
    output_tokens: int = 0
    cached_tokens: int = 0


class Finish(StrEnum):
    STOP = "stop"
    LENGTH = "length"
    TOOLS = "tools"
    FILTERED = "filtered"
    OTHER = "other"


@dataclass(frozen=True)
class Reply:
    """What came. No text and no calls: nothing came, and ``reason`` says why. ``degraded``: another model than the wanted one said it.

    ``thoughts`` is what a model thought before its calls, as JSON that its provider signed: it goes back as it came, with the calls.
    ``usd`` is by the price table, 0 where no price is known; ``seconds`` is wall time over all ``tries``.
    """

    text: str = ""
    calls: tuple[ToolCall, ...] = ()
    model: str = ""
    usage: Usage = Usage()
    finish: Finish = Finish.STOP
    usd: float = 0.0
    seconds: float = 0.0
    tries: int = 1
    degraded: bool = False
    reason: str = ""
    thoughts: str = ""

    @property
    def empty(self) -> bool:
        return not self.text.strip() and not self.calls
