"""Pull requests that a program opens."""

from __future__ import annotations

from datetime import datetime

from mlops_sandbox.providers.bridge.resource import pick
from mlops_sandbox.providers.bridge.values import Values
from mlops_sandbox.providers.github.client import GitHubError
from mlops_sandbox.providers.github.kinds import GitHubType, Instance


def _seconds(text: str) -> int:
    return int(datetime.fromisoformat(text).timestamp())


class RepositoryPullRequest(GitHubType):
    """A pull request; its ID is `owner:repository:number`."""

    token = "github:index/repositoryPullRequest:RepositoryPullRequest"  # noqa: S105
    local = frozenset({"owner"})
    blank = frozenset({"body"})

    def _path(self, it: Instance, number: str = "") -> str:
        if number:
            owner, repository, number = it.id.split(":")
            return f"{it.api.repository(repository, owner)}/pulls/{number}"
        return f"{it.api.repository(it.fields['base_repository'], it.fields.get('owner'))}/pulls"

    def _body(self, it: Instance) -> Values:
        body = pick(it.fields, "title", "body")
        return {**body, "maintainer_can_modify": it.fields.get("maintainer_can_modify", False)}

    def create(self, it: Instance) -> str:
        """Open it."""
        ends = {"head": it.fields["head_ref"], "base": it.fields["base_ref"]}
        made = it.api.call("POST", self._path(it), {**self._body(it), **ends}).body
        owner = it.fields.get("owner") or it.api.owner
        return f"{owner}:{it.fields['base_repository']}:{made['number']}"

    def read(self, it: Instance) -> Values | None:
        """Its state and both ends; a closed one is gone."""
        found = it.api.look(self._path(it, "this"))
        if found is None or found.body["state"] != "open":
            return None
        told = found.body
        return {
            **pick(told, "number", "state", "title", "body", "draft", "maintainer_can_modify"),
            "base_repository": it.id.split(":")[1],
            "base_ref": told["base"]["ref"],
            "base_sha": told["base"]["sha"],
            "head_ref": told["head"]["ref"],
            "head_sha": told["head"]["sha"],
            "labels": [each["name"] for each in told["labels"]],
            "opened_at": _seconds(told["created_at"]),
            "opened_by": told["user"]["login"],
            "updated_at": _seconds(told["updated_at"]),
        }

    def update(self, it: Instance) -> None:
        """Change its title, text or base."""
        moved = {"base": it.fields["base_ref"]} if "base_ref" in it.changed else {}
        it.api.call("PATCH", self._path(it, "this"), {**self._body(it), **moved})

    def delete(self, it: Instance) -> None:
        """Close it."""
        try:
            it.api.call("PATCH", self._path(it, "this"), {"state": "closed"})
        except GitHubError as error:
            if error.status != 404:
                raise


TYPES = (RepositoryPullRequest(),)
