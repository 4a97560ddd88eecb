"""What the checks of an environment say to a job, and the approvals that it waits for."""

from __future__ import annotations

from fnmatch import fnmatchcase
from uuid import uuid4

from mlops_sandbox.azuredevops import graph, project_documents
from mlops_sandbox.azuredevops.api import (
    DevOpsAnswer,
    DevOpsError,
    DevOpsRoutes,
    base_url,
    caller,
    identity,
    invalid,
    mappings,
    now,
    store,
    user_identity,
    values,
)
from mlops_sandbox.server.routing import Call, Json

api = DevOpsRoutes()

_ROOT = "/{project}/_apis/pipelines/approvals"
_DECISIONS = ("approved", "rejected")


def _checks(call: Call, project: str, environment: Json) -> list[Json]:
    wanted = ("environment", str(environment["id"]))
    found = store(call).documents("check", f"{project}/")
    return [each for each in found if (each["resource"]["type"], each["resource"]["id"]) == wanted]


def refusal(call: Call, project: str, environment: Json, ref: str) -> str:
    """Why a run of that branch may never deploy to an environment; empty when it may."""
    for check in _checks(call, project, environment):
        inputs = check["settings"].get("inputs") or {}
        branches = [
            each.strip() for each in str(inputs.get("allowedBranches", "")).split(",") if each.strip()
        ]
        if branches and not any(fnmatchcase(ref, each) for each in branches):
            allowed = ", ".join(branches)
            return f"The branch {ref} may not deploy to {environment['name']}; allowed are {allowed}."
    return ""


def ask(call: Call, project: Json, environment: Json, job: Json, run: Json) -> str:
    """Ask the approvers of an environment, if it has any; returns the approval's ID."""
    for check in _checks(call, project["id"], environment):
        if check["type"]["name"] != "Approval":
            continue
        settings, number = check["settings"], str(uuid4())
        asked = [each["id"] for each in settings["approvers"]]
        approval: Json = {
            "id": number,
            "job": job["key"],
            "status": "pending",
            "approvers": asked,
            "wanted": int(settings.get("minRequiredApprovers") or 0) or len(asked),
            "requesterMayApprove": not settings.get("requesterCannotBeApprover", False),
            "requester": run["requestedFor"],
            "instructions": settings.get("instructions", ""),
            "environment": environment["name"],
            "pipeline": {"id": run["pipeline"]["id"], "name": run["pipeline"]["name"], "owner": run["id"]},
            "decisions": [],
            "createdOn": now(),
        }
        store(call).put("approval", f"{project['id']}/{number}", approval)
        return number
    return ""


def is_locked(call: Call, project: str, environment: Json, job: Json) -> bool:
    """Whether another job holds an environment that takes one at a time."""
    kinds = {each["type"]["name"] for each in _checks(call, project, environment)}
    if "ExclusiveLock" not in kinds:
        return False
    return any(
        each["status"] == "inProgress" and each["environment"] == job["environment"]
        for each in store(call).documents("run_job", f"{project}/")
        if each["key"] != job["key"]
    )


def status(call: Call, project: str, number: str) -> str:
    """An approval's status: pending, approved or rejected; approved where nobody was asked."""
    found = store(call).get("approval", f"{project}/{number}") if number else None
    return str(found["status"]) if found else "approved"


def _shown(call: Call, project: Json, approval: Json) -> Json:
    decided = {each["by"]: each for each in approval["decisions"]}
    steps = [
        {
            "assignedApprover": {"id": number, "displayName": graph.approver(call, number)},
            "status": "pending",
            "order": order,
        }
        for order, number in enumerate(approval["approvers"], start=1)
    ]
    for step, decision in zip(steps, decided.values(), strict=False):
        actual = user_identity(call, decision["by"])
        step |= {"actualApprover": actual, "status": decision["status"], "comment": decision["comment"]}
    return {
        "id": approval["id"],
        "status": approval["status"],
        "createdOn": approval["createdOn"],
        "instructions": approval["instructions"],
        "minRequiredApprovers": approval["wanted"],
        "executionOrder": "anyOrder",
        "steps": steps,
        "blockedApprovers": [],
        "pipeline": approval["pipeline"],
        "_links": {
            "self": {"href": f"{base_url(call)}/{project['id']}/_apis/pipelines/approvals/{approval['id']}"}
        },
    }


@api.on("GET", _ROOT)
def list_approvals(call: Call) -> DevOpsAnswer:
    """A project's approvals; `state` and `approvalIds` narrow."""
    project, state = project_documents.called(call), call.query.get("state")
    numbers = set(filter(None, call.query.get("approvalIds", "").split(",")))
    found = store(call).documents("approval", f"{project['id']}/")
    fitting = [each for each in found if state in (None, each["status"])]
    return values([_shown(call, project, each) for each in fitting if not numbers or each["id"] in numbers])


def _found(call: Call, project: Json, number: str) -> Json:
    found = store(call).get("approval", f"{project['id']}/{number}")
    if found is None:
        raise DevOpsError(404, "ApprovalNotFoundException", f"Approval {number} was not found.")
    return found


@api.on("GET", f"{_ROOT}/{{approval}}")
def get_approval(call: Call) -> DevOpsAnswer:
    """An approval by ID."""
    project = project_documents.called(call)
    return _shown(call, project, _found(call, project, call.path["approval"]))


def _decide(call: Call, approval: Json, wanted: str, comment: str) -> Json:
    by = caller(call)
    if approval["status"] != "pending":
        raise invalid(f"Approval {approval['id']} is {approval['status']} already.")
    own = by == approval["requester"] and not approval["requesterMayApprove"]
    if own or not graph.is_one_of(call, by, approval["approvers"]):
        name = identity(call)["displayName"]
        text = f"{name} may not approve deployments of this run to {approval['environment']}."
        raise DevOpsError(403, "ApprovalUnauthorizedException", text)
    kept = [each for each in approval["decisions"] if each["by"] != by]
    decisions = [*kept, {"by": by, "status": wanted, "comment": comment, "on": now()}]
    approvals = sum(each["status"] == "approved" for each in decisions)
    decided = (
        "rejected" if wanted == "rejected" else "approved" if approvals >= approval["wanted"] else "pending"
    )
    return {**approval, "decisions": decisions, "status": decided}


@api.on("PATCH", _ROOT)
def update_approvals(call: Call) -> DevOpsAnswer:
    """Approve or reject: a list of `approvalId`, `status` and `comment`."""
    project, told = project_documents.called(call), []
    with store(call).transaction():
        for each in mappings(call.body.get("items"), "body"):
            wanted = str(each.get("status", "")).lower()
            if wanted not in _DECISIONS:
                raise invalid(f"The status of an approval is one of {', '.join(_DECISIONS)}, not {wanted!r}.")
            approval = _found(call, project, str(each.get("approvalId")))
            decided = _decide(call, approval, wanted, str(each.get("comment") or ""))
            store(call).put("approval", f"{project['id']}/{approval['id']}", decided)
            told.append(_shown(call, project, decided))
    return values(told)
