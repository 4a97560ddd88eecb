"""Service endpoints (service connections), with workload identity federation, and who may use what."""

from __future__ import annotations

from uuid import uuid4

from mlops_sandbox.azuredevops import project_documents, secret_values
from mlops_sandbox.azuredevops.api import (
    DevOpsAnswer,
    DevOpsError,
    DevOpsRoutes,
    identity,
    mapping,
    mappings,
    now,
    required,
    store,
    values,
)
from mlops_sandbox.azuredevops.identities import issuer, subject
from mlops_sandbox.server.routing import Call, Json

api = DevOpsRoutes()

_ROOT, _OF_PROJECT = "/_apis/serviceendpoint/endpoints", "/{project}/_apis/serviceendpoint/endpoints"
_PERMISSIONS = "/{project}/_apis/pipelines/pipelinePermissions/{kind}/{resource}"
_REFERENCES = "serviceEndpointProjectReferences"
#: Parameters (in lower case) whose values are never shown.
_SECRET = {"serviceprincipalkey", "password", "apitoken", "accesstoken", "token", "certificate", "privatekey"}


def find(call: Call, number: str) -> Json:
    """The stored endpoint of that id, else 404."""
    found = store(call).get("endpoint", number)
    if found is None:
        text = f"The service endpoint with id {number} was not found."
        raise DevOpsError(404, "ServiceEndpointNotFoundException", text)
    return found


def _references(call: Call) -> list[Json]:
    references = []
    for each in mappings(required(call, _REFERENCES), _REFERENCES):
        given = mapping(each.get("projectReference"), "projectReference")
        project = project_documents.find(call, str(given.get("id") or given.get("name")))
        reference = project_documents.reference(project)
        name, description = each.get("name") or call.body["name"], each.get("description") or ""
        references.append({"projectReference": reference, "name": name, "description": description})
    return references


def _authorization(call: Call, before: Json, project: str) -> Json:
    given = mapping(required(call, "authorization"), "authorization")
    parameters: Json = {}
    old = before.get("sealed", {})
    for name, value in mapping(given.get("parameters"), "parameters").items():
        if name.lower() in _SECRET:
            old = {**old, name: secret_values.sealed(call.sandbox, value)} if value else old
        else:
            parameters[name] = value
    if given.get("scheme") == "WorkloadIdentityFederation":
        parameters["workloadIdentityFederationIssuer"] = issuer(call.sandbox).url
        about = subject(call.path["org"], project, call.body["name"])
        parameters["workloadIdentityFederationSubject"] = about
        parameters["workloadIdentityFederationIssuerType"] = "Federated"
    return {"parameters": parameters, "scheme": given.get("scheme"), "sealed": old}


def _endpoint(call: Call, number: str, before: Json) -> Json:
    name, references = str(required(call, "name")), _references(call)
    project = references[0]["projectReference"]["name"]
    return {
        "data": mapping(call.body.get("data"), "data"),
        "authorization": _authorization(call, before.get("authorization", {}), project),
        "description": call.body.get("description") or "",
        "name": name,
        "owner": str(call.body.get("owner") or "library").capitalize(),
        _REFERENCES: references,
        "type": str(required(call, "type")),
        "url": call.body.get("url") or "",
        "id": number,
        "isShared": len(references) > 1,
        "isReady": True,
        "isOutdated": False,
        "operationStatus": {"state": "Ready", "statusMessage": ""},
        "createdBy": before.get("createdBy", identity(call)),
    }


def _shown(endpoint: Json) -> Json:
    authorization = endpoint["authorization"]
    hidden = dict.fromkeys(authorization["sealed"])
    parameters = {**authorization["parameters"], **hidden}
    return {**endpoint, "authorization": {"parameters": parameters, "scheme": authorization["scheme"]}}


@api.on("POST", _ROOT)
def create_endpoint(call: Call) -> DevOpsAnswer:
    """Make an endpoint; it is ready at once."""
    number = str(uuid4())
    return _shown(store(call).put("endpoint", number, _endpoint(call, number, {})))


@api.on("PUT", f"{_ROOT}/{{endpoint}}")
def update_endpoint(call: Call) -> DevOpsAnswer:
    """Replace an endpoint; a secret that is not sent stays."""
    found = find(call, call.path["endpoint"])
    return _shown(store(call).put("endpoint", found["id"], _endpoint(call, found["id"], found)))


@api.on("DELETE", f"{_ROOT}/{{endpoint}}")
def delete_endpoint(call: Call) -> DevOpsAnswer:
    """Take an endpoint out of the projects of `projectIds`; 200 with null when there is none."""
    found = store(call).get("endpoint", call.path["endpoint"])
    if found is None:
        return 200, None
    gone = set(call.query.get("projectIds", "").split(","))
    left = [each for each in found[_REFERENCES] if each["projectReference"]["id"] not in gone]
    if left:
        store(call).put("endpoint", found["id"], {**found, _REFERENCES: left})
    else:
        store(call).delete("endpoint", found["id"])
    return None


def _in_project(call: Call, endpoint: Json) -> bool:
    project = project_documents.called(call)["id"]
    return any(each["projectReference"]["id"] == project for each in endpoint[_REFERENCES])


@api.on("GET", f"{_OF_PROJECT}/{{endpoint}}")
def get_endpoint(call: Call) -> DevOpsAnswer:
    """An endpoint; null when the project has none of that id."""
    found = store(call).get("endpoint", call.path["endpoint"])
    return 200, _shown(found) if found is not None and _in_project(call, found) else None


@api.on("GET", _OF_PROJECT)
def list_endpoints(call: Call) -> DevOpsAnswer:
    """A project's endpoints; `endpointNames` narrows."""
    wanted = call.query.get("endpointNames")
    names = wanted.split(",") if wanted else None
    found = [each for each in store(call).documents("endpoint") if _in_project(call, each)]
    return values([_shown(each) for each in found if names is None or each["name"] in names])


@api.on("POST", "/{project}/_apis/serviceendpoint/endpointproxy")
def try_connection(_call: Call) -> DevOpsAnswer:
    """Whether an endpoint's other side answers: there is nobody to ask, so that it would."""
    return {"result": [], "statusCode": "ok", "errorMessage": ""}


def _permission(call: Call) -> tuple[str, Json]:
    kind, number = call.path["kind"], call.path["resource"]
    key = f"{project_documents.called(call)['id']}/{kind}/{number}"
    found = store(call).get("permission", key)
    return key, found or {"resource": {"type": kind, "id": number}, "pipelines": []}


@api.on("GET", _PERMISSIONS)
def get_permission(call: Call) -> DevOpsAnswer:
    """Which pipelines may use a resource."""
    return _permission(call)[1]


@api.on("PATCH", _PERMISSIONS)
def update_permission(call: Call) -> DevOpsAnswer:
    """Let pipelines (or all of them) use a resource, or not any more."""
    by = {"authorizedBy": identity(call), "authorizedOn": now()}
    with store(call).transaction():
        key, found = _permission(call)
        pipelines = {each["id"]: each for each in found["pipelines"]}
        for each in mappings(call.body.get("pipelines"), "pipelines"):
            pipelines.pop(each["id"], None)
            if each.get("authorized"):
                pipelines[each["id"]] = {"id": each["id"], "authorized": True, **by}
        changed = {**found, "pipelines": list(pipelines.values())}
        everyone = call.body.get("allPipelines")
        if everyone is not None:
            changed.pop("allPipelines", None)
            if everyone.get("authorized"):
                changed["allPipelines"] = {"authorized": True, **by}
        return store(call).put("permission", key, changed)
