"""The Pulumi package `databricks-mlops`: the components for programs in YAML, TypeScript, Go, …

The schema is inferred from the components' annotations and docstrings, when the package is started.
"""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError, version

import pulumi
from pulumi.provider.experimental import component_provider_host

import pulumi_databricks_mlops as library

NAME = "databricks-mlops"


def components() -> list[type[pulumi.ComponentResource]]:
    """Every component of the library, by name."""
    exported = [getattr(library, name) for name in sorted(library.__all__)]
    return [
        each for each in exported if isinstance(each, type) and issubclass(each, pulumi.ComponentResource)
    ]


def host() -> None:
    """Serve the components to the engine until it is done."""
    try:
        ours = version("pulumi-databricks-mlops")
    except PackageNotFoundError:
        ours = None
    component_provider_host(components(), NAME, version=ours)
