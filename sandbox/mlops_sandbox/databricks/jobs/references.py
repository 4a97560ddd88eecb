"""Dynamic value references: `{{job.parameters.day}}`, `{{tasks.train.values.version}}`, `{{input}}`."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

_REFERENCE = re.compile(r"\{\{\s*([^{}]+?)\s*\}\}")
#: A name is letters, digits, underscores and hyphens, or anything between backticks.
_PART = re.compile(r"`([^`]+)`|([^.`]+)")
#: What the vendor knows; a reference outside of these is left as the text that it is.
_NAMESPACES = {"job", "task", "tasks", "input", "workspace"}

_TIMES: dict[str, Callable[[datetime], object]] = {
    "iso_weekday": lambda time: time.isoweekday(),
    "is_weekday": lambda time: str(time.isoweekday() <= 5).lower(),
    "iso_date": lambda time: time.date().isoformat(),
    "iso_datetime": lambda time: time.strftime("%Y-%m-%dT%H:%M:%S.") + f"{time.microsecond // 1000:03d}Z",
    "year": lambda time: time.year,
    "month": lambda time: time.month,
    "day": lambda time: time.day,
    "hour": lambda time: time.hour,
    "minute": lambda time: time.minute,
    "second": lambda time: time.second,
    "timestamp_ms": lambda time: int(time.timestamp() * 1000),
}
_JOB = {"id", "name", "run_id", "repair_count", "start_time", "parameters", "trigger"}
_TASK = {"name", "run_id", "execution_count", "notebook_path"}
_OTHER_TASK = {"name", "run_id", "result_state", "execution_count", "values", "error_code"}
_SHAPES = {"job": _JOB, "task": _TASK, "tasks": _OTHER_TASK, "workspace": {"id", "url"}}


class UnknownReferenceError(Exception):
    """A reference that names nothing."""


@dataclass(frozen=True)
class Scope:
    """What a task's references may name."""

    job: Mapping[str, Any] = field(default_factory=dict)
    """id, name, run_id, repair_count, trigger (a type), start_time (milliseconds since 1970)."""
    parameters: Mapping[str, str] = field(default_factory=dict)
    task: Mapping[str, Any] = field(default_factory=dict)
    """name, run_id, execution_count, notebook_path of the task itself."""
    tasks: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    """result_state, run_id, execution_count, values, error_code of the tasks that are over, by key."""
    workspace: Mapping[str, Any] = field(default_factory=dict)
    """id and url."""
    input: Any = None
    """The item that an iteration of a for-each task works on."""


def as_text(value: Any) -> str:
    """A value as it stands in a parameter: text as it is, everything else as JSON."""
    return value if isinstance(value, str) else json.dumps(value)


def parts_of(reference: str) -> list[str]:
    """The names that a reference's dots separate."""
    return [quoted or plain for quoted, plain in _PART.findall(reference)]


def in_text(text: str) -> list[str]:
    """The references in a text, without their braces."""
    return [found for found in _REFERENCE.findall(text) if parts_of(found)[:1]]


def check(reference: str, task_keys: set[str]) -> str:
    """What is wrong with a reference of a known namespace, in a sentence; empty when nothing is.

    Args:
        reference: without braces.
        task_keys: the tasks that it may name.
    """
    parts = parts_of(reference)
    if parts[0] not in _SHAPES:
        return ""
    if parts[0] == "tasks":
        if len(parts) < 3 or parts[1] not in task_keys:
            named = parts[1] if len(parts) > 1 else ""
            return f"{{{{{reference}}}}} names task '{named}', which does not exist."
        parts = [parts[0], *parts[2:]]
    if len(parts) < 2 or parts[1] not in _SHAPES[parts[0]]:
        known = ", ".join(sorted(_SHAPES[parts[0]]))
        return f"{{{{{reference}}}}} is no reference of the namespace {parts[0]} (there are: {known})."
    if parts[1] == "start_time" and parts[-1] not in _TIMES:
        return f"{{{{{reference}}}}} is no form of a time (there are: {', '.join(sorted(_TIMES))})."
    return ""


