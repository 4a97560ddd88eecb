"""The stand-in for Pulumi's GitHub provider plugin."""

from __future__ import annotations

from pathlib import Path

from mlops_sandbox.providers.bridge.plugin import Plugin
from mlops_sandbox.providers.bridge.schema import ProviderSchema
from mlops_sandbox.providers.github import (
    actions,
    branches,
    collaborators,
    environments,
    extras,
    files,
    lookups,
    protection,
    pull_requests,
    repositories,
    rulesets,
    secrets,
    teams,
    variables,
)
from mlops_sandbox.providers.github.client import configure

_TYPES = (
    *actions.TYPES,
    *branches.TYPES,
    *collaborators.TYPES,
    *environments.TYPES,
    *extras.TYPES,
    *files.TYPES,
    *protection.TYPES,
    *pull_requests.TYPES,
    *repositories.TYPES,
    *rulesets.TYPES,
    *secrets.TYPES,
    *teams.TYPES,
    *variables.TYPES,
)


def plugin() -> Plugin:
    """The plugin with every type that it knows."""
    return Plugin(
        name="github",
        schema=ProviderSchema(Path(__file__).with_name("schema.json")),
        types={kind.token: kind for kind in _TYPES},
        functions=lookups.FUNCTIONS,
        configure=configure,
    )
