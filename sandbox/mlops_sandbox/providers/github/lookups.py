"""Data sources: what a program may ask without making anything."""

from __future__ import annotations

from typing import Any

from mlops_sandbox.providers.bridge.errors import ResourceError
from mlops_sandbox.providers.bridge.resource import pick
from mlops_sandbox.providers.bridge.values import Values
from mlops_sandbox.providers.github.client import GitHubApi, path_part, path_tail
from mlops_sandbox.providers.github.kinds import permission


def _camel(name: str) -> str:
    head, *rest = name.split("_")
    return head + "".join(part.capitalize() for part in rest)


def _pulumi(told: Values) -> Values:
    return {_camel(name): value for name, value in told.items() if value is not None}


def _asked(arguments: Values, name: str) -> str:
    if not arguments.get(name):
        raise ResourceError(f"{name} is missing")
    return str(arguments[name])


def _repository(api: GitHubApi, arguments: Values, key: str = "name") -> str:
    if arguments.get("fullName"):
        owner, _, name = str(arguments["fullName"]).partition("/")
        return api.repository(name, owner)
    return api.repository(_asked(arguments, key))


def repository(api: GitHubApi, arguments: Values) -> Values:
    """A repository by its name or full name."""
    told = api.get(_repository(api, arguments))
    kept = {name: value for name, value in told.items() if isinstance(value, str | bool | int)}
    kept.pop("id"), kept.pop("url", None)
    return {
        **_pulumi(kept),
        "id": told["name"],
        "description": told.get("description") or "",
        "homepageUrl": told.get("homepage") or "",
        "primaryLanguage": told.get("language") or "",
        "topics": told.get("topics") or [],
        "repoId": told["id"],
        "gitCloneUrl": told["git_url"],
        "httpCloneUrl": told["clone_url"],
        "sshCloneUrl": told["ssh_url"],
        "pages": [],
        "repositoryLicenses": [],
        "template": [],
    }


def repositories(api: GitHubApi, arguments: Values) -> Values:
    """The owner's repositories; of a search only `org:` and `user:` are understood, as names."""
    kind = "orgs" if api.is_organization else "users"
    found = api.every(f"{kind}/{path_part(api.owner)}/repos")
    return {
        **arguments,
        "id": str(arguments.get("query") or api.owner),
        "names": [each["name"] for each in found],
        "fullNames": [each["full_name"] for each in found],
        "repoIds": [each["id"] for each in found],
    }


def user(api: GitHubApi, arguments: Values) -> Values:
    """A user by login; an empty one is who the token is."""
    name = _asked(arguments, "username") if arguments.get("username") != "" else ""
    told = api.get(f"users/{path_part(name)}" if name else "user")
    about = pick(told, "login", "name", "company", "blog", "location", "email", "bio", "avatar_url")
    about |= pick(told, "gravatar_id", "site_admin", "node_id", "created_at", "updated_at")
    counts = pick(told, "public_repos", "public_gists", "followers", "following")
    theirs = f"users/{path_part(told['login'])}"
    lists: Values = {
        "gpgKeys": [each["raw_key"] for each in api.every(f"{theirs}/gpg_keys")],
        "sshKeys": [each["key"] for each in api.every(f"{theirs}/keys")],
    }
    return {**_pulumi({**about, **counts}), **lists, "id": str(told["id"]), "username": told["login"]}


def team(api: GitHubApi, arguments: Values) -> Values:
    """A team by its slug, with its members' logins and its repositories' names."""
    slug = _asked(arguments, "slug")
    told = api.get(api.team(slug))
    members: list[str] = []
    if not arguments.get("summaryOnly"):
        members = [each["login"] for each in api.every(f"{api.team(slug)}/members")]
    return {
        **arguments,
        **_pulumi(pick(told, "name", "privacy", "node_id", "notification_setting")),
        "description": told.get("description") or "",
        "permission": permission(told.get("permission", "pull")),
        "id": str(told["id"]),
        "slug": slug,
        "members": members,
        "repositories": [],
        "repositoriesDetaileds": [],
    }


