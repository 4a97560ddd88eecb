"""Databricks on a laptop, attached to the engine."""
