"""MLflow: a real tracking server and registry beside the control plane, reached through it.

The server listens on a unix socket in the sandbox's private folder, so that the control plane's gate
is the only way in (`mlflow_proxy`).
"""

from __future__ import annotations

import os
import ssl
import sys
from functools import cached_property
from pathlib import Path
from shutil import rmtree

import httpx

from mlops_sandbox.context import DEFAULT_WORKSPACE, Sandbox
from mlops_sandbox.processes import Child
from mlops_sandbox.supervisor import Supervisor

_BASE = "http://localhost"
_WORKSPACES = "/api/3.0/mlflow/workspaces"
#: A unix socket has no TLS: this spares every client from loading the machine's certificates.
_NO_TLS = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
#: Uploads of large artifacts take their time; a connection does not.
_TIMEOUT = httpx.Timeout(None, connect=5.0)
#: The header in which MLflow's server reads whose experiments are meant.
WORKSPACE_HEADER = "x-mlflow-workspace"


def mlflow_name(workspace: str) -> str:
    """What MLflow calls a workspace."""
    return "default" if workspace == DEFAULT_WORKSPACE else f"w{workspace}"


class MlflowServer:
    """MLflow's own server, its database and its artifacts under the sandbox's folder."""

    name = "mlflow"

    def __init__(self, sandbox: Sandbox) -> None:
        self._sandbox = sandbox
        self.folder = sandbox.home / "mlflow"
        self.socket = sandbox.runtime / "mlflow.sock"
        self._supervisor = Supervisor("MLflow", self._launch, self._answers)
        self._known = {DEFAULT_WORKSPACE}

    @property
    def artifacts(self) -> Path:
        """The folder behind `mlflow-artifacts:/`."""
        return self.folder / "artifacts"

    def start(self) -> None:
        """Begin; importing MLflow takes the server some seconds."""
        self._supervisor.start()

    def stop(self) -> None:
        """End the server."""
        self._supervisor.stop()

    def status(self) -> dict[str, object]:
        """Whether it serves requests."""
        return self._supervisor.status()

    def wait(self, timeout: float = 60.0) -> None:
        """Block until it serves requests; a 503 ``ApiError`` after the timeout (seconds)."""
        self._supervisor.wait(timeout)

    async def wait_async(self, timeout: float = 60.0) -> None:
        """As :meth:`wait`, without blocking the event loop."""
        await self._supervisor.wait_async(timeout)

    def client(self, workspace: str = DEFAULT_WORKSPACE) -> httpx.Client:
        """A client of the server itself, with MLflow's own paths; close it after use."""
        transport = httpx.HTTPTransport(uds=str(self.socket), verify=_NO_TLS)
        headers = {WORKSPACE_HEADER: mlflow_name(workspace)}
        return httpx.Client(transport=transport, base_url=_BASE, timeout=60.0, headers=headers)

    def know(self, workspace: str) -> None:
        """Make a place for a workspace's experiments, if it has none; the server must be up."""
        if workspace in self._known:
            return
        with self.client() as mlflow:
            made = mlflow.post(_WORKSPACES, json={"name": mlflow_name(workspace)})
        if made.is_success or made.json().get("error_code") == "RESOURCE_ALREADY_EXISTS":
            self._known.add(workspace)

    def knows(self, workspace: str) -> bool:
        """Whether the workspace's experiments have a place."""
        return workspace in self._known

    def leave(self, workspace: str) -> None:
        """Delete the experiments of a workspace that is being deleted; models in the registry stay."""
        self._known.discard(workspace)
        if self.status()["state"] != "ready":
            return
        with self.client() as mlflow:
            mlflow.delete(f"{_WORKSPACES}/{mlflow_name(workspace)}", params={"mode": "CASCADE"})
        for folder in (self.artifacts / "workspaces" / mlflow_name(workspace)).glob("*/*"):
            if folder.name != "models":
                rmtree(folder, ignore_errors=True)

    @cached_property
    def async_client(self) -> httpx.AsyncClient:
        """The event loop's shared client, with no limit on how long an upload may take."""
        # Let go of a connection before the server does (5 s), or a request may meet a closing one.
        limits = httpx.Limits(max_keepalive_connections=20, keepalive_expiry=2.0)
        transport = httpx.AsyncHTTPTransport(uds=str(self.socket), verify=_NO_TLS, limits=limits)
        return httpx.AsyncClient(transport=transport, base_url=_BASE, timeout=_TIMEOUT)

    def _launch(self) -> Child:
        self.artifacts.mkdir(parents=True, exist_ok=True)
        self.socket.unlink(missing_ok=True)
        database = f"sqlite:///{self.folder / 'mlflow.db'}"
        env = {
            **os.environ,
            # What `mlflow server` hands to the uvicorn that it starts. Started without it, one process
            # imports MLflow instead of two, in half the time and half the memory.
            "_MLFLOW_SERVER_FILE_STORE": database,
            "_MLFLOW_SERVER_REGISTRY_STORE": database,
            "_MLFLOW_SERVER_ARTIFACT_ROOT": "mlflow-artifacts:/",
            "_MLFLOW_SERVER_ARTIFACT_DESTINATION": str(self.artifacts),
            "_MLFLOW_SERVER_SERVE_ARTIFACTS": "true",
            "_MLFLOW_SGI_NAME": "uvicorn",
            "MLFLOW_ENABLE_WORKSPACES": "true",
            "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false",
            "MLFLOW_DISABLE_TELEMETRY": "true",
            # One arena: a server of many threads otherwise keeps freed memory in each of them.
            "MALLOC_ARENA_MAX": "1",
        }
        argv: list[str | Path] = [
            sys.executable, "-m", "uvicorn", "--uds", self.socket, "--log-level", "warning",
            "mlops_sandbox.databricks.mlflow_app:app",
        ]  # fmt: skip
        return self._sandbox.processes.spawn(
            "mlflow", argv, env, self._sandbox.home / "logs" / "mlflow.log", cwd=self.folder
        )

    def _answers(self) -> bool:
        if not self.socket.exists():
            return False
        with self.client() as client:
            try:
                # The first question makes the database, so that no client has to wait for it.
                answer = client.get("/api/2.0/mlflow/experiments/search", params={"max_results": 1})
            except httpx.HTTPError:
                return False
        return answer.status_code == 200
