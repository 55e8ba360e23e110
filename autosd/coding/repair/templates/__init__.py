"""All families of edits. Importing this package fills the registry."""

from autosd.coding.repair.templates import (
    calls,
    classes,
    conditions,
    constants,
    failures,
    guards,
    history,
    insertions,
    names,
    omissions,
    operators,
    reuse,
    sequences,
    statements,
    terms,
    wrapping,
)
from autosd.coding.repair.templates.base import REGISTRY, Choice, Point, Template

__all__ = ["REGISTRY", "Choice", "Point", "Template"]
__all__ += [
    "calls",
    "classes",
    "conditions",
    "constants",
    "failures",
    "guards",
    "history",
    "insertions",
    "names",
    "operators",
    "reuse",
    "sequences",
    "statements",
]
__all__ += ["omissions", "terms", "wrapping"]
