"""What a sandbox is made of: every API's routes and every subsystem, in one place each."""

from __future__ import annotations

from mlops_sandbox import azuredevops, github, page
from mlops_sandbox.context import Sandbox, Subsystem
from mlops_sandbox.databricks import (
    account,
    alerts,
    clusters,
    dashboards,
    git_credentials,
    identity,
    ip_access_lists,
    jobs,
    mlflow_proxy,
    monitors,
    notifications,
    online_stores,
    permissions,
    policies,
    repos,
    secrets,
    serving,
    statements,
    unity,
    vector_search,
    warehouses,
    workspace_conf,
    workspace_files,
)
from mlops_sandbox.databricks.alerts import Alerts
from mlops_sandbox.databricks.jobs import JobsRunner
from mlops_sandbox.databricks.mlflow_server import MlflowServer
from mlops_sandbox.databricks.monitors import Monitors
from mlops_sandbox.databricks.scim import api as scim_api
from mlops_sandbox.databricks.scim import assignments as scim_assignments
from mlops_sandbox.databricks.serving import Serving
from mlops_sandbox.server import faults, status
from mlops_sandbox.server.app import Dialects
from mlops_sandbox.server.routing import Route
from mlops_sandbox.spark import SparkServer

#: Every API; each is a module with a table of routes.
APIS = [
    identity,
    jobs,
    mlflow_proxy,
    permissions,
    serving,
    monitors,
    unity,
    statements,
    workspace_files,
    secrets,
    policies,
    warehouses,
    scim_api,
    scim_assignments,
    account,
    alerts,
    clusters,
    dashboards,
    git_credentials,
    repos,
    online_stores,
    vector_search,
    notifications,
    ip_access_lists,
    workspace_conf,
    page,
    github,
    azuredevops,
    faults,
    status,
]

#: How errors look on other vendors' paths.
DIALECTS: Dialects = {"/github/": github.refusal, "/azuredevops/": azuredevops.refusal}

#: Started in this order, stopped in the opposite one; each is called with the sandbox.
_SUBSYSTEMS: list[type] = [
    SparkServer,
    MlflowServer,
    Serving,
    Monitors,
    Alerts,
    JobsRunner,
]


def all_routes() -> list[Route]:
    """Every route, in the order in which they are tried."""
    return [route for api in APIS for route in api.routes.table]


def make_subsystems(sandbox: Sandbox) -> dict[str, Subsystem]:
    """One of each subsystem, not yet started."""
    made: dict[str, Subsystem] = {}
    for kind in _SUBSYSTEMS:
        subsystem: Subsystem = kind(sandbox)
        made[subsystem.name] = subsystem
    return made
