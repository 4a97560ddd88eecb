"""Runs as the API shows them."""

from __future__ import annotations

from typing import Any

from mlops_sandbox.context import Sandbox
from mlops_sandbox.databricks.jobs import process, records, states
from mlops_sandbox.store import Store

Json = dict[str, Any]

#: Fields of the documents that the API does not have.
_INNER = {
    "settings",
    "task_run_ids",
    "ancestors",
    "output",
    "task_values",
    "parent_run_id",
    "run_as_user_name",
}
#: The API's limit of a log in an answer, in bytes.
_LOG_LIMIT = 5 * 1024 * 1024


def _shown(record: Json) -> Json:
    return {name: value for name, value in record.items() if name not in _INNER}


def _page_url(sandbox: Sandbox, store: Store, run: Json) -> str:
    return f"{sandbox.workspaces.url(store.workspace)}/#job/{run['job_id']}/run/{run['run_id']}"


def task(sandbox: Sandbox, store: Store, run: Json, record: Json) -> Json:
    """A task's run, as an element of `tasks`."""
    shown = _shown(record)
    del shown["job_run_id"]
    return {**shown, "run_page_url": _page_url(sandbox, store, {**run, "run_id": record["run_id"]})}


def whole(sandbox: Sandbox, store: Store, run: Json, *, tasks: bool, history: bool = False) -> Json:
    """A job's run.

    Args:
        sandbox: the running sandbox.
        store: the workspace's documents.
        run: the run's document.
        tasks: with the runs of its tasks.
        history: with its repairs.
    """
    shown = {**_shown(run), "run_page_url": _page_url(sandbox, store, run), "format": "MULTI_TASK"}
    if not history:
        shown.pop("repair_history", None)
    if tasks:
        shown["tasks"] = [task(sandbox, store, run, each) for each in records.attempts(store, run)]
        clusters = run["settings"].get("job_clusters")
        shown |= {"job_clusters": clusters} if clusters else {}
    return shown


def single(sandbox: Sandbox, store: Store, run: Json, record: Json) -> Json:
    """A task's run by itself, with the iterations of a loop."""
    names = ("job_id", "number_in_job", "creator_user_name", "run_type", "job_parameters", "trigger")
    shown = {
        **{name: run[name] for name in names},
        **{name: value for name, value in task(sandbox, store, run, record).items() if name != "depends_on"},
        "job_run_id": run["run_id"],
        "run_name": record["task_key"],
        "run_duration": record["end_time"] - record["start_time"] if record["end_time"] else 0,
        "tasks": [task(sandbox, store, run, record)],
    }
    if "for_each_task" in record:
        shown["iterations"] = [
            task(sandbox, store, run, each)
            for each in store.documents(records.TASK_RUN)
            if each.get("parent_run_id") == record["run_id"]
        ]
    return shown


def output(sandbox: Sandbox, store: Store, run: Json, record: Json) -> Json:
    """What `runs/get-output` answers for a task's run: result, error, log."""
    answer: Json = {"metadata": single(sandbox, store, run, record), **record.get("output", {})}
    log = process.log_file(sandbox, run["run_id"], record["run_id"])
    if log.is_file():
        with log.open("rb") as source:
            size = source.seek(0, 2)
            source.seek(max(0, size - _LOG_LIMIT))
            answer["logs"] = source.read().decode("utf-8", "replace")
        answer["logs_truncated"] = size > _LOG_LIMIT
    elif not states.is_final(record):
        answer["logs"] = ""
    return answer
