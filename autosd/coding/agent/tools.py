"""What a model may do in a conversation: each tool with its arguments, and one place that answers every call, the wrong ones too."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from autosd.coding.agent import looking
from autosd.coding.agent.arguments import BadArguments, read_arguments
from autosd.coding.agent.fence import Fence
from autosd.coding.agent.matching import NoMatch, replaced
from autosd.coding.agent.trying import Trying
from autosd.coding.agent.workspace import NotAllowed, Workspace
from autosd.coding.repair.source import parse_error
from autosd.domain.models import Tool, ToolCall
from autosd.governance.redaction import MASK
from autosd.ports import Retriever
from autosd.ports.road import Snapshot


def _tool(tool: str, sentence: str, required: str = "", **properties: str) -> Tool:
    kinds: dict[str, Any] = {
        key: {"type": "array", "items": {"type": "string"}} if kind == "array" else {"type": kind} for key, kind in properties.items()
    }
    return Tool(tool, sentence, {"type": "object", "properties": kinds, "required": required.split()})


TOOLS = (
    _tool("list_files", "Paths of the project's files, under a folder or fitting a glob.", under="string", glob="string"),
    _tool("read_file", "Lines of a file, numbered from 1.", "path", path="string", start="integer", end="integer"),
    _tool("search_text", "Lines that hold exactly these words.", "words", words="string", under="string", any_case="boolean"),
    _tool("find_symbol", "Where a Python function, class or module-level name is defined.", "name", name="string"),
    _tool(
        "edit_file",
        "Replace a piece of a file. `old` must stand in it exactly once, as it is, with its indentation.",
        "path old new", path="string", old="string", new="string",
    ),
    _tool("write_file", "Make a new file, or write one again that you made.", "path text", path="string", text="string"),
    _tool("undo_file", "Take back every change of a file.", "path", path="string"),
    _tool("run_tests", "Run tests in the sandbox: none named: those that fail; `all`: the whole suite.", tests="array"),
    _tool("finish", "Say that the change is complete, in one sentence.", "summary", summary="string"),
)  # fmt: skip
FIND_CODE = _tool("find_code", "The places of the project that have most to do with some words.", "words", words="string")


@dataclass(frozen=True)
class Finished:
    """The model says that it is done."""

    summary: str


class Toolbox:
    """Answers calls. Whatever a call is, the answer is a text of at most ``most`` characters, or ``Finished``."""

    def __init__(
        self, workspace: Workspace, trying: Trying, fence: Fence, *, snapshot: Snapshot, retriever: Retriever | None, most: int
    ) -> None:
        self._workspace, self._trying, self._fence, self._most = workspace, trying, fence, most
        self._snapshot, self._retriever = snapshot, retriever
        self.tools = (*TOOLS, FIND_CODE) if retriever else TOOLS
        self._by_name = {tool.name: tool for tool in self.tools}
        self._do: Mapping[str, Callable[[dict[str, Any]], str | Finished]] = {
            "list_files": lambda a: looking.listed(workspace, a.get("under", ""), a.get("glob", "")),
            "read_file": lambda a: looking.numbered(workspace, a["path"], a.get("start", 1), a.get("end", 0)),
            "search_text": lambda a: looking.searched(workspace, a["words"], a.get("under", ""), any_case=a.get("any_case", False)),
            "find_symbol": lambda a: looking.defined(workspace, a["name"]),
            "edit_file": self._edit,
            "write_file": self._write,
            "undo_file": self._undo,
            "run_tests": lambda a: trying.run(a.get("tests", ())),
            "find_code": self._find,
            "finish": lambda a: Finished(a["summary"]),
        }

    def answer(self, call: ToolCall) -> str | Finished:
        """What came of a call. What tools show of the project stands in the fence; a mistake is told outside of it."""
        tool = self._by_name.get(call.name)
        if tool is None:
            return f"error: there is no tool {call.name[:80]!r}; there are {', '.join(self._by_name)}"
        try:
            done = self._do[call.name](read_arguments(tool.parameters, call.arguments))
        except (BadArguments, NotAllowed, NoMatch) as error:
            return f"error: {error}"
        if isinstance(done, Finished):
            return done
        return self._fence.around(cut(done, self._most), call.name)

    def fenced(self, text: str) -> str:
        return self._fence.around(cut(text, self._most), "run_tests")

    def _edit(self, given: dict[str, Any]) -> str:
        path = self._workspace.checked(given["path"])
        return self._put(path, replaced(self._workspace.read(path), given["old"], given["new"]))

    def _write(self, given: dict[str, Any]) -> str:
        path = self._workspace.checked(given["path"])
        if not self._workspace.is_new(path):
            raise NotAllowed(f"{path} is there already: change it with edit_file")
        return self._put(path, given["text"])

    def _put(self, path: str, text: str) -> str:
        if text.count(MASK) > (self._workspace.before(path) or "").count(MASK):
            raise NotAllowed(f"{MASK} stands for a secret that you were not shown; leave that line as it is")
        self._workspace.write(path, text)
        broken = parse_error(text) if path.endswith(".py") else None
        if broken is not None:
            return f"{path} is written, but it does not compile: {broken.msg} in line {broken.lineno}"
        return f"{path} is written"

    def _undo(self, given: dict[str, Any]) -> str:
        path = self._workspace.checked(given["path"])
        return f"{path} is as it was" if self._workspace.restore(path) else f"{path} was not changed"

    def _find(self, given: dict[str, Any]) -> str:
        assert self._retriever is not None
        found = self._retriever.passages(self._snapshot.root, given["words"], tokens=self._most // 4)
        shown = [each for each in found if self._workspace.refusal(each.path) is None]
        if not shown:
            raise NotAllowed("nothing was found")
        return "\n\n".join(f"{each.path}:{each.start}-{each.end} {each.symbol}\n{each.text}" for each in shown)


def cut(text: str, most: int) -> str:
    """Head and tail, where a text is longer than ``most``."""
    if len(text) <= most:
        return text
    head = most * 2 // 3
    return f"{text[:head]}\n[... {len(text) - most} characters left out ...]\n{text[len(text) - (most - head) :]}"
