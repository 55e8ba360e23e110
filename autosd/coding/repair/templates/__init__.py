"""All families of edits. Importing this package fills the registry."""

from autosd.coding.repair.templates import constants, names, operators
from autosd.coding.repair.templates.base import REGISTRY, Choice, Point, Template

__all__ = ["REGISTRY", "Choice", "Point", "Template", "constants", "names", "operators"]
