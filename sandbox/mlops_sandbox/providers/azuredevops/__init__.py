"""The stand-in for Pulumi's Azure DevOps provider plugin."""

from __future__ import annotations

from pathlib import Path

from mlops_sandbox.providers.azuredevops import (
    checks,
    definitions,
    endpoints,
    environments,
    graph,
    lookups,
    policies,
    projects,
    repositories,
    variable_groups,
)
from mlops_sandbox.providers.azuredevops.client import configure
from mlops_sandbox.providers.bridge.plugin import Plugin
from mlops_sandbox.providers.bridge.schema import ProviderSchema

_TYPES = (
    *checks.TYPES,
    *definitions.TYPES,
    *endpoints.TYPES,
    *environments.TYPES,
    *graph.TYPES,
    *policies.TYPES,
    *projects.TYPES,
    *repositories.TYPES,
    *variable_groups.TYPES,
)


def plugin() -> Plugin:
    """The plugin with every type that it knows."""
    return Plugin(
        name="azuredevops",
        schema=ProviderSchema(Path(__file__).with_name("schema.json")),
        types={kind.token: kind for kind in _TYPES},
        functions=lookups.FUNCTIONS,
        configure=configure,
    )
