"""Teams, who is in them, and which repositories they may use."""

from __future__ import annotations

from mlops_sandbox.providers.bridge.values import Values
from mlops_sandbox.providers.github.client import path_part
from mlops_sandbox.providers.github.kinds import GitHubType, Instance, named, permission


def _team_id(it: Instance, given: object) -> int:
    """A team's number; one that is named by its slug is asked for."""
    return int(str(given)) if str(given).isdigit() else int(it.api.get(it.api.team(given))["id"])


class Team(GitHubType):
    """A team; its ID is its number."""

    token = "github:index/team:Team"  # noqa: S105
    local = frozenset({"create_default_maintainer", "ldap_dn"})
    blank = frozenset({"parent_team_id"})

    def _body(self, it: Instance) -> Values:
        return {
            "name": it.fields["name"],
            "description": it.fields.get("description", ""),
            "notification_setting": it.fields.get("notification_setting", "notifications_enabled"),
            "privacy": it.fields.get("privacy", "secret"),
        }

    def create(self, it: Instance) -> str:
        """Make it; who makes a team is its first maintainer, and taken out unless asked for."""
        body = self._body(it)
        if it.fields.get("parent_team_id"):
            body["parent_team_id"] = _team_id(it, it.fields["parent_team_id"])
        if it.fields.get("ldap_dn"):
            body["ldap_dn"] = it.fields["ldap_dn"]
        root = f"orgs/{path_part(it.api.owner)}/teams"
        made = it.api.call("POST", root, body)
        it.exists(str(made.body["id"]))
        it.answer = self._state(made.body, made.etag)
        if not it.fields.get("create_default_maintainer"):
            slug = f"{root}/{path_part(made.body['slug'])}"
            members = it.api.get(f"{slug}/members")
            for member in members:
                it.api.remove(f"{slug}/memberships/{path_part(member['login'])}")
            it.answer["members_count"] = max(int(it.answer["members_count"]) - len(members), 0)
        return it.id

    def _state(self, told: Values, etag: str) -> Values:
        parent = told.get("parent") or {}
        number = str(parent["id"]) if parent else ""
        return {
            "name": told["name"],
            "slug": told["slug"],
            "description": told.get("description") or "",
            "privacy": told["privacy"],
            "notification_setting": told.get("notification_setting"),
            "parent_team_id": number,
            "parent_team_read_id": number,
            "parent_team_read_slug": parent.get("slug", ""),
            "node_id": told["node_id"],
            "members_count": told.get("members_count", 0),
            "etag": etag,
        }

    def read(self, it: Instance) -> Values | None:
        """Its settings; to import one, its ID is its number or slug."""
        found = it.api.look(it.api.team(it.id), etag=it.state.get("etag"))
        if found is None:
            return None
        if found.status == 304:
            return it.state
        it.exists(str(found.body["id"]))
        return self._state(found.body, found.etag)

    def update(self, it: Instance) -> None:
        """Change its settings."""
        parent = it.fields.get("parent_team_id")
        body = {**self._body(it), "parent_team_id": _team_id(it, parent) if parent else None}
        done = it.api.call("PATCH", it.api.team(it.id), body)
        it.answer = self._state(done.body, done.etag)

    def delete(self, it: Instance) -> None:
        """Remove it."""
        it.api.remove(it.api.team(it.id))


class TeamMembership(GitHubType):
    """One person in a team; its ID is `team:login`."""

    token = "github:index/teamMembership:TeamMembership"  # noqa: S105

    def _path(self, it: Instance, team: object, login: object) -> str:
        return f"{it.api.team(team)}/memberships/{path_part(login)}"

    def create(self, it: Instance) -> str:
        """Put the person in, or change the role."""
        team, login = it.fields["team_id"], it.fields["username"]
        it.api.call("PUT", self._path(it, team, login), {"role": it.fields.get("role", "member")})
        return f"{team}:{login}"

    def read(self, it: Instance) -> Values | None:
        """The person's role."""
        team, login = named(it, "team_id", "username")
        found = it.api.look(self._path(it, team, login), etag=it.state.get("etag"))
        if found is None:
            return None
        if found.status == 304:
            return it.state
        return {"team_id": team, "username": login, "role": found.body["role"], "etag": found.etag}

    def update(self, it: Instance) -> None:
        """Change the role."""
        self.create(it)

    def delete(self, it: Instance) -> None:
        """Take the person out."""
        it.api.remove(self._path(it, *named(it, "team_id", "username")))


class TeamRepository(GitHubType):
    """A team's permission on a repository; its ID is `team:repository`."""

    token = "github:index/teamRepository:TeamRepository"  # noqa: S105

    def _path(self, it: Instance, team: object, repository: object) -> str:
        return f"{it.api.team(team)}/repos/{path_part(it.api.owner)}/{path_part(repository)}"

    def create(self, it: Instance) -> str:
        """Give the permission."""
        team, repository = it.fields["team_id"], it.fields["repository"]
        body = {"permission": it.fields.get("permission", "pull")}
        it.api.call("PUT", self._path(it, team, repository), body)
        return f"{team}:{repository}"

    def read(self, it: Instance) -> Values | None:
        """The permission."""
        team, repository = named(it, "team_id", "repository")
        found = it.api.look(self._path(it, team, repository), etag=it.state.get("etag"))
        if found is None:
            return None
        if found.status == 304:
            return it.state
        given = permission(found.body["role_name"])
        return {"team_id": team, "repository": repository, "permission": given, "etag": found.etag}

    def update(self, it: Instance) -> None:
        """Change the permission."""
        self.create(it)

    def delete(self, it: Instance) -> None:
        """Take it back."""
        it.api.remove(self._path(it, *named(it, "team_id", "repository")))


TYPES = (Team(), TeamMembership(), TeamRepository())
