"""The sandbox's state: JSON documents in one SQLite file, by workspace, kind and key.

Every write is committed before the call that made it is answered, so a sandbox that is killed
starts again with all that it had acknowledged.
"""

from __future__ import annotations

import json
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

Document = dict[str, Any]

_SCHEMA = """
CREATE TABLE IF NOT EXISTS documents (
    workspace TEXT NOT NULL,
    kind TEXT NOT NULL,
    key TEXT NOT NULL,
    body TEXT NOT NULL,
    PRIMARY KEY (workspace, kind, key)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS counters (name TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;
"""


class Database:
    """One SQLite file in WAL mode, safe to use from any thread."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch(mode=0o600)
        self._connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        self._connection.execute("PRAGMA journal_mode=WAL")
        self._connection.execute("PRAGMA synchronous=NORMAL")
        self._connection.executescript(_SCHEMA)
        self._lock = threading.RLock()
        self._depth = 0

    def close(self) -> None:
        """Close the file; nothing may be asked of it afterwards."""
        with self._lock:
            self._connection.close()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All writes inside are kept together, or none of them when the block raises."""
        with self._lock:
            if self._depth:
                yield
                return
            self._connection.execute("BEGIN IMMEDIATE")
            self._depth = 1
            try:
                yield
                self._connection.execute("COMMIT")
            except BaseException:
                # A commit may fail too, and SQLite undoes some failures itself.
                if self._connection.in_transaction:
                    self._connection.execute("ROLLBACK")
                raise
            finally:
                self._depth = 0

    def execute(self, statement: str, *values: Any) -> list[tuple[Any, ...]]:
        """Run one statement and return its rows."""
        with self._lock:
            return self._connection.execute(statement, values).fetchall()

    def next_id(self, name: str, start: int = 1) -> int:
        """The next number of a counter; a number is never given twice."""
        with self.transaction():
            rows = self.execute("SELECT value FROM counters WHERE name = ?", name)
            value = int(rows[0][0]) + 1 if rows else start
            self.execute("INSERT OR REPLACE INTO counters VALUES (?, ?)", name, value)
            return value


@dataclass(frozen=True)
class Store:
    """The documents of one workspace."""

    database: Database
    workspace: str
    _: None = field(default=None, repr=False)

    def transaction(self) -> Any:
        """See :meth:`Database.transaction`."""
        return self.database.transaction()

    def next_id(self, name: str, start: int = 1) -> int:
        """The next number of this workspace's counter of that name."""
        return self.database.next_id(f"{self.workspace}/{name}", start)

    def get(self, kind: str, key: str) -> Document | None:
        """The document, or None."""
        rows = self.database.execute(
            "SELECT body FROM documents WHERE workspace = ? AND kind = ? AND key = ?",
            self.workspace,
            kind,
            key,
        )
        return json.loads(rows[0][0]) if rows else None

    def put(self, kind: str, key: str, body: Document) -> Document:
        """Write the document, whether or not it is there, and return it."""
        self.database.execute(
            "INSERT OR REPLACE INTO documents VALUES (?, ?, ?, ?)",
            self.workspace,
            kind,
            key,
            json.dumps(body, separators=(",", ":")),
        )
        return body

    def delete(self, kind: str, key: str) -> bool:
        """Remove the document; False when it was not there."""
        with self.transaction():
            there = self.get(kind, key) is not None
            self.database.execute(
                "DELETE FROM documents WHERE workspace = ? AND kind = ? AND key = ?",
                self.workspace,
                kind,
                key,
            )
            return there

    def items(self, kind: str, prefix: str = "") -> list[tuple[str, Document]]:
        """All documents of a kind whose key starts with the prefix, ordered by key."""
        rows = self.database.execute(
            "SELECT key, body FROM documents WHERE workspace = ? AND kind = ? AND substr(key, 1, ?) = ? "
            " ORDER BY key",
            self.workspace,
            kind,
            len(prefix),
            prefix,
        )
        return [(key, json.loads(body)) for key, body in rows]

    def documents(self, kind: str, prefix: str = "") -> list[Document]:
        """As :meth:`items`, the bodies alone."""
        return [body for _, body in self.items(kind, prefix)]

    def clear(self) -> None:
        """Remove every document; counters stay, so that no number is given again."""
        self.database.execute("DELETE FROM documents WHERE workspace = ?", self.workspace)
