"""Teams: members and repositories. Addressed by organization and slug, or by both numbers."""

from __future__ import annotations

import re

from mlops_sandbox.context import Sandbox
from mlops_sandbox.github import accounts, repositories
from mlops_sandbox.github.api import (
    GitHubAnswer,
    GitHubError,
    GitHubRoutes,
    api_url,
    base_url,
    integer,
    next_id,
    node_id,
    not_found,
    now,
    page,
    required,
    store,
    unprocessable,
)
from mlops_sandbox.server.routing import Call, Json

api = GitHubRoutes()

#: The roles of a repository, weakest first, and the names by which REST calls them.
ROLES = ("pull", "triage", "push", "maintain", "admin")
_ALIASES = {"read": "pull", "write": "push"}
_BY_SLUG, _BY_ID = "/orgs/{org}/teams/{slug}", "/organizations/{org_id}/team/{team_id}"


def role(given: object, default: str) -> str:
    """A repository role's REST name, or 422."""
    name = str(given or default)
    name = _ALIASES.get(name, name)
    if name not in ROLES:
        raise unprocessable("Repository", "permission", "invalid")
    return name


def role_name(rest_name: str) -> str:
    """A role's name as `role_name` shows it: two of them have another than where they are given."""
    return {"pull": "read", "push": "write"}.get(rest_name, rest_name)


def permissions(name: str) -> dict[str, bool]:
    """What a role allows."""
    allowed = ROLES.index(name)
    return {each: ROLES.index(each) <= allowed for each in reversed(ROLES)}


def _slug(name: str) -> str:
    return re.sub(r"[^a-z0-9_]+", "-", name.lower()).strip("-")


def by_id(sandbox: Sandbox, number: int) -> Json:
    """The stored team of that id, else 404."""
    found = store(sandbox).get("team", str(number))
    if found is None:
        raise not_found()
    return found


def by_slug(sandbox: Sandbox, organization: str, slug: str) -> Json | None:
    """The stored team of an organization with that slug, or None."""
    for each in store(sandbox).documents("team"):
        if (each["organization"].lower(), each["slug"]) == (organization.lower(), slug.lower()):
            return each
    return None


def called(call: Call) -> Json:
    """The team that a path names, by slug or by numbers, else 404."""
    if "slug" in call.path:
        found = by_slug(call.sandbox, call.path["org"], call.path["slug"])
        if found is None:
            raise not_found()
        return found
    found = by_id(call.sandbox, integer(call, "team_id"))
    if accounts.by_id(call.sandbox, integer(call, "org_id"))["login"] != found["organization"]:
        raise not_found()
    return found


def brief(sandbox: Sandbox, team: Json) -> Json:
    """A team as other objects show it."""
    organization = accounts.account(sandbox, team["organization"])
    url = f"{api_url(sandbox)}/organizations/{organization['id']}/team/{team['id']}"
    fields = ("id", "name", "slug", "description", "privacy", "notification_setting")
    parent = team["parent"]
    return {
        **{name: team[name] for name in fields},
        "node_id": node_id("T", team["id"]),
        "permission": "pull",
        "url": url,
        "html_url": f"{base_url(sandbox)}/orgs/{organization['login']}/teams/{team['slug']}",
        "members_url": f"{url}/members{{/member}}",
        "repositories_url": f"{url}/repos",
        "parent": None if parent is None else brief(sandbox, by_id(sandbox, parent)),
    }


def shown(sandbox: Sandbox, team: Json) -> Json:
    """A team as GitHub answers with it."""
    given = [key for key, _ in store(sandbox).items("team_repository") if key.endswith(f"/{team['id']}")]
    return {
        **brief(sandbox, team),
        "members_count": len(team["members"]),
        "repos_count": len(given),
        "created_at": team["created_at"],
        "updated_at": team["updated_at"],
        "organization": accounts.simple(sandbox, team["organization"]),
    }


def _keep(sandbox: Sandbox, team: Json) -> Json:
    return store(sandbox).put("team", str(team["id"]), team)


def _renamed(call: Call, team: Json, name: str) -> Json:
    slug = _slug(name)
    other = by_slug(call.sandbox, team["organization"], slug)
    if not slug or (other is not None and other["id"] != team["id"]):
        text = "Name must be unique for this org"
        error = {"resource": "Team", "code": "custom", "field": "name", "message": text}
        raise GitHubError(422, "Validation Failed", [error])
    return {**team, "name": name, "slug": slug}


def _settings(call: Call, team: Json) -> Json:
    given = {name: call.body[name] for name in ("privacy", "notification_setting") if call.body.get(name)}
    if given.get("privacy", "closed") not in ("closed", "secret"):
        raise unprocessable("Team", "privacy", "invalid")
    if "description" in call.body:
        given["description"] = call.body["description"] or None
    if "parent_team_id" in call.body:
        parent = call.body["parent_team_id"]
        given["parent"] = None if parent is None else by_id(call.sandbox, int(parent))["id"]
    return {**team, **given, "updated_at": now()}


@api.on("GET", "/orgs/{org}/teams")
def list_teams(call: Call) -> GitHubAnswer:
    """An organization's teams."""
    login = accounts.account(call.sandbox, call.path["org"], "Organization")["login"]
    mine = [each for each in store(call.sandbox).documents("team") if each["organization"] == login]
    return page(call, [shown(call.sandbox, each) for each in mine])


