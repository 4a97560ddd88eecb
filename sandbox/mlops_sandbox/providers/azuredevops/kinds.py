"""What all Azure DevOps resource types share."""

from __future__ import annotations

from mlops_sandbox.providers.azuredevops.client import DevOpsApi
from mlops_sandbox.providers.bridge import resource
from mlops_sandbox.providers.bridge.errors import ResourceError
from mlops_sandbox.providers.bridge.values import Values

Instance = resource.Instance[DevOpsApi]


class DevOpsType(resource.ResourceType[DevOpsApi]):
    """A resource type of Azure DevOps."""


def located(it: Instance) -> tuple[str, str]:
    """The project and the ID of a resource in it; to import one, its ID is `project/id`.

    Raises:
        ResourceError: the ID to import has no project.
    """
    project = it.fields.get("project_id") or it.state.get("project_id")
    if not project:
        project, _, rest = it.id.partition("/")
        if not rest:
            raise ResourceError(f"{it.id!r} is no ID of this type; it has the form project/id")
        it.exists(rest)
    return str(project), it.id


def secret_values(it: Instance, collection: str) -> Values:
    """The secret values that are known by name: the API never gives one back."""
    known = (it.fields or it.state).get(collection) or it.state.get(collection) or []
    return {each["name"]: each.get("secret_value", "") for each in known if each.get("is_secret")}
