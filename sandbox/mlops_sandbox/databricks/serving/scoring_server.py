"""One served model version: a child process with MLflow's own scoring server, started again when it dies."""

from __future__ import annotations

import asyncio
import os
import ssl
import sys
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import httpx

from mlops_sandbox.processes import Child, Processes

#: Seconds until a starting server counts as failed.
START_TIMEOUT = 120.0
#: Seconds that one prediction may take, as on Databricks.
REQUEST_TIMEOUT = 297
_LONGEST_BACKOFF = 30.0
_KEEP_ALIVE = 75
#: A unix socket has no TLS: no need to load the machine's certificates.
_NO_TLS = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
#: What a model sees of the sandbox's own environment; its other variables come from `environment_vars`.
_INHERITED = ("PATH", "HOME", "LANG", "LC_ALL", "TZ", "TMPDIR", "LD_LIBRARY_PATH", "SSL_CERT_FILE")


@dataclass(frozen=True)
class Served:
    """What a scoring server runs."""

    name: str
    """Of the endpoint and the served entity, for logs."""
    model: Path
    """The folder of the model version's artifacts."""
    variables: Mapping[str, str] = field(repr=False)
    """The environment variables, secrets resolved: never to be logged."""
    idle: float = 0.0
    """Seconds without a request after which the process ends until the next one; 0 keeps it."""


def _pings(client: httpx.Client) -> bool:
    try:
        return client.get("http://scoring-server/ping").is_success
    except httpx.TransportError:
        return False


