"""The inputs that Read hands back: what a program would say for the workspace to look as it does."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mlops_sandbox.providers.bridge.check import DEFAULTS
from mlops_sandbox.providers.bridge.diff import same
from mlops_sandbox.providers.bridge.schema import Property, ResourceSchema
from mlops_sandbox.providers.bridge.values import Secret, Unknown, Values, is_empty, reveal


def refreshed(schema: ResourceSchema, old_inputs: Values, state: Values, drifting: frozenset[str]) -> Values:
    """Old inputs with the workspace's values in the places that the program had set.

    Args:
        schema: the resource type's.
        old_inputs: of the last operation; secrets stay secrets.
        state: what was just read, without secrets.
        drifting: API names whose value counts although the program never set them.
    """
    inputs = _refreshed_object(schema.properties, old_inputs, state)
    for declared in schema.properties.values():
        value = state.get(declared.name)
        if declared.api in drifting and declared.name not in inputs and not is_empty(value):
            inputs[declared.name] = value
    if DEFAULTS in old_inputs:
        inputs[DEFAULTS] = old_inputs[DEFAULTS]
    return inputs


def imported(schema: ResourceSchema, state: Values) -> Values:
    """Inputs for a resource that no program describes yet: everything settable but zero values."""
    inputs = _pruned(schema.properties, state)
    inputs.pop("providerConfig", None)
    return {**inputs, DEFAULTS: []}


def _refreshed_object(
    properties: Mapping[str, Property], old: Mapping[str, Any], state: Mapping[str, Any]
) -> Values:
    inputs: Values = {}
    for name, value in old.items():
        declared = properties.get(name)
        if declared is None:
            continue
        fresh = _refreshed(declared, value, state.get(name))
        if fresh is not None:
            inputs[name] = fresh
    return inputs


def _refreshed(declared: Property, old: Any, state: Any) -> Any:
    if isinstance(old, Secret):
        return Secret(_refreshed(declared, old.value, state))
    if isinstance(old, Unknown) or (is_empty(old) and is_empty(state)):
        return old
    if isinstance(old, dict) and isinstance(state, dict) and declared.holds_objects:
        return _refreshed_object(declared.properties, old, state)
    if isinstance(old, list) and isinstance(state, list):
        return _refreshed_items(declared, old, state)
    return state


def _refreshed_items(declared: Property, old: list[Any], state: list[Any]) -> list[Any]:
    if declared.type == "set":
        return _refreshed_set(declared, old, state)
    if not declared.holds_objects:
        return old if reveal(old) == state else state
    fresh = [
        _refreshed_object(declared.properties, before, now) if isinstance(before, dict) else now
        for before, now in zip(old, state, strict=False)
    ]
    return fresh + [_pruned(declared.properties, item) for item in state[len(old) :]]


def _refreshed_set(declared: Property, old: list[Any], state: list[Any]) -> list[Any]:
    """The members that are still there, as the program wrote and ordered them; then the new ones."""
    left = list(state)
    kept = []
    for before in old:
        for now in left:
            narrowed = now
            if declared.holds_objects:
                narrowed = _refreshed_object(declared.properties, before, now)
            if same(declared, reveal(before), reveal(narrowed)):
                kept.append(before)
                left.remove(now)
                break
    return kept + [_pruned(declared.properties, item) if declared.holds_objects else item for item in left]


def _pruned(properties: Mapping[str, Property], state: Mapping[str, Any]) -> Values:
    pruned: Values = {}
    for name, declared in properties.items():
        value = state.get(name)
        if not declared.is_input or is_empty(value):
            continue
        if declared.holds_objects and isinstance(value, dict):
            value = _pruned(declared.properties, value)
        elif declared.holds_objects and isinstance(value, list):
            value = [_pruned(declared.properties, item) for item in value]
        if not is_empty(value) or declared.required:
            pruned[name] = value
    return pruned
