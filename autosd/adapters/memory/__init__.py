"""What is remembered of earlier work, in SQLite files: exchanges with models, patches, pieces of code."""

from __future__ import annotations
