"""YAML files as settings are read from: a mapping, and no key twice."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

LOADER: type[yaml.SafeLoader] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class _UniqueKeys(LOADER):  # type: ignore[valid-type,misc]
    """YAML where a key that stands twice in a mapping is an error."""


def _mapping(loader: Any, node: yaml.MappingNode) -> dict[Any, Any]:
    keys = [loader.construct_object(key) for key, _ in node.value]
    for number, key in enumerate(keys):
        if key in keys[:number]:
            raise yaml.MarkedYAMLError(
                problem=f"the key {key!r} stands twice", problem_mark=node.value[number][0].start_mark
            )
    return dict(
        zip(keys, (loader.construct_object(value, deep=True) for _, value in node.value), strict=True)
    )


_UniqueKeys.add_constructor(yaml.resolver.BaseResolver.DEFAULT_MAPPING_TAG, _mapping)


def read_mapping(file: Path) -> dict[str, Any]:
    """The mapping that a file is.

    Raises:
        FileNotFoundError: there is none.
        ValueError: it is not a mapping; says why.
    """
    try:
        document = yaml.load(file.read_text(encoding="utf-8"), Loader=_UniqueKeys)  # noqa: S506 - a safe loader
    except FileNotFoundError:
        raise
    except (yaml.YAMLError, UnicodeDecodeError, OSError) as error:
        raise ValueError(f"is not YAML: {' '.join(str(error).split())}.") from None
    if not isinstance(document, dict):
        raise ValueError("is not a mapping: begin with `KEY: VALUE`.")
    return document
