"""A short-lived copy of a stack's projects: in the same workspace and catalog, under names of its own."""

from __future__ import annotations

import os
import re
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from pulumi_databricks_mlops.cli.ci import engine
from pulumi_databricks_mlops.cli.errors import CliError

KEY = "databricks-mlops:environment"
#: Copies of pull requests; others are never swept.
NAME = re.compile(r"^pr-(\d{1,9})$")
#: What a copy takes over from the stack that it is a copy of; the rest is the stack's alone.
_KEPT = ("folder", "tags")


@dataclass(frozen=True)
class Copy:
    """A copy's stack."""

    name: str
    """`pr-12`: the stack, and the prefix of everything in it."""
    variables: dict[str, str]
    """What engine commands need to use the copy's own stack file."""


def _read(stack: str) -> dict[str, Any]:
    file = Path(f"Pulumi.{stack}.yaml")
    try:
        document = yaml.safe_load(file.read_text(encoding="utf-8"))
        environment = document["config"][KEY]
    except FileNotFoundError:
        raise CliError(f"{file} is not there: name a stack that has a file, and run in its folder.") from None
    except (yaml.YAMLError, KeyError, TypeError):
        raise CliError(f"{file}: config.{KEY} is missing, so there is nothing to copy.") from None
    return {"document": document, "environment": {**_defaults(), **environment}}


def _defaults() -> dict[str, Any]:
    """What the stack files have in common; `defaults.yaml` lies beside them."""
    file = Path("defaults.yaml")
    return (yaml.safe_load(file.read_text(encoding="utf-8")) or {}) if file.exists() else {}


def projects_of(stack: str) -> list[dict[str, Any]]:
    """The projects that a stack's file, or the defaults below it, refer to."""
    return _read(stack)["environment"].get("projects") or []


def _project(reference: dict[str, Any], prefix: str) -> dict[str, Any]:
    """A project with a schema of the copy's own."""
    file = Path(reference["path"]) / "project.yaml"
    document = yaml.safe_load(file.read_text(encoding="utf-8"))
    overrides = dict(reference.get("overrides") or {})
    schema = overrides.get("schema") or document.get("schema") or str(document["project"]).replace("-", "_")
    return {**reference, "overrides": {**overrides, "schema": f"{prefix}_{schema}", "adopt_schema": False}}


def _made(stack: str) -> dict[str, Any]:
    """What the stack says that its projects need of it: catalog, warehouse, workspace."""
    outputs = engine.ask_json(["stack", "output", "--json", "--stack", stack], stack)
    if not isinstance(outputs.get("environment"), dict):
        raise CliError(
            f"{stack} is not deployed yet, and a copy lives in its workspace and catalog: "
            f"`mlops ci apply --stack {stack}` first."
        )
    made: dict[str, Any] = outputs["environment"]
    return made


def _document(stack: str, name: str) -> dict[str, Any]:
    """The copy's stack file: secret values stay encrypted as they are in the stack's own."""
    read, made = _read(stack), _made(stack)
    environment, whole = read["environment"], read["document"]
    workspace = {
        "host": made.get("workspace_url"),
        "auth_type": (environment.get("workspace") or {}).get("auth_type"),
    }
    prefix = name.replace("-", "_")
    copy = {
        **{key: environment[key] for key in _KEPT if key in environment},
        "name": name,
        "catalog": {"name": made["catalog"], "adopt": True},
        "workspace": {key: value for key, value in workspace.items() if value},
        "warehouse": {"id": made["warehouse_id"]} if made.get("warehouse_id") else {},
        "pause_schedules": True,
        "projects": [_project(each, prefix) for each in environment.get("projects") or []],
    }
    return {**whole, "config": {**whole["config"], KEY: copy}}


@contextmanager
def copy_of(stack: str, name: str) -> Iterator[Copy]:
    """The copy with its stack file, outside of the checkout."""
    with tempfile.TemporaryDirectory(prefix="mlops-ci-") as folder:
        file = Path(folder) / f"Pulumi.{name}.yaml"
        file.write_text(yaml.safe_dump(_document(stack, name), sort_keys=False), encoding="utf-8")
        yield Copy(name, {"PULUMI_OPTION_CONFIG_FILE": str(file)})


def known_copies(stack: str) -> dict[str, dict[str, Any]]:
    """The stacks of copies that there are, by name, as `pulumi stack ls` tells of them."""
    listed = engine.ask_json(["stack", "ls", "--json"], stack) or []
    names = {each["name"].rpartition("/")[2]: each for each in listed}
    return {name: each for name, each in sorted(names.items()) if NAME.match(name)}


def make(copy: Copy) -> None:
    """The copy's stack in the backend."""
    if copy.name in known_copies(copy.name):
        return
    provider = os.environ.get("PULUMI_SECRETS_PROVIDER")
    chosen = ["--secrets-provider", provider] if provider else []
    stray = Path(f"Pulumi.{copy.name}.yaml")
    engine.ask(["stack", "init", copy.name, "--no-select", *chosen], copy.name, copy.variables)
    # The engine may write its salt beside the other stack files.
    stray.unlink(missing_ok=True)


def remove(copy: Copy) -> None:
    """Destroy everything in the copy, and its stack; a lock that a killed run left is not in the way.

    Raises:
        CliError: something could not be destroyed.
    """
    if copy.name not in known_copies(copy.name):
        return
    engine.ask(["cancel", "--yes", "--stack", copy.name], copy.name)
    arguments = [
        "destroy",
        "--stack",
        copy.name,
        "--yes",
        "--skip-preview",
        "--suppress-progress",
        "--refresh",
    ]
    outcome = engine.run(arguments, copy.variables, to_the_end=True)
    if outcome.code:
        raise outcome.failed(copy.name)
    engine.ask(["stack", "rm", copy.name, "--yes", "--preserve-config"], copy.name)
