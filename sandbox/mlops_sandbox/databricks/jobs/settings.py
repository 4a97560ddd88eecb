"""Job settings: read strictly through the SDK's own classes, checked, with the API's defaults filled in."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from mlops_sandbox.databricks.jobs import cron, graph, references
from mlops_sandbox.errors import ApiError, invalid

Json = dict[str, Any]

_ON_COMPUTE = {"spark_python_task", "python_wheel_task"}
_TRIGGERS = ("periodic", "file_arrival", "table_update", "model", "sql_condition")


def kind_of(task: Mapping[str, Any]) -> str:
    """Which of the kinds a task is: `notebook_task`, `condition_task`…

    Raises:
        ApiError: 400 when it is none or several.
    """
    kinds = [name for name in task if name.endswith("_task")]
    key = task.get("task_key", "")
    if len(kinds) != 1:
        found = ", ".join(sorted(kinds)) or "none"
        raise invalid(f"Task '{key}' must be of exactly one kind, such as notebook_task (it has: {found}).")
    return kinds[0]


def _lost(sent: Any, kept: Any, path: str = "") -> Iterator[str]:
    """What the SDK's classes did not take, by path: unknown fields and values outside of an enumeration."""
    if isinstance(sent, dict):
        known = kept if isinstance(kept, dict) else {}
        for name, value in sent.items():
            yield from _lost(value, known.get(name), f"{path}.{name}" if path else name)
    elif isinstance(sent, list):
        rest = kept if isinstance(kept, list) else []
        for index, value in enumerate(sent):
            yield from _lost(value, rest[index] if index < len(rest) else None, f"{path}[{index}]")
    elif kept is None and sent not in (None, "", False):
        yield f"{path} = {sent!r}"


def read(sent: Json, parse: Callable[[Json], Any]) -> Json:
    """A body as the SDK's class of it sees it.

    Args:
        sent: the body.
        parse: the class's `from_dict`.

    Raises:
        ApiError: 400 for a field or a value that the class does not know.
    """
    try:
        kept: Json = parse(sent).as_dict()
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise ApiError(400, "MALFORMED_REQUEST", f"Could not parse request object: {error}") from None
    lost = list(_lost(sent, kept))
    if lost:
        raise invalid(f"Unknown field or value: {', '.join(lost[:5])}.")
    # Empty objects and lists count as sent: a reader sees them again.
    return {**kept, **{name: value for name, value in sent.items() if name not in kept and value is not None}}


