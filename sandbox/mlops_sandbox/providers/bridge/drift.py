"""Drift: where the workspace's answers differ from what the program says, although nothing was changed.

Terraform compares a program with its state. An optional property that the workspace fills in and the
program leaves out is a change in every plan, unless the provider declares it computed or suppresses the
difference; so is a value that comes back in another form, and a block that only the workspace fills in
while it does not (in Terraform's older SDK).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from mlops_sandbox.providers.bridge.check import DEFAULTS, coerced_default
from mlops_sandbox.providers.bridge.diff import Change, Kind
from mlops_sandbox.providers.bridge.schema import Property, ResourceSchema
from mlops_sandbox.providers.bridge.values import Unknown, Values, is_empty, reveal

Path = tuple[str | int, ...]


@dataclass(frozen=True)
class Suppressed:
    """Properties whose differences the provider ignores: API names, inner ones as `task.run_if`."""

    unset: frozenset[str]
    """Where the program leaves them out."""
    always: frozenset[str]
    blocks_must_come: bool = False
    """Whether a block that only the workspace fills in is planned anew until it does."""


def drift(schema: ResourceSchema, inputs: Values, state: Values, suppressed: Suppressed) -> list[Change]:
    """What a plan would put right, in the order of the paths.

    Args:
        schema: the resource type's.
        inputs: of the program, under Pulumi's names.
        state: the last answer, under Pulumi's names; empty when there is none.
        suppressed: what is no difference.
    """
    if not state:
        return []
    said = {key: value for key, value in reveal(inputs).items() if key != DEFAULTS}
    changes = _objects(schema.properties, said, reveal(state), ((), ()), suppressed)
    if suppressed.blocks_must_come:
        changes += [
            Change((name,), Kind.UPDATE, replaces=False)
            for name, declared in schema.properties.items()
            if declared.holds_objects and not declared.is_input
            if state.get(name) is None and declared.api not in suppressed.unset
        ]
    return sorted(set(changes), key=lambda change: change.text)


def _objects(
    properties: Mapping[str, Property],
    said: Mapping[str, Any],
    told: Mapping[str, Any],
    at: tuple[Path, tuple[str, ...]],
    suppressed: Suppressed,
) -> list[Change]:
    """Of an object; `at` is its path in Pulumi's names with indices, and in the API's without."""
    changes: list[Change] = []
    for name, declared in properties.items():
        here = (*at[0], name), (*at[1], declared.api)
        if declared.is_input and ".".join(here[1]) not in suppressed.always:
            changes += _values(declared, said.get(name), told.get(name), here, suppressed)
    return changes


def _values(
    declared: Property, said: Any, told: Any, at: tuple[Path, tuple[str, ...]], suppressed: Suppressed
) -> list[Change]:
    if said is None:
        ignored = declared.computed or ".".join(at[1]) in suppressed.unset
        if ignored or _blank(told) or told == _default(declared):
            return []
        return [Change(at[0], Kind.DELETE, declared.force_new)]
    if isinstance(said, Unknown) or (_blank(said) and _blank(told)):
        return []
    if told is None:
        return [Change(at[0], Kind.ADD, declared.force_new)]
    if not declared.holds_objects:
        return [] if _same(declared, said, told) else [Change(at[0], Kind.UPDATE, declared.force_new)]
    if isinstance(said, dict) and isinstance(told, dict):
        return _objects(declared.properties, said, told, at, suppressed)
    return _items(declared, said, told, at, suppressed)


def _items(
    declared: Property,
    said: list[Any],
    told: list[Any],
    at: tuple[Path, tuple[str, ...]],
    suppressed: Suppressed,
) -> list[Change]:
    if len(said) != len(told):
        return [Change(at[0], Kind.UPDATE, declared.force_new)]
    if declared.type == "set":
        said, told = sorted(said, key=_form), sorted(told, key=_form)
    changes: list[Change] = []
    for index, (one, other) in enumerate(zip(said, told, strict=True)):
        changes += _objects(declared.properties, one, other, ((*at[0], index), at[1]), suppressed)
    return changes


def _form(item: Mapping[str, Any]) -> str:
    """What tells the members of a set apart, whatever is left out of them."""
    return json.dumps({key: value for key, value in item.items() if not _blank(value)}, sort_keys=True)


def _default(declared: Property) -> Any:
    return None if declared.default is None else coerced_default(declared)


def _blank(value: Any) -> bool:
    """Whether nothing is set anywhere in it."""
    if isinstance(value, dict):
        return all(_blank(item) for item in value.values())
    if isinstance(value, list):
        return all(_blank(item) for item in value)
    return is_empty(value) or value is False


def _same(declared: Property, said: Any, told: Any) -> bool:
    if declared.type == "set":
        return sorted(map(str, said)) == sorted(map(str, told))
    # Numbers and their texts are one value where the state has an ID as a string.
    return bool(said == told) or str(said) == str(told)
