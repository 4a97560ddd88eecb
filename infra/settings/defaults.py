"""What all stacks have in common: `defaults.yaml` beside the stack files, merged below each of them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path as FilePath
from typing import Any

from settings.interpolation import holds, merged
from settings.problems import Path, Problem, SettingsError
from settings.reading import read_mapping

FILE = "defaults.yaml"
KEY = "databricks-mlops:environment"


@dataclass(frozen=True)
class Layered:
    """An environment's settings with the defaults below them."""

    document: Any
    """Both, merged: mappings key by key, anything else of the stack file replaces."""
    own: Any
    """The stack file's alone."""
    below: Any
    """The defaults alone."""
    stack_file: str

    def where(self, path: Path) -> tuple[str, Path]:
        """The file that gave what stands at a path, and the path there."""
        if path and holds(self.below, path) and not holds(self.own, path):
            return FILE, path
        return self.stack_file, ("config", KEY, *path)


def with_defaults(document: Any, stack: str, root: FilePath) -> Layered:
    """The environment's settings over what `defaults.yaml` says.

    Args:
        document: the value of `databricks-mlops:environment`.
        stack: the stack's name.
        root: the folder of the stack file.

    Raises:
        SettingsError: the defaults are no mapping.
    """
    below: Any = {}
    if (root / FILE).exists():
        try:
            below = read_mapping(root / FILE)
        except ValueError as error:
            raise SettingsError([Problem(FILE, (), str(error))]) from None
    own, below = _long(document), _long(below)
    return Layered(merged(below, own), own, below, f"Pulumi.{stack}.yaml")


def _long(document: Any) -> Any:
    """The same with the catalog's short form written out, so that the rest of a catalog can be below it."""
    if isinstance(document, dict) and isinstance(document.get("catalog"), str):
        return {**document, "catalog": {"name": document["catalog"]}}
    return document
