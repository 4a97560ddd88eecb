"""Vector search: endpoints, and indexes that really answer similarity queries, over small data."""

from mlops_sandbox.databricks.vector_search import endpoints, indexes, queries
from mlops_sandbox.server.routing import Routes

routes = Routes()
for _api in (endpoints, indexes, queries):
    routes.table.extend(_api.routes.table)
