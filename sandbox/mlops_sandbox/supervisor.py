"""A child process that is kept alive: started in the background, watched, started again when it dies."""

from __future__ import annotations

import asyncio
import logging
import threading
import time
from collections.abc import Callable

from mlops_sandbox.errors import ApiError
from mlops_sandbox.processes import Child

_log = logging.getLogger(__name__)

_POLL_SECONDS = 0.05
_START_SECONDS = 120.0
#: A process that ends this often in a row before it was ever ready is broken, not unlucky.
_ATTEMPTS = 4


class Supervisor:
    """Keeps one server process running until it is told to stop."""

    def __init__(self, title: str, launch: Callable[[], Child], answers: Callable[[], bool]) -> None:
        """Describe the process.

        Args:
            title: how messages call it ("MLflow").
            launch: starts the process and returns at once.
            answers: asks the process whether it serves requests; called again and again until it does.
        """
        self._title = title
        self._launch = launch
        self._answers = answers
        self._ready = threading.Event()
        self._stopping = threading.Event()
        self._child: Child | None = None
        self._broken = ""
        self._since = time.monotonic()
        self._startup_seconds: float | None = None
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Begin; returns at once."""
        self._thread = threading.Thread(target=self._keep, name=self._title, daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """End the process and start it no more."""
        self._stopping.set()
        if self._child is not None:
            self._child.end()
        if self._thread is not None:
            self._thread.join()

    def restart(self) -> None:
        """End the process; another one starts at once."""
        self._ready.clear()
        if self._child is not None:
            self._child.end(grace=1.0)

    def status(self) -> dict[str, object]:
        """The state, and the reason when it failed."""
        if self._broken:
            return {"state": "failed", "message": self._broken}
        if not self._ready.is_set():
            return {"state": "starting", "seconds": round(time.monotonic() - self._since, 1)}
        return {
            "state": "ready",
            "pid": self._child.pid if self._child else None,
            "startup_seconds": self._startup_seconds,
        }

    def wait(self, timeout: float = 60.0) -> None:
        """Block until it serves requests; a 503 ``ApiError`` after the timeout (seconds)."""
        deadline = time.monotonic() + timeout
        while not self._settled(deadline):
            self._ready.wait(_POLL_SECONDS)

    async def wait_async(self, timeout: float = 60.0) -> None:
        """As :meth:`wait`, without blocking the event loop."""
        deadline = time.monotonic() + timeout
        while not self._settled(deadline):
            await asyncio.sleep(_POLL_SECONDS)

    def _settled(self, deadline: float) -> bool:
        if self._ready.is_set():
            return True
        if self._broken:
            raise ApiError(503, "TEMPORARILY_UNAVAILABLE", self._broken)
        if time.monotonic() > deadline:
            raise ApiError(503, "TEMPORARILY_UNAVAILABLE", f"{self._title} is still starting; try again.")
        return False

    def _keep(self) -> None:
        failures = 0
        while not self._stopping.is_set():
            self._since = time.monotonic()
            try:
                child = self._child = self._launch()
            except OSError as error:
                self._broken = f"{self._title} can't be started: {error}"
                return
            if self._stopping.is_set():
                child.end()
                return
            if self._await_ready(child):
                failures = 0
                child.wait()
            else:
                child.end()
                failures += 1
            self._ready.clear()
            if self._stopping.is_set():
                return
            _log.warning("%s ended; its log is %s", self._title, child.log)
            if failures >= _ATTEMPTS:
                self._broken = f"{self._title} does not start; its log is {child.log}."
                return

    def _await_ready(self, child: Child) -> bool:
        """Whether the process came to serve requests."""
        deadline = time.monotonic() + _START_SECONDS
        while child.alive() and not self._stopping.is_set() and time.monotonic() < deadline:
            if self._answers():
                self._startup_seconds = round(time.monotonic() - self._since, 1)
                self._ready.set()
                return True
            self._stopping.wait(_POLL_SECONDS)
        return False
