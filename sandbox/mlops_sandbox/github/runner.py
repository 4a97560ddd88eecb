"""A runner's side of GitHub Actions, under `/github/_runner/`: GitHub keeps its own to itself.

A runner says which workflow runs for which event, asks for each job whether it may begin, and gets what
GitHub gives a job: secrets, variables, its token, and where it asks for identity tokens. Jobs of a pull
request from a fork get no secrets, no identity, and a token that may only read.
"""

from __future__ import annotations

from starlette.responses import Response

from mlops_sandbox.github import (
    accounts,
    actions,
    commits,
    concurrency,
    deployments,
    issues,
    oidc,
    repositories,
    run_tokens,
    runs,
)
from mlops_sandbox.github.api import (
    GitHubAnswer,
    GitHubError,
    GitHubRoutes,
    api_url,
    base_url,
    integer,
    mapping,
    next_id,
    not_found,
    now,
    required,
    respond,
    store,
    unprocessable,
)
from mlops_sandbox.issuer import LIFETIME_SECONDS
from mlops_sandbox.server.routing import Call, Json, Routes

api = GitHubRoutes("/github/_runner")
#: Asked with a job's own token, which is all that it checks.
open_routes = Routes()

_RUNS = "/{owner}/{repo}/runs"
_JOB = f"{_RUNS}/{{run}}/jobs/{{job}}"
#: Of a job whose workflow names none, as in a new organization.
_DEFAULT_PERMISSIONS = {"contents": "read", "packages": "read"}
_CONCLUSIONS = ("success", "failure", "cancelled", "skipped")


def _pull_head(call: Call, repository: Json, number: int | None) -> Json | None:
    """Where a pull request comes from: `repository`, its ID, and the newest commit, `sha`."""
    if number is None:
        return None
    found: Json = issues.find_numbered(call.sandbox, repository, number)["pull"]["head"]
    return found


@api.on("POST", _RUNS)
def create_run(call: Call) -> GitHubAnswer:
    """A workflow begins to run: `name`, `event`, `ref`, `sha`, `actor`, and `pull_request`, its number.

    `concurrency` is its `group` and `cancel_in_progress`; `id_token_seconds` makes identity tokens that
    expire sooner (or have, when it is negative).
    """
    repository = repositories.called(call)
    actor = str(call.body.get("actor") or accounts.caller(call))
    accounts.account(call.sandbox, actor)
    number, seconds = call.body.get("pull_request"), call.body.get("id_token_seconds", LIFETIME_SECONDS)
    if not isinstance(seconds, int):
        raise unprocessable("Run", "id_token_seconds", "invalid")
    _, _, sha = commits.revision(call, str(required(call, "Run", "sha")))
    name, head = str(required(call, "Run", "name")), _pull_head(call, repository, number)
    with store(call.sandbox).transaction():
        run: Json = {
            "id": next_id(call.sandbox),
            "repository": repository["id"],
            "name": name,
            "path": call.body.get("path") or f".github/workflows/{name}.yml",
            "event": str(required(call, "Run", "event")),
            "ref": str(required(call, "Run", "ref")),
            "sha": sha,
            # Of a pull request its own newest commit, not the merge that is tried.
            "head_sha": str(head["sha"]) if head else sha,
            "actor": actor,
            "pull_request": number,
            "from_fork": head is not None and head["repository"] != repository["id"],
            "concurrency": concurrency.declared(call, "Run"),
            "id_token_seconds": seconds,
            "conclusion": None,
            "cancelled": False,
            "reviews": [],
            "created_at": now(),
            "updated_at": now(),
        }
        concurrency.enter(call.sandbox, run)
        status = "pending" if concurrency.is_held(call.sandbox, run) else "queued"
        return 201, runs.keep(call.sandbox, {**run, "status": status})


def _permissions(run: Json, given: Json) -> Json:
    if not run["from_fork"]:
        return given
    return {name: "read" for name, level in given.items() if name != "id-token" and level != "none"}


@api.on("POST", f"{_RUNS}/{{run}}/jobs")
def create_job(call: Call) -> GitHubAnswer:
    """A job is next: `name`, `environment`, `permissions`, `concurrency`. By its `status` it may begin."""
    repository = repositories.called(call)
    given = mapping(call.body.get("permissions"), "Job", "permissions")
    environment = call.body.get("environment") or None
    with store(call.sandbox).transaction():
        run = runs.find(call)
        number = next_id(call.sandbox)
        job: Json = {
            "id": number,
            "key": f"{repository['id']}/{run['id']:012d}/{number:012d}",
            "run_id": run["id"],
            "repository": repository["id"],
            "workflow": run["name"],
            "name": str(required(call, "Job", "name")),
            "environment": environment,
            "permissions": _permissions(run, _DEFAULT_PERMISSIONS if given is None else given),
            "concurrency": concurrency.declared(call, "Job"),
            "cancelled": False,
            "approved": False,
            "head_sha": run["head_sha"],
            "status": "queued",
            "conclusion": None,
            "message": "",
            "created_at": now(),
            "started_at": None,
            "completed_at": None,
        }
        return 201, _admitted(call, repository, run, job)


