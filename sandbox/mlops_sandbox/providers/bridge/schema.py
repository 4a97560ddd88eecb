"""The declared schema of a provider: what each resource type's properties are called and may do."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Property:
    """One property, as the provider declares it."""

    name: str
    """Its name in Pulumi."""
    api: str
    """Its name in the vendor's API and in Terraform."""
    type: str
    """string, int, float, bool, map, object, list or set."""
    elem: str = ""
    """What a list or set of plain values holds."""
    required: bool = False
    optional: bool = False
    computed: bool = False
    force_new: bool = False
    sensitive: bool = False
    default: Any = None
    conflicts_with: tuple[str, ...] = ()
    """API paths from the resource's root; neither may be set beside this one."""
    exactly_one_of: tuple[str, ...] = ()
    properties: Mapping[str, Property] = field(default_factory=dict)
    """Of an object, or of the objects in a list or set; by Pulumi name."""

    @property
    def is_input(self) -> bool:
        """Whether a program may set it."""
        return self.required or self.optional

    @property
    def holds_objects(self) -> bool:
        """Whether it is an object or a collection of objects."""
        return bool(self.properties)


@dataclass(frozen=True)
class ResourceSchema:
    """One resource type."""

    token: str
    """`databricks:index/catalog:Catalog`"""
    properties: Mapping[str, Property]

    @cached_property
    def by_api(self) -> dict[str, Property]:
        """The properties by their API names."""
        return {declared.api: declared for declared in self.properties.values()}

    @cached_property
    def name_property(self) -> str | None:
        """The property that gets a generated name when the program gives none."""
        for name in ("name", "displayName"):
            declared = self.properties.get(name)
            if declared is not None and declared.is_input and declared.type == "string":
                return name if name == "name" or self.token.endswith(":Group") else None
        return None


def _property(declared: Mapping[str, Any]) -> Property:
    return Property(
        name=declared["pulumi"],
        api=declared["api"],
        type=declared["type"],
        elem=declared.get("elem", ""),
        required=declared.get("required", False),
        optional=declared.get("optional", False),
        computed=declared.get("computed", False),
        force_new=declared.get("forceNew", False),
        sensitive=declared.get("sensitive", False),
        default=declared.get("default"),
        conflicts_with=tuple(declared.get("conflictsWith", ())),
        exactly_one_of=tuple(declared.get("exactlyOneOf", ())),
        properties=_properties(declared.get("properties", ())),
    )


def _properties(declared: Any) -> dict[str, Property]:
    made = (_property(one) for one in declared)
    return {one.name: one for one in made}


class ProviderSchema:
    """A provider's schema file: resource types are built when they are first asked for."""

    def __init__(self, file: Path) -> None:
        self._raw: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
        self._built: dict[str, ResourceSchema] = {}

    @property
    def version(self) -> str:
        """The version of the plugin that declared it."""
        return str(self._raw["version"])

    @property
    def config(self) -> list[str]:
        """The names of the provider's own settings."""
        return list(self._raw["config"])

    def __iter__(self) -> Iterator[str]:
        return iter(self._raw["resources"])

    def __getitem__(self, token: str) -> ResourceSchema:
        if token not in self._built:
            self._built[token] = ResourceSchema(token, _properties(self._raw["resources"][token]))
        return self._built[token]
