"""Runs of workflows and their jobs: what is kept of them, and how they are shown.

The sandbox runs no workflow. Whatever does reports its runs and jobs (`runner.py`), and finds here what
GitHub decides: which environment lets a job in, and what the job gets.
"""

from __future__ import annotations

from mlops_sandbox.context import Sandbox
from mlops_sandbox.github import accounts, checks, repositories, run_tokens
from mlops_sandbox.github.api import (
    GitHubAnswer,
    GitHubError,
    GitHubRoutes,
    api_url,
    base_url,
    integer,
    node_id,
    not_found,
    now,
    page,
    store,
)
from mlops_sandbox.server.routing import Call, Json

api = GitHubRoutes()

_RUNS = "/repos/{owner}/{repo}/actions/runs"
#: A run is what the first of these says that one of its jobs was.
_CONCLUSIONS = ("failure", "cancelled", "success", "skipped")


def find(call: Call) -> Json:
    """The run that a path names, else 404."""
    repository = repositories.called(call)
    found = store(call.sandbox).get("run", f"{repository['id']}/{integer(call, 'run'):012d}")
    if found is None:
        raise not_found()
    return found


def keep(sandbox: Sandbox, run: Json) -> Json:
    """Store a run."""
    return store(sandbox).put("run", f"{run['repository']}/{run['id']:012d}", run)


def jobs(sandbox: Sandbox, run: Json) -> list[Json]:
    """The jobs of a run, in the order in which they came."""
    return store(sandbox).documents("job", f"{run['repository']}/{run['id']:012d}/")


def keep_job(sandbox: Sandbox, job: Json) -> Json:
    """Store a job, and make its run's status follow."""
    document = store(sandbox).put("job", job["key"], job)
    run = store(sandbox).get("run", job["key"].rpartition("/")[0])
    if run is not None and run["status"] != "completed":
        keep(sandbox, {**run, "status": _status(jobs(sandbox, run)), "updated_at": now()})
    return document


def _status(known: list[Json]) -> str:
    states = {each["status"] for each in known}
    return next((each for each in ("in_progress", "waiting", "pending") if each in states), "queued")


def complete(sandbox: Sandbox, job: Json, conclusion: str, message: str = "") -> Json:
    """A job has ended: its token is over, and its commit gets a check of its name."""
    ended = {"status": "completed", "conclusion": conclusion, "message": message, "completed_at": now()}
    document = keep_job(sandbox, {**job, **ended})
    run_tokens.revoke(sandbox, document)
    repository = repositories.by_id(sandbox, job["repository"])
    checks.report(sandbox, repository, job["head_sha"], job["name"], conclusion)
    run = store(sandbox).get("run", job["key"].rpartition("/")[0])
    if run is not None and run["cancelled"]:
        _conclude_cancelled(sandbox, run)
    return document


def conclude(sandbox: Sandbox, run: Json) -> Json:
    """A run after its last job."""
    results = {"cancelled"} if run["cancelled"] else {each["conclusion"] for each in jobs(sandbox, run)}
    conclusion = next((each for each in _CONCLUSIONS if each in results), "success")
    return keep(sandbox, {**run, "status": "completed", "conclusion": conclusion, "updated_at": now()})


def _conclude_cancelled(sandbox: Sandbox, run: Json) -> None:
    if all(each["status"] == "completed" for each in jobs(sandbox, run)):
        conclude(sandbox, run)


def cancel_job(sandbox: Sandbox, job: Json) -> None:
    """A job that waits never starts; the runner of one at work is told, and ends it."""
    if job["status"] == "in_progress":
        keep_job(sandbox, {**job, "cancelled": True})
    elif job["status"] != "completed":
        complete(sandbox, job, "cancelled")


def cancel(sandbox: Sandbox, run: Json) -> None:
    """Cancel a run with all its jobs; it has ended when the last of them has."""
    cancelled = keep(sandbox, {**run, "cancelled": True})
    for job in jobs(sandbox, run):
        cancel_job(sandbox, job)
    _conclude_cancelled(sandbox, cancelled)


def shown(sandbox: Sandbox, run: Json) -> Json:
    """A run as GitHub answers with it."""
    repository = repositories.by_id(sandbox, run["repository"])
    name = repositories.brief(repository)["full_name"]
    url = f"{api_url(sandbox)}/repos/{name}/actions/runs/{run['id']}"
    actor = accounts.simple(sandbox, run["actor"])
    same = ("id", "name", "path", "event", "status", "conclusion", "head_sha", "created_at", "updated_at")
    return {
        **{field: run[field] for field in same},
        "node_id": node_id("WFR", run["id"]),
        "head_branch": run["ref"].removeprefix("refs/heads/").removeprefix("refs/"),
        "run_number": run["id"],
        "run_attempt": 1,
        "display_title": run["name"],
        "run_started_at": run["created_at"],
        "pull_requests": [{"number": run["pull_request"]}] if run["pull_request"] else [],
        "actor": actor,
        "triggering_actor": actor,
        "repository": repositories.brief(repository),
        "url": url,
        "html_url": f"{base_url(sandbox)}/{name}/actions/runs/{run['id']}",
        "jobs_url": f"{url}/jobs",
        "cancel_url": f"{url}/cancel",
    }


def job_shown(sandbox: Sandbox, job: Json) -> Json:
    """A job as GitHub answers with it."""
    name = repositories.brief(repositories.by_id(sandbox, job["repository"]))["full_name"]
    same = ("id", "run_id", "name", "status", "conclusion", "head_sha", "created_at", "started_at")
    return {
        **{field: job[field] for field in same},
        "completed_at": job["completed_at"],
        "node_id": node_id("CR", job["id"]),
        "workflow_name": job["workflow"],
        "run_attempt": 1,
        "labels": ["self-hosted"],
        "steps": [],
        "url": f"{api_url(sandbox)}/repos/{name}/actions/jobs/{job['id']}",
        "html_url": f"{base_url(sandbox)}/{name}/actions/runs/{job['run_id']}/job/{job['id']}",
    }


@api.on("GET", _RUNS)
def list_runs(call: Call) -> GitHubAnswer:
    """A repository's runs, newest first; `event`, `status`, `branch` and `head_sha` narrow."""
    repository = repositories.called(call)
    found = reversed(store(call.sandbox).documents("run", f"{repository['id']}/"))
    told = [shown(call.sandbox, each) for each in found]
    for query, fields in {
        "event": ("event",),
        "status": ("status", "conclusion"),
        "branch": ("head_branch",),
        "head_sha": ("head_sha",),
    }.items():
        wanted = call.query.get(query)
        if wanted:
            told = [each for each in told if wanted in (each[field] for field in fields)]
    return page(call, told, "workflow_runs")


@api.on("GET", f"{_RUNS}/{{run}}")
def get_run(call: Call) -> GitHubAnswer:
    """A run by id."""
    return shown(call.sandbox, find(call))


@api.on("GET", f"{_RUNS}/{{run}}/jobs")
def list_jobs(call: Call) -> GitHubAnswer:
    """A run's jobs."""
    found = jobs(call.sandbox, find(call))
    return page(call, [job_shown(call.sandbox, each) for each in found], "jobs")


@api.on("POST", f"{_RUNS}/{{run}}/cancel")
def cancel_run(call: Call) -> GitHubAnswer:
    """Cancel a run that has not ended."""
    with store(call.sandbox).transaction():
        run = find(call)
        if run["status"] == "completed":
            raise GitHubError(409, "Cannot cancel a workflow run that is completed.")
        cancel(call.sandbox, run)
    return 202, {}
