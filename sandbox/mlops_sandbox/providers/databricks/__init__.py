"""The stand-in for Pulumi's Databricks provider plugin."""

from __future__ import annotations

from pathlib import Path

from mlops_sandbox.providers.bridge.plugin import Plugin
from mlops_sandbox.providers.bridge.schema import ProviderSchema
from mlops_sandbox.providers.databricks import (
    account,
    analytics,
    compute,
    features,
    git_folders,
    governance,
    grants,
    identity,
    jobs,
    lookups,
    memberships,
    mlflow,
    networks,
    permissions,
    secrets,
    serving,
    settings,
    sql_table,
    storage,
    unity,
    workloads,
    workspace,
    workspaces,
)
from mlops_sandbox.providers.databricks.client import configure

_TYPES = (
    *account.TYPES,
    *analytics.TYPES,
    *compute.TYPES,
    *git_folders.TYPES,
    *governance.TYPES,
    *features.TYPES,
    *grants.TYPES,
    *identity.TYPES,
    *jobs.TYPES,
    *memberships.TYPES,
    *mlflow.TYPES,
    *networks.TYPES,
    *permissions.TYPES,
    *secrets.TYPES,
    *serving.TYPES,
    *settings.TYPES,
    *sql_table.TYPES,
    *storage.TYPES,
    *unity.TYPES,
    *workloads.TYPES,
    *workspace.TYPES,
    *workspaces.TYPES,
)


def plugin() -> Plugin:
    """The plugin with every type that it knows."""
    return Plugin(
        name="databricks",
        schema=ProviderSchema(Path(__file__).with_name("schema.json")),
        types={kind.token: kind for kind in _TYPES},
        functions=lookups.FUNCTIONS,
        configure=configure,
    )
