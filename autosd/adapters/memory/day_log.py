"""S0's log for people: one Markdown file a day with an entry for each piece of code that was made."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from autosd.domain.errors import AutosdError
from autosd.governance.redaction import Redactor


@dataclass(frozen=True)
class SelfCodingLog:
    """Writes ``self-coding-log-YYYY-MM-DD.md`` in ``folder``; secrets are taken out."""

    folder: Path

    def log(self, at: datetime, *, module_id: str, purpose: str, language: str, description: str, code: str) -> Path:
        """Append one entry, in one write, so that entries of several processes do not mix; the file's path."""
        file = self.folder / f"self-coding-log-{at:%Y-%m-%d}.md"
        redactor = Redactor()
        fence = "`" * max(3, 1 + max(map(len, re.findall(r"`+", code)), default=0))  # code with fences of its own stays inside
        entry = (
            f"\n## {at:%H:%M:%S} {_line(redactor, module_id)}\n\n- Purpose: {_line(redactor, purpose)}\n"
            f"- Language: {_line(redactor, language)}\n- Description: {_line(redactor, description)}\n\n"
            f"{fence}{re.sub(r'[^a-z0-9+-]', '', language.lower())}\n{redactor.code(code).rstrip()}\n{fence}\n"
        )
        try:
            self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            opened = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
            with os.fdopen(opened, "ab") as out:
                out.write(entry.encode("utf-8", "backslashreplace"))
        except OSError as error:
            why = error.strerror or type(error).__name__
            remedy = "Set SELF_CODING_LOG_DIR to a folder that you may write."
            raise AutosdError("AUTOSD-LOG-UNUSABLE", f"{file}: {why}", remedy, exit_code=1) from error
        return file


def _line(redactor: Redactor, text: str) -> str:
    return " ".join(redactor.whole_text(text).split())
