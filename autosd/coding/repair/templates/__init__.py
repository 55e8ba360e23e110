"""All families of edits. Importing this package fills the registry."""

from autosd.coding.repair.templates import conditions, constants, expressions, guards, insertions, names, operators, statements
from autosd.coding.repair.templates.base import REGISTRY, Choice, Point, Template

__all__ = [
    "REGISTRY",
    "Choice",
    "Point",
    "Template",
    "conditions",
    "constants",
    "expressions",
    "guards",
    "insertions",
    "names",
    "operators",
    "statements",
]
