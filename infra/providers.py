"""The providers: one for each workspace; the only file that knows endpoints.

`MLOPS_SANDBOX_URL` points every provider at the sandbox, whatever the settings say. Tokens stay in the
environment, where the plugins read them, and so out of the state.
"""

from __future__ import annotations

import os

import pulumi
import pulumi_databricks_mlops  # noqa: F401 - makes the import of the SDK below fast
from settings.environment import Workspace

_SANDBOX_REQUESTS_PER_SECOND = 1000


def workspace_host(workspace: Workspace) -> str | None:
    """The workspace's address; None when only the environment's credentials know it."""
    return os.environ.get("MLOPS_SANDBOX_URL") or workspace.host or os.environ.get("DATABRICKS_HOST")


def workspace_provider(name: str, workspace: Workspace) -> pulumi.ProviderResource:
    """The provider of the environment's workspace."""
    import pulumi_databricks as databricks

    sandbox = "MLOPS_SANDBOX_URL" in os.environ
    return databricks.Provider(
        f"{name}-workspace",
        host=workspace_host(workspace),
        auth_type="pat" if sandbox else workspace.auth_type,
        rate_limit=_SANDBOX_REQUESTS_PER_SECOND if sandbox else None,
    )
