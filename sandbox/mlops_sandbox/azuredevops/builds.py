"""Builds: the records of pipelines' runs."""

from __future__ import annotations

from mlops_sandbox.azuredevops import project_documents
from mlops_sandbox.azuredevops.api import (
    DevOpsAnswer,
    DevOpsError,
    DevOpsRoutes,
    base_url,
    invalid,
    now,
    store,
    user_identity,
    values,
)
from mlops_sandbox.server.routing import Call, Json

api = DevOpsRoutes()

_ROOT = "/{project}/_apis/build/builds"
_STATUS = {"completed": "completed", "canceling": "cancelling"}


def find(call: Call, number: str) -> tuple[str, Json]:
    """The key and the document of a run of the project that is called, else 404."""
    project = project_documents.called(call)
    for key, run in store(call).items("run", f"{project['id']}/"):
        if str(run["id"]) == number and "ref" in run:
            return key, run
    raise DevOpsError(404, "BuildNotFoundException", f"The requested build {number} could not be found.")


def shown(call: Call, run: Json) -> Json:
    """A run as a build."""
    project = project_documents.called(call)
    return {
        "id": run["id"],
        "buildNumber": run["name"],
        "status": _STATUS.get(run["state"], "inProgress"),
        **({"result": run["result"]} if run.get("result") else {}),
        "queueTime": run["createdDate"],
        "startTime": run["createdDate"],
        **({"finishTime": run["finishedDate"]} if run.get("finishedDate") else {}),
        "reason": run["reason"],
        "sourceBranch": run["ref"],
        "sourceVersion": run["sha"],
        "definition": {"id": run["pipeline"]["id"], "name": run["pipeline"]["name"]},
        "project": project_documents.brief(call, project),
        "requestedFor": user_identity(call, run["requestedFor"]),
        "orchestrationPlan": {"planId": run["plan"]},
        "triggerInfo": {"pr.number": str(run["pullRequest"])} if run["pullRequest"] else {},
        "url": f"{base_url(call)}/{project['id']}/_apis/build/Builds/{run['id']}",
    }


@api.on("GET", _ROOT)
def list_builds(call: Call) -> DevOpsAnswer:
    """A project's builds, newest first; `definitions`, `branchName` and `resultFilter` narrow."""
    project = project_documents.called(call)
    numbers = set(filter(None, call.query.get("definitions", "").split(",")))
    branch, result = call.query.get("branchName"), call.query.get("resultFilter")
    found = [each for each in store(call).documents("run", f"{project['id']}/") if "ref" in each]
    fitting = [
        each
        for each in sorted(found, key=lambda each: -int(each["id"]))
        if (not numbers or str(each["pipeline"]["id"]) in numbers)
        and branch in (None, each["ref"])
        and result in (None, each.get("result"))
    ]
    return values([shown(call, each) for each in fitting])


@api.on("GET", f"{_ROOT}/{{build}}")
def get_build(call: Call) -> DevOpsAnswer:
    """A build by ID."""
    return shown(call, find(call, call.path["build"])[1])


@api.on("PATCH", f"{_ROOT}/{{build}}")
def update_build(call: Call) -> DevOpsAnswer:
    """Cancel a build (`status` is `cancelling`): what waits never starts, agents at work are told."""
    if str(call.body.get("status")).lower() != "cancelling":
        raise invalid("The sandbox changes the status of a build to cancelling, and nothing else.")
    with store(call).transaction():
        key, run = find(call, call.path["build"])
        if run["state"] == "completed":
            raise invalid(f"Build {run['name']} is completed already.")
        ended = {"status": "completed", "result": "canceled", "finishedOn": now()}
        for job in store(call).documents("run_job", f"{key}/"):
            if job["status"] in ("queued", "waiting"):
                store(call).put("run_job", job["key"], {**job, **ended})
        return shown(call, store(call).put("run", key, {**run, "state": "canceling"}))
