"""Settings → environment → outputs."""

from pathlib import Path

import providers
import pulumi
from estate import environment_args
from pulumi_databricks_mlops import Environment
from secret_values import secret_values
from settings import load

stack = pulumi.get_stack()
config = pulumi.Config("databricks-mlops")
settings = load(config.get_object("environment"), stack, Path(pulumi.get_root_directory()))
secrets = secret_values(settings, config, stack)
workspace = settings.environment.workspace

environment = Environment(
    settings.environment.name,
    environment_args(settings, secrets, providers.workspace_host(workspace)),
    pulumi.ResourceOptions(providers=[providers.workspace_provider(settings.environment.name, workspace)]),
)

pulumi.export("catalog", environment.catalog)
pulumi.export("warehouse", environment.warehouse_id)
pulumi.export("projects", environment.projects)
