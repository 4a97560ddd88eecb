"""Who belongs to a team, and what repositories give it."""

from __future__ import annotations

from mlops_sandbox.github import accounts, repositories, teams
from mlops_sandbox.github.api import GitHubAnswer, GitHubRoutes, not_found, page, store, unprocessable
from mlops_sandbox.server.routing import Call, Json

api = GitHubRoutes()


@api.on("GET", f"{teams.BY_SLUG}/members", f"{teams.BY_ID}/members")
def list_members(call: Call) -> GitHubAnswer:
    """A team's members; `role` narrows to member or maintainer."""
    wanted = call.query.get("role", "all")
    members = teams.called(call)["members"]
    shown_members = [login for login, role in members.items() if wanted in ("all", role)]
    return page(call, [accounts.simple(call.sandbox, login) for login in shown_members])


def _membership(call: Call, team: Json, login: str) -> Json:
    url = f"{teams.brief(call.sandbox, team)['url']}/memberships/{login}"
    return {"url": url, "role": team["members"][login], "state": "active"}


@api.on("GET", f"{teams.BY_SLUG}/memberships/{{login}}", f"{teams.BY_ID}/memberships/{{login}}")
def get_membership(call: Call) -> GitHubAnswer:
    """A user's role in a team."""
    team = teams.called(call)
    if call.path["login"] not in team["members"]:
        raise not_found()
    return _membership(call, team, call.path["login"])


@api.on("PUT", f"{teams.BY_SLUG}/memberships/{{login}}", f"{teams.BY_ID}/memberships/{{login}}")
def put_membership(call: Call) -> GitHubAnswer:
    """Make a user member or maintainer of a team."""
    login = accounts.account(call.sandbox, call.path["login"], "User")["login"]
    given = call.body.get("role", "member")
    if given not in ("member", "maintainer"):
        raise unprocessable("TeamMember", "role", "invalid")
    with store(call.sandbox).transaction():
        team = teams.called(call)
        team = teams.keep(call.sandbox, {**team, "members": {**team["members"], login: given}})
    return _membership(call, team, login)


@api.on("DELETE", f"{teams.BY_SLUG}/memberships/{{login}}", f"{teams.BY_ID}/memberships/{{login}}")
def delete_membership(call: Call) -> GitHubAnswer:
    """Take a user out of a team."""
    with store(call.sandbox).transaction():
        team = teams.called(call)
        if call.path["login"] not in team["members"]:
            raise not_found()
        left = {login: role for login, role in team["members"].items() if login != call.path["login"]}
        teams.keep(call.sandbox, {**team, "members": left})
    return None


def repository_key(repository: Json, team: Json) -> str:
    """The document key of what a repository gives a team."""
    return f"{repository['id']}/{team['id']}"


_REPOSITORY = [f"{root}/repos/{{owner}}/{{repo}}" for root in (teams.BY_SLUG, teams.BY_ID)]


@api.on("PUT", *_REPOSITORY)
def put_repository(call: Call) -> GitHubAnswer:
    """Give a team a role in a repository."""
    team, repository = teams.called(call), repositories.called(call)
    given = teams.role(call.body.get("permission"), "push")
    store(call.sandbox).put("team_repository", repository_key(repository, team), {"role": given})
    return None


@api.on("GET", *_REPOSITORY)
def get_repository(call: Call) -> GitHubAnswer:
    """A repository with the team's rights in it; 404 when it has none."""
    team, repository = teams.called(call), repositories.called(call)
    found = store(call.sandbox).get("team_repository", repository_key(repository, team))
    if found is None:
        raise not_found()
    shown_repository = repositories.shown(call.sandbox, repository, teams.permissions(found["role"]))
    return {**shown_repository, "role_name": teams.role_name(found["role"])}


@api.on("DELETE", *_REPOSITORY)
def delete_repository(call: Call) -> GitHubAnswer:
    """Take a team's role in a repository."""
    store(call.sandbox).delete(
        "team_repository", repository_key(repositories.called(call), teams.called(call))
    )
    return None
