"""`${name}` in a project's texts."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from pulumi_databricks_mlops.spelling import suggest

from settings.problems import Path, shown

_REFERENCE = re.compile(r"\$(\$\{)|\$\{([^}]*)\}")
_OPEN = re.compile(r"(?<!\$)\$\{[^}]*$")


def interpolate(
    value: Any, variables: Mapping[str, Callable[[], str]], path: Path = ()
) -> tuple[Any, list[tuple[Path, str]]]:
    """Replace every `${name}`; `$${` is a plain `${`.

    Returns:
        The value, and what is wrong, each with its path.
    """
    problems: list[tuple[Path, str]] = []
    if isinstance(value, str):
        for name in unknown(value, variables):
            near, known = suggest(name, variables), ", ".join(variables)
            problems.append((path, f"${{{name}}} is not known{near}: there is {known}."))
        if _OPEN.search(value):
            problems.append((path, f"{shown(value)} has no `}}` for its `${{`: add it, or write `$${{`."))
        return value if problems else _replaced(value, variables), problems
    if not isinstance(value, dict | list):
        return value, problems
    steps = list(value.items()) if isinstance(value, dict) else list(enumerate(value))
    found: list[Any] = []
    for step, each in steps:
        inside, wrong = interpolate(each, variables, (*path, step))
        found.append(inside)
        problems += wrong
    return (found if isinstance(value, list) else dict(zip(value, found, strict=True))), problems


def unknown(text: str, variables: Mapping[str, Callable[[], str]]) -> list[str]:
    """The names that a text refers to and that nothing has."""
    names = [found.group(2) for found in _REFERENCE.finditer(text) if found.group(2) is not None]
    return [name for name in names if name not in variables]


def _replaced(text: str, variables: Mapping[str, Callable[[], str]]) -> str:
    return _REFERENCE.sub(lambda found: "${" if found.group(1) else variables[found.group(2)](), text)


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
    for step in path:
        listed = isinstance(document, list) and isinstance(step, int) and step < len(document)
        if not listed and not (isinstance(document, dict) and step in document):
            return False
        document = document[step]
    return True
