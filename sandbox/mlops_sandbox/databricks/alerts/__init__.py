"""Alerts: queries on a schedule, whose result is held against a threshold and told to subscribers."""

from mlops_sandbox.databricks.alerts.api import routes
from mlops_sandbox.databricks.alerts.subsystem import Alerts

__all__ = ["Alerts", "routes"]
