"""SQL statement execution: definitions are done on Unity Catalog and the Delta logs, queries on Spark."""

from mlops_sandbox.databricks.statements.api import routes

__all__ = ["routes"]
