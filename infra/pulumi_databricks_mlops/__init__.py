"""Pulumi components that provision machine learning on Databricks."""

from __future__ import annotations

from pulumi_databricks_mlops import sdk_import

# Before any component imports an SDK: their eager import takes seconds.
sdk_import.install("pulumi_databricks", "pulumi_github", "pulumi_azuredevops")
