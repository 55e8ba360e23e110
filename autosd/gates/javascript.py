"""JavaScript for the static gate: the project's own eslint, run in the sandbox; where there is none, words that no change may add."""

from __future__ import annotations

import json
import re
import shutil
from collections import Counter
from pathlib import Path

from autosd.domain.sandboxing import Access, Command, Ending, Mount
from autosd.gates.context import GateContext

SUFFIXES = (".js", ".cjs", ".mjs", ".jsx", ".ts", ".tsx")
DENIED = {
    "child_process": r"\bchild_process\b",
    "process.exit": r"\bprocess\s*\.\s*(exit|abort|kill|binding|reallyExit)\b",
    "net": r"""require\(\s*['"](node:)?(net|dgram|tls|http|https|ws|fs|vm|worker_threads|cluster)(/[^'"]*)?['"]|"""
    r"""\bfrom\s+['"](node:)?(net|dgram|tls|http|https|ws|fs|vm|worker_threads|cluster)(/[^'"]*)?['"]""",
    "spawn": r"\b(spawn|spawnSync|exec|execSync|execFile|fork)\s*\((?!\s*\))",
    "eval": r"\beval\s*\(|\bnew\s+Function\s*\(|\bFunction\s*\(",
    "import()": r"\bimport\s*\(",
    "test framework": r"\b(jest|vitest|mocha|JEST_WORKER_ID|NODE_ENV)\b",
    "prototype": r"\b(Object|Array|String|Number|Function)\s*\.\s*prototype\s*(\.|\[)[^=\n]*=[^=]",
    "global": r"\b(globalThis|global)\s*(\.|\[)[^=\n]*=[^=]",
}
_Found = tuple[str, str, int, int]  # rule, message, line, severity


def javascript_findings(path: str, base: str, text: str, context: GateContext) -> list[_Found]:
    denied = _added_words(base, text)
    node, eslint = shutil.which("node"), context.snapshot.root / "node_modules" / "eslint" / "bin" / "eslint.js"
    if node is None or not eslint.is_file():
        return denied
    before, after = (_eslint(Path(node), eslint, path, source, context) for source in (base, text))
    known = Counter((rule, message) for rule, message, _, _ in before)
    new = []
    for found in after:
        known[found[:2]] -= 1
        if known[found[:2]] < 0:
            new.append(found)
    return denied + new


def _added_words(base: str, text: str) -> list[_Found]:
    """Denied words that ``text`` has more of than ``base``; comments are left in: hiding behind them is no service."""
    found: list[_Found] = []
    for name, pattern in DENIED.items():
        now = list(re.finditer(pattern, text))
        if len(now) > len(re.findall(pattern, base)):
            found.append(("denied", f"adds {name}", text.count("\n", 0, now[-1].start()) + 1, 3))
    return found


def _eslint(node: Path, eslint: Path, path: str, source: str, context: GateContext) -> list[_Found]:
    """Its configuration is code of the project: it runs in the sandbox, and what it says is only data."""
    root = context.snapshot.root
    argv = (str(node), str(eslint), "--format", "json", "--stdin", "--stdin-filename", str(root / path))
    mounts = (Mount(root, Access.SCRATCH), *(() if str(node).startswith("/usr/") else (Mount(node.parent.parent),)))
    env = {"PATH": f"{node.parent}:/usr/bin:/bin"}
    done = context.sandbox.run(Command(argv, root, mounts, env, context.policy.limits, source.encode()))
    try:
        told = json.loads(done.stdout) if done.ending is Ending.EXITED else None
        messages = [message for file in told for message in file["messages"]] if told else []
        return [(str(m.get("ruleId") or "syntax"), str(m["message"]), int(m.get("line", 0)), int(m["severity"])) for m in messages]
    except (ValueError, KeyError, TypeError):
        return []
