"""The physical names of a project, and the variables that its texts may use."""

from __future__ import annotations

import getpass
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from settings.environment import EnvironmentSettings


@dataclass(frozen=True)
class ProjectNames:
    """Names that carry environment and project."""

    project: str
    schema: str
    model: str
    """Full name; empty without a model."""
    endpoint: str
    folder: str
    scope: str

    @property
    def experiment(self) -> str:
        """The experiment's path."""
        return f"{self.folder}/experiment"


def _text(document: Any, *path: str) -> str | None:
    for step in path:
        document = document.get(step) if isinstance(document, dict) else None
    return document if isinstance(document, str) else None


def names_of(document: Any, environment: EnvironmentSettings) -> ProjectNames:
    """The names of a project from its settings as they were read: not validated yet."""
    project = _text(document, "project") or ""
    schema = _text(document, "schema") or project.replace("-", "_")
    if environment.developer:
        schema = f"{environment.developer}_{schema}"
    model = _text(document, "model", "name")
    named = _text(document, "serving", "endpoint")
    if named and environment.developer:
        named = f"{named}-{environment.developer.replace('_', '-')}"
    endpoint = "-".join([environment.prefix, project, *([model] if model else [])])
    return ProjectNames(
        project=project,
        schema=schema,
        model=f"{environment.catalog.name}.{schema}.{model}" if model else "",
        endpoint=named or endpoint,
        folder=f"{environment.folder}/{environment.prefix}/{project}",
        scope=f"{environment.prefix}-{project}",
    )


def user() -> str:
    """Who runs the program, as part of a name: `ada_lovelace`."""
    return re.sub(r"\W+", "_", getpass.getuser()).lower()


def variables(
    names: ProjectNames, environment: EnvironmentSettings, document: Any
) -> dict[str, Callable[[], str]]:
    """What `${…}` in a project's texts may name."""
    serving = document.get("serving") if isinstance(document, dict) else None
    shape = serving if isinstance(serving, dict) else {}
    return {
        "env": lambda: environment.name,
        "project": lambda: names.project,
        "catalog": lambda: environment.catalog.name,
        "schema": lambda: names.schema,
        "model": lambda: names.model,
        "experiment": lambda: names.experiment,
        "endpoint": lambda: names.endpoint,
        "scope": lambda: names.scope,
        "folder": lambda: names.folder,
        "workload_size": lambda: str(shape.get("workload_size", "Small")),
        "scale_to_zero": lambda: str(shape.get("scale_to_zero", True)).lower(),
        "user": user,
    }
