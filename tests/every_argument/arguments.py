"""Which arguments there are, and which a program gives."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NotRequired, get_args, get_origin, is_typeddict


def given(declared: Any, value: Any) -> Iterator[tuple[str, str]]:
    """The class and name of each argument that a program gives, by what the arguments are declared as."""
    if is_typeddict(declared):
        hints = declared.__annotations__
        for key, inner in value.items():
            yield declared.__name__, key
            yield from given(hints[key], inner)
        return
    for part in get_args(declared):
        origin = get_origin(part) or part
        if origin is NotRequired or get_origin(declared) is NotRequired:
            yield from given(part, value)
        elif isinstance(value, list) and get_origin(declared) is list:
            for item in value:
                yield from given(part, item)
        elif isinstance(value, dict) and get_origin(declared) is dict and part is get_args(declared)[1]:
            for item in value.values():
                yield from given(part, item)


def declared_arguments(declared: Any, seen: set[Any] | None = None) -> set[tuple[str, str]]:
    """All arguments that there are below arguments."""
    seen = set() if seen is None else seen
    if declared in seen:
        return set()
    seen.add(declared)
    found: set[tuple[str, str]] = set()
    if is_typeddict(declared):
        for key, inner in declared.__annotations__.items():
            found |= {(declared.__name__, key)} | declared_arguments(inner, seen)
    for part in get_args(declared):
        found |= declared_arguments(part, seen)
    return found
