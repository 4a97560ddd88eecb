"""One attempt of a task: what its kind is handed, and what it gives back."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from typing import Any, Protocol

from mlops_sandbox.context import Sandbox
from mlops_sandbox.databricks.jobs.interrupt import Interrupt, Slots
from mlops_sandbox.databricks.jobs.spares import Spares
from mlops_sandbox.store import Store

Json = dict[str, Any]


@dataclass(frozen=True)
class Ended:
    """How an attempt ended."""

    result: str
    message: str = ""
    code: str = ""
    """A termination code when it is not the usual one of the result."""
    outcome: str = ""
    """Of a condition: "true" or "false"."""
    output: Json = field(default_factory=dict)
    """What `runs/get-output` adds: error, error_trace, notebook_output, run_job_output."""
    values: Json = field(default_factory=dict)
    """Task values."""
    fields: Json = field(default_factory=dict)
    """Fields of the task run that are known only now."""


def failed(error: str, code: str = "") -> Ended:
    """An attempt that failed before any code of it ran."""
    return Ended("FAILED", error, code, output={"error": error})


class Runner(Protocol):
    """Starts runs, and shares out what all of them use."""

    sandbox: Sandbox
    slots: Slots
    """How many task processes run at once."""
    spares: Spares
    """Processes that are started ahead."""

    def more_to_come(self) -> bool:
        """Whether any active run has tasks that have not begun."""

    def run_job(self, store: Store, body: Json, parent: Json, task_run: Json) -> Json:
        """Begin the run that a run-job task asks for.

        Raises:
            ApiError: there is no such job, or the jobs run each other in a circle.
        """

    def wait(self, store: Store, run_id: int, interrupt: Interrupt) -> Json:
        """Wait until a run is over; an interrupt cancels it."""


class Execution(Protocol):
    """The run that the task is of."""

    runner: Runner
    store: Store
    run: Json
    lock: threading.RLock

    @property
    def user(self) -> str:
        """As whom the run's tasks run."""

    def attempts(
        self, task: Json, interrupt: Interrupt, parent: Json | None = None, item: Any = None
    ) -> Ended:
        """Run a task, again when it fails and may be retried; returns how its last attempt ended."""
