"""Runs: get, list, get-output, cancel, delete, submit, repair; and the log of a task for the page."""

from __future__ import annotations

from starlette.responses import Response

from mlops_sandbox.databricks.jobs import (
    compute,
    jobs_api,
    paging,
    process,
    records,
    repair,
    settings,
    states,
    views,
)
from mlops_sandbox.databricks.jobs.idempotency import once
from mlops_sandbox.databricks.jobs.run_as import check_run_as
from mlops_sandbox.databricks.jobs.runner import JobsRunner
from mlops_sandbox.databricks.object_access import may, refusal, require
from mlops_sandbox.databricks.principals import caller, require_admin
from mlops_sandbox.databricks.vendor import service
from mlops_sandbox.errors import invalid
from mlops_sandbox.server.routing import Answer, Call, Json, Routes

routes = Routes()

_PAGED = ("tasks", "job_clusters", "job_parameters", "repair_history", "iterations")
_SUBMITTED = {
    "run_name",
    "tasks",
    "environments",
    "timeout_seconds",
    "queue",
    "run_as",
    "health",
    "git_source",
}
_NOT_SEEN = {
    "access_control_list",
    "idempotency_token",
    "email_notifications",
    "webhook_notifications",
    "notification_settings",
    "budget_policy_id",
    "usage_policy_id",
    "performance_target",
    "duration_target",
    "environment_variables",
}


def _paths(action: str) -> tuple[str, str]:
    return f"/api/2.2/jobs/runs/{action}", f"/api/2.1/jobs/runs/{action}"


def _run_id(call: Call) -> int:
    value = call.path.get("run_id") or call.required("run_id")
    try:
        return int(value)
    except (TypeError, ValueError):
        raise invalid(f"run_id must be a number (it is {value!r}).") from None


def _flag(call: Call, name: str) -> bool:
    return str(call.get(name, "")).lower() == "true"


def _task_run(call: Call, run_id: int) -> tuple[Json, Json]:
    """A task's run with the job's run that it belongs to."""
    record = call.store.get(records.TASK_RUN, str(run_id))
    if record is None:
        raise invalid(f"Run {run_id} does not exist.")
    return records.require(call.store, record["job_run_id"]), record


def _allowed(call: Call, run: Json, level: str) -> bool:
    """Whether the caller has a level on the run's job; a run without one is its creator's and the admins'."""
    who = caller(call)
    if who.admin or run["run_type"] == "SUBMIT_RUN":
        return who.admin or who.is_any_of([run["creator_user_name"]])
    return may(call.store, who, ("jobs", str(run["job_id"])), level)


def _require(call: Call, run: Json, level: str) -> None:
    if not _allowed(call, run, level):
        raise refusal(caller(call), f"job {run['job_id']}", level)


@routes.get(*_paths("get"))
def get(call: Call) -> Json:
    """A job's run with its tasks, or a task's run."""
    run_id = _run_id(call)
    run = records.find(call.store, run_id)
    if run is None:
        parent, record = _task_run(call, run_id)
        _require(call, parent, "CAN_VIEW")
        shown = views.single(call.sandbox, call.store, parent, record)
    else:
        _require(call, run, "CAN_VIEW")
        history = _flag(call, "include_history")
        shown = views.whole(call.sandbox, call.store, run, tasks=True, history=history)
    if paging.cut_inner(call, shown, _PAGED):
        shown["next_page_token"] = paging.token(paging.offset_of(call) + paging.INNER_PAGE)
    return shown


def _fits(call: Call, run: Json) -> bool:
    wanted_job, wanted_type = call.get("job_id"), call.get("run_type")
    active = not states.is_final(run)
    return (
        (not wanted_job or str(run["job_id"]) == str(wanted_job))
        and (not wanted_type or run["run_type"] == wanted_type)
        and (active or not _flag(call, "active_only"))
        and (not active or not _flag(call, "completed_only"))
        and run["start_time"] >= call.number("start_time_from", 0)
        and run["start_time"] <= call.number("start_time_to", run["start_time"])
    )


@routes.get(*_paths("list"))
def list_runs(call: Call) -> Json:
    """Runs, the newest first."""
    if _flag(call, "active_only") and _flag(call, "completed_only"):
        raise invalid("Only one of active_only and completed_only can be true.")
    runs = [
        run for run in records.all_runs(call.store) if _fits(call, run) and _allowed(call, run, "CAN_VIEW")
    ]
    page, more = paging.cut(call, runs, 20, 25)
    expand = _flag(call, "expand_tasks")
    shown = [views.whole(call.sandbox, call.store, run, tasks=expand) for run in page]
    for each in shown:
        if any(len(each.get(name, [])) > paging.INNER_PAGE for name in _PAGED):
            each["has_more"] = True
            each["tasks"] = each["tasks"][: paging.INNER_PAGE]
    return {**({"runs": shown} if shown else {}), **more}


