"""Notification destinations, and what was sent to them."""

from mlops_sandbox.databricks.notifications.delivery import notify
from mlops_sandbox.databricks.notifications.destinations import routes

__all__ = ["notify", "routes"]
