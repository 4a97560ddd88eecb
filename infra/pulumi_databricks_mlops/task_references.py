"""Dynamic value references in a job's tasks: `{{tasks.train.values.version}}`, `{{job.parameters.day}}`.

Databricks takes a reference that it does not understand as plain text, so a task would be handed the braces.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from pulumi_databricks_mlops.spelling import suggest

_REFERENCE = re.compile(r"\{\{\s*([^{}]*?)\s*\}\}")
_PART = re.compile(r"`([^`]+)`|([^.`]+)")
_JOB = ("id", "name", "run_id", "repair_count", "start_time", "parameters", "trigger")
_TASK = ("name", "run_id", "execution_count", "notebook_path")
_OTHER_TASK = ("name", "run_id", "result_state", "execution_count", "values", "error_code")
_SHAPES = {"job": _JOB, "task": _TASK, "workspace": ("id", "url")}
_PLAIN = ("description", "notifications", "for_each")


def problems_of(
    tasks: Mapping[str, Any], after: Mapping[str, list[str]], parameters: Mapping[str, Any]
) -> list[tuple[str, str]]:
    """What the references of a job's tasks get wrong.

    Args:
        tasks: by key.
        after: by key, the tasks that it depends on.
        parameters: the job's, by name.

    Returns:
        The task's key, and a sentence.
    """
    return [
        (key, sentence)
        for key, task in sorted(tasks.items())
        for text in _texts_of(task)
        for sentence in _wrong(text, tasks, _before(key, after), parameters)
    ]


def _texts_of(task: Mapping[str, Any]) -> Iterator[str]:
    yield from _texts({key: value for key, value in task.items() if key not in _PLAIN})
    if task.get("for_each"):
        yield from _texts(task["for_each"]["inputs"])
        yield from _texts_of(task["for_each"]["task"])


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for each in value.values():
            yield from _texts(each)
    elif isinstance(value, list | tuple):
        for each in value:
            yield from _texts(each)


def _before(key: str, after: Mapping[str, list[str]]) -> set[str]:
    """All tasks that end before this one starts."""
    found: set[str] = set()
    left = list(after.get(key, []))
    while left:
        task = left.pop()
        if task not in found:
            found.add(task)
            left += after.get(task, [])
    return found


def _wrong(
    text: str, tasks: Mapping[str, Any], before: set[str], parameters: Mapping[str, Any]
) -> Iterator[str]:
    for reference in _REFERENCE.findall(text):
        parts = [quoted or plain for quoted, plain in _PART.findall(reference)]
        wrong = _of_task(parts, tasks, before) if parts[:1] == ["tasks"] else _of_other(parts, parameters)
        if wrong:
            yield f"{{{{{reference}}}}} {wrong}."
    rest = _REFERENCE.sub("", text)
    if re.search(r"\{\{\s*(tasks|task|job|workspace)\.", rest):
        yield f"{text!r} has `{{{{` without `}}}}`: write {{{{tasks.TASK.values.NAME}}}}."


def _of_task(parts: list[str], tasks: Mapping[str, Any], before: set[str]) -> str:
    task, what = [*parts[1:3], "", ""][:2]
    if task not in tasks:
        return f"names the task {task!r}, which the job does not have{suggest(task, tasks)}"
    if task not in before:
        return f"names the task {task!r}, which need not be over by then: depend on it"
    if what not in _OTHER_TASK or (what == "values" and len(parts) != 4):
        return f"is no reference{suggest(what, _OTHER_TASK)}: write {{{{tasks.{task}.values.NAME}}}}"
    return ""


def _of_other(parts: list[str], parameters: Mapping[str, Any]) -> str:
    known = _SHAPES.get(parts[0], ()) if parts else ()
    if not known:
        return ""
    what = parts[1] if len(parts) > 1 else ""
    if what not in known:
        near = (
            suggest(parts[0], ("tasks",)) if parts[0] == "task" and len(parts) > 2 else suggest(what, known)
        )
        return f"is no reference of {parts[0]}{near}: there are {', '.join(known)}"
    if parts[:2] == ["job", "parameters"] and ".".join(parts[2:]) not in parameters:
        name = ".".join(parts[2:])
        return f"names the parameter {name!r}, which the job does not have{suggest(name, parameters)}"
    return ""
