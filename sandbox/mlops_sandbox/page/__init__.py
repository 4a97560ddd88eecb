"""The web page at the sandbox's address: what is deployed, what ran, and how the model does."""

from mlops_sandbox.page.metrics import routes as metrics_routes
from mlops_sandbox.page.site import routes as site_routes
from mlops_sandbox.server.routing import Routes

routes = Routes()
routes.table = [*metrics_routes.table, *site_routes.table]
