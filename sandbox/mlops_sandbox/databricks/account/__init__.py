"""The account: its principals and how they log in, workspaces and what these are made of."""

from mlops_sandbox.databricks.account import (
    assignments,
    budget_policies,
    cloud_resources,
    federation,
    network_access,
    principals,
    rule_sets,
    service_principal_secrets,
    workspaces,
)
from mlops_sandbox.databricks.account.oidc import routes as oidc_routes
from mlops_sandbox.server.routing import Routes

routes = Routes()
routes.table = [
    *oidc_routes.table,
    *principals.api.routes.table,
    *service_principal_secrets.routes.table,
    *federation.api.routes.table,
    *workspaces.api.routes.table,
    *assignments.api.routes.table,
    *cloud_resources.api.routes.table,
    *network_access.api.routes.table,
    *budget_policies.api.routes.table,
    *rule_sets.routes.table,
]
