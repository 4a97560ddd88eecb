"""What is kept of a project, and how it is shown."""

from __future__ import annotations

from mlops_sandbox.azuredevops.api import DevOpsError, base_url, store
from mlops_sandbox.server.routing import Call, Json


def find(call: Call, name: str) -> Json:
    """The stored project of that id or name, else 404."""
    for each in store(call).documents("project"):
        if name.lower() in (each["id"], each["name"].lower()):
            return each
    text = (
        f"TF200016: The following project does not exist: {name}. Verify that the name of the project is "
        "correct and that the project exists on the specified Azure DevOps Server."
    )
    raise DevOpsError(404, "ProjectDoesNotExistWithNameException", text)


def called(call: Call) -> Json:
    """The project that a path names, else 404."""
    return find(call, call.path["project"])


def reference(project: Json) -> Json:
    """A project as its objects name it."""
    return {"id": project["id"], "name": project["name"]}


def brief(call: Call, project: Json) -> Json:
    """A project as other objects show it."""
    return {
        **reference(project),
        "url": f"{base_url(call)}/_apis/projects/{project['id']}",
        "state": "wellFormed",
        "revision": project["revision"],
        "visibility": project["visibility"],
        "lastUpdateTime": project["lastUpdateTime"],
    }


def shown(call: Call, project: Json) -> Json:
    """A project, whole."""
    url = f"{base_url(call)}/_apis/projects/{project['id']}"
    control = {"sourceControlType": "Git", "gitEnabled": "True", "tfvcEnabled": "False"}
    team = {"id": project["team"], "name": f"{project['name']} Team", "url": f"{url}/teams/{project['team']}"}
    return {
        **brief(call, project),
        **({"description": project["description"]} if project["description"] else {}),
        "capabilities": {"processTemplate": project["process"], "versioncontrol": control},
        "defaultTeam": team,
    }
