"""Repairs: some tasks of a run that is over run again, with all that depend on them."""

from __future__ import annotations

from mlops_sandbox.databricks.jobs import graph, launch, records, states
from mlops_sandbox.databricks.jobs.runner import JobsRunner
from mlops_sandbox.errors import invalid
from mlops_sandbox.server.routing import Call, Json


def _wanted(call: Call, run: Json, last: dict[str, Json]) -> set[str]:
    tasks = run["settings"].get("tasks") or []
    keys = {task["task_key"] for task in tasks}
    asked = set(call.get("rerun_tasks") or [])
    unknown = sorted(asked - keys)
    if unknown:
        raise invalid(f"rerun_tasks: the run has no task {', '.join(unknown)}.")
    if call.get("rerun_all_failed_tasks"):
        asked |= {key for key, each in last.items() if _settled(each).failed}
    if not asked:
        raise invalid("Nothing to repair: give rerun_tasks, or rerun_all_failed_tasks for a run that failed.")
    # What was passed over because of these tasks is decided anew.
    passed_over = {key for key, each in last.items() if each["state"]["life_cycle_state"] == "SKIPPED"}
    after = graph.downstream(tasks, asked)
    return after if call.get("rerun_dependent_tasks") else asked | (after & passed_over)


def _settled(record: Json) -> graph.Settled:
    outcome = (record.get("condition_task") or {}).get("outcome", "")
    return graph.Settled(record["state"]["result_state"], outcome)


def _history(run: Json) -> list[Json]:
    first = {
        "type": "ORIGINAL",
        "id": 0,
        "start_time": run["start_time"],
        "end_time": run["end_time"],
        "state": run["state"],
        "status": run["status"],
        "task_run_ids": list(run["task_run_ids"]),
    }
    return run.get("repair_history") or [first]


def begin(call: Call, run: Json) -> int:
    """Begin a repair; returns its id.

    Raises:
        ApiError: 400 when the run is not over, when `latest_repair_id` is another one's, or when nothing is
            to be run again.
    """
    store = call.store
    if not states.is_final(run):
        raise invalid(f"Run {run['run_id']} is active: only a run that is over can be repaired.")
    history = _history(run)
    latest = history[-1]["id"]
    if len(history) > 1 and call.number("latest_repair_id", 0) != latest:
        raise invalid(f"latest_repair_id must be {latest}, the id of the run's last repair.")
    last = records.latest(store, run)
    again = _wanted(call, run, last)
    given = {each["name"]: each["value"] for each in run["job_parameters"]}
    given |= call.get("job_parameters") or {}
    with store.transaction():
        repair_id = records.new_id(store)
        before = set(run["task_run_ids"])
        run = records.change(
            store,
            run,
            job_parameters=launch.parameters(run["settings"], given),
            **states.underway("PENDING"),
            end_time=0,
        )
        for task in run["settings"]["tasks"]:
            if task["task_key"] in again:
                records.new_task_run(store, run, task, previous=last[task["task_key"]])
        entry = {
            "type": "REPAIR",
            "id": repair_id,
            "start_time": records.now(),
            "task_run_ids": [each for each in run["task_run_ids"] if each not in before],
        }
        records.change(store, run, repair_history=[*history, entry])
    settled = {key: _settled(each) for key, each in last.items() if key not in again}
    call.sandbox.get(JobsRunner).repair(store, run, settled)
    return repair_id
