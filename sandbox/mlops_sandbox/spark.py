"""Spark: Spark Connect servers over the tables of the sandbox's own Unity Catalog.

The sandbox's own workspace has a server that always runs. Other workspaces get theirs when it is first
asked for (0.1 s, 50 MB), and lose it when nobody has used it for a while.
"""

from __future__ import annotations

import threading

from mlops_sandbox.context import DEFAULT_WORKSPACE, Sandbox
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
        self._others: dict[str, SparkProcess] = {}
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
        """End the server of a workspace that is being deleted."""
        with self._lock:
            gone = self._others.pop(workspace, None)
        if gone is not None:
            gone.stop()

    def status(self) -> dict[str, object]:
        """Whether the first server takes sessions, and where; how many others there are."""
        told = self._standing.status()
        return {**told, "others": len(self._others)} if self._others else told

    def remote(self, workspace: str = DEFAULT_WORKSPACE, timeout: float = 60.0) -> str:
        """The address for `SparkSession.builder.remote`, of a server that is up.

        Args:
            workspace: whose catalogs the sessions see.
            timeout: seconds to wait while it starts; a 503 ``ApiError`` after them.
        """
        server = self._of(workspace)
        server.wait(timeout)
        return server.remote()

    def _of(self, workspace: str) -> SparkProcess:
        if workspace == DEFAULT_WORKSPACE:
            return self._standing
        with self._lock:
            server = self._others.get(workspace)
            if server is None:
                server = SparkProcess(self._sandbox, workspace, f"spark-{workspace}", self._sandbox.token)
                server.start()
                self._others[workspace] = server
        return server

    def _end_idle(self) -> None:
        while not self._stopping.wait(_LOOK_SECONDS):
            with self._lock:
                idle = [key for key, each in self._others.items() if each.idle_seconds() > _IDLE_SECONDS]
                gone = [self._others.pop(key) for key in idle]
            for server in gone:
                server.stop()
