"""Between Pulumi's names and the API's: inputs become request fields, answers become state."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mlops_sandbox.providers.bridge.schema import Property, ResourceSchema
from mlops_sandbox.providers.bridge.values import UNKNOWN, Secret, Values, has_secret, is_empty

_ZEROS: dict[str, Any] = {"string": "", "int": 0, "float": 0, "bool": False}


def to_api(properties: Mapping[str, Property], values: Mapping[str, Any]) -> Values:
    """Values under the API's names, at every depth; what the schema does not know is left out."""
    return {
        declared.api: _to_api(declared, values[name])
        for name, declared in properties.items()
        if values.get(name) is not None
    }


def _to_api(declared: Property, value: Any) -> Any:
    if isinstance(value, list):
        return [_to_api(declared, item) for item in value]
    if declared.holds_objects and isinstance(value, dict):
        return to_api(declared.properties, value)
    return value


def planned(schema: ResourceSchema, inputs: Values, state: Values) -> Values:
    """Inputs and what the workspace once chose for the properties that the program leaves open.

    Both arguments and the result carry Pulumi names and no secrets.
    """
    kept = {
        name: state[name]
        for name, declared in schema.properties.items()
        if declared.computed and name not in inputs and not is_empty(state.get(name))
    }
    return {**kept, **{name: value for name, value in inputs.items() if name in schema.properties}}


def from_api(schema: ResourceSchema, answer: Mapping[str, Any], zeros: bool = True) -> Values:
    """An answer as state.

    Args:
        schema: the resource type's; fields that it does not know are dropped.
        answer: under the API's names.
        zeros: whether absent plain values read as Terraform's zero values: everywhere inside of nested
            objects, at the top only numbers, booleans and computed strings.
    """
    state: Values = {}
    for declared in schema.properties.values():
        value = answer.get(declared.api)
        if value is None or (value == "" and not declared.required and not declared.computed):
            if zeros and _reads_as_zero(declared):
                state[declared.name] = _ZEROS[declared.type]
            continue
        state[declared.name] = _from_api(declared, value, zeros)
    return state


def _reads_as_zero(declared: Property) -> bool:
    if declared.type == "string":
        return declared.computed and not declared.is_input
    return declared.type in _ZEROS


def _from_api(declared: Property, value: Any, zeros: bool) -> Any:
    if isinstance(value, list):
        return [_from_api(declared, item, zeros) for item in value]
    if declared.holds_objects and isinstance(value, dict):
        return _nested(declared.properties, value, zeros)
    if declared.type == "string" and isinstance(value, int | float) and not isinstance(value, bool):
        return str(value)
    if declared.type == "int" and isinstance(value, str) and value.lstrip("-").isdigit():
        return int(value)
    return value


def _nested(properties: Mapping[str, Property], answer: Mapping[str, Any], zeros: bool) -> Values:
    state: Values = {}
    for declared in properties.values():
        value = answer.get(declared.api)
        if value is not None:
            state[declared.name] = _from_api(declared, value, zeros)
        elif zeros and declared.type in _ZEROS:
            state[declared.name] = _ZEROS[declared.type]
    return state


def with_unknowns(schema: ResourceSchema, inputs: Values) -> Values:
    """The state in a preview of a creation: the inputs, and unknown for what the workspace fills in."""
    state = _with_unknowns(schema.properties, inputs)
    return {**state, "id": UNKNOWN}


def _with_unknowns(properties: Mapping[str, Property], values: Mapping[str, Any]) -> Values:
    state: Values = {}
    for name, declared in properties.items():
        if values.get(name) is not None:
            state[name] = _nested_unknowns(declared, values[name])
        elif declared.computed:
            state[name] = UNKNOWN
    return state


def _nested_unknowns(declared: Property, value: Any) -> Any:
    if isinstance(value, Secret):
        return Secret(_nested_unknowns(declared, value.value))
    if isinstance(value, list):
        return [_nested_unknowns(declared, item) for item in value]
    if declared.holds_objects and isinstance(value, dict):
        return _with_unknowns(declared.properties, value)
    return value


def mark_secrets(properties: Mapping[str, Property], state: Values, inputs: Mapping[str, Any]) -> Values:
    """The state with a secret around whatever is declared sensitive or came in as one."""
    marked: Values = {}
    for name, value in state.items():
        declared = properties.get(name)
        marked[name] = value if declared is None else _mark(declared, value, inputs.get(name))
    return marked


def _mark(declared: Property, value: Any, given: Any) -> Any:
    if isinstance(value, Secret) or value is None:
        return value
    if declared.sensitive or isinstance(given, Secret):
        return Secret(value)
    if isinstance(value, dict) and declared.holds_objects:
        return mark_secrets(declared.properties, value, given if isinstance(given, dict) else {})
    if isinstance(value, list) and declared.holds_objects:
        return _mark_items(declared, value, given if isinstance(given, list) else [])
    return Secret(value) if has_secret(given) else value


def _mark_items(declared: Property, items: list[Any], given: list[Any]) -> Any:
    # Items of a set and of a list that changed its length can't be matched with what was given.
    if has_secret(given) and (declared.type == "set" or len(items) != len(given)):
        return Secret(items)
    pairs = zip(items, given if len(given) == len(items) else [{}] * len(items), strict=True)
    return [
        mark_secrets(declared.properties, item, other if isinstance(other, dict) else {})
        if isinstance(item, dict)
        else item
        for item, other in pairs
    ]
