"""JSON Schemas for editors, and the reference, from the models: `python -m settings.schema ../docs`."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter

from settings.defaults import KEY
from settings.descriptions import described
from settings.environment import EnvironmentSettings
from settings.model import Key, Name
from settings.permissions import permissions
from settings.project import ProjectSettings
from settings.project_stack import KEY as PROJECT_KEY
from settings.project_stack import ProjectStackSettings
from settings.reference import reference

STACK, PROJECT, DEFAULTS = "settings.schema.json", "project.schema.json", "defaults.schema.json"
REFERENCE, PERMISSIONS = "settings.md", "identities.md"


def schemas() -> dict[str, str]:
    """File name to text: schemas of stack files, of defaults.yaml and of project.yaml, and two pages."""
    environment = described(EnvironmentSettings)
    own = described(ProjectStackSettings)
    page = reference(_short(dict(environment)), own, described(ProjectSettings))
    stack: dict[str, Any] = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Pulumi.<stack>.yaml",
        "type": "object",
        "$defs": environment.pop("$defs"),
        "properties": {
            "config": {
                "type": "object",
                "properties": {KEY: _short(environment), PROJECT_KEY: own},
                "oneOf": [{"required": [KEY]}, {"required": [PROJECT_KEY]}],
            }
        },
    }
    inside = f"{STACK}#/properties/config/properties/{KEY}/properties"
    defaults = {
        "$schema": stack["$schema"],
        "title": "defaults.yaml",
        "type": "object",
        "properties": {key: {"$ref": f"{inside}/{key}"} for key in environment["properties"]},
        "additionalProperties": False,
    }
    project = described(ProjectSettings)
    _short_dependencies(project["$defs"]["Task"])
    project = {"$schema": stack["$schema"], **project, "title": "project.yaml"}
    files = {STACK: _exact(stack), DEFAULTS: defaults, PROJECT: _exact(project)}
    texts = {name: json.dumps(found, indent=2) + "\n" for name, found in files.items()}
    return {**texts, REFERENCE: page, PERMISSIONS: permissions()}


def _exact(schema: Any) -> Any:
    """The same, as the models take it: `${…}` in the place of a form, and no key of another form."""
    if isinstance(schema, list):
        return [_exact(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    found = {key: _exact(value) for key, value in schema.items()}
    if isinstance(found.get("pattern"), str) and found.get("type") == "string":
        found["pattern"] += r"|\$\{"
    if "patternProperties" in found:
        found.setdefault("additionalProperties", False)
    return found


def _short(environment: dict[str, Any]) -> dict[str, Any]:
    """The catalog may be its name alone."""
    catalog = environment["properties"]["catalog"]
    if "anyOf" not in catalog:
        short = {
            "anyOf": [TypeAdapter(Name).json_schema(), catalog],
            "description": catalog.get("description", ""),
        }
        environment["properties"]["catalog"] = short
    return environment


def _short_dependencies(task: dict[str, Any]) -> None:
    """A dependency may be a task's name alone."""
    depends_on = task["properties"]["depends_on"]
    depends_on["items"] = {"anyOf": [TypeAdapter(Key).json_schema(), depends_on["items"]]}


def main() -> None:
    """Write them into the folder that is named."""
    for name, text in schemas().items():
        (Path(sys.argv[1]) / name).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
