"""Labels, webhooks and Dependabot's security updates of a repository."""

from __future__ import annotations

from mlops_sandbox.providers.bridge.resource import pick
from mlops_sandbox.providers.bridge.values import Values
from mlops_sandbox.providers.github.client import path_part
from mlops_sandbox.providers.github.kinds import GitHubType, Instance, named


class IssueLabel(GitHubType):
    """A label; its ID is `repository:name`."""

    token = "github:index/issueLabel:IssueLabel"  # noqa: S105

    def _path(self, it: Instance, repository: object, name: object = None) -> str:
        tail = f"/{path_part(name)}" if name else ""
        return f"{it.api.repository(repository)}/labels{tail}"

    def create(self, it: Instance) -> str:
        """Make it; a new repository's own labels are taken over."""
        repository, name = it.fields["repository"], it.fields["name"]
        body = pick(it.fields, "name", "color", "description")
        if it.api.look(self._path(it, repository, name)) is not None:
            it.api.call("PATCH", self._path(it, repository, name), body)
        else:
            it.api.call("POST", self._path(it, repository), body)
        return f"{repository}:{name}"

    def read(self, it: Instance) -> Values | None:
        """Its color and description."""
        repository, name = named(it, "repository", "name")
        if it.fields.get("name"):
            name = str(it.fields["name"])
        found = it.api.look(self._path(it, repository, name), etag=it.state.get("etag"))
        if found is None:
            return None
        if found.status == 304:
            return it.state
        told = pick(found.body, "name", "color", "url", "description")
        return {"repository": repository, **told, "etag": found.etag}

    def update(self, it: Instance) -> None:
        """Change it."""
        repository, name = it.fields["repository"], it.fields["name"]
        body = {**pick(it.fields, "name", "color"), "description": it.fields.get("description", "")}
        it.api.call("PATCH", self._path(it, repository, it.state["name"]), body)
        it.exists(f"{repository}:{name}")

    def delete(self, it: Instance) -> None:
        """Remove it."""
        repository, name = named(it, "repository", "name")
        it.api.remove(self._path(it, repository, name))


class RepositoryWebhook(GitHubType):
    """A webhook; its ID is its number. GitHub never gives its secret back."""

    token = "github:index/repositoryWebhook:RepositoryWebhook"  # noqa: S105

    def _path(self, it: Instance, repository: object, number: str = "") -> str:
        return f"{it.api.repository(repository)}/hooks{f'/{number}' if number else ''}"

    def _body(self, it: Instance) -> Values:
        given = dict(it.fields.get("configuration") or {})
        given["insecure_ssl"] = "1" if given.get("insecure_ssl") else "0"
        about = {"active": it.fields.get("active", True), "events": it.fields["events"]}
        return {**about, "config": given}

    def create(self, it: Instance) -> str:
        """Make it."""
        made = it.api.call("POST", self._path(it, it.fields["repository"]), self._body(it)).body
        return str(made["id"])

    def read(self, it: Instance) -> Values | None:
        """Its settings; to import one, its ID is `repository/number`."""
        known = it.fields or it.state
        repository, _, number = it.id.rpartition("/")
        repository = str(known.get("repository") or repository)
        found = it.api.look(self._path(it, repository, number))
        if found is None:
            return None
        it.exists(number)
        told = found.body["config"]
        settings = pick(told, "url", "content_type")
        settings["insecure_ssl"] = str(told.get("insecure_ssl")) == "1"
        if told.get("secret"):
            settings["secret"] = (known.get("configuration") or {}).get("secret")
        about = pick(found.body, "url", "active", "events")
        return {"repository": repository, **about, "configuration": settings, "etag": found.etag}

    def update(self, it: Instance) -> None:
        """Change it."""
        it.api.call("PATCH", self._path(it, it.fields["repository"], it.id), self._body(it))

    def delete(self, it: Instance) -> None:
        """Remove it."""
        it.api.remove(self._path(it, it.state["repository"], it.id))


class RepositoryDependabotSecurityUpdates(GitHubType):
    """Whether Dependabot opens pull requests; its ID is the repository's name."""

    token = "github:index/repositoryDependabotSecurityUpdates:RepositoryDependabotSecurityUpdates"  # noqa: S105

    def _path(self, it: Instance, repository: object) -> str:
        return f"{it.api.repository(repository)}/automated-security-fixes"

    def create(self, it: Instance) -> str:
        """Turn them on or off."""
        wanted = "PUT" if it.fields["enabled"] else "DELETE"
        it.api.call(wanted, self._path(it, it.fields["repository"]))
        return str(it.fields["repository"])

    def read(self, it: Instance) -> Values | None:
        """Whether they are on."""
        found = it.api.look(self._path(it, it.id))
        return None if found is None else {"repository": it.id, "enabled": found.body["enabled"]}

    def update(self, it: Instance) -> None:
        """Turn them on or off."""
        self.create(it)

    def delete(self, it: Instance) -> None:
        """Turn them off."""
        it.api.remove(self._path(it, it.id))


TYPES = (IssueLabel(), RepositoryWebhook(), RepositoryDependabotSecurityUpdates())
