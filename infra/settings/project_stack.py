"""Settings of a project in a stack of its own: `databricks-mlops:project` in a Pulumi.<stack>.yaml.

What its environment is stands in the environment's stack file, and nowhere else.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path as FilePath
from typing import Any

import yaml
from pydantic import ValidationError

from settings.defaults import with_defaults
from settings.environment import EnvironmentSettings, ProjectReference
from settings.loading import FILE, LOADER, Settings, load_environment, read_project
from settings.loading import KEY as ENVIRONMENT_KEY
from settings.problems import Problem, SettingsError, from_validation

KEY = "databricks-mlops:project"

_NAME = re.compile(r"^project:\s*[\"']?([\w-]+)", re.MULTILINE)


class ProjectStackSettings(ProjectReference):
    """An ML project in a stack of its own."""

    environment: str | None = None
    """The environment's stack. Default: this stack's name up to its last dot, `prod` of `prod.flights`."""


@dataclass(frozen=True)
class ProjectStack:
    """A stack that holds one project."""

    environment_stack: str
    """The stack of its environment."""
    settings: Settings
    """The environment, and this project alone."""


def load_project_stack(document: Any, stack: str, root: FilePath) -> ProjectStack:
    """Validate a project's own stack, with its environment's stack file and its project.yaml.

    Args:
        document: the value of `databricks-mlops:project`.
        stack: the stack's name.
        root: the folder of the stack files, that project paths start from.

    Raises:
        SettingsError: with every mistake.
    """
    file, at = _file(stack), ("config", KEY)
    try:
        own = ProjectStackSettings.model_validate(document)
    except ValidationError as error:
        found = from_validation(error, ProjectStackSettings, lambda path: (file, (*at, *path)))
        raise SettingsError(found) from None
    above = own.environment or stack.rpartition(".")[0]
    environment = _environment(above, stack, root)
    project, problems = read_project(environment, own, file, at, root)
    if project is None or problems:
        raise SettingsError(problems)
    if project.settings.project in _names(environment, root):
        text = (
            f'"{project.settings.project}" is a project of the stack {above} too: take it out of `projects` '
            f"in {_file(above)}. If it is deployed there, move it first: docs/scale.md."
        )
        raise SettingsError([Problem(file, (*at, "path"), text)])
    return ProjectStack(above, Settings(environment, [project]))


def check_own_stacks(settings: Settings, document: Any, stack: str, root: FilePath) -> None:
    """No project of an environment has a stack of its own beside it.

    Raises:
        SettingsError: one or more have.
    """
    layered = with_defaults(document, stack, root)
    elsewhere = {name: file for file, name in _own_stacks(stack, root)} if settings.projects else {}
    problems = [
        Problem(
            *layered.where(("projects", index)),
            f'"{name}" has a stack of its own, {elsewhere[name]}: take it out of one of the two files. '
            "If it is deployed, move it first: docs/scale.md.",
        )
        for index, name in enumerate(project.settings.project for project in settings.projects)
        if name in elsewhere
    ]
    if problems:
        raise SettingsError(problems)


def _file(stack: str) -> str:
    return f"Pulumi.{stack}.yaml"


def _config(file: FilePath) -> dict[str, Any]:
    """A stack file's configuration; empty when the file is not one."""
    try:
        document = yaml.load(file.read_text(encoding="utf-8"), Loader=LOADER)  # noqa: S506 - a safe loader
    except (yaml.YAMLError, UnicodeDecodeError):
        return {}
    config = document.get("config") if isinstance(document, dict) else None
    return config if isinstance(config, dict) else {}


def _environment(above: str, stack: str, root: FilePath) -> EnvironmentSettings:
    file, at = root / _file(above), ("config", KEY, "environment")
    if not above:
        text = f"is missing: name the environment's stack, or call this one ENVIRONMENT.{stack}."
        raise SettingsError([Problem(_file(stack), at, text)])
    if not file.exists():
        text = f'there is no {_file(above)} for the stack "{above}": name the environment\'s stack.'
        raise SettingsError([Problem(_file(stack), at, text)])
    config = _config(file)
    if KEY in config:
        text = f'"{above}" holds a project itself: name the stack of an environment.'
        raise SettingsError([Problem(_file(stack), at, text)])
    return load_environment(config.get(ENVIRONMENT_KEY), above, root)


def _names(environment: EnvironmentSettings, root: FilePath) -> list[str]:
    return [_name(reference.path, reference.overrides, root) for reference in environment.projects]


def _name(folder: str, overrides: Any, root: FilePath) -> str:
    """A project's name without the rest of it; empty when it can't be told."""
    if isinstance(overrides, dict) and "project" in overrides:
        return str(overrides["project"])
    try:
        found = _NAME.search((root / folder / FILE).read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError):
        return ""
    return found.group(1) if found else ""


def _own_stacks(above: str, root: FilePath) -> Iterator[tuple[str, str]]:
    """The files of an environment's projects that have stacks of their own, each with the project's name."""
    for file in sorted(root.glob("Pulumi.*.yaml")):
        own = _config(file).get(KEY) if KEY in file.read_text(encoding="utf-8") else None
        if not isinstance(own, dict):
            continue
        stack = file.name.removeprefix("Pulumi.").removesuffix(".yaml")
        if (own.get("environment") or stack.rpartition(".")[0]) == above:
            yield file.name, _name(str(own.get("path")), own.get("overrides"), root)
