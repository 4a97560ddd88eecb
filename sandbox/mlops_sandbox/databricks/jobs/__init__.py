"""The Jobs API (2.1 and 2.2), and the runner that executes task graphs for real."""

from mlops_sandbox.databricks.jobs import jobs_api, runs_api
from mlops_sandbox.databricks.jobs.runner import JobsRunner
from mlops_sandbox.server.routing import Routes

__all__ = ["JobsRunner", "routes"]

routes = Routes()
routes.table = [*jobs_api.routes.table, *runs_api.routes.table]
