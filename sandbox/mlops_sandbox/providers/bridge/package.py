"""The Pulumi package schema of a plugin, for languages and commands that ask for it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mlops_sandbox.providers.bridge.plugin import Plugin
from mlops_sandbox.providers.bridge.schema import Property

Json = dict[str, Any]
_PLAIN = {"string": "string", "int": "integer", "float": "number", "bool": "boolean"}


def package_schema(plugin: Plugin) -> Json:
    """Every type that the plugin serves; nested objects become named types, as in the vendor's package."""
    types: Json = {}
    resources = {token: _resource(plugin, token, types) for token in sorted(plugin.types)}
    settings: Json = {name: {"type": "string"} for name in plugin.schema.config}
    return {
        "name": plugin.name,
        "version": plugin.version,
        "config": {"variables": settings},
        "provider": {"inputProperties": settings},
        "types": types,
        "resources": resources,
        "functions": {token: {"inputs": {"type": "object"}} for token in sorted(plugin.functions)},
    }


def _resource(plugin: Plugin, token: str, types: Json) -> Json:
    schema = plugin.schema[token]
    stem = token.rsplit(":", 1)[-1]
    inputs = {name: one for name, one in schema.properties.items() if one.is_input}
    required = [name for name, one in inputs.items() if one.required and name != schema.name_property]
    return {
        "properties": _specs(plugin.name, schema.properties, stem, types),
        "inputProperties": _specs(plugin.name, inputs, stem, types),
        "requiredInputs": required,
    }


def _specs(package: str, properties: Mapping[str, Property], stem: str, types: Json) -> Json:
    return {
        name: _spec(package, one, stem + name[:1].upper() + name[1:], types)
        for name, one in properties.items()
    }


def _spec(package: str, declared: Property, stem: str, types: Json) -> Json:
    spec = _type(package, declared, stem, types)
    return {**spec, "secret": True} if declared.sensitive else spec


def _type(package: str, declared: Property, stem: str, types: Json) -> Json:
    if declared.holds_objects:
        token = f"{package}:index/{stem}:{stem}"
        if token not in types:
            types[token] = {"type": "object"}
            types[token]["properties"] = _specs(package, declared.properties, stem, types)
            types[token]["required"] = [n for n, one in declared.properties.items() if one.required]
        item: Json = {"$ref": f"#/types/{token}"}
        return item if declared.type == "object" else {"type": "array", "items": item}
    if declared.type in ("list", "set"):
        return {"type": "array", "items": {"type": _PLAIN.get(declared.elem, "string")}}
    if declared.type in ("map", "object"):
        return {"type": "object", "additionalProperties": {"type": "string"}}
    return {"type": _PLAIN[declared.type]}
