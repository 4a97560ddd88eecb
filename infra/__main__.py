"""Settings → environment, or one project of it → outputs."""

from pathlib import Path

import ci
import project_stack
import providers
import pulumi
from estate import environment_args, taking_over
from pulumi_databricks_mlops import Environment
from secret_values import destination_secrets, pipeline_secrets, secret_values
from settings import load
from settings.project_stack import check_own_stacks
from settled import settled

stack, root = pulumi.get_stack(), Path(pulumi.get_root_directory())
config = pulumi.Config("databricks-mlops")


def _deploy_environment() -> None:
    document = config.get_object("environment")
    settings = load(document, stack, root)
    check_own_stacks(settings, document, stack, root)
    wanted = settings.environment
    secrets, destinations, pipelines = (
        secret_values(settings, config, stack),
        destination_secrets(settings, config, stack),
        pipeline_secrets(settings, config, stack),
    )
    providers.check_credentials()
    host = providers.workspace_host(wanted.workspace)
    environment = Environment(
        wanted.name,
        environment_args(settings, secrets, host, destinations),
        taking_over(settings, providers.given(wanted.name, wanted.account, wanted.workspace)),
    )
    pulumi.export("catalog", environment.catalog)
    pulumi.export("warehouse", environment.warehouse_id)
    pulumi.export("projects", environment.projects)
    if environment.workspace_url is not None:
        pulumi.export("workspace_url", environment.workspace_url)
    if environment.identity is not None:
        pulumi.export("client_ids", environment.identity.client_ids)
    if wanted.ci is not None:
        repository = ci.deploy_repository(wanted, wanted.ci, environment.identity, pipelines, root)
        pulumi.export("repository", repository.repository)
    pulumi.export(project_stack.OUTPUT, project_stack.offered(environment, settings, host))


async def _program() -> None:
    if config.get_object("project") is None:
        _deploy_environment()
    else:
        project_stack.deploy(config, stack, root)
    await settled()


pulumi.run(_program)
