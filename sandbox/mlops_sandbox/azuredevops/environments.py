"""Environments that pipelines deploy to, and the checks (approvals, locks) in front of resources."""

from __future__ import annotations

from mlops_sandbox.azuredevops import project_documents
from mlops_sandbox.azuredevops.api import (
    DevOpsAnswer,
    DevOpsError,
    DevOpsRoutes,
    base_url,
    identity,
    invalid,
    mapping,
    mappings,
    now,
    required,
    store,
    values,
)
from mlops_sandbox.server.routing import Call, Json

api = DevOpsRoutes()

_ENVIRONMENTS = "/{project}/_apis/distributedtask/environments"
_CHECKS = "/{project}/_apis/pipelines/checks/configurations"
_CHECK_TYPES = {
    "8c6f20a7-a545-4486-9777-f762fafe0d4d": "Approval",
    "2ef31ad6-baa0-403a-8b45-2cbc9b4e5563": "ExclusiveLock",
    "fe1de3ee-a436-41b4-bb20-f6eb4cb879a7": "Task Check",
    "4020e66e-b0f3-47e1-bc88-48f3cc59b5f3": "ExtendsCheck",
}


def _environment(call: Call) -> tuple[str, Json]:
    number = call.path["environment"]
    key = f"{project_documents.called(call)['id']}/{number}"
    found = store(call).get("environment", key)
    if found is None:
        text = f"Environment with ID {number} does not exist or you are not authorized to access it."
        raise DevOpsError(404, "EnvironmentNotFoundException", text)
    return key, found


def _check_name(call: Call, project: str, name: str, number: int) -> None:
    for each in store(call).documents("environment", f"{project}/"):
        if each["name"].lower() == name.lower() and each["id"] != number:
            raise DevOpsError(409, "EnvironmentExistsException", f"Environment {name} already exists.")


@api.on("POST", _ENVIRONMENTS)
def create_environment(call: Call) -> DevOpsAnswer:
    """Make an environment."""
    project, name = project_documents.called(call), str(required(call, "name"))
    with store(call).transaction():
        number = store(call).next_id("id")
        _check_name(call, project["id"], name, number)
        time = now()
        document: Json = {
            "id": number,
            "name": name,
            "description": call.body.get("description") or "",
            "createdBy": identity(call),
            "createdOn": time,
            "lastModifiedBy": identity(call),
            "lastModifiedOn": time,
            "resources": [],
            "project": project_documents.reference(project),
        }
        return store(call).put("environment", f"{project['id']}/{number}", document)


@api.on("GET", _ENVIRONMENTS)
def list_environments(call: Call) -> DevOpsAnswer:
    """A project's environments; `name` narrows."""
    wanted = call.query.get("name")
    found = store(call).documents("environment", f"{project_documents.called(call)['id']}/")
    return values([each for each in found if wanted in (None, each["name"])])


@api.on("GET", f"{_ENVIRONMENTS}/{{environment}}")
def get_environment(call: Call) -> DevOpsAnswer:
    """An environment by id."""
    return _environment(call)[1]


@api.on("PATCH", f"{_ENVIRONMENTS}/{{environment}}")
def update_environment(call: Call) -> DevOpsAnswer:
    """Change name or description."""
    with store(call).transaction():
        key, found = _environment(call)
        given = {name: call.body[name] for name in ("name", "description") if call.body.get(name) is not None}
        _check_name(call, found["project"]["id"], str(given.get("name", found["name"])), found["id"])
        changed = {**found, **given, "lastModifiedBy": identity(call), "lastModifiedOn": now()}
        return store(call).put("environment", key, changed)


@api.on("DELETE", f"{_ENVIRONMENTS}/{{environment}}")
def delete_environment(call: Call) -> DevOpsAnswer:
    """Delete an environment with its checks and permissions."""
    documents = store(call)
    with documents.transaction():
        key, found = _environment(call)
        documents.delete("environment", key)
        project, number = found["project"]["id"], str(found["id"])
        for name, check in documents.items("check", f"{project}/"):
            if (check["resource"]["type"], check["resource"]["id"]) == ("environment", number):
                documents.delete("check", name)
        documents.delete("permission", f"{project}/environment/{number}")
    return None


