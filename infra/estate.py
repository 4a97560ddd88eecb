"""Settings in the components' terms."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, cast

import ci
import providers
from settings import Project, Settings

if TYPE_CHECKING:
    import pulumi
    from pulumi_databricks_mlops import EnvironmentArgs, MlProjectArgs
    from settings.environment import EnvironmentSettings


def environment_args(
    settings: Settings,
    secrets: Mapping[str, Mapping[str, pulumi.Output[str]]],
    host: str | None,
    destinations: Mapping[str, pulumi.Output[str]] | None = None,
) -> EnvironmentArgs:
    """The environment's arguments.

    Args:
        settings: the stack's settings.
        secrets: values by project and key.
        host: the workspace's address, where it is known.
        destinations: the secret of each notification destination that has one.
    """
    environment = settings.environment
    warehouse = environment.warehouse.model_dump(exclude_none=True)
    if "id" in warehouse:
        warehouse = {"warehouse_id": warehouse["id"]}
    catalog = environment.catalog.model_dump(exclude_none=True)
    args: dict[str, Any] = {
        "environment": environment.prefix,
        "catalog": {"catalog": catalog.pop("name"), **catalog},
        "warehouse": warehouse,
        "roles": environment.roles.model_dump(exclude_none=True),
        "tags": tags_of(environment),
        "protect": environment.protect,
        "workspace_folder": f"{environment.folder}/{environment.prefix}",
        "projects": {
            project.settings.project: project_args(
                settings, project, secrets.get(project.settings.project, {}), host
            )
            for project in settings.projects
        },
    }
    wanted = workspace_args(environment, host, destinations or {})
    if wanted:
        args["workspace"] = wanted
    if environment.identities:
        args["identities"] = environment.identities.model_dump(exclude_none=True)
        if environment.ci:
            args["identities"] |= ci.identity_args(environment, environment.ci)
    if environment.in_account:
        args["account"] = providers.account_args(environment.account, environment.workspace)
    return cast("EnvironmentArgs", args)


def workspace_args(
    environment: EnvironmentSettings, host: str | None, destinations: Mapping[str, pulumi.Output[str]]
) -> dict[str, Any]:
    """The workspace's arguments; empty where it is an existing one without rules of ours.

    Args:
        environment: the environment.
        host: the address of an existing workspace.
        destinations: the secret of each notification destination that has one.
    """
    wanted = environment.workspace
    if not (wanted.create or wanted.has_rules or environment.identities):
        return {}
    args: dict[str, Any] = {}
    if wanted.create:
        made = wanted.create.model_dump(exclude_none=True)
        args["create"] = {"name": f"mlops-{environment.name}", **made}
    elif host and environment.in_account:
        args["host"] = host
    plain = {
        "workspace_id": wanted.id,
        "metastore_id": wanted.metastore_id,
        "budget_policy": wanted.budget_policy,
    }
    args |= {key: value for key, value in plain.items() if value is not None}
    args["ip_access_lists"] = {key: each.model_dump() for key, each in wanted.ip_access_lists.items()}
    args["cluster_policies"] = {key: each.args() for key, each in wanted.cluster_policies.items()}
    args["notification_destinations"] = {
        key: {"email": each.email} if each.email else {each.secret: destinations[key]}
        for key, each in wanted.notification_destinations.items()
    }
    return {key: value for key, value in args.items() if value != {} or key == "budget_policy"}


def tags_of(environment: EnvironmentSettings) -> dict[str, str]:
    """What everything is tagged with."""
    return {**environment.tags, **({"developer": environment.developer} if environment.developer else {})}


def taking_over(settings: Settings, options: pulumi.ResourceOptions) -> pulumi.ResourceOptions:
    """The environment's options, with the import of what it takes over."""
    import pulumi
    from pulumi_databricks_mlops import take_over

    wanted = settings.environment.take_over
    if wanted is None:
        return options
    imports = pulumi.ResourceOptions(transforms=[take_over(*wanted.types, ids=wanted.ids)])
    return pulumi.ResourceOptions.merge(options, imports)


def project_args(
    settings: Settings, project: Project, secrets: Mapping[str, pulumi.Output[str]], host: str | None
) -> MlProjectArgs:
    """A project's arguments, without what its environment makes.

    Args:
        settings: the stack's settings.
        project: one of its projects.
        secrets: its secrets' values by key.
        host: the workspace's address, where it is known.
    """
    environment, wanted = settings.environment, project.settings
    plain = wanted.model_dump(
        exclude_none=True,
        by_alias=True,
        include={
            "adopt_schema",
            "cluster",
            "features",
            "jobs",
            "model",
            "monitor",
            "search",
            "tables",
            "volumes",
        },
    )
    args: dict[str, Any] = {
        **plain,
        "project": wanted.project,
        "environment": environment.prefix,
        "folder": str(project.folder),
        "include": wanted.code.include,
        "schema": project.names.schema,
        "secrets": secrets,
        "roles": environment.roles.model_dump(exclude_none=True),
        "tags": tags_of(environment),
        "pause_schedules": environment.pause_schedules,
        "protect": environment.protect,
    }
    if wanted.environment:
        args["python"] = wanted.environment.model_dump()
    if environment.notifications:
        args["notifications"] = environment.notifications.model_dump(exclude_none=True)
    if wanted.serving:
        # Size and scale-to-zero are what the deployment job asks for, through its parameters.
        serving = wanted.serving.model_dump(
            exclude_none=True, exclude={"workload_size", "scale_to_zero", "endpoint"}
        )
        args["serving"] = {**serving, "endpoint_name": project.names.endpoint}
    if host:
        args["workspace_url"] = host
    return cast("MlProjectArgs", args)
