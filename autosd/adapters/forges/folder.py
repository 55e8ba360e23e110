"""A forge that is a folder: one JSON file a pull request. For work without a forge, and for tests of what needs one."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Sequence
from pathlib import Path

from autosd.adapters.private_files import write_beside
from autosd.domain.decisions import Action, Permit
from autosd.domain.errors import AutosdError
from autosd.domain.projects import is_project_id
from autosd.governance.permits import require
from autosd.ports import PullRequest

_FIELDS = ("title", "body", "head", "base", "state")


class FolderForge:
    """Satisfies ``Forge``: ``<root>/<project>/<number>.json`` with title, body, head, base and state. People may edit the state."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def ensure_pull_request(self, permit: Permit, project: str, *, head: str, base: str, title: str, body: str) -> PullRequest:
        """See ``Forge``. Two at once get two numbers, and the same head gets one: a link fails where a file is already."""
        require(permit, Action.OPEN_PR, project)
        folder = self._folder(project)
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        while True:
            known = self.pull_requests(project)
            if found := next((each for each in known if each.head == head), None):
                return found
            number = max((each.number for each in known), default=0) + 1
            file = folder / f"{number}.json"
            values = {"number": number, "title": title, "body": body, "head": head, "base": base, "state": "open"}
            draft = write_beside(file, json.dumps(values, indent=2).encode() + b"\n")
            try:
                file.hardlink_to(draft)
            except FileExistsError:
                continue  # another one took the number; it may be of this very head
            finally:
                draft.unlink()
            return PullRequest(**values, place=str(file))  # type: ignore[arg-type]

    def pull_requests(self, project: str) -> Sequence[PullRequest]:
        """See ``Forge``."""
        numbered = {int(file.stem): file for file in self._folder(project).glob("*.json") if re.fullmatch(r"[1-9]\d{0,8}", file.stem)}
        return [_read(number, file) for number, file in sorted(numbered.items())]

    def _folder(self, project: str) -> Path:
        """A project without an id is named by its folder, which is no name for one of ours."""
        name = project if is_project_id(project) else f"{Path(project).name or 'root'}-{hashlib.sha256(project.encode()).hexdigest()[:8]}"
        return self._root / name


def _read(number: int, file: Path) -> PullRequest:
    try:
        value = json.loads(file.read_bytes())
        return PullRequest(number=number, place=str(file), **{name: str(value[name]) for name in _FIELDS})
    except (OSError, ValueError, KeyError, TypeError) as error:
        remedy = "Correct that file, or move it away."
        raise AutosdError("AUTOSD-FORGE-INVALID", f"{file} is no pull request: {error}.", remedy, exit_code=1) from error
