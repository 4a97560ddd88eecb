"""Every setting as a page: rendered from the JSON Schemas, so it can't say anything else than they do."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

_HEAD = """# Settings

Three kinds of files say what a stack is. `Pulumi.<stack>.yaml` says what each environment is, under the
key `databricks-mlops:environment`, or names the one project that the stack holds, under
`databricks-mlops:project` ([scale.md](scale.md)). `defaults.yaml` beside it holds what all environments have
in common, with the same keys: it is merged below each stack file, and `null` there takes a default away.
`project.yaml`, in each project's folder, says what an ML project needs, the same in all environments.
`overrides` in the stack file changes a project for one environment: it is merged into `project.yaml`,
and lists replace.

Texts in `project.yaml` may hold `${env}`, `${project}`, `${catalog}`, `${schema}`, `${model}`,
`${experiment}`, `${endpoint}` and the other names that the error of an unknown one lists. Values of
secrets are never here: `pulumi config set --secret`.

Every mistake is found before any resource is touched, and named with its file, its YAML path, its
value and what would be right. Editors complete them from
[settings.schema.json](settings.schema.json), [defaults.schema.json](defaults.schema.json) and
[project.schema.json](project.schema.json).

This page is made from the code: `python -m settings.schema ../docs`, in `infra/`.
"""


def _resolve(schema: dict[str, Any]) -> str:
    """A type in a word or two; another model's is a link to its table."""
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        return f"[{name}](#{name.lower()})"
    if "anyOf" in schema:
        return " or ".join(_resolve(each) for each in schema["anyOf"] if each.get("type") != "null")
    if "enum" in schema or "const" in schema:
        return ", ".join(f"`{value}`" for value in schema.get("enum", [schema.get("const")]))
    if schema.get("type") == "array":
        return f"list of {_resolve(schema.get('items', {}))}"
    if schema.get("type") == "object" and isinstance(schema.get("additionalProperties"), dict):
        return f"map to {_resolve(schema['additionalProperties'])}"
    words = {"string": "text", "integer": "whole number", "number": "number", "boolean": "true, false"}
    return words.get(schema.get("type", ""), "anything")


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")


def _default(setting: dict[str, Any], required: bool) -> str:
    if required:
        return "required"
    value = setting.get("default")
    return "" if value is None or isinstance(value, list | dict) else f"`{json.dumps(value)}`"


def _table(title: str, level: int, schema: dict[str, Any]) -> Iterator[str]:
    yield f"{'#' * level} {title}\n"
    if schema.get("description"):
        yield f"{_cell(schema['description'])}\n"
    yield "| key | value | default | |\n| --- | --- | --- | --- |"
    required = set(schema.get("required", []))
    for key, setting in schema.get("properties", {}).items():
        text = _cell(setting.get("description", ""))
        yield f"| `{key}` | {_resolve(setting)} | {_default(setting, key in required)} | {text} |"
    yield ""


def reference(environment: dict[str, Any], own: dict[str, Any], project: dict[str, Any]) -> str:
    """The page.

    Args:
        environment: the schema of `databricks-mlops:environment`, with its `$defs`.
        own: the schema of `databricks-mlops:project`.
        project: the schema of project.yaml, with its `$defs`.
    """
    lines = [_HEAD, *_table("Pulumi.<stack>.yaml: `databricks-mlops:environment`", 2, environment)]
    shared = set(environment["$defs"]) & set(project["$defs"])
    for name, schema in sorted(environment["$defs"].items()):
        if name not in shared:
            lines += _table(name, 3, schema)
    lines += _table("Pulumi.<stack>.yaml: `databricks-mlops:project`", 2, own)
    lines += _table("project.yaml", 2, project)
    for name, schema in sorted(project["$defs"].items()):
        lines += _table(name, 3, schema)
    return "\n".join(lines).rstrip() + "\n"