def organization(api: GitHubApi, arguments: Values) -> Values:
    """An organization by its login."""
    name = _asked(arguments, "name")
    told = api.get(f"orgs/{path_part(name)}")
    members = [each["login"] for each in api.every(f"orgs/{path_part(name)}/members")]
    return {
        "id": str(told["id"]),
        "name": name,
        "login": told["login"],
        "orgname": told.get("name") or told["login"],
        "nodeId": told.get("node_id", ""),
        "description": told.get("description") or "",
        "members": members,
        "users": [],
        "repositories": [],
    }


def branch(api: GitHubApi, arguments: Values) -> Values:
    """A branch of a repository."""
    name, path = _asked(arguments, "branch"), api.repository(_asked(arguments, "repository"))
    found = api.call("GET", f"{path}/git/ref/heads/{path_tail(name)}")
    told = {"ref": found.body["ref"], "sha": found.body["object"]["sha"], "etag": found.etag}
    return {**arguments, **told, "id": f"{arguments['repository']}:{name}"}


def branches(api: GitHubApi, arguments: Values) -> Values:
    """All branches of a repository."""
    name = _asked(arguments, "repository")
    found = api.every(f"{api.repository(name)}/branches")
    told = [{"name": each["name"], "protected": each.get("protected", False)} for each in found]
    return {**arguments, "id": name, "branches": told}


def environments(api: GitHubApi, arguments: Values) -> Values:
    """All environments of a repository."""
    name = _asked(arguments, "repository")
    found = api.every(f"{api.repository(name)}/environments", key="environments")
    told = [{"name": each["name"], "nodeId": each.get("node_id", "")} for each in found]
    return {**arguments, "id": name, "environments": told}


def file(api: GitHubApi, arguments: Values) -> Values:
    """A file's text."""
    from base64 import b64decode

    path = api.repository(_asked(arguments, "repository"))
    place = f"{path}/contents/{path_tail(_asked(arguments, 'file'))}"
    found = api.get(place, {"ref": arguments["branch"]} if arguments.get("branch") else None)
    text = b64decode(found.get("content") or "").decode()
    reference = str(arguments.get("branch") or "")
    identifier = f"{arguments['repository']}/{arguments['file']}"
    return {**arguments, "id": identifier, "content": text, "sha": found["sha"], "ref": reference}


def _key(path: str, api: GitHubApi, arguments: Values) -> Values:
    found = api.get(f"{path}/secrets/public-key")
    return {**arguments, "id": found["key_id"], "keyId": found["key_id"], "key": found["key"]}


def public_key(api: GitHubApi, arguments: Values) -> Values:
    """The key that a repository's secrets are sealed to."""
    return _key(f"{api.repository(_asked(arguments, 'repository'))}/actions", api, arguments)


def environment_public_key(api: GitHubApi, arguments: Values) -> Values:
    """The key that an environment's secrets are sealed to."""
    path = api.repository(_asked(arguments, "repository"))
    name = path_part(_asked(arguments, "environment"))
    return _key(f"{path}/environments/{name}", api, arguments)


def _variables(path: str, api: GitHubApi) -> list[dict[str, Any]]:
    found = api.every(f"{path}/variables", key="variables")
    return [_pulumi(pick(each, "name", "value", "created_at", "updated_at")) for each in found]


def variables(api: GitHubApi, arguments: Values) -> Values:
    """A repository's variables with their values."""
    told = _variables(f"{_repository(api, arguments)}/actions", api)
    return {**arguments, "id": str(arguments.get("name", "")), "variables": told}


def environment_variables(api: GitHubApi, arguments: Values) -> Values:
    """An environment's variables with their values."""
    name = _asked(arguments, "environment")
    told = _variables(f"{_repository(api, arguments)}/environments/{path_part(name)}", api)
    return {**arguments, "id": name, "variables": told}


FUNCTIONS = {
    f"github:index/{name}:{name}": function
    for name, function in {
        "getActionsEnvironmentPublicKey": environment_public_key,
        "getActionsEnvironmentVariables": environment_variables,
        "getActionsPublicKey": public_key,
        "getActionsVariables": variables,
        "getBranch": branch,
        "getOrganization": organization,
        "getRepositories": repositories,
        "getRepository": repository,
        "getRepositoryBranches": branches,
        "getRepositoryEnvironments": environments,
        "getRepositoryFile": file,
        "getTeam": team,
        "getUser": user,
    }.items()
}
