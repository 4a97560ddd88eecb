"""Pulumi components that provision machine learning on Databricks."""