class ScoringServer:
    """Supervises the process of one served model version.

    `state` is `starting`, `ready`, `recovering` (it died and is started again), `asleep` (scaled to
    zero), `failed` (the first start did not succeed) or `ended`; `message` says why.
    """

    def __init__(self, processes: Processes, served: Served, socket: Path, log: Path, patient: bool) -> None:
        """Start in the background.

        Args:
            processes: the sandbox's child processes.
            served: what to run.
            socket: the path of its unix socket.
            log: where its output goes.
            patient: try again when the first start fails: it served before the sandbox was restarted.
        """
        self.served = served
        self.log = log
        self.state = "starting"
        self.message = "Starting."
        self._processes = processes
        self._socket = socket
        self._patient = patient
        self._changed = threading.Condition()
        self._ending = threading.Event()
        self._in_use = 0
        self._last_used = time.monotonic()
        self._client: httpx.AsyncClient | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._supervisor = threading.Thread(
            target=self._supervise, name=f"serving {served.name}", daemon=True
        )
        self._supervisor.start()

    def begin(self) -> None:
        """A request is about to use the server; wakes it up when it was scaled to zero."""
        with self._changed:
            self._in_use += 1
            if self.state == "asleep":
                self._set("starting", "Scaling up from zero.")

    def done(self) -> None:
        """The request is answered."""
        with self._changed:
            self._in_use -= 1
            self._last_used = time.monotonic()

    def wait_ready(self, timeout: float) -> bool:
        """Wait until it has come up; False when it failed, ended or took too long (seconds)."""
        deadline = time.monotonic() + timeout
        with self._changed:
            while self.state not in {"ready", "asleep", "failed", "ended"}:
                left = deadline - time.monotonic()
                if left <= 0 or not self._changed.wait(left):
                    break
            return self.state in {"ready", "asleep"}

    def suspect(self) -> None:
        """A connection was refused: look at once whether the process still lives."""
        with self._changed:
            self._changed.notify_all()

    def client(self) -> httpx.AsyncClient:
        """The HTTP client of its socket; to be asked for on the event loop that uses it."""
        if self._client is None:
            self._loop = asyncio.get_running_loop()
            self._client = httpx.AsyncClient(
                transport=httpx.AsyncHTTPTransport(
                    uds=str(self._socket),
                    verify=_NO_TLS,
                    # Idle connections are dropped on this side first: the server never closes one in use.
                    limits=httpx.Limits(max_connections=64, keepalive_expiry=_KEEP_ALIVE / 5),
                ),
                base_url="http://scoring-server",
                timeout=httpx.Timeout(REQUEST_TIMEOUT, connect=5.0, pool=None),
            )
        return self._client

    def end(self) -> None:
        """End the process; returns when it is gone."""
        with self._changed:
            self._ending.set()
            self._changed.notify_all()
        self._supervisor.join()
        if self._client is not None and self._loop is not None and self._loop.is_running():
            asyncio.run_coroutine_threadsafe(self._client.aclose(), self._loop)

    def _set(self, state: str, message: str) -> None:
        with self._changed:
            self.state, self.message = state, message
            self._changed.notify_all()

    def _supervise(self) -> None:
        failures = 0
        while not self._ending.is_set():
            began = self.log.stat().st_size if self.log.exists() else 0
            child = self._spawn()
            if self._comes_up(child):
                failures, self._patient = 0, True
                self._last_used = time.monotonic()
                self._set("ready", "")
                self._watch(child)
            code = child.popen.poll()
            child.end()
            if self._ending.is_set():
                break
            if self.state == "asleep":
                with self._changed:
                    self._changed.wait_for(lambda: self._ending.is_set() or self.state != "asleep")
                continue
            failures += 1
            if not self._patient:
                self._set("failed", self._reason(code, began))
                return
            self._set("recovering", self._reason(code, began))
            with self._changed:
                self._changed.wait_for(self._ending.is_set, timeout=min(0.1 * 2**failures, _LONGEST_BACKOFF))
        self._socket.unlink(missing_ok=True)
        self._set("ended", "Ended.")

    def _spawn(self) -> Child:
        self._socket.unlink(missing_ok=True)
        folder = self.log.parent
        folder.mkdir(parents=True, exist_ok=True)
        env = {name: os.environ[name] for name in _INHERITED if name in os.environ}
        env |= {
            "OMP_NUM_THREADS": "1",
            "MALLOC_ARENA_MAX": "1",
            "MLFLOW_DISABLE_TELEMETRY": "true",
            "PYTHONUNBUFFERED": "1",
            "MLFLOW_SCORING_SERVER_REQUEST_TIMEOUT": str(REQUEST_TIMEOUT),
            **self.served.variables,
            "__pyfunc_model_path__": str(self.served.model),
        }
        argv: list[str | Path] = [
            sys.executable,
            "-m",
            "uvicorn",
            "--uds",
            self._socket,
            "--log-level",
            "warning",
        ]
        argv += ["--timeout-keep-alive", str(_KEEP_ALIVE), "mlflow.pyfunc.scoring_server.app:app"]
        return self._processes.spawn(f"serving {self.served.name}", argv, env, self.log, cwd=folder)

    def _comes_up(self, child: Child) -> bool:
        deadline = time.monotonic() + START_TIMEOUT
        transport = httpx.HTTPTransport(uds=str(self._socket), verify=_NO_TLS)
        with httpx.Client(transport=transport, timeout=5.0) as client:
            while child.alive() and time.monotonic() < deadline:
                if self._socket.exists() and _pings(client):
                    return True
                with self._changed:
                    if self._changed.wait_for(self._ending.is_set, timeout=0.03):
                        return False
        return False

    def _watch(self, child: Child) -> None:
        """Return when the process has died, or is to end or to sleep."""
        while child.alive():
            with self._changed:
                if self._ending.is_set():
                    return
                quiet = not self._in_use and time.monotonic() - self._last_used > self.served.idle
                if self.served.idle and quiet:
                    self._set("asleep", "Scaled to zero.")
                    return
                self._changed.wait(0.5)

    def _reason(self, code: int | None, began: int) -> str:
        """Why the process is gone: the last line that it wrote, which of a Python error is the error."""
        with self.log.open("rb") as log:
            log.seek(began)
            lines = [line.strip() for line in log.read().decode(errors="replace").splitlines()]
        said = next((line for line in reversed(lines) if line), "it wrote nothing to its log")
        if code is None:
            return f"The scoring server did not answer within {START_TIMEOUT:.0f} s: {said}"
        return f"The scoring server ended with exit code {code}: {said}"
