"""The inference log: requests are journaled before they are answered, and go to Delta in batches.

A row leaves the journal when the Delta log says that it is in the table, so a sandbox that is
killed at any moment writes what it had not written, and nothing twice.
"""

from __future__ import annotations

import json
import logging
import sqlite3
import threading
import time

import pyarrow as pa
from deltalake import CommitProperties, DeltaTable, Transaction, write_deltalake
from deltalake.exceptions import DeltaError

from mlops_sandbox.context import Sandbox
from mlops_sandbox.databricks.serving.payload_table import Entry, Target, arrow, location, row
from mlops_sandbox.errors import ApiError

_log = logging.getLogger(__name__)

#: Rows that go into one Delta commit at most.
_BATCH = 5_000
#: Commits after which a table's many small files are made into few.
_COMPACT_EVERY = 50
_APP = "mlops-sandbox-inference-log"

_SCHEMA = """
CREATE TABLE IF NOT EXISTS journal (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    workspace TEXT NOT NULL,
    target TEXT NOT NULL,
    legacy INTEGER NOT NULL,
    row TEXT NOT NULL
);
"""


class InferenceLog:
    """The journal, and the thread that empties it into the tables about once a second."""

    def __init__(self, sandbox: Sandbox, interval: float = 1.0) -> None:
        self._sandbox = sandbox
        self._interval = interval
        self._path = sandbox.home / "inference-log.db"
        self._path.touch(mode=0o600)
        self._journal = sqlite3.connect(self._path, isolation_level=None, check_same_thread=False)
        self._journal.execute("PRAGMA journal_mode=WAL")
        self._journal.execute("PRAGMA synchronous=NORMAL")
        self._journal.executescript(_SCHEMA)
        self._lock = threading.Lock()
        self._wake = threading.Condition(self._lock)
        self._waiting = bool(self._journal.execute("SELECT 1 FROM journal LIMIT 1").fetchone())
        self._stopping = False
        self._complained: set[str] = set()
        self._writer = threading.Thread(target=self._write_on, name="inference log", daemon=True)

    def start(self) -> None:
        """Begin to write."""
        self._writer.start()

    def stop(self) -> None:
        """Write what is left and end."""
        with self._wake:
            self._stopping = True
            self._wake.notify_all()
        if self._writer.is_alive():
            self._writer.join()
        self._flush()
        self._journal.close()

    def add(self, target: Target, entry: Entry) -> None:
        """Keep a request; when this returns, it survives the sandbox."""
        line = json.dumps(row(entry, target.legacy))
        with self._wake:
            self._journal.execute(
                "INSERT INTO journal (workspace, target, legacy, row) VALUES (?, ?, ?, ?)",
                (target.workspace, target.table, int(target.legacy), line),
            )
            self._waiting = True
            self._wake.notify_all()

    def _write_on(self) -> None:
        while True:
            with self._wake:
                self._wake.wait_for(lambda: self._waiting or self._stopping)
                if self._stopping:
                    return
            # Requests come in bursts: what arrives in this time goes into the same commit.
            time.sleep(self._interval)
            self._flush()

    def _flush(self) -> None:
        with self._lock:
            self._waiting = False
            targets = self._journal.execute(
                "SELECT DISTINCT workspace, target, legacy FROM journal"
            ).fetchall()
        for workspace, table, legacy in targets:
            try:
                while self._write_batch(Target(workspace, table, bool(legacy))):
                    pass
            except (ApiError, DeltaError, OSError, ValueError, pa.ArrowException) as error:
                self._complain(table, error)

    def _complain(self, table: str, error: Exception) -> None:
        """The rows stay in the journal and are tried again; the log says so once for each table."""
        if table not in self._complained:
            self._complained.add(table)
            _log.warning("Inference table %s can't be written, its rows wait: %s", table, error)

    def _write_batch(self, target: Target) -> bool:
        """Move some rows into the table; False when there are no more."""
        folder = location(self._sandbox, target)
        delta = DeltaTable(folder)
        written = delta.transaction_version(_APP)
        with self._lock:
            if written is not None:
                self._journal.execute(
                    "DELETE FROM journal WHERE workspace = ? AND target = ? AND id <= ?",
                    (target.workspace, target.table, written),
                )
            rows = self._journal.execute(
                "SELECT id, row FROM journal WHERE workspace = ? AND target = ? ORDER BY id LIMIT ?",
                (target.workspace, target.table, _BATCH),
            ).fetchall()
        if not rows:
            return False
        write_deltalake(
            delta,
            arrow([json.loads(line) for _, line in rows], target.legacy),
            mode="append",
            commit_properties=CommitProperties(app_transactions=[Transaction(_APP, rows[-1][0])]),
        )
        if delta.version() % _COMPACT_EVERY == 0:
            delta.optimize.compact()
        self._complained.discard(target.table)
        return True
