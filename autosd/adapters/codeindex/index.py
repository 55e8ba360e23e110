"""The ``Retriever`` port on the index: brings it up to date, asks all searches at once, keeps to a number of tokens."""

from __future__ import annotations

import hashlib
import os
import sqlite3
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from autosd.adapters.codeindex.asking import asked
from autosd.adapters.codeindex.budget import passages_of, within
from autosd.adapters.codeindex.fusing import Hit, fuse
from autosd.adapters.codeindex.looking import Listing
from autosd.adapters.codeindex.past import Commits, Head, Past, bring_past_up_to_date
from autosd.adapters.codeindex.searching import Searcher
from autosd.adapters.codeindex.tables import forget, open_tables, reading
from autosd.adapters.codeindex.updating import Brought, Memo, bring_up_to_date
from autosd.domain.passages import Passage
from autosd.domain.tokens import CountTokens, estimate

#: Symbols that are looked through for passages; far more than any budget takes.
_MOST = 60

#: How well earlier changes of the project went, by path, from -1 (all taken back) to 1 (all kept).
Success = Callable[[], Mapping[str, float]]


@dataclass
class CodeIndex:
    """Satisfies ``Retriever``. One project has one database, whichever of its folders (checkouts, snapshots) is asked about:
    files of equal path and content are read once. ``project`` is the folder its owner works in, and whose past counts.
    """

    caches: Path
    project: Path | None = None
    listing: Listing | None = None
    head: Head | None = None
    commits: Commits | None = None
    success: Success | None = None
    count: CountTokens = estimate
    _connections: dict[Path, sqlite3.Connection] = field(default_factory=dict, repr=False)
    _memo: Memo = field(default_factory=dict, repr=False)
    _lock: threading.RLock = field(default_factory=threading.RLock, repr=False)

    def update(self, root: Path) -> Brought:
        """Bring the index up to date with ``root``."""
        root = Path(os.path.realpath(root))
        with self._lock, self._opened(root) as connection:
            return self._bring(connection, root)

    def search(self, root: Path, words: str, *, limit: int = 10, look: bool = True) -> list[Passage]:
        """The ``limit`` best places for ``words`` in ``root`` as it is now; without a ``look`` at it, as it was at the last one."""
        root = Path(os.path.realpath(root))
        with self._lock, self._opened(root) as connection:
            if look:
                self._bring(connection, root)
            return list(passages_of(root, self._hits(connection, root, words, limit)))

    def passages(self, root: Path, words: str, *, tokens: int) -> Sequence[Passage]:
        """See ``Retriever``."""
        return within(self.search(root, words, limit=_MOST), tokens, self.count)

    def close(self) -> None:
        with self._lock:
            for connection in self._connections.values():
                connection.close()
            self._connections.clear()

    def _bring(self, connection: sqlite3.Connection, root: Path) -> Brought:
        brought = bring_up_to_date(connection, root, self.listing, self._memo)
        id = _root_id(connection, root)
        if self.head and self.commits and id:
            bring_past_up_to_date(connection, id, self.project or root, self.head, self.commits)
        return brought

    def _hits(self, connection: sqlite3.Connection, root: Path, words: str, limit: int) -> list[Hit]:
        with reading(connection):
            id = _root_id(connection, root)
            if not id:
                return []
            success = self.success() if self.success else {}
            return fuse(Searcher(connection, id), asked(words), Past(connection, id), success, limit)

    @contextmanager
    def _opened(self, root: Path) -> Iterator[sqlite3.Connection]:
        """The project's database. One that turns out broken is thrown away, and the next question makes it anew."""
        file = self._file(root)
        connection = self._connections.get(file)
        if connection is None:
            self._memo.clear()
            connection = self._connections[file] = open_tables(file)
        try:
            yield connection
        except sqlite3.DatabaseError as error:
            if not isinstance(error, sqlite3.OperationalError):
                self._connections.pop(file).close()
                forget(file)
            raise

    def _file(self, root: Path) -> Path:
        key = hashlib.sha256(os.fsencode(os.path.realpath(self.project or root))).hexdigest()[:20]
        return self.caches / f"{key}.db"


def _root_id(connection: sqlite3.Connection, root: Path) -> int:
    row = connection.execute("SELECT id FROM roots WHERE path = ?", (str(root),)).fetchone()
    return int(row[0]) if row else 0