def resolve(text: str, scope: Scope) -> str:
    """The text with every reference replaced.

    Raises:
        UnknownReferenceError: a reference of a known namespace names nothing.
    """
    return _REFERENCE.sub(lambda found: as_text(_value(found.group(0), found.group(1), scope)), text)


def resolve_value(value: Any, scope: Scope) -> Any:
    """As :func:`resolve`, in every text of a list or object."""
    if isinstance(value, str):
        return resolve(value, scope)
    if isinstance(value, Mapping):
        return {key: resolve_value(each, scope) for key, each in value.items()}
    if isinstance(value, list):
        return [resolve_value(each, scope) for each in value]
    return value


def single(text: str, scope: Scope) -> Any:
    """The value of a text that is one reference and nothing else; other texts as :func:`resolve`."""
    found = _REFERENCE.fullmatch(text.strip())
    return _value(text, found.group(1), scope) if found else resolve(text, scope)


def _value(whole: str, reference: str, scope: Scope) -> Any:
    parts = parts_of(reference)
    if not parts or parts[0] not in _NAMESPACES:
        return whole
    if parts[0] == "input":
        return _item(whole, parts[1:], scope.input)
    try:
        return _LOOKUPS[parts[0]](parts[1:], scope)
    except (LookupError, TypeError):
        raise UnknownReferenceError(f"{whole} names nothing that there is.{_hint(parts, scope)}") from None


def _hint(parts: list[str], scope: Scope) -> str:
    if parts[0] == "job" and parts[1:2] == ["parameters"]:
        return f" Job parameters: {', '.join(sorted(scope.parameters)) or 'none'}."
    if parts[0] == "tasks" and parts[1:2] and parts[1] in scope.tasks:
        values = scope.tasks[parts[1]].get("values", {})
        return f" Values that task {parts[1]} has set: {', '.join(sorted(values)) or 'none'}."
    if parts[0] == "tasks":
        return f" Tasks that are over: {', '.join(sorted(scope.tasks)) or 'none'}."
    return ""


def _item(whole: str, keys: list[str], item: Any) -> Any:
    for key in keys:
        if not isinstance(item, Mapping) or key not in item:
            raise UnknownReferenceError(f"{whole} names nothing: the item is {json.dumps(item)}.")
        item = item[key]
    return item


def _job_value(parts: list[str], scope: Scope) -> Any:
    if parts[0] == "parameters":
        return scope.parameters[parts[1]]
    if parts[0] in {"start_time", "trigger"} and parts[-1] in _TIMES:
        return _TIMES[parts[-1]](datetime.fromtimestamp(scope.job["start_time"] / 1000, UTC))
    if parts == ["trigger", "type"]:
        return scope.job["trigger"].lower()
    return scope.job[parts[0]]


def _task_value(parts: list[str], scope: Scope) -> Any:
    return scope.task[parts[0]]


def _other_task_value(parts: list[str], scope: Scope) -> Any:
    value: Any = scope.tasks[parts[0]]
    for part in parts[1:]:
        value = value[part]
    return value


def _workspace_value(parts: list[str], scope: Scope) -> Any:
    return scope.workspace[parts[0]]


_LOOKUPS: dict[str, Callable[[list[str], Scope], Any]] = {
    "job": _job_value,
    "task": _task_value,
    "tasks": _other_task_value,
    "workspace": _workspace_value,
}


def job_names(run: dict[str, Any]) -> dict[str, Any]:
    """What `{{job.…}}` names, but for parameters."""
    return {
        "id": run["job_id"],
        "name": run["run_name"],
        "run_id": run["run_id"],
        "repair_count": len(run.get("repair_history") or [None]) - 1,
        "start_time": run["start_time"],
        "trigger": run["trigger"],
    }
