"""Users, groups and service principals of a workspace (SCIM 2.0)."""

from mlops_sandbox.databricks.scim.api import routes

__all__ = ["routes"]
