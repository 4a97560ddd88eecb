"""Databricks' control plane: one file for each API, one table of routes each."""
