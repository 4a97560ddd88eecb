"""One Spark Connect server (Sail, no JVM): for one workspace, reading its catalogs as one principal."""

from __future__ import annotations

import json
import os
import socket
import sys
import threading
import time
from pathlib import Path

from mlops_sandbox.context import Sandbox
from mlops_sandbox.databricks.unity import table_storage
from mlops_sandbox.databricks.unity.securables import DEFAULT_CATALOG
from mlops_sandbox.errors import ApiError
from mlops_sandbox.processes import QUIET_THREADS, Child
from mlops_sandbox.supervisor import Supervisor


class SparkProcess:
    """Keeps one server running.

    Sail reads its catalogs when it starts; each asks the workspace's Unity Catalog API. A full name whose
    catalog was made later (`local.flights.delays`) goes to the default catalog, and from there to the same
    API. Only `USE CATALOG` needs the catalog to be known: the server starts again (0.2 s) as soon as nobody
    is connected.
    """

    def __init__(self, sandbox: Sandbox, workspace: str, name: str, token: str) -> None:
        """Prepare it.

        Args:
            sandbox: the running sandbox.
            workspace: whose catalogs it shows.
            name: how its files are called.
            token: whose grants decide what it may read and write.
        """
        self._sandbox = sandbox
        self._workspace = workspace
        self._name = name
        self._token = token
        self._port_file = sandbox.runtime / f"{name}.port"
        self._supervisor = Supervisor("Spark", self._launch, self._answers)
        self._port = 0
        self._known: list[str] = []
        self._lock = threading.Lock()
        self._last_used = time.monotonic()

    def start(self) -> None:
        """Begin; the server needs a moment."""
        self._supervisor.start()

    def stop(self) -> None:
        """End the server and all its sessions."""
        self._supervisor.stop()

    def status(self) -> dict[str, object]:
        """Whether it takes sessions, and where."""
        self._follow_catalogs()
        told = self._supervisor.status()
        return {**told, "remote": self._address()} if told["state"] == "ready" else told

    def wait(self, timeout: float = 60.0) -> None:
        """Block until it takes sessions; a 503 ``ApiError`` after the timeout (seconds)."""
        self._supervisor.wait(timeout)

    def remote(self) -> str:
        """The address for `SparkSession.builder.remote`; a 503 ``ApiError`` before the server is ready."""
        self._last_used = time.monotonic()
        self._follow_catalogs()
        if not self._port:
            raise ApiError(503, "TEMPORARILY_UNAVAILABLE", "Spark is still starting; try again.")
        return self._address()

    def idle_seconds(self) -> float:
        """How long nobody has used it."""
        if self._port and _has_clients(self._port):
            self._last_used = time.monotonic()
        return time.monotonic() - self._last_used

    def _address(self) -> str:
        return f"sc://127.0.0.1:{self._port}"

    def _catalogs(self) -> list[str]:
        store = self._sandbox.metastore(self._workspace)
        return [str(each["name"]) for each in store.documents("catalog") if store.binding(each)]

    def _follow_catalogs(self) -> None:
        """Start again when there are other catalogs than at the start, and no session that it would end."""
        with self._lock:
            ready = self._supervisor.status()["state"] == "ready"
            if ready and self._catalogs() != self._known and not _has_clients(self._port):
                self._supervisor.restart()
                self._supervisor.wait()

    def _launch(self) -> Child:
        self._port_file.unlink(missing_ok=True)
        self._known = self._catalogs()
        listed = ", ".join(self._describe(name) for name in self._known)
        inherited = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
        env = {
            **inherited,
            "TZ": "UTC",
            **QUIET_THREADS,
            **table_storage.variables(self._sandbox.workspaces.url(self._workspace), self._token),
            "SAIL_CATALOG__LIST": f"[{listed}]",
            "SAIL_CATALOG__DEFAULT_CATALOG": DEFAULT_CATALOG,
        }
        # The same port again after a crash: environments of running tasks name it.
        argv: list[str | Path] = [
            sys.executable,
            "-m",
            "mlops_sandbox.sail",
            self._port_file,
            str(self._port),
        ]
        # `-m` puts the current folder on Python's path: a user's modules have no place in the server.
        home = self._sandbox.home
        log = home / "logs" / f"{self._name}.log"
        return self._sandbox.processes.spawn(self._name, argv, env, log, cwd=home)

    def _describe(self, name: str) -> str:
        """A catalog in the form that Sail's configuration has."""
        catalog = {
            "name": name,
            "type": "unity",
            "uri": f"{self._sandbox.workspaces.url(self._workspace)}/api/2.1/unity-catalog",
            "default_catalog": name,
            "token": self._token,
        }
        return "{" + ", ".join(f"{key}={json.dumps(value)}" for key, value in catalog.items()) + "}"

    def _answers(self) -> bool:
        try:
            port = int(self._port_file.read_text())
            with socket.create_connection(("127.0.0.1", port), timeout=1.0):
                self._port = port
        except (OSError, ValueError):
            return False
        return True


def _has_clients(port: int) -> bool:
    """Whether anyone is connected to the port; where the system does not tell, someone may be."""
    table = Path("/proc/net/tcp")
    if not table.exists():
        return True
    local, established = f"0100007F:{port:04X}", "01"
    rows = [line.split() for line in table.read_text().splitlines()[1:]]
    return any(row[1] == local and row[3] == established for row in rows)
