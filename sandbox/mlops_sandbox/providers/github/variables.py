"""Variables of repositories and environments."""

from __future__ import annotations

from mlops_sandbox.providers.bridge.values import Values
from mlops_sandbox.providers.github.client import path_part
from mlops_sandbox.providers.github.kinds import (
    Instance,
    RepositoryPart,
    named,
    repository_id,
    times,
)


class ActionsVariable(RepositoryPart):
    """A repository's variable; its ID is `repository:NAME`."""

    token = "github:index/actionsVariable:ActionsVariable"  # noqa: S105
    parts: tuple[str, ...] = ("repository", "variable_name")

    def _path(self, it: Instance, parts: list[str]) -> str:
        return f"{it.api.repository(parts[0])}/actions/variables"

    def _wanted(self, it: Instance) -> list[str]:
        return [str(it.fields[name]) for name in self.parts]

    def create(self, it: Instance) -> str:
        """Make it."""
        parts = self._wanted(it)
        it.api.call("POST", self._path(it, parts), {"name": parts[-1], "value": it.fields["value"]})
        return ":".join(parts)

    def read(self, it: Instance) -> Values | None:
        """Its value."""
        return self._read(it, named(it, *self.parts))

    def _read(self, it: Instance, parts: list[str]) -> Values | None:
        found = it.api.look(f"{self._path(it, parts)}/{path_part(parts[-1])}")
        if found is None:
            return None
        about = {"value": found.body["value"], "repository_id": repository_id(it, parts[0])}
        return {**dict(zip(self.parts, parts, strict=True)), **about, **times(found.body)}

    def settle(self, it: Instance) -> Values | None:
        """As it is, under the names that it has now."""
        return self._read(it, self._wanted(it))

    def update(self, it: Instance) -> None:
        """Change the value."""
        parts = self._wanted(it)
        body = {"name": parts[-1], "value": it.fields["value"]}
        it.api.call("PATCH", f"{self._path(it, parts)}/{path_part(parts[-1])}", body)
        it.exists(":".join(parts))

    def delete(self, it: Instance) -> None:
        """Remove it."""
        parts = named(it, *self.parts)
        it.api.remove(f"{self._path(it, parts)}/{path_part(parts[-1])}")


class ActionsEnvironmentVariable(ActionsVariable):
    """An environment's variable; its ID is `repository:environment:NAME`."""

    token = "github:index/actionsEnvironmentVariable:ActionsEnvironmentVariable"  # noqa: S105
    parts = ("repository", "environment", "variable_name")

    def _path(self, it: Instance, parts: list[str]) -> str:
        return f"{it.api.repository(parts[0])}/environments/{path_part(parts[1])}/variables"


TYPES = (ActionsVariable(), ActionsEnvironmentVariable())
