"""JSON Schemas for editors, and the reference, from the models: `python -m settings.schema ../docs`."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from settings.descriptions import described
from settings.environment import EnvironmentSettings
from settings.loading import KEY
from settings.project import ProjectSettings
from settings.project_stack import KEY as PROJECT_KEY
from settings.project_stack import ProjectStackSettings
from settings.reference import reference

STACK, PROJECT, REFERENCE = "settings.schema.json", "project.schema.json", "settings.md"


def schemas() -> dict[str, str]:
    """File name to text: a schema of stack files, one of project.yaml, and a page with every setting."""
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
    project = described(ProjectSettings)
    _short_dependencies(project["$defs"]["Task"])
    project = {"$schema": stack["$schema"], **project, "title": "project.yaml"}
    texts = {name: json.dumps(found, indent=2) + "\n" for name, found in ((STACK, stack), (PROJECT, project))}
    return {**texts, REFERENCE: page}


def _short(environment: dict[str, Any]) -> dict[str, Any]:
    """The catalog may be its name alone."""
    catalog = environment["properties"]["catalog"]
    if "anyOf" not in catalog:
        short = {"anyOf": [{"type": "string"}, catalog], "description": catalog.get("description", "")}
        environment["properties"]["catalog"] = short
    return environment


def _short_dependencies(task: dict[str, Any]) -> None:
    """A dependency may be a task's name alone."""
    depends_on = task["properties"]["depends_on"]
    depends_on["items"] = {"anyOf": [{"type": "string"}, depends_on["items"]]}


def main() -> None:
    """Write them into the folder that is named."""
    for name, text in schemas().items():
        (Path(sys.argv[1]) / name).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