@routes.get(*_paths("get-output"))
def get_output(call: Call) -> Json:
    """The result, error and log of a task's run."""
    run_id = _run_id(call)
    if records.find(call.store, run_id) is not None:
        raise invalid(
            "Retrieving the output of runs with multiple tasks is not supported. "
            "Please retrieve the output of each individual task run instead."
        )
    run, record = _task_run(call, run_id)
    _require(call, run, "CAN_VIEW")
    return views.output(call.sandbox, call.store, run, record)


@routes.post(*_paths("cancel"))
def cancel(call: Call) -> Json:
    """Ask a run to end; answered at once, the run ends soon after."""
    run_id = _run_id(call)
    if records.find(call.store, run_id) is None:
        run_id = _task_run(call, run_id)[0]["run_id"]
    _require(call, records.require(call.store, run_id), "CAN_MANAGE_RUN")
    call.sandbox.get(JobsRunner).cancel(call.store, run_id)
    return {}


@routes.post(*_paths("cancel-all"))
def cancel_all(call: Call) -> Json:
    """Cancel all runs of a job, or every queued run."""
    queued_only = _flag(call, "all_queued_runs")
    job_id = call.get("job_id")
    if not job_id and not queued_only:
        raise invalid("Either job_id or all_queued_runs must be given.")
    if job_id:
        require(call, "jobs", job_id, "CAN_MANAGE_RUN")
    else:
        require_admin(call)
    runner = call.sandbox.get(JobsRunner)
    jobs_api.cancel_all(runner, call.store, int(job_id) if job_id else None, queued_only=queued_only)
    return {}


@routes.post(*_paths("delete"))
def delete(call: Call) -> Json:
    """Forget a run that is over; its logs stay."""
    run = records.require(call.store, _run_id(call))
    _require(call, run, "CAN_MANAGE")
    if not states.is_final(run):
        raise invalid(f"Run {run['run_id']} is active: cancel it before deleting it.")
    with call.store.transaction():
        for record in call.store.documents(records.TASK_RUN):
            if record["job_run_id"] == run["run_id"]:
                call.store.delete(records.TASK_RUN, str(record["run_id"]))
        call.store.delete(records.RUN, str(run["run_id"]))
    return {}


@routes.post(*_paths("submit"))
def submit(call: Call) -> Json:
    """Run tasks once, without a job."""
    unknown = sorted(set(call.body) - _SUBMITTED - _NOT_SEEN)
    if unknown:
        raise invalid(f"Unknown field: {', '.join(unknown)}.")
    shape = service("jobs").SubmitTask
    tasks = [settings.read(task, shape.from_dict) for task in call.required("tasks")]
    kept = {name: value for name, value in call.body.items() if name in _SUBMITTED}
    asked = settings.with_defaults({**kept, "name": call.get("run_name") or "Untitled", "tasks": tasks})
    settings.check(asked)
    check_run_as(call, asked, {})
    # A run is told what is wrong with who pays for it, though it shows it not.
    compute.prepare(call, {**asked, "budget_policy_id": call.get("budget_policy_id")}, {})

    def begin() -> Json:
        runner = call.sandbox.get(JobsRunner)
        return runner.submit(call.store, asked, call.user, body=call.body)

    return {"run_id": once(call, begin)}


@routes.post(*_paths("repair"))
def repair_run(call: Call) -> Json:
    """Run tasks of a run that is over again."""
    run = records.require(call.store, _run_id(call))
    _require(call, run, "CAN_MANAGE_RUN")
    return {"repair_id": repair.begin(call, run)}


@routes.get("/sandbox/runs/{run_id}/log")
def log(call: Call) -> Answer:
    """The log of a task's run from a byte offset on; the header says where it ends."""
    run, record = _task_run(call, _run_id(call))
    _require(call, run, "CAN_VIEW")
    offset = max(0, call.number("offset", 0))
    file = process.log_file(call.sandbox, run["run_id"], record["run_id"])
    content = b""
    if file.is_file():
        with file.open("rb") as source:
            source.seek(offset)
            content = source.read()
    headers = {"X-Log-End": str(offset + len(content)), "X-Log-Final": str(states.is_final(record)).lower()}
    return Response(content, media_type="text/plain; charset=utf-8", headers=headers)
