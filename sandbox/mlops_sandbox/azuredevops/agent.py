"""An agent's side of Azure Pipelines, under `/{project}/_agent/`: Azure DevOps keeps its own to itself.

An agent says which pipeline runs for what, asks for each job whether the checks let it begin, and gets what a
job gets: the variables of its groups, its token, and where it asks for identity tokens.
"""

from __future__ import annotations

from uuid import uuid4

from mlops_sandbox.azuredevops import (
    approvals,
    builds,
    definitions,
    library,
    project_documents,
    run_tokens,
    secret_values,
)
from mlops_sandbox.azuredevops.api import (
    DevOpsAnswer,
    DevOpsError,
    DevOpsRoutes,
    base_url,
    caller,
    invalid,
    now,
    required,
    store,
)
from mlops_sandbox.server.routing import Call, Json

api = DevOpsRoutes()

_RUNS = "/{project}/_agent/runs"
_JOB = f"{_RUNS}/{{run}}/jobs/{{job}}"
_RESULTS = ("succeeded", "failed", "canceled", "skipped")


@api.on("POST", _RUNS)
def create_run(call: Call) -> DevOpsAnswer:
    """A pipeline begins: `definition`, `ref`, `sha`, `reason`, `requestedFor`, `pullRequest`, `fromFork`."""
    project = project_documents.called(call)
    definition = definitions.find(call, project, str(required(call, "definition")))
    number, ref, sha = store(call).next_id("id"), str(required(call, "ref")), str(required(call, "sha"))
    url = f"{base_url(call)}/{project['id']}/_apis/pipelines/{definition['id']}"
    fields = {name: definition[name] for name in ("id", "name", "revision")}
    run = {
        "id": number,
        "name": f"{now()[:10].replace('-', '')}.{number}",
        "state": "inProgress",
        "createdDate": now(),
        "pipeline": {**fields, "folder": definition["path"], "url": url},
        "resources": {"repositories": {"self": {"refName": ref, "version": sha}}},
        "variables": {},
        "url": f"{url}/runs/{number}",
        "ref": ref,
        "sha": sha,
        "reason": str(call.body.get("reason") or "manual"),
        "requestedFor": str(call.body.get("requestedFor") or caller(call)),
        "pullRequest": call.body.get("pullRequest"),
        "fromFork": bool(call.body.get("fromFork")),
        "plan": str(uuid4()),
    }
    return 201, store(call).put("run", f"{project['id']}/{definition['id']}/{number}", run)


def _environment(call: Call, project: Json, name: str) -> Json:
    for each in store(call).documents("environment", f"{project['id']}/"):
        if each["name"].lower() == name.lower():
            return each
    raise invalid(f"Environment {name} could not be found. The environment does not exist.")


def _may_use(call: Call, project: Json, kind: str, number: object, definition: int) -> bool:
    """Whether a pipeline was allowed to use a resource, by itself or with all of them."""
    if store(call).get("authorized", f"{project['id']}/{kind}/{number}"):
        return True
    found = store(call).get("permission", f"{project['id']}/{kind}/{number}") or {}
    everyone = (found.get("allPipelines") or {}).get("authorized")
    return bool(everyone or any(each["id"] == definition for each in found.get("pipelines", [])))


def _groups(call: Call, project: Json, names: list[str]) -> list[Json]:
    found = [
        each
        for each in store(call).documents("variable_group")
        if library.is_of(each, project) and each["name"] in names
    ]
    missing = sorted(set(names) - {each["name"] for each in found})
    if missing:
        raise invalid(f"Variable group {', '.join(missing)} could not be found.")
    return found


def _refusal(call: Call, project: Json, run: Json, environment: Json | None, groups: list[Json]) -> str:
    """Why a job may never begin; empty when it may."""
    used = [("variablegroup", each["id"], each["name"]) for each in groups]
    if environment is not None:
        used.append(("environment", environment["id"], environment["name"]))
        refused = approvals.refusal(call, project["id"], environment, run["ref"])
        if refused:
            return refused
    for kind, number, name in used:
        if not _may_use(call, project, kind, number, run["pipeline"]["id"]):
            return f"The pipeline {run['pipeline']['name']} needs permission to use the {kind} {name}."
    return ""


@api.on("POST", f"{_RUNS}/{{run}}/jobs")
def create_job(call: Call) -> DevOpsAnswer:
    """A job is next: `name`, `environment`, `variableGroups`. Its `status` says whether it may begin."""
    project = project_documents.called(call)
    with store(call).transaction():
        key, run = builds.find(call, call.path["run"])
        named = call.body.get("environment")
        environment = _environment(call, project, str(named)) if named else None
        groups = _groups(call, project, [str(each) for each in call.body.get("variableGroups") or []])
        number = str(uuid4())
        job: Json = {
            "id": number,
            "key": f"{key}/{number}",
            "project": project["id"],
            "name": str(required(call, "name")),
            "environment": environment["name"] if environment else None,
            "groups": [each["id"] for each in groups],
            "status": "queued",
            "result": None,
            "message": "",
            "approval": "",
            "createdOn": now(),
        }
        refused = _refusal(call, project, run, environment, groups)
        if run["state"] == "canceling":
            job |= {"status": "completed", "result": "canceled"}
        elif refused:
            job |= {"status": "completed", "result": "failed", "message": refused}
        elif environment is not None:
            job["approval"] = approvals.ask(call, project, environment, job, run)
            job["status"] = "waiting" if job["approval"] else "queued"
        return 201, store(call).put("run_job", job["key"], job)


