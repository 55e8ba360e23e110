"""Writes the reference pages that follow from the code: settings, rules, errors, commands. ``--check`` only says which are stale.

python tools/reference.py            write docs/reference/{settings,rules,errors,cli}.md
python tools/reference.py --check    exit 1 when one of them is stale
"""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import groupby
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
PAGES = ROOT / "docs" / "reference"
CODE = re.compile(r"AUTOSD-[A-Z0-9]+(-[A-Z0-9]+)*")


def main(arguments: list[str]) -> int:
    stale = [name for name, text in pages().items() if not (PAGES / name).exists() or (PAGES / name).read_text("utf-8") != text]
    if "--check" in arguments:
        sys.stdout.writelines(f"stale: docs/reference/{name} (run: python tools/reference.py)\n" for name in stale)
        return 1 if stale else 0
    PAGES.mkdir(parents=True, exist_ok=True)
    for name in stale:
        (PAGES / name).write_text(pages()[name], "utf-8")
        sys.stdout.write(f"wrote docs/reference/{name}\n")
    return 0


def pages() -> dict[str, str]:
    sys.path.insert(0, str(ROOT / "tools"))  # also when a test loads this file by its path
    from reference_cli import cli_page

    return {"settings.md": settings_page(), "rules.md": rules_page(), "errors.md": errors_page(), "cli.md": cli_page()}


def _table(head: tuple[str, ...], rows: Iterator[tuple[str, ...]] | list[tuple[str, ...]]) -> str:
    lines = [head, tuple("---" for _ in head), *rows]
    return "\n".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in lines)


# ---- settings ----------------------------------------------------------------------------------------------------------------

SETTINGS_HEAD = """# Settings

Generated from the table in `autosd/settings/table.py` by `tools/reference.py`. See what holds here, and who said so, with
`autosd config show`.

From weak to strong: the default; `autosd.toml` in autosd's home; `autosd.toml` of the project; the environment; options of the
command. Of several environment names the first one listed wins. Outside that order:

- **strict**: the value named in the table wins whoever says it; no source can loosen it.
- **adds up**: the values of all sources count together.

A project's `autosd.toml` is untrusted. It may say only what the column *project* allows: *yes* (harmless: it steers what runs
inside the sandbox), *stricter* (the strict value, or more of a list that forbids). Anything else in it is refused, and so are
unknown names. An empty environment variable counts as unset. Flags read 1/true/yes/y/on and 0/false/no/n/off.

Two switches of the guides need no setting, because they are always on: the artifact (`AUTO_PR`) and the verification in the sandbox
(`SANDBOX_VERIFY`); without a sandbox nothing runs.
"""


def settings_page() -> str:
    from autosd.settings.table import TABLE

    head = ("setting", "environment", "default", "what it does", "project")
    parts = [SETTINGS_HEAD]
    rows = sorted(TABLE, key=lambda row: "." in row.name)  # a stable sort: general ones first, else the table's order
    for section, group in groupby(rows, key=lambda row: row.name.rpartition(".")[0]):
        parts.append(f"## {section or 'General'}\n\n" + _table(head, map(_setting, group)))
    return "\n\n".join(part.strip() for part in parts) + "\n"


def _setting(row: Any) -> tuple[str, ...]:
    from autosd.settings.table import Merge

    names = ", ".join(f"`{name}`" for name in row.env_names)
    shown = row.kind.show(row.default)
    merge = f" **Strict**: {row.kind.show(row.strict)}." if row.merge is Merge.STRICT else ""
    merge = " **Adds up.**" if row.merge is Merge.UNION else merge
    sentence = f"{row.sentence} ({row.kind.name}: {row.kind.allowed}){merge}"
    return f"`{row.name}`", names, f"`{shown}`" if shown else "unset", sentence, row.project


# ---- rules -------------------------------------------------------------------------------------------------------------------

RULES_HEAD = """# Rules

Generated from `autosd/governance/first_rules.py` by `tools/reference.py`. A rule can only object; what no rule objects to may be
done; all objections come back together, each with its code and what would lift it (`autosd policy explain`). A change that was refused
ends with the word of the first objection in this order; where the guides have a reason of their own (`auto_push_blocked`,
`cooldown_active`, `grant_expired`), `refused:` is followed by that reason.
"""


def rules_page() -> str:
    from autosd.domain.changes import Word
    from autosd.domain.decisions import Action
    from autosd.governance.first_rules import FIRST_RULES
    from autosd.governance.rules import GOVERNED

    def row(rule: Any) -> tuple[str, ...]:
        result = f"refused:{rule.name}" if rule.word is Word.REFUSED else str(rule.word)
        stops = "everything" if rule.actions == GOVERNED else ", ".join(action for action in Action if action in rule.actions)
        return f"`{rule.name}`", rule.sentence, stops, f"`{rule.code}`", f"`{result}`"

    waiting = ", ".join(f"`{action}`" for action in Action if action not in GOVERNED)
    unknown = (
        "`unknown_action`",
        "An action without rules of its own is refused; so is everything under an empty rule set."
        + (f" Today: {waiting}." if waiting else ""),
        "any other",
        "`AUTOSD-ACTION-UNKNOWN`",
        "`refused:unknown_action`",
    )
    table = _table(("rule", "sentence", "stops", "code", "a change ends as"), [unknown, *map(row, FIRST_RULES)])
    return f"{RULES_HEAD}\n{table}\n\n{_paths_section()}\n"


