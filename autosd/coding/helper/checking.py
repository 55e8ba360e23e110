"""Whether what a model answered is code that does something; what is none is refused with the reason, never patched up or counted."""

from __future__ import annotations

import ast
import re
import textwrap

from autosd.coding.agent.stubs import stubs

MOST_CHARACTERS = 20_000
_FENCED = re.compile(r"^[ \t]*(```|~~~)[ \t]*[\w+-]*[ \t]*\n(.*?)\n?^[ \t]*\1[ \t]*$", re.M | re.S)


def unfenced(text: str) -> str:
    """The code between fences where there are some (all of it, in order), else the whole text."""
    blocks = [match[2] for match in _FENCED.finditer(text)]
    return "\n\n\n".join(blocks) if blocks else text


def helper_of(text: str) -> tuple[str, str]:
    """The code, ending in one newline, and why it is none (then the code is empty)."""
    code = textwrap.dedent(unfenced(text)).strip("\n").rstrip()
    if not code.strip():
        return "", "empty completion"
    if len(code) > MOST_CHARACTERS:
        return "", f"too long: {len(code)} characters, at most {MOST_CHARACTERS}"
    try:
        tree = ast.parse(code)
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        return "", f"no Python: {getattr(error, 'msg', None) or error}"
    defined = [node for node in tree.body if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)]
    if not defined:
        return "", "it defines nothing"
    if idle := stubs(None, code):
        return "", f"a stub: {', '.join(idle)}"
    if loose := next((node for node in tree.body if not _belongs(node)), None):
        return "", f"line {loose.lineno} runs when it is imported"
    return code + "\n", ""


def lines_of(text: str) -> tuple[str, str]:
    """The text for a region: it keeps its indentation, and parses only together with what is around it."""
    lines = unfenced(text).strip("\n").rstrip()
    if not lines.strip():
        return "", "empty completion"
    if len(lines) > MOST_CHARACTERS:
        return "", f"too long: {len(lines)} characters, at most {MOST_CHARACTERS}"
    return lines + "\n", ""


def defines(code: str) -> frozenset[str]:
    """What stands at the top of ``code`` by name."""
    named = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef
    return frozenset(node.name for node in ast.parse(code).body if isinstance(node, named))


def _belongs(node: ast.stmt) -> bool:
    """Definitions, imports, constants and texts."""
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef | ast.Import | ast.ImportFrom | ast.Assign | ast.AnnAssign):
        return True
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
