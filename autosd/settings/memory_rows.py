"""The rows of what is remembered of earlier work: a part of the table, which takes over every row of this file."""

from __future__ import annotations
