"""Quality monitors: profile and drift metrics of tables, as Databricks computes them."""

from __future__ import annotations

from mlops_sandbox.databricks.monitors import api, data_quality
from mlops_sandbox.databricks.monitors.subsystem import Monitors
from mlops_sandbox.server.routing import Routes

routes = Routes()
routes.table = [*api.routes.table, *data_quality.routes.table]

__all__ = ["Monitors", "routes"]
