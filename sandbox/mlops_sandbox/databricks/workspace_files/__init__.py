"""Workspace files: notebooks, files and folders, kept as real files that task processes run in."""

from mlops_sandbox.databricks.workspace_files.api import routes
from mlops_sandbox.databricks.workspace_files.paths import normal_path, real_path
from mlops_sandbox.databricks.workspace_files.tree import notebook_source

__all__ = ["normal_path", "notebook_source", "real_path", "routes"]
