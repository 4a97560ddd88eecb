"""Teams: members and repositories. Addressed by organization and slug, or by both numbers."""

from __future__ import annotations

import re

from mlops_sandbox.context import Sandbox
from mlops_sandbox.github import accounts
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
#: The two ways to address a team.
BY_SLUG, BY_ID = "/orgs/{org}/teams/{slug}", "/organizations/{org_id}/team/{team_id}"


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


def keep(sandbox: Sandbox, team: Json) -> Json:
    """Store a team."""
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
        team = keep(call.sandbox, _settings(call, _renamed(call, team, name)))
    return 201, shown(call.sandbox, team)


@api.on("GET", BY_SLUG, BY_ID)
def get_team(call: Call) -> GitHubAnswer:
    """A team."""
    return shown(call.sandbox, called(call))


@api.on("PATCH", BY_SLUG, BY_ID)
def update_team(call: Call) -> GitHubAnswer:
    """Change a team; another name is another slug."""
    with store(call.sandbox).transaction():
        team = called(call)
        team = _renamed(call, team, str(call.body.get("name") or team["name"]))
        team = keep(call.sandbox, _settings(call, team))
    return shown(call.sandbox, team)


@api.on("DELETE", BY_SLUG, BY_ID)
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