@api.on("POST", "/orgs/{org}/teams")
def create_team(call: Call) -> GitHubAnswer:
    """Make a team; whoever makes it is its first maintainer."""
    name = str(required(call, "Team", "name"))
    organization = accounts.account(call.sandbox, call.path["org"], "Organization")["login"]
    with store(call.sandbox).transaction():
        team = {
            "id": next_id(call.sandbox),
            "organization": organization,
            "description": None,
            "privacy": "secret",
            "notification_setting": "notifications_enabled",
            "parent": None,
            "members": {accounts.caller(call): "maintainer"},
            "created_at": now(),
        }
        team = _keep(call.sandbox, _settings(call, _renamed(call, team, name)))
    return 201, shown(call.sandbox, team)


@api.on("GET", _BY_SLUG, _BY_ID)
def get_team(call: Call) -> GitHubAnswer:
    """A team."""
    return shown(call.sandbox, called(call))


@api.on("PATCH", _BY_SLUG, _BY_ID)
def update_team(call: Call) -> GitHubAnswer:
    """Change a team; another name is another slug."""
    with store(call.sandbox).transaction():
        team = called(call)
        team = _renamed(call, team, str(call.body.get("name") or team["name"]))
        team = _keep(call.sandbox, _settings(call, team))
    return shown(call.sandbox, team)


@api.on("DELETE", _BY_SLUG, _BY_ID)
def delete_team(call: Call) -> GitHubAnswer:
    """Delete a team and what repositories gave it."""
    documents = store(call.sandbox)
    with documents.transaction():
        team = called(call)
        documents.delete("team", str(team["id"]))
        for key, _ in documents.items("team_repository"):
            if key.endswith(f"/{team['id']}"):
                documents.delete("team_repository", key)
    return None


@api.on("GET", f"{_BY_SLUG}/members", f"{_BY_ID}/members")
def list_members(call: Call) -> GitHubAnswer:
    """A team's members; `role` narrows to member or maintainer."""
    wanted = call.query.get("role", "all")
    members = called(call)["members"]
    shown_members = [login for login, role in members.items() if wanted in ("all", role)]
    return page(call, [accounts.simple(call.sandbox, login) for login in shown_members])


def _membership(call: Call, team: Json, login: str) -> Json:
    url = f"{brief(call.sandbox, team)['url']}/memberships/{login}"
    return {"url": url, "role": team["members"][login], "state": "active"}


@api.on("GET", f"{_BY_SLUG}/memberships/{{login}}", f"{_BY_ID}/memberships/{{login}}")
def get_membership(call: Call) -> GitHubAnswer:
    """A user's role in a team."""
    team = called(call)
    if call.path["login"] not in team["members"]:
        raise not_found()
    return _membership(call, team, call.path["login"])


@api.on("PUT", f"{_BY_SLUG}/memberships/{{login}}", f"{_BY_ID}/memberships/{{login}}")
def put_membership(call: Call) -> GitHubAnswer:
    """Make a user member or maintainer of a team."""
    login = accounts.account(call.sandbox, call.path["login"], "User")["login"]
    given = call.body.get("role", "member")
    if given not in ("member", "maintainer"):
        raise unprocessable("TeamMember", "role", "invalid")
    with store(call.sandbox).transaction():
        team = called(call)
        team = _keep(call.sandbox, {**team, "members": {**team["members"], login: given}})
    return _membership(call, team, login)


@api.on("DELETE", f"{_BY_SLUG}/memberships/{{login}}", f"{_BY_ID}/memberships/{{login}}")
def delete_membership(call: Call) -> GitHubAnswer:
    """Take a user out of a team."""
    with store(call.sandbox).transaction():
        team = called(call)
        if call.path["login"] not in team["members"]:
            raise not_found()
        left = {login: role for login, role in team["members"].items() if login != call.path["login"]}
        _keep(call.sandbox, {**team, "members": left})
    return None


def repository_key(repository: Json, team: Json) -> str:
    """The document key of what a repository gives a team."""
    return f"{repository['id']}/{team['id']}"


_REPOSITORY = [f"{root}/repos/{{owner}}/{{repo}}" for root in (_BY_SLUG, _BY_ID)]


@api.on("PUT", *_REPOSITORY)
def put_repository(call: Call) -> GitHubAnswer:
    """Give a team a role in a repository."""
    team, repository = called(call), repositories.called(call)
    given = role(call.body.get("permission"), "push")
    store(call.sandbox).put("team_repository", repository_key(repository, team), {"role": given})
    return None


@api.on("GET", *_REPOSITORY)
def get_repository(call: Call) -> GitHubAnswer:
    """A repository with the team's rights in it; 404 when it has none."""
    team, repository = called(call), repositories.called(call)
    found = store(call.sandbox).get("team_repository", repository_key(repository, team))
    if found is None:
        raise not_found()
    shown_repository = repositories.shown(call.sandbox, repository, permissions(found["role"]))
    return {**shown_repository, "role_name": role_name(found["role"])}


@api.on("DELETE", *_REPOSITORY)
def delete_repository(call: Call) -> GitHubAnswer:
    """Take a team's role in a repository."""
    store(call.sandbox).delete("team_repository", repository_key(repositories.called(call), called(call)))
    return None
