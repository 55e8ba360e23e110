"""The table of defects that can be rewritten without a model. Worst first: that is the order in which they are offered."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from autosd.coding.codemod import closures, expressions, files, handlers, names
from autosd.coding.codemod.module import Finding, Module


@dataclass(frozen=True)
class Rule:
    """``like`` are the linters' codes for the same defect; ``find`` None: ruff finds and fixes it."""

    code: str
    like: tuple[str, ...]
    severity: float  # 0 to 1
    sentence: str
    why: str  # what stays the same, or which defect changes
    find: Callable[[Module], Iterable[Finding]] | None = None


RULES: tuple[Rule, ...] = (
    Rule("mutable-default", ("B006",), 0.9, "a default value that all calls share",
         "calls that give the argument do the same; those that do not get a fresh value each", closures.mutable_defaults),
    Rule("late-binding", ("B023",), 0.9, "a closure that sees the last value of a loop's variable",
         "the value of the turn is kept in a default; this is what the loop reads like", closures.bound_too_late),
    Rule("return-in-finally", ("B012", "SIM107"), 0.85, "a return in finally that swallows exceptions",
         "without an exception the same is returned; with one it is no longer lost", handlers.returns_in_finally),
    Rule("assert-tuple", ("F631",), 0.85, "an assertion on a tuple, which never fails",
         "the message was meant as a message: the assertion is now made", expressions.asserted_tuple),
    Rule("swallowed-interrupt", ("E722", "BLE001"), 0.8, "an except that also hides KeyboardInterrupt and SystemExit",
         "every Exception is handled as before; only the two that end a program get through", handlers.swallows_interrupts),
    Rule("shadowed-builtin", ("A001",), 0.8, "a local value that hides the builtin which is called beside it",
         "the local has another name; the call, which raised TypeError, reaches the builtin", names.shadowed_builtins),
    Rule("is-literal", ("F632",), 0.75, "an identity test against a literal",
         "equal is what was meant; identity of literals depends on the interpreter", expressions.is_with_literal),
    Rule("left-open", ("SIM115",), 0.7, "a file that is opened and not closed",
         "the same is read or written; the file is closed at once, also when an exception passes", files.left_open),
    Rule("export-of-nothing", ("F822",), 0.7, "a name in __all__ that the module does not have",
         "importing everything works; nothing else reads the entry", names.exports_of_nothing),
    Rule("doubled-key", ("F601",), 0.6, "a key that a dict gives twice",
         "the last value won before and is the only one now, at the same place", expressions.doubled_keys),
    Rule("lost-cause", ("B904",), 0.5, "an exception raised in except that does not name its cause",
         "the same exception is raised; its cause is told as a cause", handlers.loses_cause),
    Rule("equals-none", ("E711",), 0.5, "a comparison to None by equality",
         "the same for all objects whose equality knows None; queries and masks are left alone", expressions.compared_to_none),
    Rule("doubled-element", ("B033",), 0.4, "an element that a set gives twice",
         "a set has it once in any case", expressions.doubled_elements),
    Rule("dead-code", ("PLW0101",), 0.4, "statements behind a return, raise, continue or break",
         "they never run; those that make a generator or a local variable are left", names.dead_code),
    Rule("F811", ("F811",), 0.4, "an import that is imported again unused", "ruff's safe fix: the second one stands"),
    Rule("F841", ("F841",), 0.3, "a local variable that nobody reads", "its value has no effect: constants and names only"),
    Rule("F401", ("F401",), 0.3, "an import that nobody uses", "ruff's safe fix; packages' own imports are left"),
    Rule("E713", ("E713", "E714"), 0.2, "not x in y", "ruff's safe fix: the same operator, written as one"),
    Rule("F541", ("F541",), 0.1, "an f-string without placeholders", "ruff's safe fix: the same text"),
)  # fmt: skip


def chosen(codes: Iterable[str]) -> tuple[Rule, ...]:
    """The rules by our code or a linter's; all without any."""
    wanted = set(codes)
    return tuple(rule for rule in RULES if not wanted or rule.code in wanted or wanted & set(rule.like))
