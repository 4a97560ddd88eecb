"""A project in its environment: names in its arguments become what the environment made."""

from collections.abc import Mapping
from typing import Any, cast

import pulumi

from pulumi_databricks_mlops import roles as role
from pulumi_databricks_mlops.project_args import MlProjectArgs
from pulumi_databricks_mlops.service_identity import ServiceIdentity
from pulumi_databricks_mlops.workspace import Workspace


def within(
    wanted: MlProjectArgs,
    shared: Mapping[str, Any],
    workspace: Workspace | None,
    identity: ServiceIdentity | None,
) -> MlProjectArgs:
    """The project's arguments, complete.

    Args:
        wanted: what it says itself.
        shared: what is the environment's.
        workspace: whose cluster policies, destinations and budget policy it may name.
        identity: whose principals get their roles in it.
    """
    project: dict[str, Any] = {**wanted, **shared}
    if identity is not None:
        project["roles"] = role.united(wanted.get("roles"), identity.roles)
    if workspace is None:
        return cast(MlProjectArgs, project)
    if workspace.url is not None:
        project["workspace_url"] = workspace.url
    _pay(project, workspace.budget_policy)
    return cast(MlProjectArgs, _with_ids(project, workspace))


def _pay(project: dict[str, Any], policy: pulumi.Output[str] | None) -> None:
    """The environment's budget policy pays for what has none of its own and is serverless."""
    if policy is None:
        return
    own = {"budget_policy_id": policy}
    if "cluster" not in project:
        project["jobs"] = {
            key: job if "cluster" in job else {**own, **job} for key, job in project.get("jobs", {}).items()
        }
    if "serving" in project:
        project["serving"] = {**own, **project["serving"]}


def _with_ids(part: Any, workspace: Workspace) -> Any:
    """The same with IDs where cluster policies and notification destinations are named."""
    if isinstance(part, list):
        return [_with_ids(each, workspace) for each in part]
    if not isinstance(part, dict):
        return part
    found: dict[str, Any] = {}
    for key, value in part.items():
        if key == "policy_id":
            found[key] = _known(value, workspace.cluster_policies)
        elif key.endswith("_destinations"):
            found[key] = [_known(each, workspace.destinations) for each in value]
        else:
            found[key] = _with_ids(value, workspace)
    return found


def _known(name: pulumi.Input[str], made: Mapping[str, pulumi.Output[str]]) -> pulumi.Input[str]:
    return made.get(name, name) if isinstance(name, str) else name
