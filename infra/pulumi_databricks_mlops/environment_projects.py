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
    if workspace.budget_policy is not None:
        project.setdefault("budget_policy_id", workspace.budget_policy)
    _name_ids(project, workspace)
    if "jobs" in project:
        project["jobs"] = {key: _name_ids(dict(job), workspace) for key, job in project["jobs"].items()}
    return cast(MlProjectArgs, project)


def _name_ids(part: dict[str, Any], workspace: Workspace) -> dict[str, Any]:
    """The same with IDs where cluster policies and notification destinations are named."""
    cluster, told = part.get("cluster"), part.get("notifications")
    if cluster and "policy_id" in cluster:
        part["cluster"] = {**cluster, "policy_id": _known(cluster["policy_id"], workspace.cluster_policies)}
    if told and told.get("failure_destinations"):
        ids = [_known(each, workspace.destinations) for each in told["failure_destinations"]]
        part["notifications"] = {**told, "failure_destinations": ids}
    return part


def _known(name: pulumi.Input[str], made: Mapping[str, pulumi.Output[str]]) -> pulumi.Input[str]:
    return made.get(name, name) if isinstance(name, str) else name