def _check(call: Call) -> tuple[str, Json]:
    number = call.path["check"]
    key = f"{project_documents.called(call)['id']}/{number}"
    found = store(call).get("check", key)
    if found is None:
        text = f"Check configuration with id {number} does not exist."
        raise DevOpsError(404, "CheckConfigurationNotFoundException", text)
    return key, found


def _resource(call: Call, project: Json) -> Json:
    given = mapping(required(call, "resource"), "resource")
    kind, number = str(given.get("type")), str(given.get("id"))
    name = given.get("name") or number
    if kind == "environment":
        found = store(call).get("environment", f"{project['id']}/{number}")
        if found is None:
            raise invalid(
                f"Environment with ID {number} does not exist or you are not authorized to access it."
            )
        name = found["name"]
    return {"id": number, "type": kind, "name": name}


def _settings(kind: str, given: Json) -> Json:
    if kind != "Approval":
        return given
    approvers = [
        {"displayName": each.get("id"), **each} for each in mappings(given.get("approvers"), "approvers")
    ]
    if not approvers:
        raise invalid("An approval check needs at least one approver.")
    return {"executionOrder": "anyOrder", "blockedApprovers": [], **given, "approvers": approvers}


def _configuration(call: Call, project: Json, number: int, before: Json) -> Json:
    kind = str(mapping(required(call, "type"), "type").get("id"))
    name = _CHECK_TYPES.get(kind)
    if name is None:
        raise invalid(f"Check type {kind} is not one of {', '.join(_CHECK_TYPES.values())}.")
    url, time = f"{base_url(call)}/{project['id']}/_apis/pipelines/checks/configurations/{number}", now()
    return {
        "id": number,
        "version": before.get("version", 0) + 1,
        "createdBy": before.get("createdBy", identity(call)),
        "createdOn": before.get("createdOn", time),
        "modifiedBy": identity(call),
        "modifiedOn": time,
        "type": {"id": kind, "name": name},
        "resource": _resource(call, project),
        "url": url,
        "_links": {"self": {"href": url}},
        "settings": _settings(name, mapping(call.body.get("settings"), "settings")),
        "timeout": call.body.get("timeout", 43200),
    }


@api.on("POST", _CHECKS)
def create_check(call: Call) -> DevOpsAnswer:
    """Put a check in front of a resource."""
    project = project_documents.called(call)
    number = store(call).next_id("id")
    return store(call).put("check", f"{project['id']}/{number}", _configuration(call, project, number, {}))


@api.on("GET", _CHECKS)
def list_checks(call: Call) -> DevOpsAnswer:
    """A project's checks; `resourceType` and `resourceId` narrow."""
    found = store(call).documents("check", f"{project_documents.called(call)['id']}/")
    kind, number = call.query.get("resourceType"), call.query.get("resourceId")

    def fits(resource: Json) -> bool:
        return kind in (None, resource["type"]) and number in (None, resource["id"])

    return values([each for each in found if fits(each["resource"])])


@api.on("GET", f"{_CHECKS}/{{check}}")
def get_check(call: Call) -> DevOpsAnswer:
    """A check by id."""
    return _check(call)[1]


@api.on("PATCH", f"{_CHECKS}/{{check}}")
def update_check(call: Call) -> DevOpsAnswer:
    """Replace a check's settings."""
    project = project_documents.called(call)
    with store(call).transaction():
        key, found = _check(call)
        return store(call).put("check", key, _configuration(call, project, found["id"], found))


@api.on("DELETE", f"{_CHECKS}/{{check}}")
def delete_check(call: Call) -> DevOpsAnswer:
    """Take a check away."""
    store(call).delete("check", _check(call)[0])
    return None
