"""Runs CI workflow files as their platforms do, against the sandbox."""
