"""Settings in the components' terms."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, cast

from settings import Project, Settings

if TYPE_CHECKING:
    import pulumi
    from pulumi_databricks_mlops import EnvironmentArgs, MlProjectArgs


def environment_args(
    settings: Settings, secrets: Mapping[str, Mapping[str, pulumi.Output[str]]], host: str | None
) -> EnvironmentArgs:
    """The environment's arguments.

    Args:
        settings: the stack's settings.
        secrets: values by project and key.
        host: the workspace's address, where it is known.
    """
    environment = settings.environment
    warehouse = environment.warehouse.model_dump(exclude_none=True)
    if "id" in warehouse:
        warehouse = {"warehouse_id": warehouse["id"]}
    catalog = environment.catalog.model_dump(exclude_none=True)
    args: dict[str, Any] = {
        "environment": environment.name,
        "catalog": {"catalog": catalog.pop("name"), **catalog},
        "warehouse": warehouse,
        "roles": environment.roles.model_dump(exclude_none=True),
        "tags": environment.tags,
        "protect": environment.protect,
        "workspace_folder": f"{environment.folder}/{environment.name}",
        "projects": {
            project.settings.project: project_args(
                settings, project, secrets.get(project.settings.project, {}), host
            )
            for project in settings.projects
        },
    }
    return cast("EnvironmentArgs", args)


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
        "environment": environment.name,
        "folder": str(project.folder),
        "include": wanted.code.include,
        "schema": project.names.schema,
        "secrets": secrets,
        "roles": environment.roles.model_dump(exclude_none=True),
        "tags": environment.tags,
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
