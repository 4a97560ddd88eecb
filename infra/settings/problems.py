"""Mistakes in settings: where each stands, its value, and what would be right."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from types import UnionType
from typing import Annotated, Any, Union, get_args, get_origin

import pulumi
from pulumi_databricks_mlops.spelling import suggest
from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

Path = tuple[str | int, ...]
_LONGEST = 60
_SHAPES = {
    "bool_type": "true or false",
    "dict_type": "a mapping: write `KEY: VALUE` below it",
    "float_type": "a number",
    "int_type": "a whole number",
    "list_type": "a list: write `- VALUE` below it",
    "model_type": "a mapping: write `KEY: VALUE` below it",
}
"""What a value should have been, by pydantic's name for the mistake."""


class SettingsError(pulumi.RunError):
    """Every mistake in the settings; `pulumi up` prints it without a stack trace."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        count = f"{len(problems)} mistake{'s' if len(problems) > 1 else ''} in the settings"
        super().__init__("\n  ".join([f"{count}; nothing was changed:", *map(str, problems)]))
        self.problems = list(problems)


@dataclass(frozen=True)
class Problem:
    """One mistake."""

    file: str
    """The file, from the folder of the stack file."""
    path: Path
    """Keys and indices from the file's top."""
    text: str
    """What is wrong with the value and what would be right."""

    def __str__(self) -> str:
        return f"{self.file}: {dotted(self.path)}: {self.text}"


def dotted(path: Path) -> str:
    """`jobs.training.tasks[0]`; `(top)` for the whole file."""
    text = ""
    for step in path:
        text += f"[{step}]" if isinstance(step, int) else f".{step}" if text else step
    return text or "(top)"


def shown(value: Any) -> str:
    """A value as JSON, cut when it is long."""
    text = json.dumps(value, default=str, ensure_ascii=False)
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"


def from_validation(
    error: ValidationError, model: type[BaseModel], at: Callable[[Path], tuple[str, Path]]
) -> list[Problem]:
    """The problems of a failed validation; `at` says which file gave a path, and the path there."""
    found = []
    for details in error.errors(include_url=False):
        path = tuple(step for step in details["loc"] if step != "[key]")
        file, full = at(path)
        found.append(Problem(file, full, _sentence(details, model)))
    return found


def _sentence(details: ErrorDetails, model: type[BaseModel]) -> str:
    kind, value, context = details["type"], details["input"], details.get("ctx", {})
    if kind == "missing":
        return "is missing: add it."
    if kind == "extra_forbidden":
        word = str(details["loc"][-1])
        known = _fields(model, details["loc"][:-1])
        others = f" Known: {', '.join(known)}." if known else ""
        return f"is not a setting{suggest(word, known)}: take it out.{others}"
    if kind == "value_error":
        text = str(context["error"]).rstrip(".")
        return f"{text}." if isinstance(value, dict) or text.startswith("'") else f"{shown(value)} {text}."
    if kind == "string_type":
        quoted = ": write it in quotes" if isinstance(value, int | float) else ""
        return f"{shown(value)} is not text{quoted}."
    if kind == "literal_error":
        return f"{shown(value)} is not one of {context['expected']}."
    if kind == "string_pattern_mismatch":
        return f"{shown(value)} does not have the form {context['pattern']}."
    if kind in _SHAPES:
        return f"{shown(value)} is not {_SHAPES[kind]}."
    if kind == "too_short":
        return f"{shown(value)} has too few entries: give {context['min_length']} or more."
    return f"{shown(value)}: {details['msg'][:1].lower()}{details['msg'][1:]}."


def _fields(model: type[BaseModel], path: Iterable[str | int]) -> list[str]:
    """The keys that the settings at a path know; empty when they are free."""
    here: Any = model
    for step in path:
        here = _below(_plain(here), step)
    here = _plain(here)
    if isinstance(here, type) and issubclass(here, BaseModel):
        return [field.alias or name for name, field in here.model_fields.items()]
    return []


def _plain(annotation: Any) -> Any:
    """The annotation without `Annotated` and `| None`."""
    while get_origin(annotation) in (Annotated, Union, UnionType):
        annotation = next(each for each in get_args(annotation) if each is not type(None))
    return annotation


def _below(annotation: Any, step: str | int) -> Any:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        fields = annotation.model_fields.items()
        return next((field.annotation for name, field in fields if step in (name, field.alias)), None)
    arguments = get_args(annotation)
    return arguments[-1] if arguments else None
