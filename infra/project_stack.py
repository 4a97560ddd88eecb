"""A project in a stack of its own: `prod.flights` beside `prod`, the same program, its own small state.

What the environment is comes from its stack file; what it made, from its stack's outputs.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import providers
import pulumi
from estate import project_args
from pulumi_databricks_mlops import MlProject
from pulumi_databricks_mlops.environment_projects import WorkspaceNames, resolved
from secret_values import secret_values
from settings import Settings, SettingsError
from settings.loading import KEY as ENVIRONMENT_KEY
from settings.problems import Problem
from settings.project_stack import load_project_stack

if TYPE_CHECKING:
    from pulumi_databricks_mlops import Environment, MlProjectArgs

OUTPUT = "environment"
"""The output of an environment's stack that its projects' stacks read."""


def offered(environment: Environment, settings: Settings, host: pulumi.Input[str] | None) -> dict[str, Any]:
    """What a project needs of its environment, as an output of the environment's stack."""
    return {
        "catalog": environment.catalog,
        "warehouse_id": environment.warehouse_id,
        "workspace_folder": f"{settings.environment.folder}/{settings.environment.prefix}",
        "workspace_url": environment.workspace_url or host,
        "roles": environment.roles,
        "names": dict(vars(environment.names)),
        "provider": providers.name_of(settings.environment.name, made=_brings_provider(environment)),
    }


def _brings_provider(environment: Environment) -> bool:
    return environment.workspace is not None and environment.workspace.provider is not None


def deploy(config: pulumi.Config, stack: str, root: Path) -> None:
    """Register the project and export what an environment's stack exports of its projects."""
    if config.get("environment") is not None:
        text = "stands beside databricks-mlops:project: a stack is an environment, or one project of it."
        raise SettingsError([Problem(f"Pulumi.{stack}.yaml", ("config", ENVIRONMENT_KEY), text)])
    own = load_project_stack(config.get_object("project"), stack, root)
    (project,) = own.settings.projects
    name = f"{own.settings.environment.name}-{project.settings.project}"
    secrets = secret_values(own.settings, config, stack).get(project.settings.project, {})
    providers.check_credentials()
    made = _made(own.environment_stack)
    names = WorkspaceNames(**made.pop("names", {}))
    environment = own.settings.environment
    host = made.pop("workspace_url", None) or providers.workspace_host(environment.workspace)
    provider = providers.workspace_provider(
        made.pop("provider", providers.name_of(environment.name, made=False)),
        environment.account,
        environment.workspace,
        host,
    )
    made["roles"] = _roles(made.get("roles", {}), environment.roles.model_dump(exclude_none=True))
    args = resolved({**project_args(own.settings, project, secrets, host), **made}, names)
    component = MlProject(
        name,
        cast("MlProjectArgs", args),
        # Named as in the environment's stack: a project that moves between the two takes its provider along.
        pulumi.ResourceOptions(providers=[provider]),
    )
    pulumi.export("catalog", made["catalog"])
    pulumi.export("warehouse", made["warehouse_id"])
    if environment.workspace.create is not None:
        pulumi.export("workspace_url", host)
    pulumi.export("projects", {project.settings.project: component.summary})


def _roles(all_of_them: dict[str, Any], named: dict[str, Any]) -> dict[str, Any]:
    """The principals of each role; those that the environment made are outputs here as there.

    Resources carry a principal's name where the settings have it, and its role where it is made.
    """
    found: dict[str, Any] = {}
    for role, given in all_of_them.items():
        known = named.get(role) or []
        if isinstance(given, str):
            found[role] = given if given == known else pulumi.Output.from_input(given)
        else:
            found[role] = [each if each in known else pulumi.Output.from_input(each) for each in given]
    return found


def _made(stack: str) -> dict[str, Any]:
    """What the environment's stack offers.

    Raises:
        RunError: it is not deployed, or was deployed before it offered anything.
    """
    full = f"{pulumi.get_organization()}/{pulumi.get_project()}/{stack}"
    remedy = f"deploy it first: `pulumi up -s {stack}`."
    try:
        # The call behind a StackReference: it can be caught, a reference to nothing ends the program.
        read = pulumi.runtime.invoke("pulumi:pulumi:readStackOutputs", {"name": full}).value
    except Exception as error:
        if "unknown stack" in str(error):
            raise pulumi.RunError(f"The environment's stack {stack} does not exist: {remedy}") from None
        raise
    pulumi.StackReference(full)
    offer = (read or {}).get("outputs", {}).get(OUTPUT)
    if not isinstance(offer, dict):
        raise pulumi.RunError(f"The environment's stack {stack} has no output `{OUTPUT}` yet: {remedy}")
    return {key: value for key, value in offer.items() if value is not None}
