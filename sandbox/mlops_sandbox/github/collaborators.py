"""Collaborators and teams of a repository, and invitations of those outside its organization."""

from __future__ import annotations

from mlops_sandbox.github import accounts, repositories, teams
from mlops_sandbox.github.api import (
    GitHubAnswer,
    GitHubRoutes,
    api_url,
    base_url,
    integer,
    next_id,
    node_id,
    not_found,
    now,
    page,
    store,
)
from mlops_sandbox.server.routing import Call, Json

api = GitHubRoutes()

_ONE = "/repos/{owner}/{repo}/collaborators/{login}"


def _key(repository: Json, login: str) -> str:
    return f"{repository['id']}/{login.lower()}"


def _shown(call: Call, login: str, role: str) -> Json:
    user = accounts.simple(call.sandbox, login)
    return {**user, "permissions": teams.permissions(role), "role_name": teams.role_name(role)}


def _roles(call: Call, repository: Json) -> dict[str, str]:
    """Every user with a direct role."""
    found = store(call.sandbox).documents("collaborator", f"{repository['id']}/")
    return {each["login"]: each["role"] for each in found}


@api.on("GET", "/repos/{owner}/{repo}/collaborators")
def list_collaborators(call: Call) -> GitHubAnswer:
    """Users with a role; `affiliation` direct: with one of their own, outside: and no members."""
    repository = repositories.called(call)
    roles = _roles(call, repository)
    owner = accounts.account(call.sandbox, repository["owner"])
    members = owner.get("members", {owner["login"]: "admin"})
    affiliation = call.query.get("affiliation", "all")
    if affiliation == "all":
        inherited = {login: "admin" if role == "admin" else "pull" for login, role in members.items()}
        roles = {**inherited, **roles}
    if affiliation == "outside":
        roles = {login: role for login, role in roles.items() if login not in members}
    return page(call, [_shown(call, login, role) for login, role in roles.items()])


@api.on("GET", _ONE)
def is_collaborator(call: Call) -> GitHubAnswer:
    """204 when that user is one, 404 when not."""
    repository = repositories.called(call)
    if store(call.sandbox).get("collaborator", _key(repository, call.path["login"])) is None:
        raise not_found()
    return None


@api.on("GET", f"{_ONE}/permission")
def get_permission(call: Call) -> GitHubAnswer:
    """A user's role in a repository, the organization's owners being administrators."""
    repository = repositories.called(call)
    login = accounts.account(call.sandbox, call.path["login"], "User")["login"]
    owner = accounts.account(call.sandbox, repository["owner"])
    inherited = owner.get("members", {owner["login"]: "admin"}).get(login)
    direct = _roles(call, repository).get(login, "pull" if inherited else "none")
    role = "admin" if inherited == "admin" else direct
    legacy = {"pull": "read", "triage": "read", "push": "write", "maintain": "write"}.get(role, role)
    user = accounts.simple(call.sandbox, login)
    return {
        "permission": legacy,
        "role_name": teams.role_name(role),
        "user": user,
    }


@api.on("PUT", _ONE)
def put_collaborator(call: Call) -> GitHubAnswer:
    """Give a user a role: at once (204) inside the organization, by invitation (201) outside it."""
    repository = repositories.called(call)
    login = accounts.account(call.sandbox, call.path["login"], "User")["login"]
    role = teams.role(call.body.get("permission"), "push")
    documents, key = store(call.sandbox), _key(repository, login)
    if documents.get("collaborator", key) or accounts.is_member(call.sandbox, repository["owner"], login):
        documents.put("collaborator", key, {"login": login, "role": role})
        return None
    document = {
        "id": next_id(call.sandbox),
        "invitee": login,
        "inviter": accounts.caller(call),
        "role": role,
        "created_at": now(),
    }
    with documents.transaction():
        there = documents.get("invitation", key)
        kept = documents.put("invitation", key, {**there, "role": role} if there else document)
    return 201, _invitation(call, repository, kept)


@api.on("DELETE", _ONE)
def delete_collaborator(call: Call) -> GitHubAnswer:
    """Take a user's role and invitation."""
    key = _key(repositories.called(call), call.path["login"])
    store(call.sandbox).delete("collaborator", key)
    store(call.sandbox).delete("invitation", key)
    return None


def _invitation(call: Call, repository: Json, invitation: Json) -> Json:
    name, number = repositories.brief(repository)["full_name"], invitation["id"]
    return {
        "id": number,
        "node_id": node_id("RI", number),
        "repository": repositories.shown(call.sandbox, repository),
        "invitee": accounts.simple(call.sandbox, invitation["invitee"]),
        "inviter": accounts.simple(call.sandbox, invitation["inviter"]),
        "permissions": teams.role_name(invitation["role"]),
        "created_at": invitation["created_at"],
        "expired": False,
        "url": f"{api_url(call.sandbox)}/user/repository_invitations/{number}",
        "html_url": f"{base_url(call.sandbox)}/{name}/invitations",
    }


@api.on("GET", "/repos/{owner}/{repo}/invitations")
def list_invitations(call: Call) -> GitHubAnswer:
    """Invitations that nobody has accepted yet."""
    repository = repositories.called(call)
    found = store(call.sandbox).documents("invitation", f"{repository['id']}/")
    return page(call, [_invitation(call, repository, each) for each in found])


def _found(call: Call) -> tuple[Json, str, Json]:
    repository, number = repositories.called(call), integer(call, "invitation")
    for key, each in store(call.sandbox).items("invitation", f"{repository['id']}/"):
        if each["id"] == number:
            return repository, key, each
    raise not_found()


@api.on("PATCH", "/repos/{owner}/{repo}/invitations/{invitation}")
def update_invitation(call: Call) -> GitHubAnswer:
    """Invite to another role."""
    repository, key, found = _found(call)
    changed = {**found, "role": teams.role(call.body.get("permissions"), found["role"])}
    return _invitation(call, repository, store(call.sandbox).put("invitation", key, changed))


@api.on("DELETE", "/repos/{owner}/{repo}/invitations/{invitation}")
def delete_invitation(call: Call) -> GitHubAnswer:
    """Take an invitation back."""
    store(call.sandbox).delete("invitation", _found(call)[1])
    return None


@api.on("GET", "/repos/{owner}/{repo}/teams")
def list_teams(call: Call) -> GitHubAnswer:
    """Teams with a role in a repository."""
    repository = repositories.called(call)
    found = []
    for key, given in store(call.sandbox).items("team_repository", f"{repository['id']}/"):
        team = teams.by_id(call.sandbox, int(key.partition("/")[2]))
        rights = {"permission": given["role"], "permissions": teams.permissions(given["role"])}
        found.append({**teams.brief(call.sandbox, team), **rights})
    return page(call, found)
