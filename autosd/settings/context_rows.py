"""The rows of what a model is shown of a project: a part of the table, which takes over every row of this file."""

from __future__ import annotations
