"""A process that waits for the next task with the libraries that the last ones used already imported.

Imports of PySpark and MLflow take longer than most tasks of a pipeline. While one task runs, the next
one's process imports what the tasks before it did; a task that nothing waits for begins from nothing.
"""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Iterable
from itertools import count
from pathlib import Path

from mlops_sandbox.context import Sandbox
from mlops_sandbox.processes import Child


class Spares:
    """At most one waiting process."""

    def __init__(self, sandbox: Sandbox) -> None:
        self._sandbox = sandbox
        self._modules: set[str] = set()
        self._numbers = count()
        self._lock = threading.Lock()
        self._waiting: tuple[Child, Path, dict[str, str]] | None = None

    def learn(self, modules: Iterable[str]) -> None:
        """A task has used these modules, so the next one may."""
        with self._lock:
            self._modules.update(modules)

    def prepare(self, environment: dict[str, str]) -> None:
        """Start a process that waits, unless one does or there is nothing to import ahead."""
        with self._lock:
            if self._waiting is not None or not self._modules:
                return
            pipe = self._sandbox.runtime / f"task-{next(self._numbers)}"
            # A sandbox that was killed may have left one of that name.
            pipe.unlink(missing_ok=True)
            os.mkfifo(pipe, 0o600)
            argv = [sys.executable, "-m", "mlops_sandbox.runtime.task", "--wait", str(pipe)]
            log = self._sandbox.home / "logs" / "tasks.log"
            child = self._sandbox.processes.spawn(
                "task-spare", [*argv, *sorted(self._modules)], environment, log, cwd=self._sandbox.home
            )
            self._waiting = child, pipe, environment

    def take(self, spec: Path, environment: dict[str, str]) -> Child | None:
        """Give the task to the waiting process; None when there is none that could take it."""
        with self._lock:
            # One of another workspace or principal has other addresses and another token.
            if self._waiting is None or self._waiting[2] != environment:
                return None
            child, pipe, _ = self._waiting
            try:
                # Not opened by the process yet: it has only just begun, and waits for the next task.
                handle = os.open(pipe, os.O_WRONLY | os.O_NONBLOCK)
            except OSError:
                return None
            self._waiting = None
            with os.fdopen(handle, "w") as told:
                told.write(f"{spec}\n")
            pipe.unlink()
        return child if child.alive() else None

    def end(self) -> None:
        """End the process that waits."""
        with self._lock:
            waiting, self._waiting = self._waiting, None
        if waiting is not None:
            child, pipe, _ = waiting
            child.end(grace=0.5)
            pipe.unlink(missing_ok=True)
