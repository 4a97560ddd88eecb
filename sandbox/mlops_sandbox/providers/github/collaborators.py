"""Who may use a repository: everyone at once, or one person."""

from __future__ import annotations

from typing import Any

from mlops_sandbox.providers.bridge.errors import ResourceError
from mlops_sandbox.providers.bridge.values import Values
from mlops_sandbox.providers.github.client import GitHubError, path_part
from mlops_sandbox.providers.github.kinds import (
    GitHubType,
    Instance,
    RepositoryPart,
    named,
    permission,
    repository_id,
)


def _people(it: Instance, path: str) -> dict[str, str]:
    """The permission of everyone who has accepted, by login."""
    found: dict[str, str] = {}
    for affiliation in ("direct", "outside"):
        for each in it.api.every(f"{path}/collaborators", {"affiliation": affiliation}):
            found[each["login"]] = permission(each["role_name"])
    return found


def _invitations(it: Instance, path: str) -> dict[str, dict[str, Any]]:
    return {each["invitee"]["login"]: each for each in it.api.every(f"{path}/invitations")}


class RepositoryCollaborators(RepositoryPart):
    """Everyone with access; its ID is the repository's number."""

    token = "github:index/repositoryCollaborators:RepositoryCollaborators"  # noqa: S105
    local = frozenset({"ignore_team"})

    def create(self, it: Instance) -> str:
        """Give and take permissions until they are the wanted ones."""
        invited = self._apply(it, str(it.fields["repository"]), it.fields)
        number = repository_id(it, it.fields["repository"])
        it.answer = self._answer(it, number, invited)
        return str(number)

    def _answer(self, it: Instance, number: int, invited: Values) -> Values:
        kept = {name: it.fields.get(name) or [] for name in ("user", "team")}
        about = {"repository": it.fields["repository"], "repository_id": number}
        return {**about, **kept, "invitation_ids": invited, "owner_configured": False}

    def update(self, it: Instance) -> None:
        """Give and take permissions until they are the wanted ones."""
        self._apply(it, str(it.fields["repository"]), it.fields)
        number = int(it.state["repository_id"])
        it.answer = self._answer(it, number, it.state.get("invitation_ids") or {})

    def _apply(self, it: Instance, repository: str, wanted: Values) -> Values:
        path = it.api.repository(repository)
        users = _wanted(wanted.get("user"), "username")
        people, invitations = _people(it, path), _invitations(it, path)
        for login, given in people.items():
            self._give(it, f"{path}/collaborators/{path_part(login)}", users.get(login), given)
        for login, invitation in invitations.items():
            self._change_invitation(it, path, invitation, users.get(login))
        invited: Values = {}
        for login in users.keys() - people.keys() - invitations.keys():
            body = {"permission": users[login]}
            answer = it.api.call("PUT", f"{path}/collaborators/{path_part(login)}", body).body
            if answer:
                invited[login] = str(answer["id"])
        if it.api.is_organization:
            self._apply_teams(it, repository, wanted)
        return invited

    def _give(self, it: Instance, path: str, wanted: str | None, given: str) -> None:
        if wanted is None:
            it.api.remove(path)
        elif wanted != given:
            it.api.call("PUT", path, {"permission": wanted})

    def _change_invitation(
        self, it: Instance, path: str, invitation: dict[str, Any], wanted: str | None
    ) -> None:
        one = f"{path}/invitations/{invitation['id']}"
        if wanted is None:
            it.api.remove(one)
        elif wanted != permission(invitation["permissions"]):
            it.api.call("PATCH", one, {"permissions": wanted})

    def _apply_teams(self, it: Instance, repository: str, wanted: Values) -> None:
        teams = _wanted(wanted.get("team"), "team_id")
        ignored = {str(each["team_id"]) for each in wanted.get("ignore_team") or []}
        tail = f"repos/{path_part(it.api.owner)}/{path_part(repository)}"
        seen = set()
        for each in it.api.every(f"{it.api.repository(repository)}/teams"):
            names = {str(each["id"]), each["slug"]}
            seen |= names
            if not names & ignored:
                asked = next((teams[name] for name in names & teams.keys()), None)
                self._give(it, f"{it.api.team(each['slug'])}/{tail}", asked, permission(each["permission"]))
        for name in teams.keys() - seen:
            it.api.call("PUT", f"{it.api.team(name)}/{tail}", {"permission": teams[name]})

    def read(self, it: Instance) -> Values | None:
        """Everyone with access; to import it, the ID is the repository's name."""
        repository = str(it.state.get("repository") or it.id)
        path = it.api.repository(repository)
        if not it.state:
            it.exists(str(repository_id(it, repository)))
        try:
            people, invitations = _people(it, path), _invitations(it, path)
        except GitHubError as error:
            if error.status == 404:
                return None
            raise
        people |= {login: permission(each["permissions"]) for login, each in invitations.items()}
        return {
            "repository": repository,
            "repository_id": int(it.id),
            "user": [{"username": login, "permission": given} for login, given in sorted(people.items())],
            "team": self._teams(it, path),
            "invitation_ids": {login: str(each["id"]) for login, each in invitations.items()},
            "owner_configured": False,
        }

    def _teams(self, it: Instance, path: str) -> list[Values]:
        known = _wanted(it.state.get("team"), "team_id")
        ignored = {str(each["team_id"]) for each in it.state.get("ignore_team") or []}
        teams = []
        for each in it.api.every(f"{path}/teams") if it.api.is_organization else []:
            if not {str(each["id"]), each["slug"]} & ignored:
                name = each["slug"] if each["slug"] in known else str(each["id"])
                teams.append({"team_id": name, "permission": permission(each["permission"])})
        return teams

    def delete(self, it: Instance) -> None:
        """Take every permission back."""
        kept = {"ignore_team": it.state.get("ignore_team")}
        self._apply(it, str(it.state["repository"]), kept)


