"""Build definitions (pipelines) and their runs."""

from __future__ import annotations

from mlops_sandbox.azuredevops import library, project_documents, repositories, secret_values
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

_ROOT = "/{project}/_apis/build/definitions"
_RUNS = "/{project}/_apis/pipelines/{pipeline}/runs"
#: A definition that runs YAML.
_YAML_PROCESS = 2
_DEFAULTS = {
    "jobAuthorizationScope": "projectCollection",
    "jobTimeoutInMinutes": 60,
    "jobCancelTimeoutInMinutes": 5,
    "queueStatus": "enabled",
    "type": "build",
    "quality": "definition",
    "path": "\\",
}


def find(call: Call, project: Json, number: str) -> Json:
    """The stored definition of that id, else 404."""
    found = store(call).get("definition", f"{project['id']}/{number}")
    if found is None:
        raise DevOpsError(404, "DefinitionNotFoundException", f"Build definition {number} not found.")
    return found


def _repository(call: Call, given: Json) -> Json:
    whole = {"checkoutSubmodules": False, "clean": None, **given}
    if given.get("type") != "TfsGit":
        return whole
    real = repositories.shown(call, repositories.find(call, str(given.get("id") or given.get("name"))))
    return {**whole, "id": real["id"], "name": real["name"], "url": real["remoteUrl"]}


def _groups(call: Call, given: list[Json]) -> list[Json]:
    found = [library.find(call, str(each["id"])) for each in given]
    return [{name: group[name] for name in ("id", "name", "type")} for group in found]


def _definition(call: Call, project: Json, number: int, before: Json) -> Json:
    body = call.body
    given = {name: body[name] for name in _DEFAULTS if body.get(name) is not None}
    variables = secret_values.kept_variables(
        call.sandbox, mapping(body.get("variables"), "variables"), before.get("variables", {})
    )
    triggers = [
        {**each, "pathFilters": each.get("pathFilters") or []}
        for each in mappings(body.get("triggers"), "triggers")
    ]
    parts = {
        "triggers": triggers,
        "variableGroups": _groups(call, mappings(body.get("variableGroups"), "variableGroups")),
        "variables": variables,
    }
    return {
        **_DEFAULTS,
        **given,
        "name": str(required(call, "name")),
        "id": number,
        "project": project["id"],
        "revision": before.get("revision", 0) + 1,
        "createdDate": now(),
        "process": {**(mapping(body.get("process"), "process")), "type": _YAML_PROCESS},
        "repository": _repository(call, mapping(required(call, "repository"), "repository")),
        **{name: part for name, part in parts.items() if part},
    }


def _shown(call: Call, project: Json, definition: Json) -> Json:
    number, queue = definition["id"], f"{base_url(call)}/_apis/build/Queues/9"
    url = f"{base_url(call)}/{project['id']}/_apis/build/Definitions/{number}"
    body = {
        **definition,
        "uri": f"vstfs:///Build/Definition/{number}",
        "url": f"{url}?revision={definition['revision']}",
        "authoredBy": identity(call),
        "project": project_documents.brief(call, project),
        "drafts": [],
        "properties": {},
        "tags": [],
        "queue": {
            "id": 9,
            "name": "Azure Pipelines",
            "url": queue,
            "pool": {"id": 8, "name": "Azure Pipelines", "isHosted": True},
        },
    }
    if "variables" in definition:
        body["variables"] = secret_values.shown_variables(definition["variables"])
    return body


def _keep(call: Call, project: Json, definition: Json) -> Json:
    store(call).put("definition", f"{project['id']}/{definition['id']}", definition)
    return _shown(call, project, definition)


@api.on("POST", _ROOT)
def create_definition(call: Call) -> DevOpsAnswer:
    """Make a definition; names are unique in their folder."""
    project = project_documents.called(call)
    with store(call).transaction():
        definition = _definition(call, project, store(call).next_id("id"), {})
        place = (definition["path"], definition["name"].lower())
        for each in store(call).documents("definition", f"{project['id']}/"):
            if (each["path"], each["name"].lower()) == place:
                text = f"Definition {each['name']} already exists in folder {each['path']}."
                raise DevOpsError(409, "DefinitionExistsException", text)
        return _keep(call, project, definition)


@api.on("GET", _ROOT)
def list_definitions(call: Call) -> DevOpsAnswer:
    """A project's definitions; `name` and `path` narrow."""
    project = project_documents.called(call)
    name, path = call.query.get("name"), call.query.get("path")
    found = store(call).documents("definition", f"{project['id']}/")
    fitting = [each for each in found if name in (None, each["name"]) and path in (None, each["path"])]
    return values([_shown(call, project, each) for each in fitting])


@api.on("GET", f"{_ROOT}/{{definition}}")
def get_definition(call: Call) -> DevOpsAnswer:
    """A definition by id."""
    project = project_documents.called(call)
    return _shown(call, project, find(call, project, call.path["definition"]))


@api.on("PUT", f"{_ROOT}/{{definition}}")
def update_definition(call: Call) -> DevOpsAnswer:
    """Replace a definition."""
    project = project_documents.called(call)
    with store(call).transaction():
        found = find(call, project, call.path["definition"])
        changed = _definition(call, project, found["id"], found)
        return _keep(call, project, {**changed, "createdDate": found["createdDate"]})


@api.on("DELETE", f"{_ROOT}/{{definition}}")
def delete_definition(call: Call) -> DevOpsAnswer:
    """Delete a definition with its runs."""
    project = project_documents.called(call)
    found = find(call, project, call.path["definition"])
    store(call).delete("definition", f"{project['id']}/{found['id']}")
    for key, _ in store(call).items("run", f"{project['id']}/{found['id']}/"):
        store(call).delete("run", key)
    return None


@api.on("POST", _RUNS)
def create_run(call: Call) -> DevOpsAnswer:
    """Queue a run. It stays in progress until a runner takes it: the sandbox's server has none."""
    project = project_documents.called(call)
    definition = find(call, project, call.path["pipeline"])
    number = store(call).next_id("id")
    fields = {name: definition[name] for name in ("id", "name", "revision")}
    url = f"{base_url(call)}/{project['id']}/_apis/pipelines/{definition['id']}"
    run = {
        "id": number,
        "name": f"{now()[:10].replace('-', '')}.{number}",
        "state": "inProgress",
        "createdDate": now(),
        "pipeline": {**fields, "folder": definition["path"], "url": url},
        "resources": mapping(call.body.get("resources"), "resources"),
        "variables": mapping(call.body.get("variables"), "variables"),
        "url": f"{url}/runs/{number}",
    }
    return store(call).put("run", f"{project['id']}/{definition['id']}/{number}", run)


@api.on("GET", f"{_RUNS}/{{run}}")
def get_run(call: Call) -> DevOpsAnswer:
    """A run by id."""
    project = project_documents.called(call)
    found = store(call).get("run", f"{project['id']}/{call.path['pipeline']}/{call.path['run']}")
    if found is None:
        raise DevOpsError(
            404, "BuildNotFoundException", f"The requested build {call.path['run']} could not be found."
        )
    return found


@api.on("GET", _RUNS)
def list_runs(call: Call) -> DevOpsAnswer:
    """A pipeline's runs."""
    project = project_documents.called(call)
    definition = find(call, project, call.path["pipeline"])
    return values(store(call).documents("run", f"{project['id']}/{definition['id']}/"))
