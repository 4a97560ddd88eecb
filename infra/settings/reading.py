"""YAML files as settings are read from: a mapping, and no key twice."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import yaml

LOADER: type[yaml.SafeLoader] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_MERGE = "tag:yaml.org,2002:merge"


class _UniqueKeys(LOADER):  # type: ignore[valid-type,misc]
    """YAML where a key that stands twice in a mapping is an error."""


def _mapping(loader: Any, node: yaml.MappingNode) -> Any:
    seen: set[str] = set()
    for key, _ in node.value:
        # What `<<` brings may stand again beside it: that is what it is for.
        if key.tag == _MERGE:
            continue
        name = loader.construct_object(key, deep=True)
        if not isinstance(name, str):
            raise yaml.MarkedYAMLError(
                problem=f"the key {name!r} is not text: write it in quotes", problem_mark=key.start_mark
            )
        if name in seen:
            raise yaml.MarkedYAMLError(problem=f"the key {name!r} stands twice", problem_mark=key.start_mark)
        seen.add(name)
    loader.flatten_mapping(node)
    return loader.construct_mapping(node, deep=True)


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
    except yaml.MarkedYAMLError as error:
        raise ValueError(_marked(error)) from None
    except UnicodeDecodeError as error:
        raise ValueError(f"is not UTF-8 at byte {error.start}: save it as UTF-8.") from None
    except OSError as error:
        raise ValueError(f"can't be read: {error.strerror}.") from None
    except (yaml.YAMLError, RecursionError) as error:
        raise ValueError(f"is not YAML: {' '.join(str(error).split())}.") from None
    if not isinstance(document, dict):
        raise ValueError("is not a mapping: begin with `KEY: VALUE`.")
    return document


def _marked(error: yaml.MarkedYAMLError) -> str:
    """Where a file stops being YAML, and why."""
    mark = error.problem_mark or error.context_mark
    place = f" in line {mark.line + 1}, column {mark.column + 1}" if mark else ""
    remedy = ": write spaces" if re.search(r"\btab\b|\\t", str(error.problem)) else ""
    return f"is not YAML{place}: {error.problem}{remedy}."
