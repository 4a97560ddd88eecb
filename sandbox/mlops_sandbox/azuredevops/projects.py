"""Projects, the operations that change them, processes and features."""

from __future__ import annotations

from uuid import uuid4

from mlops_sandbox.azuredevops import repositories
from mlops_sandbox.azuredevops.api import (
    DevOpsAnswer,
    DevOpsError,
    DevOpsRoutes,
    base_url,
    mapping,
    now,
    required,
    store,
    values,
)
from mlops_sandbox.azuredevops.project_documents import brief, find, shown
from mlops_sandbox.server.routing import Call, Json

api = DevOpsRoutes()

_PROCESSES = {
    "b8a3a935-7e91-48b8-a94c-606d37c3e9f2": "Basic",
    "adcc42ab-9882-485e-a3ed-7678f01f66bc": "Agile",
    "6b724908-ef14-45cf-84f8-768b5384da45": "Scrum",
    "27450541-8e31-4150-9947-dc59f998fc01": "CMMI",
}
_DEFAULT_PROCESS = "adcc42ab-9882-485e-a3ed-7678f01f66bc"
#: Kinds of documents that belong to a project, their keys starting with its id.
_OWNED = (
    "definition",
    "run",
    "policy",
    "environment",
    "check",
    "permission",
    "authorized",
    "run_job",
    "approval",
)


def _process(call: Call, number: str) -> Json:
    name = _PROCESSES.get(number)
    if name is None:
        raise DevOpsError(
            404, "ProcessNotFoundException", f"VS402362: Process with id {number} does not exist."
        )
    url = f"{base_url(call)}/_apis/process/processes/{number}"
    about = {"description": f"{name} process", "isDefault": number == _DEFAULT_PROCESS, "type": "system"}
    return {"id": number, "name": name, **about, "url": url}


@api.on("GET", "/_apis/process/processes")
def list_processes(call: Call) -> DevOpsAnswer:
    """The processes of work tracking."""
    return values([_process(call, number) for number in _PROCESSES])


@api.on("GET", "/_apis/process/processes/{process}")
def get_process(call: Call) -> DevOpsAnswer:
    """A process by id."""
    return _process(call, call.path["process"])


def _operation(call: Call) -> DevOpsAnswer:
    """An operation that is done by the time that anybody asks for it."""
    number = str(uuid4())
    store(call).put("operation", number, {"id": number})
    return 202, {"id": number, "status": "queued", "url": f"{base_url(call)}/_apis/operations/{number}"}


@api.on("GET", "/_apis/operations/{operation}")
def get_operation(call: Call) -> DevOpsAnswer:
    """How an operation does."""
    number = call.path["operation"]
    if store(call).get("operation", number) is None:
        raise DevOpsError(404, "OperationNotFoundException", f"Operation {number} does not exist.")
    url = f"{base_url(call)}/_apis/operations/{number}"
    messages = {"resultMessage": "", "detailedMessage": ""}
    return {"id": number, "status": "succeeded", "url": url, "_links": {"self": {"href": url}}, **messages}


def _check_name(call: Call, name: str, number: str) -> None:
    for each in store(call).documents("project"):
        if each["name"].lower() == name.lower() and each["id"] != number:
            text = f"TF200019: The following project already exists on the Azure DevOps Server: {name}."
            raise DevOpsError(409, "ProjectAlreadyExistsException", text)


@api.on("POST", "/_apis/projects")
def create_project(call: Call) -> DevOpsAnswer:
    """Make a project with its first, empty repository."""
    name = str(required(call, "name"))
    template = mapping(
        mapping(call.body.get("capabilities"), "capabilities").get("processTemplate"), "processTemplate"
    )
    process = _process(call, str(template.get("templateTypeId") or _DEFAULT_PROCESS))
    number = str(uuid4())
    project = {
        "id": number,
        "name": name,
        "description": call.body.get("description") or "",
        "visibility": call.body.get("visibility", "private"),
        "revision": 11,
        "lastUpdateTime": now(),
        "process": {"templateName": process["name"], "templateTypeId": process["id"]},
        "team": str(uuid4()),
        "features": {},
    }
    with store(call).transaction():
        _check_name(call, name, number)
        store(call).put("project", number, project)
        repositories.create(call, project, name)
    return _operation(call)


@api.on("GET", "/_apis/projects")
def list_projects(call: Call) -> DevOpsAnswer:
    """An organization's projects."""
    return values([brief(call, each) for each in store(call).documents("project")])


@api.on("GET", "/_apis/projects/{project}")
def get_project(call: Call) -> DevOpsAnswer:
    """A project by name or id."""
    return shown(call, find(call, call.path["project"]))


@api.on("PATCH", "/_apis/projects/{project}")
def update_project(call: Call) -> DevOpsAnswer:
    """Change name, description or visibility."""
    with store(call).transaction():
        found = find(call, call.path["project"])
        names = ("name", "description", "visibility")
        given = {name: call.body[name] for name in names if call.body.get(name) is not None}
        _check_name(call, str(given.get("name", found["name"])), found["id"])
        changed = {**found, **given, "lastUpdateTime": now(), "revision": found["revision"] + 1}
        store(call).put("project", found["id"], changed)
    return _operation(call)


def _delete_shared(call: Call, project: Json) -> None:
    """Take the project out of what several may share; what nobody uses any more goes."""
    references = {
        "variable_group": "variableGroupProjectReferences",
        "endpoint": "serviceEndpointProjectReferences",
    }
    for kind, field in references.items():
        for key, each in store(call).items(kind):
            left = [one for one in each[field] if one["projectReference"]["id"] != project["id"]]
            if left:
                store(call).put(kind, key, {**each, field: left})
            else:
                store(call).delete(kind, key)


@api.on("DELETE", "/_apis/projects/{project}")
def delete_project(call: Call) -> DevOpsAnswer:
    """Delete a project with everything in it."""
    with store(call).transaction():
        found = find(call, call.path["project"])
        for kind in _OWNED:
            for key, _ in store(call).items(kind, f"{found['id']}/"):
                store(call).delete(kind, key)
        _delete_shared(call, found)
        store(call).delete("project", found["id"])
    for each in store(call).documents("repository"):
        if each["project"] == found["id"]:
            repositories.remove(call, each)
    return _operation(call)


@api.on("PATCH", "/_apis/FeatureManagement/FeatureStates/{user_scope}/{scope}/{project}/{feature}")
def set_feature(call: Call) -> DevOpsAnswer:
    """Turn one of a project's features on or off."""
    state = str(required(call, "state"))
    with store(call).transaction():
        found = find(call, call.path["project"])
        features = {**found["features"], call.path["feature"]: state}
        store(call).put("project", found["id"], {**found, "features": features})
    return _feature(call.path["feature"], state)


def _feature(name: str, state: str) -> Json:
    return {"featureId": name, "scope": {"settingScope": "project", "userScoped": False}, "state": state}


@api.on("POST", "/_apis/FeatureManagement/FeatureStatesQuery")
def query_features(call: Call) -> DevOpsAnswer:
    """Which of a project's features are on; all are until somebody turns them off."""
    names, scopes = call.body.get("featureIds") or [], mapping(call.body.get("scopeValues"), "scopeValues")
    features = find(call, str(scopes.get("project", "")))["features"]
    states = {name: _feature(name, features.get(name, "enabled")) for name in names}
    return {"featureIds": names, "scopeValues": scopes, "featureStates": states}
