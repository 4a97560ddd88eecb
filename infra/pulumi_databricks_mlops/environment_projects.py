"""A project in its environment: names in its arguments become what the environment made."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import pulumi


@dataclass(frozen=True)
class WorkspaceNames:
    """What projects may name, because their environment made it."""

    cluster_policies: Mapping[str, pulumi.Input[str]] = field(default_factory=dict)
    """ID by name."""
    fixed_by_policies: Mapping[str, dict[str, str]] = field(default_factory=dict)
    """What each fixes, by its name and the attribute's path."""
    destinations: Mapping[str, pulumi.Input[str]] = field(default_factory=dict)
    """ID of the notification destination by name."""
    budget_policy: pulumi.Input[str] | None = None
    """ID of the budget policy that pays for what is serverless."""


def resolved(project: Mapping[str, Any], names: WorkspaceNames) -> dict[str, Any]:
    """A project's arguments with IDs where it names what its environment made."""
    found: dict[str, Any] = _with_ids(dict(project), names)
    if names.budget_policy is None:
        return found
    own = {"budget_policy_id": names.budget_policy}
    if "cluster" not in found and "jobs" in found:
        found["jobs"] = {
            key: job if "cluster" in job else {**own, **job} for key, job in found["jobs"].items()
        }
    if "serving" in found:
        found["serving"] = {**own, **found["serving"]}
    return found


def _with_ids(part: Any, names: WorkspaceNames) -> Any:
    if isinstance(part, list):
        return [_with_ids(each, names) for each in part]
    if not isinstance(part, dict):
        return part
    found: dict[str, Any] = {}
    for key, value in part.items():
        if key == "policy_id":
            found[key] = _known(value, names.cluster_policies)
            fixed = names.fixed_by_policies.get(value) if isinstance(value, str) else None
            if fixed:
                found["fixed_by_policy"] = {**fixed, **part.get("fixed_by_policy", {})}
        elif key == "fixed_by_policy":
            found.setdefault(key, value)
        elif key.endswith("_destinations"):
            found[key] = [_known(each, names.destinations) for each in value]
        else:
            found[key] = _with_ids(value, names)
    return found


def _known(name: pulumi.Input[str], made: Mapping[str, pulumi.Input[str]]) -> pulumi.Input[str]:
    return made.get(name, name) if isinstance(name, str) else name
