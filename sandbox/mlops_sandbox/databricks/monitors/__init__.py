"""Quality monitors: profile and drift metrics of tables, as Databricks computes them."""

from __future__ import annotations

from mlops_sandbox.databricks.monitors.api import routes
from mlops_sandbox.databricks.monitors.subsystem import Monitors

__all__ = ["Monitors", "routes"]
