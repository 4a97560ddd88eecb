"""`${name}` in a project's texts."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from pulumi_databricks_mlops.problems import suggest

from settings.problems import Path

_REFERENCE = re.compile(r"\$(\$\{)|\$\{([^}]*)\}")


def interpolate(
    value: Any, variables: Mapping[str, Callable[[], str]], path: Path = ()
) -> tuple[Any, list[tuple[Path, str]]]:
    """The value with every `${name}` replaced (`$${` is a plain `${`), and what is wrong, each with its path."""
    problems: list[tuple[Path, str]] = []

    def replaced(found: re.Match[str]) -> str:
        if found.group(1):
            return "${"
        name = found.group(2)
        if name in variables:
            return variables[name]()
        problems.append(
            (here, f"${{{name}}} is not known{suggest(name, variables)}: there is {', '.join(variables)}.")
        )
        return found.group(0)

    def walk(node: Any, at: Path) -> Any:
        nonlocal here
        here = at
        if isinstance(node, str):
            return _REFERENCE.sub(replaced, node)
        if isinstance(node, dict):
            return {key: walk(each, (*at, key)) for key, each in node.items()}
        if isinstance(node, list):
            return [walk(each, (*at, index)) for index, each in enumerate(node)]
        return node

    here = path
    return walk(value, path), problems


def merged(below: Any, above: Any) -> Any:
    """Mappings are merged key by key; anything else above replaces what is below."""
    if isinstance(below, dict) and isinstance(above, dict):
        return {
            **below,
            **{key: merged(below[key], each) if key in below else each for key, each in above.items()},
        }
    return above


def holds(document: Any, path: Path) -> bool:
    """Whether the document says something at the path."""
    return next(_walk(document, path), False)


def _walk(document: Any, path: Path) -> Iterator[bool]:
    for step in path:
        if (isinstance(document, dict) and step in document) or (isinstance(document, list) and isinstance(step, int) and step < len(document)):
            document = document[step]
        else:
            return
    yield True
