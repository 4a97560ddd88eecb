"""Spark: Spark Connect servers over the tables of the sandbox's own Unity Catalog.

The sandbox's user has a server in the sandbox's own workspace that always runs. Every other pair of a
workspace and a user gets one when it is first asked for (0.1 s, 50 MB), which reads its catalogs with that
user's token, and loses it when nobody has used it for a while.
"""

from __future__ import annotations

import threading
from hashlib import sha256

from mlops_sandbox.context import DEFAULT_USER, DEFAULT_WORKSPACE, Sandbox
from mlops_sandbox.databricks.account.access_tokens import standing_token
from mlops_sandbox.databricks.unity import catalogs
from mlops_sandbox.spark_process import SparkProcess

#: Seconds without a session after which a server other than the first ends, and how often this is looked at.
_IDLE_SECONDS = 300.0
_LOOK_SECONDS = 30.0


class SparkServer:
    """The Spark Connect servers that task processes and SQL statements run on."""

    name = "spark"

    def __init__(self, sandbox: Sandbox) -> None:
        self._sandbox = sandbox
        self._standing = SparkProcess(sandbox, DEFAULT_WORKSPACE, "spark", sandbox.token)
        self._others: dict[tuple[str, str], SparkProcess] = {}
        self._lock = threading.Lock()
        self._stopping = threading.Event()
        self._watch = threading.Thread(target=self._end_idle, name="Spark servers", daemon=True)

    def start(self) -> None:
        """Begin; the server needs some seconds."""
        catalogs.ensure_default(self._sandbox.metastore())
        self._standing.start()
        self._watch.start()

    def stop(self) -> None:
        """End the servers and all their sessions."""
        self._stopping.set()
        with self._lock:
            for server in self._others.values():
                server.stop()
            self._others.clear()
        self._standing.stop()
        if self._watch.is_alive():
            self._watch.join()

    def leave(self, workspace: str) -> None:
        """End the servers of a workspace that is being deleted."""
        with self._lock:
            gone = [self._others.pop(key) for key in list(self._others) if key[0] == workspace]
        for server in gone:
            server.stop()

    def status(self) -> dict[str, object]:
        """Whether the first server takes sessions, and where; how many others there are."""
        told = self._standing.status()
        return {**told, "others": len(self._others)} if self._others else told

    def remote(self, workspace: str, user: str, timeout: float = 60.0) -> str:
        """The address for `SparkSession.builder.remote`, of a server that is up.

        Args:
            workspace: whose catalogs the sessions see.
            user: whose grants decide what they may read.
            timeout: seconds to wait while it starts; a 503 ``ApiError`` after them.
        """
        server = self._of(workspace, user)
        server.wait(timeout)
        return server.remote()

    def _of(self, workspace: str, user: str) -> SparkProcess:
        if (workspace, user) == (DEFAULT_WORKSPACE, DEFAULT_USER):
            return self._standing
        with self._lock:
            server = self._others.get((workspace, user))
            if server is None:
                name = f"spark-{sha256(f'{workspace}/{user}'.encode()).hexdigest()[:12]}"
                token = standing_token(self._sandbox, workspace, user)
                server = self._others[workspace, user] = SparkProcess(self._sandbox, workspace, name, token)
                server.start()
        return server

    def _end_idle(self) -> None:
        while not self._stopping.wait(_LOOK_SECONDS):
            with self._lock:
                idle = [key for key, each in self._others.items() if each.idle_seconds() > _IDLE_SECONDS]
                gone = [self._others.pop(key) for key in idle]
            for server in gone:
                server.stop()
