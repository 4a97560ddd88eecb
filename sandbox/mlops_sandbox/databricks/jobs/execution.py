"""One run of a job: its task graph, followed to the end."""

from __future__ import annotations

import logging
import threading
from collections.abc import Mapping
from contextlib import nullcontext
from typing import Any

from mlops_sandbox.databricks.jobs import graph, process, records, references, states
from mlops_sandbox.databricks.jobs.attempt import Ended, Runner, failed
from mlops_sandbox.databricks.jobs.interrupt import CANCELED, STOPPED, TIMEDOUT, Interrupt
from mlops_sandbox.databricks.jobs.kinds import KINDS, ON_PROCESSES, not_here
from mlops_sandbox.databricks.jobs.settings import kind_of
from mlops_sandbox.store import Store

Json = dict[str, Any]

_log = logging.getLogger(__name__)


class RunExecution:
    """Follows one run in a thread of its own, each of its tasks in another."""

    def __init__(self, runner: Runner, store: Store, run: Json, settled: Mapping[str, graph.Settled]) -> None:
        """Prepare a run.

        Args:
            runner: gives the slots, and starts other jobs.
            store: the workspace's documents.
            run: the run's document.
            settled: the tasks that an earlier attempt of the run has done (after a repair).
        """
        self.runner = runner
        self.store = store
        self.run = run
        self.interrupt = Interrupt()
        self.lock = threading.RLock()
        self._changed = threading.Condition(self.lock)
        self._settled = dict(settled)
        self._waiting = {
            task["task_key"]: task
            for task in run["settings"].get("tasks") or []
            if task["task_key"] not in self._settled
        }
        self._messages: list[str] = []

    def follow(self) -> None:
        """Run everything that is to be run; returns when the run is over."""
        records.change(self.store, self.run, **states.underway("RUNNING"))
        timeout = float(self.run["settings"].get("timeout_seconds") or 0)
        with self.interrupt.within(timeout) as interrupt, interrupt.on(self._wake):
            with self.lock:
                total = len(self._settled) + len(self._waiting)
                while len(self._settled) < total:
                    self._start_ready(interrupt)
                    if len(self._settled) < total:
                        self._changed.wait()
            reason = interrupt.reason
        if reason != STOPPED:
            records.end_run(self.store, self.run, self._end_state(reason))

    @property
    def user(self) -> str:
        """As whom the run's tasks run."""
        return str(self.run.get("run_as_user_name") or self.run["creator_user_name"])

    @property
    def has_waiting(self) -> bool:
        """Whether tasks of this run have not begun."""
        return bool(self._waiting)

    def _wake(self) -> None:
        with self.lock:
            self._changed.notify_all()

    def _start_ready(self, interrupt: Interrupt) -> None:
        """Start the tasks whose time has come, and settle those that will not run."""
        progress = True
        while progress:
            progress = False
            for key, task in list(self._waiting.items()):
                before = [each["task_key"] for each in graph.dependencies(task)]
                if not interrupt.reason and any(each not in self._settled for each in before):
                    continue
                del self._waiting[key]
                progress = True
                result = "UPSTREAM_CANCELED" if interrupt.reason else graph.decide(task, self._settled)
                if result:
                    self._pass_over(task, result, interrupt.reason)
                else:
                    name = f"run-{self.run['run_id']}-{key}"
                    threading.Thread(
                        target=self._work, args=(task, interrupt), name=name, daemon=True
                    ).start()

    def _pass_over(self, task: Json, result: str, reason: str) -> None:
        self._settled[task["task_key"]] = graph.Settled(result)
        if reason == STOPPED:
            return
        message = {
            "EXCLUDED": "The condition under which the task runs was not met.",
            "DISABLED": "The task is disabled.",
            "UPSTREAM_FAILED": "A task before it failed.",
            "UPSTREAM_CANCELED": "The run was ended before the task began.",
        }[result]
        record = records.latest(self.store, self.run)[task["task_key"]]
        records.end_task(self.store, record, states.ended(result, message))

    def _work(self, task: Json, interrupt: Interrupt) -> None:
        try:
            ended = self.attempts(task, interrupt)
        except Exception as error:  # noqa: BLE001 (the run must end, whatever went wrong)
            _log.exception("Task %s of run %s", task["task_key"], self.run["run_id"])
            ended = Ended("FAILED", f"The sandbox failed: {type(error).__name__}: {error}", "INTERNAL_ERROR")
            record = records.latest(self.store, self.run)[task["task_key"]]
            records.end_task(self.store, record, states.ended("FAILED", ended.message, code=ended.code))
        with self.lock:
            self._settled[task["task_key"]] = graph.Settled(ended.result, ended.outcome)
            if ended.result not in {"SUCCESS", CANCELED, STOPPED}:
                self._messages.append(
                    f"Task {task['task_key']} failed with message: {ended.message.rstrip('.')}."
                )
            self._changed.notify_all()

    def attempts(
        self, task: Json, interrupt: Interrupt, parent: Json | None = None, item: Any = None
    ) -> Ended:
        """Run a task, again when it fails and may be retried; returns how its last attempt ended.

        Args:
            task: the task's settings.
            interrupt: the run's, or the loop's.
            parent: the loop that this is an iteration of.
            item: what the iteration works on.
        """
        left = int(task.get("max_retries") or 0)
        record = (
            records.new_task_run(self.store, self.run, task, parent=parent)
            if parent
            else records.latest(self.store, self.run)[task["task_key"]]
        )
        while True:
            ended = self._attempt(task, record, interrupt, item)
            retried = ended.result == "FAILED" or (ended.result == TIMEDOUT and task.get("retry_on_timeout"))
            if not retried or left == 0 or interrupt.reason:
                return ended
            left -= 1
            record = records.new_task_run(self.store, self.run, task, previous=record, parent=parent)
            pause = float(task.get("min_retry_interval_millis") or 0) / 1000
            if pause:
                records.change_task(self.store, record, **states.underway("WAITING_FOR_RETRY"))
                interrupt.wait(pause)

    def _attempt(self, task: Json, record: Json, interrupt: Interrupt, item: Any) -> Ended:
        kind = kind_of(task)
        seconds = float(task.get("timeout_seconds") or 0)
        records.change_task(self.store, record, **states.underway("PENDING"))
        if kind in ON_PROCESSES:
            process.wait_for_compute(self.runner.sandbox, interrupt)
        slot = self.runner.slots.taken(interrupt) if kind in ON_PROCESSES else nullcontext()
        # A task's own timeout begins with the task, not with the wait for a slot.
        with slot, interrupt.within(seconds) as inner:
            ended = Ended("FAILED")
            if not inner.reason:
                begun = states.underway("RUNNING")
                records.change_task(self.store, record, **begun, start_time=records.now())
                ended = self._run_kind(kind, record, self._scope(record, item), inner)
            if inner.reason and ended.result != "SUCCESS":
                ended = self._interrupted(inner.reason, ended, seconds)
        if ended.result != STOPPED:
            self._write(record, ended)
        return ended

    def _run_kind(self, kind: str, record: Json, scope: references.Scope, interrupt: Interrupt) -> Ended:
        try:
            return KINDS.get(kind, not_here)(self, record, kind, scope, interrupt)
        except references.UnknownReferenceError as error:
            return failed(str(error), "INVALID_RUN_CONFIGURATION")

    def _interrupted(self, reason: str, ended: Ended, seconds: float) -> Ended:
        message = "Run cancelled."
        if reason == TIMEDOUT:
            seconds = seconds or float(self.run["settings"].get("timeout_seconds") or 0)
            message = f"Timed out after {seconds:g} seconds"
        return Ended(reason, message, output={"error": message}, values=ended.values, fields=ended.fields)

    def _write(self, record: Json, ended: Ended) -> None:
        state = states.ended(ended.result, ended.message, code=ended.code)
        records.end_task(
            self.store, record, state, output=ended.output, task_values=ended.values, **ended.fields
        )

    def _scope(self, record: Json, item: Any) -> references.Scope:
        over = {
            key: {
                "name": key,
                "run_id": each["run_id"],
                "execution_count": each["attempt_number"] + 1,
                "result_state": each["state"]["result_state"].lower(),
                "error_code": each["status"]["termination_details"]["code"],
                "values": each.get("task_values", {}),
            }
            for key, each in records.latest(self.store, self.run).items()
            if states.is_final(each)
        }
        run = self.run
        return references.Scope(
            job=references.job_names(run),
            parameters={each["name"]: each["value"] for each in run["job_parameters"]},
            task={
                "name": record["task_key"],
                "run_id": record["run_id"],
                "execution_count": record["attempt_number"] + 1,
                "notebook_path": (record.get("notebook_task") or {}).get("notebook_path", ""),
            },
            tasks=over,
            workspace={
                "id": self.store.workspace,
                "url": self.runner.sandbox.workspaces.url(self.store.workspace),
            },
            input=item,
        )

    def _end_state(self, reason: str) -> Json:
        if reason == CANCELED:
            return states.ended(CANCELED, "Run cancelled.", whole_run=True)
        if reason == TIMEDOUT:
            seconds = self.run["settings"]["timeout_seconds"]
            return states.ended(TIMEDOUT, f"Timed out after {seconds} seconds", whole_run=True)
        result = graph.overall(self.run["settings"].get("tasks") or [], self._settled)
        return states.ended(result, " ".join(self._messages), whole_run=True)
