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
    checks,
    commits,
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
from mlops_sandbox.server.routing import Call, Json, Routes

api = GitHubRoutes("/github/_runner")
#: Asked with a job's own token, which is all that it checks.
open_routes = Routes()

_RUNS = "/{owner}/{repo}/runs"
_JOB = f"{_RUNS}/{{run}}/jobs/{{job}}"
_CONCLUSIONS = ("success", "failure", "cancelled", "skipped")


def _is_fork(call: Call, repository: Json, number: int | None) -> bool:
    if number is None:
        return False
    issue = issues.find_numbered(call.sandbox, repository, number)
    return bool(issue["pull"]["head"]["repository"] != repository["id"])


@api.on("POST", _RUNS)
def create_run(call: Call) -> GitHubAnswer:
    """A workflow begins to run: `name`, `event`, `ref`, `sha`, `actor`, and `pull_request`, its number."""
    repository = repositories.called(call)
    actor = str(call.body.get("actor") or accounts.caller(call))
    accounts.account(call.sandbox, actor)
    number = call.body.get("pull_request")
    _, _, sha = commits.revision(call, str(required(call, "Run", "sha")))
    name = str(required(call, "Run", "name"))
    run: Json = {
        "id": next_id(call.sandbox),
        "repository": repository["id"],
        "name": name,
        "path": call.body.get("path") or f".github/workflows/{name}.yml",
        "event": str(required(call, "Run", "event")),
        "ref": str(required(call, "Run", "ref")),
        "head_sha": sha,
        "actor": actor,
        "pull_request": number,
        "from_fork": _is_fork(call, repository, number),
        "status": "queued",
        "conclusion": None,
        "cancelled": False,
        "reviews": [],
        "created_at": now(),
        "updated_at": now(),
    }
    return 201, runs.keep(call.sandbox, run)


def _permissions(run: Json, given: Json) -> Json:
    if not run["from_fork"]:
        return given
    return {name: "read" for name, level in given.items() if name != "id-token" and level != "none"}


@api.on("POST", f"{_RUNS}/{{run}}/jobs")
def create_job(call: Call) -> GitHubAnswer:
    """A job is next: `name`, `environment` and `permissions`. Its `status` says whether it may begin."""
    repository = repositories.called(call)
    given = mapping(call.body.get("permissions"), "Job", "permissions") or {}
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
            "permissions": _permissions(run, given),
            "approved": False,
            "head_sha": run["head_sha"],
            "status": "queued",
            "conclusion": None,
            "message": "",
            "created_at": now(),
            "started_at": None,
            "completed_at": None,
        }
        return 201, runs.keep_job(call.sandbox, {**job, **_admission(call, repository, run, job)})


def _admission(call: Call, repository: Json, run: Json, job: Json) -> Json:
    if run["cancelled"]:
        return {"status": "completed", "conclusion": "cancelled", "completed_at": now()}
    if job["environment"]:
        environment = deployments.environment_of(call.sandbox, repository, job["environment"])
        if not deployments.admits(call.sandbox, repository, environment, run["ref"]):
            ref, name = run["ref"].removeprefix("refs/heads/"), environment["name"]
            text = f'Branch "{ref}" is not allowed to deploy to {name} due to environment protection rules.'
            return {"status": "completed", "conclusion": "failure", "message": text, "completed_at": now()}
    return {"status": deployments.gate(call.sandbox, repository, job)}


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
    """A job; one whose environment's time is over may begin now."""
    job, repository = _job(call), repositories.called(call)
    if job["status"] == "waiting" and deployments.gate(call.sandbox, repository, job) == "queued":
        job = runs.keep_job(call.sandbox, {**job, "status": "queued"})
    return job


@api.on("POST", f"{_JOB}/start")
def start_job(call: Call) -> GitHubAnswer:
    """A job begins; the answer is what it gets. 409 while it may not begin."""
    repository = repositories.called(call)
    with store(call.sandbox).transaction():
        get_job(call)
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
    repository = repositories.called(call)
    with store(call.sandbox).transaction():
        ended = {"status": "completed", "conclusion": conclusion, "completed_at": now()}
        job = runs.keep_job(call.sandbox, {**_job(call), **ended})
        run_tokens.revoke(call.sandbox, job)
        run = runs.find(call)
        if run["pull_request"]:
            head = issues.find_numbered(call.sandbox, repository, run["pull_request"])["pull"]["head"]
            checks.report(call.sandbox, repository, str(head["sha"]), job["name"], conclusion)
        else:
            checks.report(call.sandbox, repository, job["head_sha"], job["name"], conclusion)
    return job


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
        "sha": run["head_sha"],
        "actor": run["actor"],
        "workflow": run["name"],
        "event_name": run["event"],
        "run_id": str(run["id"]),
        **({"environment": job["environment"]} if job["environment"] else {}),
    }
    token = oidc.run_token(call.sandbox, repository, audience, claims)
    return respond(call, 200, {"value": token, "count": len(token)})
