"""Model serving: endpoints over MLflow's own scoring servers."""

from __future__ import annotations

from mlops_sandbox.databricks.serving import endpoints, invocations, telemetry
from mlops_sandbox.databricks.serving.subsystem import Serving
from mlops_sandbox.server.routing import Routes

__all__ = ["Serving", "routes"]

routes = Routes()
routes.table = [*invocations.routes.table, *telemetry.routes.table, *endpoints.routes.table]