def _checked_cron(schedule: Mapping[str, Any]) -> None:
    expression = schedule.get("quartz_cron_expression", "")
    try:
        cron.parse(expression)
    except cron.CronError as error:
        raise invalid(f"Invalid quartz_cron_expression: '{expression}': {error}.") from None
    zone = schedule.get("timezone_id", "")
    try:
        ZoneInfo(zone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise invalid(f"Invalid timezone_id: '{zone}' is no time zone, such as UTC.") from None


def trigger_of(settings: Mapping[str, Any]) -> Json:
    """What starts a job, by itself or as the one of a list; empty without."""
    listed = settings.get("triggers") or [{}]
    return settings.get("trigger") or listed[0] or {}


def _check_triggers(settings: Json) -> None:
    if len(settings.get("triggers") or ()) > 1:
        raise invalid("triggers: the sandbox takes one trigger for a job.")
    ways = [name for name in ("schedule", "trigger", "continuous", "triggers") if settings.get(name)]
    if len(ways) > 1:
        raise invalid(
            f"A job has at most one of schedule, trigger, continuous, triggers (it has: {', '.join(ways)})."
        )
    if settings.get("schedule"):
        _checked_cron(settings["schedule"])
    trigger = trigger_of(settings)
    if trigger:
        _check_trigger(trigger)


def _check_trigger(trigger: Json) -> None:
    kinds = [name for name in _TRIGGERS if trigger.get(name)]
    if len(kinds) != 1:
        found = ", ".join(kinds) or "none"
        raise invalid(f"trigger needs exactly one of {', '.join(_TRIGGERS)} (it has: {found}).")
    url = (trigger.get("file_arrival") or {}).get("url")
    if url and not str(url).endswith("/"):
        raise invalid(f"trigger.file_arrival.url '{url}' must be a folder: end it with '/'.")
    if "table_update" in trigger and not trigger["table_update"].get("table_names"):
        raise invalid("trigger.table_update needs table_names: one or more.")
    periodic = trigger.get("periodic") or {}
    if periodic and (int(periodic.get("interval") or 0) < 1 or not periodic.get("unit")):
        raise invalid("trigger.periodic needs an interval of 1 or more and a unit, such as HOURS.")


def _check_compute(task: Json, settings: Json) -> None:
    key = task["task_key"]
    for field, plural, group in (
        ("environment_key", "environments", "environment_key"),
        ("job_cluster_key", "job_clusters", "job_cluster_key"),
    ):
        named = task.get(field)
        known = [each[group] for each in settings.get(plural) or []]
        if named and named not in known:
            there = ", ".join(sorted(known)) or "none"
            raise invalid(f"Task '{key}': {field} '{named}' is not in {plural} (there are: {there}).")
    ways = ("environment_key", "job_cluster_key", "new_cluster", "existing_cluster_id")
    if kind_of(task) in _ON_COMPUTE and not any(task.get(way) for way in ways):
        raise invalid(f"Task '{key}': one of {', '.join(ways)} must be specified.")


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for each in value.values():
            yield from _texts(each)
    elif isinstance(value, list):
        for each in value:
            yield from _texts(each)


def _check_references(task: Json, keys: set[str]) -> None:
    for text in _texts(task[kind_of(task)]):
        for reference in references.in_text(text):
            problem = references.check(reference, keys)
            if problem:
                raise invalid(f"Task '{task['task_key']}': {problem}")


def _check_task(task: Json, settings: Json, keys: set[str]) -> None:
    kind = kind_of(task)
    _check_compute(task, settings)
    _check_references(task, keys)
    if int(task.get("max_retries") or 0) < -1:
        raise invalid(f"Task '{task['task_key']}': max_retries must be -1 (without end), 0 or more.")
    if kind == "for_each_task":
        inner = task[kind].get("task") or {}
        if kind_of(inner) == kind:
            raise invalid(f"Task '{task['task_key']}': a for_each_task can't hold another one.")
        _check_task(inner, settings, keys | {inner.get("task_key", "")})


def _check_parameters(settings: Json) -> None:
    names = [str(each.get("name") or "") for each in settings.get("parameters") or []]
    bad = [name for name in names if not re.fullmatch(r"[\w.-]+", name, re.ASCII)]
    if bad:
        raise invalid(f"Job parameter '{bad[0]}': a name has letters, digits, '_', '-' and '.' only.")
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise invalid(f"Duplicate job parameter: {', '.join(twice)}.")


def check(settings: Json) -> None:
    """Refuse settings that no run could follow.

    Raises:
        ApiError: 400 INVALID_PARAMETER_VALUE, one sentence that names the task and the value.
    """
    if int(settings.get("max_concurrent_runs", 1)) < 0:
        raise invalid("max_concurrent_runs must be 0 or more.")
    _check_triggers(settings)
    _check_parameters(settings)
    tasks = settings.get("tasks") or []
    for index, task in enumerate(tasks):
        if not task.get("task_key"):
            raise invalid(f"tasks[{index}] has no task_key.")
    graph.check(tasks)
    keys = {task["task_key"] for task in tasks}
    for task in tasks:
        _check_task(task, settings, keys)


def _with_task_defaults(task: Json, source: str) -> Json:
    filled = {"email_notifications": {}, "run_if": "ALL_SUCCESS", "timeout_seconds": 0, **task}
    if "notebook_task" in filled:
        filled["notebook_task"] = {"source": source, **filled["notebook_task"]}
    return filled


def with_defaults(settings: Json) -> Json:
    """The settings as `jobs/get` shows them."""
    filled = {
        "name": "Untitled",
        "email_notifications": {},
        "webhook_notifications": {},
        "timeout_seconds": 0,
        "max_concurrent_runs": 1,
        **settings,
    }
    if filled.get("schedule"):
        filled["schedule"] = {"pause_status": "UNPAUSED", **filled["schedule"]}
    if filled.get("tasks"):
        source = "GIT" if filled.get("git_source") else "WORKSPACE"
        filled["tasks"] = [_with_task_defaults(task, source) for task in filled["tasks"]]
    return filled