def _wanted(given: list[Values] | None, key: str) -> dict[str, str]:
    wanted: dict[str, str] = {}
    for each in given or []:
        if each[key] in wanted:
            raise ResourceError(f"{each[key]} is listed twice")
        wanted[str(each[key])] = str(each.get("permission") or "push")
    return wanted


class RepositoryCollaborator(GitHubType):
    """One person's permission; its ID is `repository:login`."""

    token = "github:index/repositoryCollaborator:RepositoryCollaborator"  # noqa: S105
    local = frozenset({"permission_diff_suppression"})

    def _path(self, it: Instance, repository: str, login: str) -> str:
        return f"{it.api.repository(repository)}/collaborators/{path_part(login)}"

    def create(self, it: Instance) -> str:
        """Invite the person, or give the permission to a member."""
        repository, login = str(it.fields["repository"]), str(it.fields["username"])
        it.api.call("PUT", self._path(it, repository, login), {"permission": it.fields["permission"]})
        return f"{repository}:{login}"

    def _invitation(self, it: Instance, repository: str, login: str) -> dict[str, Any] | None:
        found = _invitations(it, it.api.repository(repository))
        return next((each for name, each in found.items() if name.lower() == login.lower()), None)

    def read(self, it: Instance) -> Values | None:
        """The permission, given or offered."""
        repository, login = named(it, "repository", "username")
        if it.api.look(it.api.repository(repository)) is None:
            return None
        invitation = self._invitation(it, repository, login)
        if invitation is not None:
            given, number = permission(invitation["permissions"]), str(invitation["id"])
            return {
                "repository": repository,
                "username": login,
                "permission": given,
                "invitation_id": number,
            }
        for each in it.api.every(f"{it.api.repository(repository)}/collaborators"):
            if each["login"].lower() == login.lower():
                given = permission(each["role_name"])
                return {"repository": repository, "username": login, "permission": given}
        return None

    def update(self, it: Instance) -> None:
        """Nothing of it is on GitHub's side."""

    def delete(self, it: Instance) -> None:
        """Take the invitation or the permission back."""
        repository, login = named(it, "repository", "username")
        invitation = self._invitation(it, repository, login)
        if invitation is not None:
            it.api.remove(f"{it.api.repository(repository)}/invitations/{invitation['id']}")
        else:
            it.api.remove(self._path(it, repository, login))


TYPES = (RepositoryCollaborators(), RepositoryCollaborator())
