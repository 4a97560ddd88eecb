"""Users, groups and service principals of a workspace (SCIM 2.0), and who of them may use it."""

from mlops_sandbox.databricks.scim.api import routes as scim_routes
from mlops_sandbox.databricks.scim.assignments import routes as assignment_routes
from mlops_sandbox.server.routing import Routes

routes = Routes()
routes.table = [*scim_routes.table, *assignment_routes.table]
