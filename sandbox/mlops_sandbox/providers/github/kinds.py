"""What all GitHub resource types share."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from mlops_sandbox.providers.bridge import resource
from mlops_sandbox.providers.bridge.errors import ResourceError
from mlops_sandbox.providers.bridge.values import Values
from mlops_sandbox.providers.github.client import GitHubApi

Instance = resource.Instance[GitHubApi]
#: What a permission is called where it is read, and where it is given.
_GIVEN = {"read": "pull", "write": "push"}


class GitHubType(resource.ResourceType[GitHubApi]):
    """A resource type whose creating or updating call says all that is to be known of it."""

    def settle(self, it: Instance) -> Values | None:
        """What the call answered; a type that left nothing is read."""
        return it.answer or self.read(it)


class RepositoryPart(GitHubType):
    """Something in a repository that follows its repository when that one is only renamed."""

    def replaces(self, it: Instance) -> frozenset[str]:
        """`repository`, if it names another repository and not the same one by its new name."""
        wanted, known = it.fields.get("repository"), it.state.get("repository_id")
        if not wanted or not known or wanted == it.state.get("repository"):
            return frozenset()
        found = it.api.look(it.api.repository(wanted))
        other = found is not None and found.body["id"] != known
        return frozenset({"repository"}) if other else frozenset()


def named(it: Instance, *names: str) -> list[str]:
    """What identifies a resource: of its state, or, in an import, of its ID `a:b:c`.

    Raises:
        ResourceError: the ID to import has other parts.
    """
    if all(it.state.get(name) not in (None, "") for name in names):
        return [str(it.state[name]) for name in names]
    parts = it.id.split(":", len(names) - 1)
    if len(parts) != len(names):
        raise ResourceError(f"{it.id!r} is no ID of this type; it has the form {':'.join(names)}")
    return parts


def permission(told: str) -> str:
    """A role's name as one gives it: `push`, not `write`."""
    return _GIVEN.get(told, told)


def go_time(text: str) -> str:
    """GitHub's `2026-11-23T20:52:17Z` as the plugin keeps it: `2026-11-23 20:52:17 +0000 UTC`."""
    return datetime.fromisoformat(text).strftime("%Y-%m-%d %H:%M:%S +0000 UTC")


def times(document: Mapping[str, Any]) -> Values:
    """When it was made and last changed."""
    return {name: go_time(document[name]) for name in ("created_at", "updated_at")}


def repository_id(it: Instance, name: object) -> int:
    """The number of a repository; known already if it was read before."""
    if it.state.get("repository_id") and it.state.get("repository") == name:
        return int(it.state["repository_id"])
    return int(it.api.get(it.api.repository(name))["id"])
