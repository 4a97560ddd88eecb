"""Data sources: what a program may ask without making anything."""

from __future__ import annotations

from hashlib import sha256

from mlops_sandbox.providers.azuredevops.client import DevOpsApi, path_part
from mlops_sandbox.providers.azuredevops.graph import descriptor, storage_key
from mlops_sandbox.providers.bridge.errors import ResourceError
from mlops_sandbox.providers.bridge.resource import pick
from mlops_sandbox.providers.bridge.values import Values


def _asked(arguments: Values, name: str) -> str:
    if not arguments.get(name):
        raise ResourceError(f"{name} is missing")
    return str(arguments[name])


def project(api: DevOpsApi, arguments: Values) -> Values:
    """A project by its name or ID."""
    named = arguments.get("projectId") or _asked(arguments, "name")
    whole = {"includeCapabilities": "true", "includeHistory": "false"}
    found = api.look(f"_apis/projects/{path_part(named)}", whole)
    if found is None:
        raise ResourceError(f"there is no project {named}")
    capabilities = found["capabilities"]
    return {
        "id": found["id"],
        "projectId": found["id"],
        **pick(found, "name", "visibility"),
        "description": found.get("description", ""),
        "features": {},
        "processTemplateId": capabilities["processTemplate"]["templateTypeId"],
        "versionControl": capabilities["versioncontrol"]["sourceControlType"],
        "workItemTemplate": capabilities["processTemplate"].get("templateName", ""),
    }


def _repository(found: Values) -> Values:
    return {
        **pick(found, "id", "name", "size", "url"),
        "projectId": found["project"]["id"],
        "defaultBranch": found.get("defaultBranch", ""),
        "disabled": found.get("isDisabled", False),
        "isFork": found.get("isFork", False),
        "remoteUrl": found["remoteUrl"],
        "sshUrl": found["sshUrl"],
        "webUrl": found["webUrl"],
    }


def git_repository(api: DevOpsApi, arguments: Values) -> Values:
    """A repository by its name in a project."""
    within, name = _asked(arguments, "projectId"), _asked(arguments, "name")
    found = api.look(f"{within}/_apis/git/repositories/{path_part(name)}")
    if found is None:
        raise ResourceError(f"there is no repository {name} in the project {within}")
    return _repository(found)


def repositories(api: DevOpsApi, arguments: Values) -> Values:
    """The repositories of a project, or of the organization."""
    within = arguments.get("projectId")
    found = api.get(f"{within}/_apis/git/repositories" if within else "_apis/git/repositories")["value"]
    wanted = arguments.get("name")
    told = [_repository(each) for each in found if wanted in (None, "", each["name"])]
    return {**arguments, "id": f"repositories-{within or 'all'}", "repositories": told}


def build_definition(api: DevOpsApi, arguments: Values) -> Values:
    """A pipeline by its name in a project."""
    within, name = _asked(arguments, "projectId"), _asked(arguments, "name")
    listed = api.get(f"{within}/_apis/build/definitions", {"name": name})["value"]
    wanted = arguments.get("path")
    named = [each for each in listed if each["name"] == name and wanted in (None, each["path"])]
    if len(named) != 1:
        raise ResourceError(f"{len(named) or 'no'} pipelines are called {name}; exactly one is needed")
    found = api.get(f"{within}/_apis/build/definitions/{named[0]['id']}")
    return {
        **arguments,
        "id": str(found["id"]),
        "path": found["path"],
        "revision": found["revision"],
        "queueStatus": found["queueStatus"],
        "agentPoolName": found["queue"]["pool"]["name"],
        "jobAuthorizationScope": found["jobAuthorizationScope"],
        "variableGroups": [each["id"] for each in found.get("variableGroups") or []],
    }


def variable_group(api: DevOpsApi, arguments: Values) -> Values:
    """A variable group by its name in a project; secret values are not told."""
    within, name = _asked(arguments, "projectId"), _asked(arguments, "name")
    listed = api.get(f"{within}/_apis/distributedtask/variablegroups", {"groupName": name})["value"]
    found = next((each for each in listed if each["name"] == name), None)
    if found is None:
        raise ResourceError(f"there is no variable group {name} in the project {within}")
    told = [
        {"name": key, "value": each.get("value") or "", "isSecret": bool(each.get("isSecret"))}
        for key, each in found["variables"].items()
    ]
    about = {"id": str(found["id"]), "description": found.get("description", ""), "variables": told}
    return {**arguments, **about, "keyVaults": []}


def environment(api: DevOpsApi, arguments: Values) -> Values:
    """An environment by its name or number in a project."""
    within, path = _asked(arguments, "projectId"), "_apis/distributedtask/environments"
    if arguments.get("environmentId"):
        found = api.look(f"{within}/{path}/{arguments['environmentId']}")
    else:
        name = _asked(arguments, "name")
        listed = api.get(f"{within}/{path}", {"name": name})["value"]
        found = next((each for each in listed if each["name"] == name), None)
    if found is None:
        raise ResourceError(f"there is no environment like that in the project {within}")
    about = {"id": str(found["id"]), "environmentId": found["id"], "name": found["name"]}
    return {**arguments, **about, "description": found.get("description", "")}


def group(api: DevOpsApi, arguments: Values) -> Values:
    """A group by its name, in a project or in the organization."""
    name, within = _asked(arguments, "name"), arguments.get("projectId")
    query = {"scopeDescriptor": descriptor(api, within)} if within else None
    for each in api.get(api.graph("groups"), query)["value"]:
        if each["displayName"].lower() == name.lower():
            subject = each["descriptor"]
            told = {**pick(each, "descriptor", "origin"), "originId": each.get("originId", "")}
            return {**arguments, **told, "id": subject, "groupId": storage_key(api, subject)}
    raise ResourceError(f"there is no group {name}" + (f" in the project {within}" if within else ""))


def users(api: DevOpsApi, arguments: Values) -> Values:
    """Users by the name that they sign in with, or by where they come from."""
    filters = {"principalName": "principalName", "origin": "origin", "originId": "originId"}
    told = []
    for each in api.get(api.graph("users"))["value"]:
        wanted = {key: arguments[name] for name, key in filters.items() if arguments.get(name)}
        if all(str(each.get(key, "")).lower() == str(value).lower() for key, value in wanted.items()):
            about = pick(each, "descriptor", "principalName", "origin", "originId", "displayName")
            found = {**about, "mailAddress": each.get("mailAddress", "")}
            told.append({**found, "id": storage_key(api, each["descriptor"])})
    named = "-".join(each["descriptor"] for each in told)
    return {**arguments, "id": f"users#{sha256(named.encode()).hexdigest()[:20]}", "users": told}


def client_config(api: DevOpsApi, arguments: Values) -> Values:
    """Where the provider points."""
    name = api.url.rsplit("/", 1)[-1]
    found = api.get("_apis/connectionData")
    identity = found["authenticatedUser"]["id"]
    told = {"id": name, "name": name, "organizationUrl": api.url, "status": "Enabled"}
    return {**arguments, **told, "ownerId": identity, "tenantId": ""}


FUNCTIONS = {
    f"azuredevops:index/{name}:{name}": function
    for name, function in {
        "getBuildDefinition": build_definition,
        "getClientConfig": client_config,
        "getEnvironment": environment,
        "getGitRepository": git_repository,
        "getGroup": group,
        "getProject": project,
        "getRepositories": repositories,
        "getUsers": users,
        "getVariableGroup": variable_group,
    }.items()
}
