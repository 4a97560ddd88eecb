"""What all Databricks resource types share."""

from __future__ import annotations

from typing import Any

from mlops_sandbox.providers.bridge import resource
from mlops_sandbox.providers.bridge.values import Values
from mlops_sandbox.providers.databricks.client import DatabricksApi

Instance = resource.Instance[DatabricksApi]


class DatabricksType(resource.ResourceType[DatabricksApi]):
    """A resource type of the older Terraform SDK: its state says which workspace it is in."""

    def complete(self, it: Instance, answer: Values) -> Values:
        """Beside the type's own properties, the workspace."""
        if it.api.workspace_id is None or "provider_config" in answer:
            return answer
        return {**answer, "provider_config": {"workspace_id": it.api.workspace_id}}


def changed_only(fields: Values, changed: frozenset[str], *names: str) -> dict[str, Any]:
    """Those of the named fields that differ; one that was removed is sent empty."""
    return {name: fields.get(name, "") for name in names if name in changed}


class FrameworkType(resource.ResourceType[DatabricksApi]):
    """A resource type of the newer Terraform framework: what is absent stays absent."""

    zeros = False


class WorkspaceFrameworkType(FrameworkType):
    """One whose state says which workspace it is in, and whose calls answer with all that is known."""

    def settle(self, it: Instance) -> Values | None:
        """What the call answered."""
        return it.answer

    def complete(self, it: Instance, answer: Values) -> Values:
        """Beside the type's own properties, the workspace."""
        return {**answer, "provider_config": {"workspace_id": it.api.workspace_id}}
