"""Diff: what changed between the inputs of the last `up` and the new ones, and whether it replaces.

Comparing inputs with inputs leaves every computed property out; what changed in the workspace
behind the program's back reaches the inputs through Read (`inputs.refreshed`). What the workspace made
of inputs that did not change is for `drift` to find.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any

from mlops_sandbox.providers.bridge.check import DEFAULTS
from mlops_sandbox.providers.bridge.schema import Property, ResourceSchema
from mlops_sandbox.providers.bridge.values import Unknown, Values, is_empty, reveal


class Kind(Enum):
    """What happened to a property."""

    ADD = "add"
    DELETE = "delete"
    UPDATE = "update"


@dataclass(frozen=True)
class Change:
    """One changed property."""

    path: tuple[str | int, ...]
    """Keys and indices from the resource's root, into the new inputs (into the old ones for a deletion)."""
    kind: Kind
    replaces: bool

    @property
    def text(self) -> str:
        """The path as the engine writes it: `tasks[0].notebookTask`, `tags["a.b"]`."""
        parts: list[str] = []
        for step in self.path:
            if isinstance(step, int):
                parts.append(f"[{step}]")
            elif step.isidentifier():
                parts.append(f".{step}" if parts else step)
            else:
                parts.append(f'["{step}"]')
        return "".join(parts)


def diff(
    schema: ResourceSchema,
    old_inputs: Values,
    new_inputs: Values,
    ignore: Sequence[str] = (),
    suggested: frozenset[str] = frozenset(),
) -> list[Change]:
    """The changes, in the order of the paths; empty when nothing is to be done.

    Args:
        schema: the resource type's.
        old_inputs: stored by the last operation.
        new_inputs: checked ones; unknown values count as changed.
        ignore: property paths of `ignore_changes`.
        suggested: API names of properties whose absence is no change, inner ones as `task.run_if`.
    """
    new = {key: value for key, value in reveal(new_inputs).items() if key != DEFAULTS}
    old = {key: value for key, value in reveal(old_inputs).items() if key != DEFAULTS}
    changes = _diff_objects(schema.properties, old, new, ())
    wanted = [
        change
        for change in changes
        if not ignored(change, ignore)
        and not (change.kind is Kind.DELETE and _api_path(schema, change) in suggested)
    ]
    return sorted(set(wanted), key=lambda change: change.text)


def delete_before_replace(schema: ResourceSchema, new_inputs: Values) -> bool:
    """Whether the old one must go first: the physical name was chosen, so both can't be there at once."""
    named = schema.name_property
    return named is not None and named in new_inputs and named not in new_inputs.get(DEFAULTS, [])


def ignored(change: Change, ignore: Sequence[str]) -> bool:
    """Whether `ignore_changes` names it or something that holds it."""
    text = change.text
    return any(text == path or text.startswith((f"{path}.", f"{path}[")) for path in ignore)


def _api_path(schema: ResourceSchema, change: Change) -> str:
    """The API's names along a change's path, without indices: `task.notebook_task.source`."""
    properties: Mapping[str, Property] = schema.properties
    names: list[str] = []
    for step in change.path:
        if isinstance(step, int):
            continue
        declared = properties.get(step)
        names.append(declared.api if declared else step)
        properties = declared.properties if declared else {}
    return ".".join(names)


def _diff_objects(
    properties: Mapping[str, Property],
    old: Mapping[str, Any],
    new: Mapping[str, Any],
    path: tuple[str | int, ...],
) -> list[Change]:
    """Of an object. That it may not come or go says nothing of what is in it."""
    changes: list[Change] = []
    for key in sorted(old.keys() | new.keys()):
        declared = properties.get(key)
        if declared is None or not declared.is_input:
            continue
        if key not in new and declared.computed:
            continue
        changes += _diff_values(declared, old.get(key), new.get(key), (*path, key), declared.force_new)
    return changes


def _diff_values(
    declared: Property, old: Any, new: Any, path: tuple[str | int, ...], replaces: bool
) -> list[Change]:
    if isinstance(new, Unknown):
        return [Change(path, Kind.ADD if old is None else Kind.UPDATE, replaces)]
    if old == new or (is_empty(old) and is_empty(new) and not declared.computed):
        return []
    if old is None:
        return [Change(path, Kind.ADD, replaces or _sets_force_new(declared, new))]
    if new is None:
        return [Change(path, Kind.DELETE, replaces or _sets_force_new(declared, old))]
    if declared.type == "set" and isinstance(old, list) and isinstance(new, list):
        return _diff_sets(declared, old, new, path, replaces)
    if declared.type == "list" and isinstance(old, list) and isinstance(new, list):
        return _diff_lists(declared, old, new, path, replaces)
    if isinstance(old, dict) and isinstance(new, dict):
        if declared.holds_objects:
            return _diff_objects(declared.properties, old, new, path)
        return _diff_maps(old, new, path, replaces)
    return [Change(path, Kind.UPDATE, replaces)]


def _sets_force_new(declared: Property, value: Any) -> bool:
    """Whether an object that comes or goes carries a property that can't change in place."""
    if isinstance(value, list):
        return any(_sets_force_new(declared, item) for item in value)
    if not isinstance(value, dict):
        return False
    return any(
        inner.force_new or _sets_force_new(inner, value[name])
        for name, inner in declared.properties.items()
        if value.get(name) is not None
    )


def _diff_maps(
    old: Mapping[str, Any], new: Mapping[str, Any], path: tuple[str | int, ...], replaces: bool
) -> list[Change]:
    changes = []
    for key in sorted(old.keys() | new.keys()):
        if key not in new:
            changes.append(Change((*path, key), Kind.DELETE, replaces))
        elif key not in old:
            changes.append(Change((*path, key), Kind.ADD, replaces))
        elif old[key] != new[key]:
            changes.append(Change((*path, key), Kind.UPDATE, replaces))
    return changes


def same(declared: Property, old: Any, new: Any) -> bool:
    """Whether two elements of a collection are equal as far as the schema can tell."""
    if declared.holds_objects and isinstance(old, dict) and isinstance(new, dict):
        return not _diff_objects(declared.properties, old, new, ())
    return bool(old == new)


def _diff_lists(
    declared: Property, old: list[Any], new: list[Any], path: tuple[str | int, ...], replaces: bool
) -> list[Change]:
    changes: list[Change] = []
    for index, (before, after) in enumerate(zip(old, new, strict=False)):
        here = (*path, index)
        if declared.holds_objects and isinstance(before, dict) and isinstance(after, dict):
            changes += _diff_objects(declared.properties, before, after, here)
        elif before != after:
            changes.append(Change(here, Kind.UPDATE, replaces))
    kind, longer = (Kind.ADD, new) if len(new) > len(old) else (Kind.DELETE, old)
    for index in range(min(len(old), len(new)), len(longer)):
        changes.append(Change((*path, index), kind, replaces or _sets_force_new(declared, longer[index])))
    return changes


def _diff_sets(
    declared: Property, old: list[Any], new: list[Any], path: tuple[str | int, ...], replaces: bool
) -> list[Change]:
    gone = {index for index, item in enumerate(old) if not any(same(declared, item, other) for other in new)}
    come = {index for index, item in enumerate(new) if not any(same(declared, other, item) for other in old)}
    changes = []
    for index in sorted(gone | come):
        kind = Kind.UPDATE if index in gone & come else Kind.ADD if index in come else Kind.DELETE
        changes.append(Change((*path, index), kind, replaces))
    return changes
