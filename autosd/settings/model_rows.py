"""The rows of models and the strategies that use them: a part of the table, which takes over every row of this file."""

from __future__ import annotations
