"""Check: a program's inputs against the declared schema, coerced, with defaults and a name filled in."""

from __future__ import annotations

import difflib
import hashlib
import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from mlops_sandbox.providers.bridge.schema import Property, ResourceSchema
from mlops_sandbox.providers.bridge.values import Secret, Unknown, Values, reveal

#: The names of the inputs that the provider filled in, kept among the inputs as Terraform's bridge does.
DEFAULTS = "__defaults"


@dataclass(frozen=True)
class Failure:
    """One thing that is wrong with the inputs."""

    path: str
    """Which property, as `tasks[0].notebookTask`."""
    reason: str


def check(
    schema: ResourceSchema, inputs: Values, old_inputs: Values, name: str, seed: bytes
) -> tuple[Values, list[Failure]]:
    """The inputs as they will be stored, and everything that is wrong with them.

    Args:
        schema: the resource type's.
        inputs: what the program gave; secrets and unknowns allowed anywhere.
        old_inputs: what was stored before; a generated name is taken over from there.
        name: the resource's name in the program, the stem of a generated physical name.
        seed: the engine's randomness for generated names; may be empty.
    """
    failures: list[Failure] = []
    given = {key: value for key, value in inputs.items() if key != DEFAULTS}
    checked = _check_object(schema.properties, given, "", failures, optional_name=schema.name_property)
    defaults = _fill(schema, checked, old_inputs, name, seed)
    return {**checked, DEFAULTS: sorted(defaults)}, failures


def _fill(schema: ResourceSchema, checked: Values, old_inputs: Values, name: str, seed: bytes) -> list[str]:
    filled = [
        declared.name
        for declared in schema.properties.values()
        if declared.default is not None
        and declared.name not in checked
        and declared.name not in ("md5", schema.name_property)
    ]
    for key in filled:
        checked[key] = coerced_default(schema.properties[key])
    named = schema.name_property
    if named is not None and named not in checked:
        was_generated = named in (reveal(old_inputs.get(DEFAULTS)) or [])
        old = reveal(old_inputs.get(named)) if was_generated else None
        checked[named] = old or f"{name}-{_suffix(seed)}"
        filled.append(named)
    return filled


def _suffix(seed: bytes) -> str:
    return hashlib.sha256(seed or os.urandom(16)).hexdigest()[:7]


def coerced_default(declared: Property) -> Any:
    """A declared default in the property's own type (the declaration may spell booleans as strings)."""
    value, problem = _coerce_scalar(declared, declared.default)
    assert not problem, f"{declared.name}: {problem}"
    return value


def _check_object(
    properties: Mapping[str, Property],
    given: Mapping[str, Any],
    path: str,
    failures: list[Failure],
    optional_name: str | None = None,
) -> Values:
    checked: Values = {}
    for key, value in given.items():
        declared = properties.get(key)
        here = f"{path}.{key}" if path else key
        if key == DEFAULTS or value is None:
            continue
        if declared is None or not declared.is_input:
            failures.append(Failure(here, _not_an_input(key, declared, properties)))
            continue
        checked[key] = _check_value(declared, value, here, failures)
    _check_presence(properties, checked, path, failures, optional_name)
    if path:
        for declared in properties.values():
            if declared.default is not None and declared.name not in checked:
                checked[declared.name] = coerced_default(declared)
    return checked


def _not_an_input(key: str, declared: Property | None, properties: Mapping[str, Property]) -> str:
    if declared is not None:
        return f"{key} is computed by the workspace and can't be set"
    inputs = [name for name, other in properties.items() if other.is_input]
    near = difflib.get_close_matches(key, inputs, n=1, cutoff=0.6)
    hint = f"; did you mean {near[0]}?" if near else f"; known are {', '.join(sorted(inputs))}"
    return f"{key} is not a property here{hint}"


