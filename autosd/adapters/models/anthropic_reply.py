"""Reading Anthropic's messages: a reply as it grows from the events of a stream, or from one whole answer."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from autosd.adapters.models.reading import count, items, mapping, sayable, text, why_empty
from autosd.domain.models import Finish, Reply, ToolCall, Usage

_FINISH = {
    "end_turn": Finish.STOP,
    "stop_sequence": Finish.STOP,
    "max_tokens": Finish.LENGTH,
    "model_context_window_exceeded": Finish.LENGTH,
    "tool_use": Finish.TOOLS,
    "refusal": Finish.FILTERED,
}

#: Where the pieces of a block stand in the events, by its kind.
_PIECES = {"text": "text", "thinking": "thinking", "tool_use": "partial_json"}


@dataclass
class _Block:
    """A part of the answer: text, a tool call with its arguments as text, or a thought with its ``seal``."""

    kind: str
    id: str = ""
    name: str = ""
    said: str = ""
    input: Any = None
    seal: str = ""

    @property
    def thought(self) -> dict[str, str]:
        if self.kind == "redacted_thinking":
            return {"type": self.kind, "data": self.seal}
        return {"type": self.kind, "thinking": self.said, "signature": self.seal}


class AnthropicSaid:
    """What was said so far."""

    def __init__(self) -> None:
        self.begun = False
        self.ended = False
        self.error: Mapping[str, Any] = {}  # told in place of an answer
        self.written = 0
        self._blocks: dict[int, _Block] = {}
        self._finish = ""
        self._told: dict[str, int] = {}

    def add(self, event: Mapping[str, Any]) -> str:
        """The new text in it."""
        kind = event.get("type")
        if kind == "message":
            return self._whole(event)
        if kind == "message_start":
            self.begun = True
            self._count(mapping(event.get("message")).get("usage"))
        elif kind == "content_block_start":
            return self._open(event.get("index"), mapping(event.get("content_block")))
        elif kind == "content_block_delta":
            return self._grow(event.get("index"), mapping(event.get("delta")))
        elif kind == "message_delta":
            self._finish = text(mapping(event.get("delta")).get("stop_reason"))
            self._count(event.get("usage"))
        elif kind == "message_stop":
            self.ended = True
        elif "error" in event:
            self.error = mapping(event.get("error"))
        return ""

    def _whole(self, message: Mapping[str, Any]) -> str:
        self.begun = self.ended = isinstance(message.get("content"), list)
        for place, block in enumerate(items(message.get("content"))):
            self._open(place, mapping(block))
        self._finish = text(message.get("stop_reason"))
        self._count(message.get("usage"))
        return "".join(block.said for block in self._blocks.values() if block.kind == "text")

    def _open(self, index: Any, block: Mapping[str, Any]) -> str:
        said = text(block.get("text")) or text(block.get("thinking"))
        place = index if isinstance(index, int) else len(self._blocks)
        self._blocks[place] = _Block(text(block.get("type")), text(block.get("id")), text(block.get("name")), said, block.get("input"))
        self._blocks[place].seal = text(block.get("signature")) or text(block.get("data"))
        return said if block.get("type") == "text" else ""

    def _grow(self, index: Any, delta: Mapping[str, Any]) -> str:
        block = self._blocks.get(index) if isinstance(index, int) else None
        if block is None:
            return ""
        piece = text(delta.get(_PIECES.get(block.kind, "partial_json")))
        block.said += piece
        block.seal += text(delta.get("signature"))
        return piece if block.kind == "text" else ""

    def _count(self, usage: Any) -> None:
        """The last figures that are told stand: those of the beginning are only a part."""
        for name, value in mapping(usage).items():
            if value is not None:
                self._told[name] = count(value)

    def reply(self, name: str) -> Reply:
        blocks = [block for _, block in sorted(self._blocks.items())]
        whole = "".join(block.said for block in blocks if block.kind == "text")
        calls = tuple(
            ToolCall(block.id or f"call_{place}", block.name, _arguments(block))
            for place, block in enumerate(blocks)
            if block.kind == "tool_use" and block.name
        )
        finish = _FINISH.get(self._finish, Finish.OTHER if self._finish else Finish.STOP)
        refusal = whole if finish is Finish.FILTERED else ""
        thoughts = [block.thought for block in blocks if block.kind in ("thinking", "redacted_thinking")] if calls else []
        told = json.dumps(thoughts) if thoughts else ""
        reply = Reply("" if refusal else sayable(whole), calls, name, self._usage(), finish, thoughts=told)
        return replace(reply, reason=why_empty(finish, refusal)) if reply.empty else reply

    def _usage(self) -> Usage:
        """Here what came from the cache, and what was put into it, is counted beside the other input tokens; with us it is among them."""
        cached, self.written = self._told.get("cache_read_input_tokens", 0), self._told.get("cache_creation_input_tokens", 0)
        return Usage(self._told.get("input_tokens", 0) + cached + self.written, self._told.get("output_tokens", 0), cached)


def _arguments(block: _Block) -> str:
    """As the model wrote them; a whole answer has them read already."""
    if block.said:
        return block.said
    return json.dumps(block.input) if isinstance(block.input, dict) and block.input else "{}"