def _job(call: Call) -> tuple[Json, Json]:
    """A run and its job, which goes on when its approval was given."""
    key, run = builds.find(call, call.path["run"])
    job = store(call).get("run_job", f"{key}/{call.path['job']}")
    if job is None:
        raise DevOpsError(404, "JobNotFoundException", f"Job {call.path['job']} was not found.")
    if job["status"] == "waiting":
        decided = approvals.status(call, job["project"], job["approval"])
        if decided == "approved":
            job = store(call).put("run_job", job["key"], {**job, "status": "queued"})
        elif decided == "rejected":
            ended = {"status": "completed", "result": "failed", "message": "The deployment was rejected."}
            job = store(call).put("run_job", job["key"], {**job, **ended})
    return run, job


@api.on("GET", _JOB)
def get_job(call: Call) -> DevOpsAnswer:
    """A job: whether it may begin by now, and whether its run was `cancelled`."""
    run, job = _job(call)
    return {**job, "cancelled": run["state"] == "canceling"}


@api.on("POST", f"{_JOB}/start")
def start_job(call: Call) -> DevOpsAnswer:
    """A job begins; the answer is what it gets. 409 while it may not begin."""
    project = project_documents.called(call)
    with store(call).transaction():
        run, job = _job(call)
        environment = _environment(call, project, job["environment"]) if job["environment"] else None
        locked = environment is not None and approvals.is_locked(call, project["id"], environment, job)
        if job["status"] != "queued" or locked:
            why = "another run holds the environment" if locked else job["message"] or job["status"]
            raise DevOpsError(409, "JobNotReadyException", f"The job {job['name']} can not begin: {why}")
        store(call).put("run_job", job["key"], {**job, "status": "inProgress", "startedOn": now()})
    kept = [library.find(call, str(number))["variables"] for number in job["groups"]]
    shared = {name: value for each in kept for name, value in each.items()}
    plain = {name: value for name, value in shared.items() if not (run["fromFork"] and value.get("sealed"))}
    return {
        "variables": secret_values.run_variables(call.sandbox, plain),
        "secrets": sorted(name for name, value in plain.items() if value.get("sealed")),
        "accessToken": run_tokens.issue(call, job),
        "system": _system(call, project, run, job),
    }


def _system(call: Call, project: Json, run: Json, job: Json) -> dict[str, str]:
    """The predefined variables that say where and for what a job runs."""
    repository = definitions.find(call, project, str(run["pipeline"]["id"]))["repository"]
    collection, reason = f"{base_url(call)}/", run["reason"]
    found = {
        "System.CollectionUri": collection,
        "System.TeamFoundationCollectionUri": collection,
        "System.TeamProject": project["name"],
        "System.TeamProjectId": project["id"],
        "System.PlanId": run["plan"],
        "System.JobId": job["id"],
        "System.HostType": "build",
        "System.OidcRequestUri": f"{collection}{_token_path(project, run, job)}",
        "Build.BuildId": str(run["id"]),
        "Build.DefinitionName": run["pipeline"]["name"],
        "Build.Reason": f"{reason[:1].upper()}{reason[1:]}",
        "Build.Repository.ID": str(repository.get("id", "")),
        "Build.Repository.Name": str(repository.get("name", "")),
        "Build.SourceBranch": run["ref"],
        "Build.SourceVersion": run["sha"],
    }
    if run["pullRequest"] is not None:
        found["System.PullRequest.IsFork"] = str(run["fromFork"])
        found["System.PullRequest.PullRequestId"] = str(run["pullRequest"])
    return found


def _token_path(project: Json, run: Json, job: Json) -> str:
    return f"{project['id']}/_apis/distributedtask/hubs/build/plans/{run['plan']}/jobs/{job['id']}/oidctoken"


@api.on("PATCH", _JOB)
def end_job(call: Call) -> DevOpsAnswer:
    """A job has ended with a `result`; its token is over."""
    result = call.body.get("result")
    if result not in _RESULTS:
        raise invalid(f"The result of a job is one of {', '.join(_RESULTS)}.")
    with store(call).transaction():
        job = _job(call)[1]
        run_tokens.revoke(call, job)
        ended = {**job, "status": "completed", "result": result, "finishedOn": now()}
        return store(call).put("run_job", job["key"], ended)


@api.on("PATCH", f"{_RUNS}/{{run}}")
def end_run(call: Call) -> DevOpsAnswer:
    """A run has ended with a `result`, which branch policies look for."""
    result = call.body.get("result")
    if result not in _RESULTS:
        raise invalid(f"The result of a run is one of {', '.join(_RESULTS)}.")
    with store(call).transaction():
        key, run = builds.find(call, call.path["run"])
        ended = {**run, "state": "completed", "result": result, "finishedDate": now()}
        return store(call).put("run", key, ended)
