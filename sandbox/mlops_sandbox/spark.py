"""Spark: a Spark Connect server (Sail, no JVM) over the tables of the sandbox's own Unity Catalog.

Sail knows one catalog, `workspace`, that asks the sandbox's Unity Catalog API. A name whose first part is
any other catalog (`local.flights.delays`) goes to the same API with that catalog, whenever it was made.
"""

from __future__ import annotations

import json
import os
import socket
import sys
from pathlib import Path

from mlops_sandbox.context import Sandbox
from mlops_sandbox.databricks.unity import catalogs
from mlops_sandbox.databricks.unity.securables import DEFAULT_CATALOG
from mlops_sandbox.errors import ApiError
from mlops_sandbox.processes import Child
from mlops_sandbox.supervisor import Supervisor


class SparkServer:
    """The Spark Connect server that task processes and SQL statements run on."""

    name = "spark"

    def __init__(self, sandbox: Sandbox) -> None:
        self._sandbox = sandbox
        self._port_file = sandbox.runtime / "spark.port"
        self._supervisor = Supervisor("Spark", self._launch, self._answers)
        self._port = 0

    def start(self) -> None:
        """Begin; the server needs some seconds."""
        catalogs.ensure_default(self._sandbox.store())
        self._supervisor.start()

    def stop(self) -> None:
        """End the server and all its sessions."""
        self._supervisor.stop()

    def status(self) -> dict[str, object]:
        """Whether it takes sessions, and where."""
        told = self._supervisor.status()
        return {**told, "remote": self.remote()} if told["state"] == "ready" else told

    def wait(self, timeout: float = 60.0) -> None:
        """Block until it takes sessions; a 503 ``ApiError`` after the timeout (seconds)."""
        self._supervisor.wait(timeout)

    def remote(self) -> str:
        """The address for `SparkSession.builder.remote`; a 503 ``ApiError`` before the server is ready."""
        if not self._port:
            raise ApiError(503, "TEMPORARILY_UNAVAILABLE", "Spark is still starting; try again.")
        return f"sc://127.0.0.1:{self._port}"

    def _launch(self) -> Child:
        self._port_file.unlink(missing_ok=True)
        catalog = {
            "name": DEFAULT_CATALOG,
            "type": "unity",
            "uri": f"{self._sandbox.url}/api/2.1/unity-catalog",
            "default_catalog": DEFAULT_CATALOG,
            "token": self._sandbox.token,
        }
        fields = ", ".join(f"{key}={json.dumps(value)}" for key, value in catalog.items())
        env = {
            **os.environ,
            "TZ": "UTC",
            "SAIL_CATALOG__LIST": f"[{{{fields}}}]",
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
        return self._sandbox.processes.spawn("spark", argv, env, home / "logs" / "spark.log", cwd=home)

    def _answers(self) -> bool:
        try:
            port = int(self._port_file.read_text())
            with socket.create_connection(("127.0.0.1", port), timeout=1.0):
                self._port = port
        except (OSError, ValueError):
            return False
        return True
