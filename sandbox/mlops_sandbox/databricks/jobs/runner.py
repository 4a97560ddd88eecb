"""The jobs runner: starts runs, queues them, cancels them, and cleans up after a crash."""

from __future__ import annotations

import logging
import os
import threading
from collections.abc import Mapping
from typing import Any

from mlops_sandbox.context import Sandbox
from mlops_sandbox.databricks.jobs import graph, records, states
from mlops_sandbox.databricks.jobs.execution import RunExecution
from mlops_sandbox.databricks.jobs.interrupt import CANCELED, STOPPED, Interrupt, Slots
from mlops_sandbox.databricks.jobs.launch import new_run
from mlops_sandbox.databricks.jobs.schedule import Scheduler
from mlops_sandbox.databricks.jobs.spares import Spares
from mlops_sandbox.databricks.jobs.watch import Watches
from mlops_sandbox.errors import invalid
from mlops_sandbox.store import Store

Json = dict[str, Any]

_log = logging.getLogger(__name__)

#: How many task processes run at once: the setting, and what it is without one.
_SLOTS_SETTING = "MLOPS_SANDBOX_TASKS"
_SLOTS = 3
_INTERRUPTED = "The sandbox was stopped while this run was in flight."


def require_job(store: Store, job_id: object) -> Json:
    """A job's document; 400 when there is none, as the API answers."""
    found = store.get("job", str(job_id))
    if found is None:
        raise invalid(f"Job {job_id} does not exist.")
    return found