def _check_presence(
    properties: Mapping[str, Property],
    checked: Values,
    path: str,
    failures: list[Failure],
    optional_name: str | None,
) -> None:
    names = {declared.api: declared.name for declared in properties.values()}
    # A default that was filled in before and comes back with ignored changes chooses nothing.
    chosen = {
        name
        for name, value in checked.items()
        if (default := properties[name].default) is None or value != default
    }
    seen: set[frozenset[str]] = set()
    for declared in properties.values():
        here = f"{path}.{declared.name}" if path else declared.name
        if declared.required and declared.name not in checked and declared.name != optional_name:
            failures.append(Failure(here, f"{declared.name} is required and missing"))
        if declared.name in chosen:
            rivals = {_sibling(rival, names) for rival in declared.conflicts_with}
            for rival in sorted(rivals & chosen):
                pair = frozenset((declared.name, rival))
                if pair not in seen:
                    seen.add(pair)
                    failures.append(Failure(here, f"{declared.name} and {rival} exclude each other"))
        group = frozenset(_sibling(member, names) for member in declared.exactly_one_of)
        if group and group not in seen:
            seen.add(group)
            if len(group & checked.keys()) != 1:
                choice = ", ".join(sorted(group))
                failures.append(Failure(here, f"exactly one of {choice} must be set"))


def _sibling(api_path: str, names: Mapping[str, str]) -> str:
    """`config.0.served_models` said of a neighbour, as that neighbour's Pulumi name."""
    last = api_path.rsplit(".", 1)[-1]
    return names.get(last, last)


def _check_value(declared: Property, value: Any, path: str, failures: list[Failure]) -> Any:
    if isinstance(value, Secret):
        return Secret(_check_value(declared, value.value, path, failures))
    if isinstance(value, Unknown):
        return value
    if declared.type in ("list", "set"):
        return _check_collection(declared, value, path, failures)
    if declared.type == "object" and declared.holds_objects:
        if not isinstance(value, dict):
            failures.append(Failure(path, f"{declared.name} must be an object, not {_kind(value)}"))
            return value
        return _check_object(declared.properties, value, path, failures)
    if declared.type in ("map", "object"):
        return _check_map(declared, value, path, failures)
    coerced, problem = _coerce_scalar(declared, value)
    if problem:
        failures.append(Failure(path, f"{declared.name} must be {problem}"))
    return coerced


def _check_collection(declared: Property, value: Any, path: str, failures: list[Failure]) -> Any:
    if not isinstance(value, list):
        failures.append(Failure(path, f"{declared.name} must be a list, not {_kind(value)}"))
        return value
    element = Property(
        name=declared.name,
        api=declared.api,
        type="object" if declared.holds_objects else declared.elem or "string",
        properties=declared.properties,
    )
    return [_check_value(element, item, f"{path}[{index}]", failures) for index, item in enumerate(value)]


def _check_map(declared: Property, value: Any, path: str, failures: list[Failure]) -> Any:
    if not isinstance(value, dict):
        failures.append(Failure(path, f"{declared.name} must be a map, not {_kind(value)}"))
        return value
    if declared.type == "object":
        return value
    text = Property(name=declared.name, api=declared.api, type="string")
    return {
        key: _check_value(text, item, f'{path}["{key}"]', failures)
        for key, item in value.items()
        if item is not None
    }


def _coerce_scalar(declared: Property, value: Any) -> tuple[Any, str]:
    """The value in the declared type; else what it should have been."""
    if declared.type == "string":
        return _coerce_string(value)
    if declared.type == "bool":
        if isinstance(value, bool):
            return value, ""
        if value in ("true", "false"):
            return value == "true", ""
        return value, f"true or false, not {_kind(value)}"
    return _coerce_number(declared.type, value)


def _coerce_string(value: Any) -> tuple[Any, str]:
    if isinstance(value, bool):
        return str(value).lower(), ""
    if isinstance(value, str | int | float):
        return str(value), ""
    return value, f"a string, not {_kind(value)}"


def _coerce_number(kind: str, value: Any) -> tuple[Any, str]:
    wanted = "a whole number" if kind == "int" else "a number"
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return value, f"{wanted}, not {_kind(value)}"
    try:
        if kind == "int":
            number: int | float = int(value)
            return (number, "") if number == float(value) else (value, f"{wanted}, not {value!r}")
        return float(value), ""
    except ValueError:
        return value, f"{wanted}, not {value!r}"


def _kind(value: Any) -> str:
    kinds = {str: "a string", bool: "a boolean", int: "a number", float: "a number", list: "a list"}
    return kinds.get(type(value), "an object")