def _paths_section() -> str:
    from autosd.governance.paths import PROTECTED_PATTERNS, SECRET_PARTS, SECRET_PATTERNS

    def listed(patterns: tuple[str, ...]) -> str:
        return ", ".join(f"`{pattern}`" for pattern in patterns)

    return f"""## Paths

No change touches a path that contains {listed(SECRET_PARTS)} or fits {listed(SECRET_PATTERNS)}; nor one that is absolute, has `..`,
control characters, backslashes, colons, invisible characters, or components with spaces or dots at their edges.

Protected, besides what `governance.protected_paths` adds: {listed(PROTECTED_PATTERNS)}.

Patterns read as in an ignore file, whatever the case: without a leading slash they fit at any depth."""


# ---- errors ------------------------------------------------------------------------------------------------------------------

ERRORS_HEAD = """# Error codes

Generated from the code by `tools/reference.py`. A message reads `[CODE] what is wrong. Hint: what to do.` Codes are stable; the
words may change. Exit codes: 0 done, 1 it could not be done, 2 refused or asked for wrongly, 130 interrupted.
"""


@dataclass
class Said:
    """Everything that the code says under one error code."""

    messages: dict[str, None] = field(default_factory=dict)
    remedies: dict[str, None] = field(default_factory=dict)


def errors_page() -> str:
    said: dict[str, Said] = {}
    for path in sorted((ROOT / "autosd").rglob("*.py")):
        for code, message, remedy in _errors_in(ast.parse(path.read_text("utf-8"))):
            entry = said.setdefault(code, Said())
            entry.messages.update({message: None} if message else {})
            entry.remedies.update({remedy: None} if remedy else {})
    for code, sentence in _rule_sentences().items():
        said.setdefault(code, Said()).messages = {sentence: None}
    rows = [(f"`{code}`", _joined(said[code].messages), _joined(said[code].remedies)) for code in sorted(said)]
    return f"{ERRORS_HEAD}\n{_table(('code', 'what is wrong', 'what to do'), rows)}\n"


def _rule_sentences() -> dict[str, str]:
    from autosd.governance.first_rules import FIRST_RULES

    return {rule.code: f"Rule `{rule.name}`: {rule.sentence}" for rule in FIRST_RULES}


def _joined(texts: dict[str, None]) -> str:
    return "<br>".join(text.replace("<", "&lt;").replace("\n", " ") for text in texts)


def _errors_in(tree: ast.AST) -> Iterator[tuple[str, str, str]]:
    """Every place that names a code: with its message and remedy, where they stand beside it."""
    for scope in ast.walk(tree):
        if isinstance(scope, ast.FunctionDef | ast.AsyncFunctionDef) or (isinstance(scope, ast.AnnAssign) and scope.col_offset == 0):
            names = _assigned(scope)
            for node in ast.walk(scope):
                if isinstance(node, ast.Call) and (found := _error(node, names)):
                    yield found
    for node in ast.walk(tree):
        if isinstance(node, ast.Tuple) and len(node.elts) == 2 and (code := _code(node.elts[0])):
            yield code, "", _words(node.elts[1], {})


def _error(call: ast.Call, names: dict[str, ast.expr]) -> tuple[str, str, str] | None:
    codes = [place for place, argument in enumerate(call.args) if _code(argument)]
    if not codes or getattr(call.func, "id", "") == "Rule":  # a rule's sentence is read from the rule itself
        return None
    code, *rest = call.args[codes[0] :]
    message, remedy, *_ = [*(_words(argument, names) for argument in rest), "", ""]
    return _code(code), message, remedy


def _code(node: ast.expr) -> str:
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) and CODE.fullmatch(node.value) else ""


def _assigned(function: ast.AST) -> dict[str, ast.expr]:
    pairs = [node for node in ast.walk(function) if isinstance(node, ast.Assign) and len(node.targets) == 1]
    return {node.targets[0].id: node.value for node in pairs if isinstance(node.targets[0], ast.Name)}


def _words(node: ast.expr, names: dict[str, ast.expr]) -> str:
    """Text as a reader sees it: what is filled in at run time stands as an ellipsis."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    if isinstance(node, ast.JoinedStr):
        return "".join(_words(part, {}) if isinstance(part, ast.Constant) else "…" for part in node.values)
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        return _words(node.left, names) + _words(node.right, names)
    if isinstance(node, ast.Name) and node.id in names:
        return _words(names[node.id], {})
    return "…"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
