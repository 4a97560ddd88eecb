"""Variable groups, and which resources all pipelines of a project may use."""

from __future__ import annotations

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
from mlops_sandbox.server.routing import Call, Json

api = DevOpsRoutes()

_GROUPS, _OF_PROJECT = (
    "/_apis/distributedtask/variablegroups",
    "/{project}/_apis/distributedtask/variablegroups",
)
_AUTHORIZED = "/{project}/_apis/build/authorizedresources"


def find(call: Call, number: str) -> Json:
    """The stored variable group of that id, else 404."""
    found = store(call).get("variable_group", number)
    if found is None:
        text = f"VariableGroup with id {number} does not exist or you do not have permissions to use it."
        raise DevOpsError(404, "VariableGroupNotFoundException", text)
    return found


def _shown(group: Json) -> Json:
    # A group says only of secrets that they are.
    variables = {
        name: {field: each for field, each in variable.items() if (field, each) != ("isSecret", False)}
        for name, variable in secret_values.shown_variables(group["variables"]).items()
    }
    return {**group, "variables": variables}


def _references(call: Call) -> list[Json]:
    references = []
    for each in mappings(required(call, "variableGroupProjectReferences"), "variableGroupProjectReferences"):
        given = mapping(each.get("projectReference"), "projectReference")
        project = project_documents.find(call, str(given.get("id") or given.get("name")))
        name = each.get("name") or call.body["name"]
        description = each.get("description") or ""
        reference = project_documents.reference(project)
        references.append({"projectReference": reference, "name": name, "description": description})
    return references


def _group(call: Call, number: int, before: Json) -> Json:
    variables = mapping(call.body.get("variables"), "variables")
    kept = secret_values.kept_variables(call.sandbox, variables, before.get("variables", {}))
    return {
        "variables": kept,
        "id": number,
        "type": call.body.get("type") or "Vsts",
        "name": str(required(call, "name")),
        "description": call.body.get("description") or "",
        "createdBy": before.get("createdBy", identity(call)),
        "createdOn": before.get("createdOn", now()),
        "modifiedBy": identity(call),
        "modifiedOn": now(),
        "isShared": False,
        "variableGroupProjectReferences": _references(call),
    }


@api.on("POST", _GROUPS)
def create_group(call: Call) -> DevOpsAnswer:
    """Make a variable group; values of secrets are kept encrypted and never shown."""
    number = store(call).next_id("id")
    return _shown(store(call).put("variable_group", str(number), _group(call, number, {})))


@api.on("PUT", f"{_GROUPS}/{{group}}")
def update_group(call: Call) -> DevOpsAnswer:
    """Replace a variable group."""
    with store(call).transaction():
        found = find(call, call.path["group"])
        kept = store(call).put("variable_group", call.path["group"], _group(call, found["id"], found))
    return _shown(kept)


@api.on("DELETE", f"{_GROUPS}/{{group}}")
def delete_group(call: Call) -> DevOpsAnswer:
    """Take a variable group out of the projects of `projectIds`; it goes with its last one."""
    with store(call).transaction():
        found = find(call, call.path["group"])
        gone = set(call.query.get("projectIds", "").split(","))
        field = "variableGroupProjectReferences"
        left = [each for each in found[field] if each["projectReference"]["id"] not in gone]
        if left:
            store(call).put("variable_group", call.path["group"], {**found, field: left})
        else:
            store(call).delete("variable_group", call.path["group"])
    return None


def is_of(group: Json, project: Json) -> bool:
    """Whether a variable group is shared with a project."""
    shared = group["variableGroupProjectReferences"]
    return any(each["projectReference"]["id"] == project["id"] for each in shared)


def _in_project(call: Call, group: Json) -> bool:
    return is_of(group, project_documents.called(call))


@api.on("GET", f"{_OF_PROJECT}/{{group}}")
def get_group(call: Call) -> DevOpsAnswer:
    """A variable group; null when the project has none of that id."""
    found = store(call).get("variable_group", call.path["group"])
    return 200, _shown(found) if found is not None and _in_project(call, found) else None


@api.on("GET", _OF_PROJECT)
def list_groups(call: Call) -> DevOpsAnswer:
    """A project's variable groups; `groupName` narrows."""
    wanted = call.query.get("groupName")
    found = [each for each in store(call).documents("variable_group") if _in_project(call, each)]
    return values([_shown(each) for each in found if wanted in (None, each["name"])])


@api.on("PATCH", _AUTHORIZED)
def authorize(call: Call) -> DevOpsAnswer:
    """Let all of a project's pipelines use resources, or not any more."""
    project = project_documents.called(call)["id"]
    authorized = []
    for each in mappings(call.body.get("items"), "body"):
        key = f"{project}/{each.get('type')}/{each.get('id')}"
        if each.get("authorized"):
            authorized.append(store(call).put("authorized", key, each))
        else:
            store(call).delete("authorized", key)
    return values(authorized)


@api.on("GET", _AUTHORIZED)
def list_authorized(call: Call) -> DevOpsAnswer:
    """What all of a project's pipelines may use; `type` and `id` narrow."""
    found = store(call).documents("authorized", f"{project_documents.called(call)['id']}/")
    kind, number = call.query.get("type"), call.query.get("id")
    fitting = [each for each in found if kind in (None, each["type"]) and number in (None, each["id"])]
    return values(fitting)
