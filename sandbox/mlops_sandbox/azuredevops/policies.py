"""Branch policies: kept, and held against whoever would push past them."""

from __future__ import annotations

from mlops_sandbox.azuredevops import project_documents
from mlops_sandbox.azuredevops.api import (
    DevOpsAnswer,
    DevOpsError,
    DevOpsRoutes,
    base_url,
    identity,
    mapping,
    mappings,
    now,
    required,
    store,
    values,
)
from mlops_sandbox.server.routing import Call, Json

api = DevOpsRoutes()

_ROOT = "/{project}/_apis/policy"
_TYPES = {
    "0609b952-1397-4640-95ec-e00a01b2c241": "Build",
    "fa4e907d-c16b-4a4c-9dfa-4906e5d171dd": "Minimum number of reviewers",
    "cbdc66da-9728-4af8-aada-9a5a32e4a226": "Status",
    "c6a1889d-b943-4856-b76f-9e46bb6b0df2": "Comment requirements",
    "fa4e907d-c16b-4a4c-9dfa-4916e5d171ab": "Require a merge strategy",
    "40e92b44-2fe1-4dd6-b3d8-74a9c21d0c6e": "Work item linking",
    "fd2167ab-b0be-447a-8ec8-39368250530e": "Required reviewers",
    "2e26e725-8201-4edd-8bf5-978563c34a80": "File size restriction",
}


def _fits(scope: Json, repository: Json, reference: str) -> bool:
    if scope.get("repositoryId") not in (None, repository["id"]):
        return False
    kind, name = str(scope.get("matchKind", "Exact")).lower(), str(scope.get("refName"))
    if kind == "defaultbranch":
        return bool(reference == repository["defaultBranch"])
    return reference.startswith(name) if kind == "prefix" else reference == name


def blocking(call: Call, repository: Json, reference: str) -> list[Json]:
    """The enabled, blocking policies of a branch."""
    return [
        each
        for each in store(call).documents("policy", f"{repository['project']}/")
        if each["isEnabled"]
        and each["isBlocking"]
        and any(_fits(scope, repository, reference) for scope in each["settings"].get("scope") or [])
    ]


def protects(call: Call, repository: Json, reference: str) -> bool:
    """Whether only pull requests may change a branch."""
    return bool(blocking(call, repository, reference))


REFUSAL = (
    "TF402455: Pushes to this branch are not permitted; you must use a pull request to update this branch."
)


def refused() -> DevOpsError:
    """403 of a push past the policies."""
    return DevOpsError(403, "GitRefUpdateRejectedByPolicyException", REFUSAL)


def _type(call: Call, project: Json, number: str) -> Json:
    name = _TYPES.get(number)
    if name is None:
        raise DevOpsError(404, "PolicyTypeNotFoundException", f"Policy type {number} was not found.")
    return {
        "id": number,
        "displayName": name,
        "url": f"{base_url(call)}/{project['id']}/_apis/policy/types/{number}",
    }


@api.on("GET", f"{_ROOT}/types")
def list_types(call: Call) -> DevOpsAnswer:
    """The types of policies."""
    project = project_documents.called(call)
    return values([_type(call, project, number) for number in _TYPES])


def _found(call: Call) -> tuple[Json, str, Json]:
    project, number = project_documents.called(call), call.path["policy"]
    key = f"{project['id']}/{number}"
    found = store(call).get("policy", key)
    if found is None:
        text = f"TF402466: policy configuration {number} not found"
        raise DevOpsError(404, "PolicyConfigurationNotFoundException", text)
    return project, key, found


def _policy(call: Call, project: Json, number: int, revision: int) -> Json:
    kind = _type(call, project, str(mapping(required(call, "type"), "type").get("id")))
    settings = mapping(required(call, "settings"), "settings")
    mappings(settings.get("scope"), "settings.scope")
    return {
        "createdBy": identity(call),
        "createdDate": now(),
        "isEnabled": bool(call.body.get("isEnabled", True)),
        "isBlocking": bool(call.body.get("isBlocking", True)),
        "isDeleted": False,
        "settings": settings,
        "isEnterpriseManaged": False,
        "revision": revision,
        "id": number,
        "url": f"{base_url(call)}/{project['id']}/_apis/policy/configurations/{number}",
        "type": kind,
    }


@api.on("GET", f"{_ROOT}/configurations")
def list_policies(call: Call) -> DevOpsAnswer:
    """A project's policies."""
    return values(store(call).documents("policy", f"{project_documents.called(call)['id']}/"))


@api.on("POST", f"{_ROOT}/configurations")
def create_policy(call: Call) -> DevOpsAnswer:
    """Make a policy."""
    project, number = project_documents.called(call), store(call).next_id("id")
    return store(call).put("policy", f"{project['id']}/{number}", _policy(call, project, number, 1))


@api.on("GET", f"{_ROOT}/configurations/{{policy}}")
def get_policy(call: Call) -> DevOpsAnswer:
    """A policy by id."""
    return _found(call)[2]


@api.on("PUT", f"{_ROOT}/configurations/{{policy}}")
def update_policy(call: Call) -> DevOpsAnswer:
    """Replace a policy's settings."""
    project, key, found = _found(call)
    return store(call).put("policy", key, _policy(call, project, found["id"], found["revision"] + 1))


@api.on("DELETE", f"{_ROOT}/configurations/{{policy}}")
def delete_policy(call: Call) -> DevOpsAnswer:
    """Delete a policy."""
    store(call).delete("policy", _found(call)[1])
    return None
