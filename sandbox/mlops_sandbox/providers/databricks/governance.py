"""Unity Catalog's tags and policies."""

from __future__ import annotations

from mlops_sandbox.providers.bridge.resource import pick
from mlops_sandbox.providers.bridge.values import Values
from mlops_sandbox.providers.databricks.client import path_part
from mlops_sandbox.providers.databricks.kinds import Instance, WorkspaceFrameworkType
from mlops_sandbox.providers.databricks.unity import ROOT


class EntityTagAssignment(WorkspaceFrameworkType):
    """A tag of a securable or a column."""

    token = "databricks:index/entityTagAssignment:EntityTagAssignment"  # noqa: S105
    _root = f"{ROOT}/entity-tag-assignments"
    _key = ("entity_type", "entity_name", "tag_key")

    def _path(self, it: Instance) -> str:
        parts = [it.state.get(name) or it.fields.get(name) for name in self._key]
        if not all(parts):
            # An import names the three, by commas.
            parts = list(it.id.split(","))
        kind, name, key = (path_part(part) for part in parts)
        return f"{self._root}/{kind}/{name}/tags/{key}"

    def create(self, it: Instance) -> str:
        """Give the tag."""
        it.answer = it.api.post(self._root, pick(it.fields, *self._key, "tag_value"))
        return "missing ID"

    def read(self, it: Instance) -> Values | None:
        """The tag."""
        found: Values | None = it.api.find(self._path(it))
        return found

    def replaces(self, it: Instance) -> frozenset[str]:  # noqa: ARG002
        """Another entity or key is another tag."""
        return frozenset(self._key)

    def update(self, it: Instance) -> None:
        """Another value."""
        body = pick(it.fields, *self._key, "tag_value")
        it.answer = it.api.patch(self._path(it), body, {"update_mask": "tag_value"})

    def delete(self, it: Instance) -> None:
        """Take the tag away."""
        it.api.remove("DELETE", self._path(it))


class PolicyInfo(WorkspaceFrameworkType):
    """A policy on a securable, by tags."""

    token = "databricks:index/policyInfo:PolicyInfo"  # noqa: S105
    _root = f"{ROOT}/policies"
    _key = ("on_securable_type", "on_securable_fullname", "name")
    _changing = (
        "column_mask",
        "comment",
        "except_principals",
        "for_securable_type",
        "grant",
        "match_columns",
        "policy_type",
        "row_filter",
        "to_principals",
        "when_condition",
    )

    def _path(self, it: Instance) -> str:
        parts = [it.state.get(name) or it.fields.get(name) for name in self._key]
        if not all(parts):
            # An import names the three, by commas.
            parts = list(it.id.split(","))
        return "/".join((self._root, *(path_part(part) for part in parts)))

    def create(self, it: Instance) -> str:
        """Make the policy."""
        it.answer = it.api.post(self._root, pick(it.fields, *self._key, *self._changing))
        return str(it.answer["id"])

    def read(self, it: Instance) -> Values | None:
        """The policy."""
        found: Values | None = it.api.find(self._path(it))
        return found

    def replaces(self, it: Instance) -> frozenset[str]:  # noqa: ARG002
        """Another securable or name is another policy."""
        return frozenset(self._key)

    def update(self, it: Instance) -> None:
        """All that can change."""
        body = pick(it.fields, *self._key, *self._changing)
        it.answer = it.api.patch(self._path(it), body, {"update_mask": ",".join(self._changing)})

    def delete(self, it: Instance) -> None:
        """Remove it."""
        it.api.remove("DELETE", self._path(it))


TYPES = (PolicyInfo(), EntityTagAssignment())
