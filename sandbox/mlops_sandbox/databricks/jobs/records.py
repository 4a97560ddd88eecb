"""The documents of runs: one for a job's run, one for each attempt of each of its tasks."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

from mlops_sandbox.databricks.jobs import states
from mlops_sandbox.errors import invalid
from mlops_sandbox.store import Store
from mlops_sandbox.workspaces import DEFAULT_WORKSPACE

Json = dict[str, Any]

RUN = "run"
TASK_RUN = "task_run"
_FIRST_ID = 100_000
#: Seconds between the runs of a continuous job that fails again and again.
_LONGEST_REST = 300


def now() -> int:
    """Milliseconds since 1970, as the API counts time."""
    return int(time.time() * 1000)


def new_id(store: Store) -> int:
    """The id of a run; jobs' runs and tasks' runs of all workspaces share one numbering."""
    return Store(store.database, DEFAULT_WORKSPACE).next_id(RUN, _FIRST_ID)


def new_job_id(store: Store) -> int:
    """The id of a job; those of all workspaces share one numbering."""
    return Store(store.database, DEFAULT_WORKSPACE).next_id("job", 1)


def find(store: Store, run_id: int | str) -> Json | None:
    """A job's run, or None."""
    return store.get(RUN, str(run_id))


def require(store: Store, run_id: int | str) -> Json:
    """A job's run; 400 when there is none, as the API answers."""
    found = find(store, run_id)
    if found is None:
        raise invalid(f"Run {run_id} does not exist.")
    return found


def all_runs(store: Store) -> list[Json]:
    """Every job run, the newest first."""
    return sorted(store.documents(RUN), key=lambda run: int(run["run_id"]), reverse=True)


def rested_at(store: Store, job_id: int) -> int:
    """When a continuous job may run again, in milliseconds: later after each failure in a row."""
    failures = 0
    runs = [run for run in all_runs(store) if run["job_id"] == job_id]
    for run in runs:
        if run["state"].get("result_state") in {"SUCCESS", "SUCCESS_WITH_FAILURES"}:
            break
        failures += 1
    last = int(runs[0].get("end_time") or 0) if runs else 0
    return last + (1000 * min(2**failures, _LONGEST_REST) if failures else 0)


def attempts(store: Store, run: Mapping[str, Any]) -> list[Json]:
    """The task runs of a job's run, attempts of one task after each other; no iterations of loops."""
    found = [store.get(TASK_RUN, str(task_run_id)) for task_run_id in run["task_run_ids"]]
    order = {task["task_key"]: index for index, task in enumerate(run["settings"].get("tasks") or [])}
    there = [each for each in found if each is not None]
    return sorted(there, key=lambda each: (order.get(each["task_key"], 0), each["run_id"]))


def latest(store: Store, run: Mapping[str, Any]) -> dict[str, Json]:
    """The last attempt of each task, by key."""
    return {each["task_key"]: each for each in attempts(store, run)}


def _task_run(store: Store, run: Json, task: Json, previous: Json | None, parent: Json | None) -> Json:
    run_id = new_id(store)
    record = {
        **{name: value for name, value in task.items() if name != "email_notifications"},
        "run_id": run_id,
        "job_run_id": run["run_id"],
        "attempt_number": previous["attempt_number"] + 1 if previous else 0,
        "original_attempt_run_id": previous["original_attempt_run_id"] if previous else run_id,
        "start_time": 0,
        "end_time": 0,
        "setup_duration": 0,
        "execution_duration": 0,
        "cleanup_duration": 0,
        **states.underway("BLOCKED" if task.get("depends_on") else "PENDING"),
        **({"parent_run_id": parent["run_id"]} if parent else {}),
    }
    return store.put(TASK_RUN, str(run_id), record)


def new_run(store: Store, run: Json) -> Json:
    """Record a job's run with the first attempt of each of its tasks."""
    with store.transaction():
        tasks = run["settings"].get("tasks") or []
        run["task_run_ids"] = [_task_run(store, run, task, None, None)["run_id"] for task in tasks]
        return store.put(RUN, str(run["run_id"]), run)


def new_task_run(
    store: Store, run: Json, task: Json, *, previous: Json | None = None, parent: Json | None = None
) -> Json:
    """Record another attempt of a task.

    Args:
        store: the workspace's documents.
        run: the job's run; brought up to date.
        task: the task's settings.
        previous: the attempt before it.
        parent: the loop that the task is an iteration of.
    """
    with store.transaction():
        record = _task_run(store, run, task, previous, parent)
        if parent is None:
            known = require(store, run["run_id"])["task_run_ids"]
            change(store, run, task_run_ids=[*known, record["run_id"]])
    return record


def change(store: Store, run: Json, **fields: Any) -> Json:
    """Write fields of a job's run."""
    with store.transaction():
        current = store.get(RUN, str(run["run_id"])) or dict(run)
        current.update(fields)
        store.put(RUN, str(run["run_id"]), current)
    run.update(current)
    return run


def change_task(store: Store, task_run: Json, **fields: Any) -> Json:
    """Write fields of a task's run."""
    task_run.update(fields)
    store.put(TASK_RUN, str(task_run["run_id"]), task_run)
    return task_run


def end_task(store: Store, task_run: Json, state: Json, **fields: Any) -> Json:
    """Write the end of a task's run."""
    ended_at = now()
    # What never began has begun and ended now.
    times = {"start_time": task_run["start_time"] or ended_at, "end_time": ended_at}
    took = ended_at - times["start_time"]
    return change_task(store, task_run, **state, **times, execution_duration=took, **fields)


def end_run(store: Store, run: Json, state: Json) -> Json:
    """Write the end of a job's run."""
    ended_at = now()
    return change(store, run, **state, end_time=ended_at, run_duration=ended_at - run["start_time"])