class JobsRunner:
    """Runs jobs, each run in a thread, each task in a process."""

    name = "jobs"

    def __init__(self, sandbox: Sandbox) -> None:
        self.sandbox = sandbox
        self.slots = Slots(max(1, int(os.environ.get(_SLOTS_SETTING) or _SLOTS)))
        self.spares = Spares(sandbox)
        self._active: dict[int, RunExecution] = {}
        self._queues: dict[int, list[int]] = {}
        self._changed = threading.Condition(threading.RLock())
        self._stopping = False
        self.scheduler = Scheduler(self._stores, self._run_scheduled, Watches(sandbox), self._is_idle)

    def _stores(self) -> list[Store]:
        return [self.sandbox.store(each) for each in self.sandbox.workspaces.all()]

    def start(self) -> None:
        """Settle what a crash left in flight, go on with what was queued, follow the schedules."""
        for store in self._stores():
            queued = set()
            for run in reversed(records.all_runs(store)):
                if run["state"]["life_cycle_state"] == "QUEUED":
                    self._queues.setdefault(run["job_id"], []).append(run["run_id"])
                    queued.add(run["job_id"])
                elif not states.is_final(run):
                    _fail_interrupted(store, run)
            for job_id in queued:
                self._start_queued(store, job_id)
        self.scheduler.start()

    def leave(self, workspace: str) -> None:
        """End the runs of a workspace that is being deleted."""
        for run in records.all_runs(self.sandbox.store(workspace)):
            with self._changed:
                self._queues.pop(run["job_id"], None)
        with self._changed:
            ending = [each for each in self._active.values() if each.store.workspace == workspace]
        for execution in ending:
            execution.interrupt.interrupt(STOPPED)
        with self._changed:
            self._changed.wait_for(lambda: not set(ending) & set(self._active.values()), timeout=5.0)

    def stop(self) -> None:
        """End every task; the next start marks the runs in flight as failed."""
        self.scheduler.stop()
        with self._changed:
            self._stopping = True
            executions = list(self._active.values())
        for execution in executions:
            execution.interrupt.interrupt(STOPPED)
        with self._changed:
            self._changed.wait_for(lambda: not self._active, timeout=5.0)
        self.spares.end()

    def status(self) -> dict[str, object]:
        """How many runs are active."""
        with self._changed:
            return {"state": "ready", "active_runs": len(self._active)}

    def more_to_come(self) -> bool:
        """Whether any active run has tasks that have not begun."""
        with self._changed:
            return any(execution.has_waiting for execution in self._active.values())

    def run_now(self, store: Store, job: Json, *, creator: str, trigger: str, **more: Any) -> Json:
        """Begin a run of a job, or queue or skip it when too many are active.

        Args:
            store: the workspace's documents.
            job: the job's document.
            creator: who asked for it.
            trigger: a TriggerType: ONE_TIME, PERIODIC, RUN_JOB_TASK, FILE_ARRIVAL…
            more: `body`, `trigger_info`, `ancestors` of :func:`launch.new_run`.
        """
        settings = job["settings"]
        limit = int(settings.get("max_concurrent_runs", 1))
        asked = (more.get("body") or {}).get("queue") or settings.get("queue") or {}
        with self._changed:
            named = {"job_id": job["job_id"], "owner": job["creator_user_name"], "creator": creator}
            run = new_run(store, settings, **named, trigger=trigger, **more)
            if self._active_of(job["job_id"]) < limit and not self._queues.get(job["job_id"]):
                self._begin(store, run, {})
            elif asked.get("enabled"):
                records.change(store, run, **states.queued(limit))
                self._queues.setdefault(job["job_id"], []).append(run["run_id"])
            else:
                _skip(store, run, limit)
        return run

    def submit(self, store: Store, settings: Json, creator: str, *, body: Json) -> Json:
        """Begin a run without a job; `body` is the request's."""
        with self._changed:
            run = new_run(
                store,
                settings,
                job_id=records.new_job_id(store),
                creator=creator,
                trigger="ONE_TIME",
                run_type="SUBMIT_RUN",
                body=body,
            )
            self._begin(store, run, {})
        return run

    def run_job(self, store: Store, body: Json, parent: Json, task_run: Json) -> Json:
        """Begin the run that a run-job task asks for.

        Raises:
            ApiError: 400 when there is no such job, or when the jobs run each other in a circle.
        """
        job = require_job(store, body["job_id"])
        ancestors = [*parent["ancestors"], parent["job_id"]]
        if job["job_id"] in ancestors:
            chain = " → ".join(str(each) for each in [*ancestors, job["job_id"]])
            raise invalid(f"Run-job tasks lead in a circle: {chain}.")
        return self.run_now(
            store,
            job,
            creator=parent["creator_user_name"],
            trigger="RUN_JOB_TASK",
            body=body,
            trigger_info={"run_id": task_run["run_id"]},
            ancestors=ancestors,
        )

    def repair(self, store: Store, run: Json, settled: Mapping[str, graph.Settled]) -> None:
        """Go on with a run that is over, from the tasks that are settled."""
        with self._changed:
            self._begin(store, run, settled)

    def cancel(self, store: Store, run_id: int) -> None:
        """Ask a run to end; returns at once, and does nothing to one that is over."""
        with self._changed:
            if self._stopping:
                return
            execution = self._active.get(run_id)
            run = records.require(store, run_id)
            queue = self._queues.get(run["job_id"], [])
            if run_id in queue:
                queue.remove(run_id)
                _end_all(store, run, "UPSTREAM_CANCELED", "The run was cancelled before it began.")
                records.end_run(store, run, states.ended(CANCELED, "Run cancelled.", whole_run=True))
                self._changed.notify_all()
        if execution is not None:
            execution.interrupt.interrupt(CANCELED)

    def wait(self, store: Store, run_id: int, interrupt: Interrupt) -> Json:
        """Wait until a run is over; an interrupt cancels it."""

        def over() -> bool:
            return self._stopping or states.is_final(records.require(store, run_id))

        with interrupt.on(lambda: self.cancel(store, run_id)), self._changed:
            self._changed.wait_for(over)
        return records.require(store, run_id)

    def _run_scheduled(self, store: Store, job: Json, trigger: str) -> None:
        self.run_now(store, job, creator=job["creator_user_name"], trigger=trigger)

    def _is_idle(self, store: Store, job: Json) -> bool:
        with self._changed:
            if self._active_of(job["job_id"]) or self._queues.get(job["job_id"]):
                return False
        return records.now() >= records.rested_at(store, job["job_id"])

    def _active_of(self, job_id: int) -> int:
        return sum(execution.run["job_id"] == job_id for execution in self._active.values())

    def _start_queued(self, store: Store, job_id: int) -> None:
        with self._changed:
            queue = self._queues.get(job_id, [])
            while queue and not self._stopping:
                run = records.require(store, queue[0])
                if self._active_of(job_id) >= int(run["settings"].get("max_concurrent_runs", 1)):
                    return
                del queue[0]
                waited = records.now() - run["start_time"]
                records.change(store, run, queue_duration=waited, **states.underway("PENDING"))
                self._begin(store, run, {})

    def _begin(self, store: Store, run: Json, settled: Mapping[str, graph.Settled]) -> None:
        execution = RunExecution(self, store, run, settled)
        self._active[run["run_id"]] = execution
        name = f"run-{run['run_id']}"
        threading.Thread(target=self._follow, args=(store, execution), name=name, daemon=True).start()

    def _follow(self, store: Store, execution: RunExecution) -> None:
        try:
            execution.follow()
        except Exception:  # noqa: BLE001 (a run that can't be followed must not stay active)
            _log.exception("Run %s", execution.run["run_id"])
            execution.interrupt.interrupt(STOPPED)
            _fail_interrupted(store, execution.run)
        finally:
            with self._changed:
                del self._active[execution.run["run_id"]]
                self._changed.notify_all()
        self._start_queued(store, execution.run["job_id"])
        with self._changed:
            idle = not self._active
        if idle:
            self.spares.end()


def _skip(store: Store, run: Json, limit: int) -> None:
    message = f"Skipped: {limit} runs of this job are active, which is its max_concurrent_runs."
    _end_all(store, run, "EXCLUDED", message)
    records.end_run(store, run, states.ended("MAXIMUM_CONCURRENT_RUNS_REACHED", message, whole_run=True))


def _end_all(store: Store, run: Json, result: str, message: str) -> None:
    for task_run in records.attempts(store, run):
        if not states.is_final(task_run):
            records.end_task(store, task_run, states.ended(result, message))


def _fail_interrupted(store: Store, run: Json) -> None:
    """What ran when the sandbox went down has failed; its processes are ended already."""
    with store.transaction():
        for record in store.documents(records.TASK_RUN):
            if record["job_run_id"] != run["run_id"] or states.is_final(record):
                continue
            ran = record["state"]["life_cycle_state"] == "RUNNING"
            result = "FAILED" if ran else "UPSTREAM_FAILED"
            code = "INTERNAL_ERROR" if ran else ""
            state = states.ended(result, _INTERRUPTED, code=code)
            records.end_task(store, record, state, output={"error": _INTERRUPTED} if ran else {})
        records.end_run(
            store, run, states.ended("FAILED", _INTERRUPTED, whole_run=True, code="INTERNAL_ERROR")
        )