def _admitted(call: Call, repository: Json, run: Json, job: Json) -> Json:
    """The stored job: queued, waiting or pending, or completed when it never begins."""
    if run["cancelled"]:
        return runs.complete(call.sandbox, job, "cancelled")
    if job["environment"]:
        environment = deployments.environment_of(call.sandbox, repository, job["environment"])
        if not deployments.admits(call.sandbox, repository, environment, run["ref"]):
            ref, name = run["ref"].removeprefix("refs/heads/"), environment["name"]
            text = f'Branch "{ref}" is not allowed to deploy to {name} due to environment protection rules.'
            return runs.complete(call.sandbox, job, "failure", text)
    deadlock = concurrency.deadlock(run, job)
    if deadlock:
        return runs.complete(call.sandbox, job, "cancelled", deadlock)
    concurrency.enter(call.sandbox, job)
    return runs.keep_job(call.sandbox, {**job, "status": deployments.gate(call.sandbox, repository, job)})


def _job(call: Call) -> Json:
    run = runs.find(call)
    found = store(call.sandbox).get(
        "job", f"{run['repository']}/{run['id']:012d}/{integer(call, 'job'):012d}"
    )
    if found is None:
        raise not_found()
    return found


@api.on("GET", _JOB)
def get_job(call: Call) -> GitHubAnswer:
    """A job: whether it may begin by now, and whether it was `cancelled` while it runs."""
    if (job := _job(call))["status"] not in ("waiting", "pending"):
        return job
    with store(call.sandbox).transaction():
        job = _job(call)
        status = deployments.gate(call.sandbox, repositories.called(call), job)
        return runs.keep_job(call.sandbox, {**job, "status": status}) if status != job["status"] else job


@api.on("POST", f"{_JOB}/start")
def start_job(call: Call) -> GitHubAnswer:
    """A job begins; the answer is what it gets. 409 while it may not begin."""
    repository = repositories.called(call)
    with store(call.sandbox).transaction():
        get_job(call)  # its turn may have come
        job, run = _job(call), runs.find(call)
        if job["status"] != "queued":
            waits = f"it waits for {job['environment']}" if job["status"] == "waiting" else job["status"]
            raise GitHubError(409, f"The job {job['name']} can not begin: {waits}. {job['message']}".strip())
        job = runs.keep_job(call.sandbox, {**job, "status": "in_progress", "started_at": now()})
    secrets, variables = actions.run_values(call.sandbox, repository, job["environment"])
    token = run_tokens.issue(call.sandbox, job)
    identity = job["permissions"].get("id-token") == "write"
    asked = f"{base_url(call.sandbox)}/_oidc/token?api-version=2.0" if identity else None
    return {
        "secrets": {} if run["from_fork"] else secrets,
        "variables": variables,
        "permissions": job["permissions"],
        "token": token,
        "id_token_request_url": asked,
        "id_token_request_token": token if identity else None,
        "api_url": api_url(call.sandbox),
        "server_url": base_url(call.sandbox),
    }


@api.on("PATCH", _JOB)
def end_job(call: Call) -> GitHubAnswer:
    """A job has ended: its token is over, and its commit gets a check of its name."""
    conclusion = call.body.get("conclusion")
    if conclusion not in _CONCLUSIONS:
        raise unprocessable("Job", "conclusion", "invalid")
    with store(call.sandbox).transaction():
        return runs.complete(call.sandbox, _job(call), conclusion)


@api.on("PATCH", f"{_RUNS}/{{run}}")
def end_run(call: Call) -> GitHubAnswer:
    """A run has no more jobs."""
    with store(call.sandbox).transaction():
        return runs.conclude(call.sandbox, runs.find(call))


@open_routes.get("/github/_oidc/token")
def identity_token(call: Call) -> Response:
    """An identity token for the job whose token asks; `audience` is whom it is for."""
    job = run_tokens.job_of(call)
    if job is None or job["permissions"].get("id-token") != "write":
        raise GitHubError(403, "The job has no permission id-token: write.")
    repository = repositories.by_id(call.sandbox, job["repository"])
    run = store(call.sandbox).get("run", job["key"].rpartition("/")[0]) or {}
    audience = call.query.get("audience") or f"{base_url(call.sandbox)}/{repository['owner']}"
    claims = {
        "ref": run["ref"],
        "sha": run["sha"],
        "actor": run["actor"],
        "workflow": run["name"],
        "event_name": run["event"],
        "run_id": str(run["id"]),
        **({"environment": job["environment"]} if job["environment"] else {}),
    }
    token = oidc.run_token(call.sandbox, repository, audience, claims, run["id_token_seconds"])
    return respond(call, 200, {"value": token, "count": len(token)})
