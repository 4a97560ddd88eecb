"""Jobs: create, get, list, update, reset, delete, run-now."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from mlops_sandbox.databricks import permissions
from mlops_sandbox.databricks.jobs import compute, paging, records, settings, states
from mlops_sandbox.databricks.jobs.idempotency import once
from mlops_sandbox.databricks.jobs.run_as import check_run_as
from mlops_sandbox.databricks.jobs.runner import JobsRunner, require_job
from mlops_sandbox.databricks.object_access import may, require
from mlops_sandbox.databricks.principals import caller
from mlops_sandbox.databricks.vendor import service
from mlops_sandbox.errors import ApiError, invalid
from mlops_sandbox.server.routing import Call, Json, Routes
from mlops_sandbox.store import Store

routes = Routes()

_PAGED = ("tasks", "job_clusters", "parameters", "environments")
#: Lists that an update merges by key; every other field it replaces.
_MERGED = {"tasks": "task_key", "job_clusters": "job_cluster_key"}


def _paths(action: str) -> tuple[str, str]:
    return f"/api/2.2/jobs/{action}", f"/api/2.1/jobs/{action}"


def _job_id(call: Call) -> int:
    value = call.required("job_id")
    try:
        return int(value)
    except (TypeError, ValueError):
        raise invalid(f"job_id must be a number (it is {value!r}).") from None


def _read(sent: Any) -> Json:
    if not isinstance(sent, dict):
        raise ApiError(400, "MALFORMED_REQUEST", "Job settings must be a JSON object.")
    read = settings.with_defaults(settings.read(sent, service("jobs").JobSettings.from_dict))
    settings.check(read)
    return read


def _job(call: Call, level: str) -> Json:
    """The job that is asked for, if the caller has the level on it."""
    job = require_job(call.store, _job_id(call))
    require(call, "jobs", job["job_id"], level)
    return job


def _keep(call: Call, job: Json) -> None:
    run_as = job["settings"].get("run_as") or {}
    job["run_as_user_name"] = next(iter(run_as.values()), job["creator_user_name"])
    call.store.put("job", str(job["job_id"]), job)
    call.sandbox.get(JobsRunner).scheduler.look_again()


@routes.post(*_paths("create"))
def create(call: Call) -> Json:
    """Make a job."""
    sent = dict(call.body)
    controls = sent.pop("access_control_list", None)
    read = _read(sent)
    check_run_as(call, read, {})
    compute.prepare(call, read, {})
    with call.store.transaction():
        job_id = records.new_job_id(call.store)
        job = {
            "job_id": job_id,
            "creator_user_name": call.user,
            "created_time": records.now(),
            "settings": read,
        }
        permissions.on_create(call.store, "jobs", job_id, call.user)
        if controls:
            named = {"type": "jobs", "id": str(job_id)}
            permissions.update_permissions(replace(call, path=named, body={"access_control_list": controls}))
        _keep(call, job)
    return {"job_id": job_id}


def _paged(call: Call, job: Json) -> Json:
    shown = {**job, "settings": dict(job["settings"])}
    if paging.cut_inner(call, shown["settings"], _PAGED):
        shown["next_page_token"] = paging.token(paging.offset_of(call) + paging.INNER_PAGE)
    return shown


@routes.get(*_paths("get"))
def get(call: Call) -> Json:
    """A job; more than 100 tasks come in pages."""
    return _paged(call, _job(call, "CAN_VIEW"))


@routes.get(*_paths("list"))
def list_jobs(call: Call) -> Json:
    """Jobs, the newest first; without their tasks unless `expand_tasks`."""
    who = caller(call)
    seen = [
        job
        for job in call.store.documents("job")
        if may(call.store, who, ("jobs", str(job["job_id"])), "CAN_VIEW")
    ]
    jobs = sorted(seen, key=lambda job: int(job["job_id"]), reverse=True)
    name = call.get("name")
    if name:
        jobs = [job for job in jobs if job["settings"]["name"].lower() == str(name).lower()]
    page, more = paging.cut(call, jobs, 20, 100)
    expand = str(call.get("expand_tasks", "")).lower() == "true"
    shown = [_summary(job, expand) for job in page]
    return {**({"jobs": shown} if shown else {}), **more}


def _summary(job: Json, expand: bool) -> Json:
    kept = dict(job["settings"])
    more = False
    for field in _PAGED:
        if field in kept:
            more = more or len(kept[field]) > paging.INNER_PAGE
            kept[field] = kept[field][: paging.INNER_PAGE]
    if not expand:
        for field in (*_PAGED, "email_notifications", "webhook_notifications"):
            kept.pop(field, None)
    return {**job, "settings": kept, **({"has_more": True} if more else {})}


@routes.post(*_paths("reset"))
def reset(call: Call) -> Json:
    """Replace all settings of a job; runs that are under way keep theirs."""
    job = _job(call, "CAN_MANAGE")
    changed = _read(call.required("new_settings"))
    check_run_as(call, changed, job["settings"])
    compute.prepare(call, changed, job["settings"])
    _keep(call, {**job, "settings": changed})
    return {}


@routes.post(*_paths("update"))
def update(call: Call) -> Json:
    """Change some settings of a job: tasks and clusters by key, other fields as a whole."""
    job = _job(call, "CAN_MANAGE")
    changed = dict(job["settings"])
    for path in call.get("fields_to_remove") or []:
        _remove(changed, path)
    for name, value in (call.get("new_settings") or {}).items():
        if name in _MERGED and isinstance(value, list):
            key = _MERGED[name]
            merged = {each[key]: each for each in changed.get(name) or []}
            merged |= {each.get(key): each for each in value}
            changed[name] = list(merged.values())
        else:
            changed[name] = value
    read = _read(changed)
    check_run_as(call, read, job["settings"])
    compute.prepare(call, read, job["settings"])
    _keep(call, {**job, "settings": read})
    return {}


def _remove(kept: Json, path: str) -> None:
    name, _, key = str(path).partition("/")
    if not key:
        kept.pop(name, None)
    elif name in _MERGED:
        kept[name] = [each for each in kept.get(name) or [] if each[_MERGED[name]] != key]
    else:
        raise invalid(f"fields_to_remove: {path!r} is neither a field, nor tasks/KEY, nor job_clusters/KEY.")


@routes.post(*_paths("delete"))
def delete(call: Call) -> Json:
    """Delete a job; its runs that are under way are cancelled, those that are over stay readable."""
    job_id = _job(call, "CAN_MANAGE")["job_id"]
    with call.store.transaction():
        call.store.delete("job", str(job_id))
        permissions.on_delete(call.store, "jobs", job_id)
    cancel_all(call.sandbox.get(JobsRunner), call.store, job_id)
    return {}


def cancel_all(runner: JobsRunner, store: Store, job_id: int | None, *, queued_only: bool = False) -> None:
    """Cancel the runs of a job, or of all jobs, that are not over."""
    for run in records.all_runs(store):
        fits = job_id is None or run["job_id"] == job_id
        waits = run["state"]["life_cycle_state"] == "QUEUED"
        if fits and not states.is_final(run) and (waits or not queued_only):
            runner.cancel(store, run["run_id"])


@routes.post(*_paths("run-now"))
def run_now(call: Call) -> Json:
    """Begin a run."""
    job = _job(call, "CAN_MANAGE_RUN")
    if call.get("only"):
        raise invalid("only: the sandbox runs all tasks of a job.")

    def begin() -> Json:
        runner = call.sandbox.get(JobsRunner)
        return runner.run_now(call.store, job, creator=call.user, trigger="ONE_TIME", body=call.body)

    run_id = once(call, begin)
    return {"run_id": run_id, "number_in_job": run_id}
