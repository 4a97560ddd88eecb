"""Task graphs: what a job's tasks wait for, and whether one runs when what it waited for is over."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from mlops_sandbox.errors import invalid

Task = Mapping[str, Any]

_GOOD = frozenset({"SUCCESS", "SUCCESS_WITH_FAILURES"})
#: Neither ran nor failed: another branch was taken.
_PASSED_OVER = frozenset({"EXCLUDED", "DISABLED"})
_CANCELED = frozenset({"CANCELED", "UPSTREAM_CANCELED"})


@dataclass(frozen=True)
class Settled:
    """How a task ended."""

    result: str
    """A RunResultState: SUCCESS, FAILED, EXCLUDED, UPSTREAM_FAILED…"""
    outcome: str = ""
    """Of a condition task: "true" or "false"."""

    @property
    def succeeded(self) -> bool:
        """Whether it ran and went well."""
        return self.result in _GOOD

    @property
    def failed(self) -> bool:
        """Whether it, or something before it, did not go well."""
        return self.result not in _GOOD | _PASSED_OVER


def dependencies(task: Task) -> list[Task]:
    """The task's `depends_on`."""
    found: list[Task] = task.get("depends_on") or []
    return found


def check(tasks: Sequence[Task]) -> None:
    """Refuse a graph that can't be run.

    Raises:
        ApiError: 400 for duplicate keys, unknown tasks, an outcome of a task that has none, a cycle.
    """
    by_key: dict[str, Task] = {}
    for task in tasks:
        if task["task_key"] in by_key:
            raise invalid(f"Duplicate task key '{task['task_key']}': every task of a job has its own.")
        by_key[task["task_key"]] = task
    for task in tasks:
        for dependency in dependencies(task):
            _check_dependency(task["task_key"], dependency, by_key)
    _check_cycles(by_key)


def _check_dependency(key: str, dependency: Task, by_key: Mapping[str, Task]) -> None:
    named = str(dependency.get("task_key"))
    if named not in by_key:
        known = ", ".join(sorted(by_key))
        raise invalid(f"Task '{key}' depends on task '{named}', which does not exist (tasks: {known}).")
    outcome = dependency.get("outcome")
    if outcome and "condition_task" not in by_key[named]:
        raise invalid(f"Task '{key}' depends on an outcome of task '{named}', which is no condition task.")
    if outcome and outcome not in {"true", "false"}:
        raise invalid(f"Task '{key}' depends on outcome '{outcome}' of '{named}': it is 'true' or 'false'.")


def _check_cycles(by_key: Mapping[str, Task]) -> None:
    waits = {key: {each["task_key"] for each in dependencies(task)} for key, task in by_key.items()}
    while free := [key for key, before in waits.items() if not before]:
        for key in free:
            del waits[key]
        for before in waits.values():
            before.difference_update(free)
    if waits:
        raise invalid(f"The tasks depend on each other in a cycle: {', '.join(sorted(waits))}.")


def _seen_from(dependency: Task, settled: Settled) -> Settled:
    """A condition's other branch counts as excluded."""
    wanted = dependency.get("outcome")
    if wanted and settled.succeeded and settled.outcome != wanted:
        return Settled("EXCLUDED")
    return settled


def decide(task: Task, settled: Mapping[str, Settled]) -> str:
    """Whether a task runs now that everything that it depends on is over.

    Args:
        task: the task, with `depends_on` and `run_if`.
        settled: how the tasks ended, by key.

    Returns:
        An empty string when it runs, else its result: DISABLED, UPSTREAM_FAILED, UPSTREAM_CANCELED, EXCLUDED.
    """
    if task.get("disabled"):
        return "DISABLED"
    seen = [_seen_from(each, settled[each["task_key"]]) for each in dependencies(task)]
    if not seen:
        return ""
    if all(each.result in _PASSED_OVER for each in seen):
        return "EXCLUDED"
    run_if = task.get("run_if") or "ALL_SUCCESS"
    return "" if _holds(run_if, seen) else _passed_over(run_if, seen)


def _holds(run_if: str, seen: Sequence[Settled]) -> bool:
    failed = [each.failed for each in seen]
    # An excluded task is skipped and counts as a success.
    holds = {
        "ALL_SUCCESS": not any(failed),
        "AT_LEAST_ONE_SUCCESS": any(each.succeeded for each in seen),
        "NONE_FAILED": not any(failed),
        "ALL_DONE": True,
        "AT_LEAST_ONE_FAILED": any(failed),
        "ALL_FAILED": all(failed),
    }
    return holds[run_if]


def _passed_over(run_if: str, seen: Sequence[Settled]) -> str:
    if run_if in {"AT_LEAST_ONE_FAILED", "ALL_FAILED"}:
        return "EXCLUDED"
    bad = [each for each in seen if each.failed]
    if bad and all(each.result in _CANCELED for each in bad):
        return "UPSTREAM_CANCELED"
    return "UPSTREAM_FAILED"


def leaves(tasks: Iterable[Task]) -> list[str]:
    """The keys of the tasks that nothing depends on."""
    listed = list(tasks)
    needed = {each["task_key"] for task in listed for each in dependencies(task)}
    return [task["task_key"] for task in listed if task["task_key"] not in needed]


def overall(tasks: Sequence[Task], settled: Mapping[str, Settled]) -> str:
    """The run's result: its leaves decide, failures before them are only mentioned."""
    if any(settled[key].failed for key in leaves(tasks)):
        return "FAILED"
    return "SUCCESS_WITH_FAILURES" if any(each.failed for each in settled.values()) else "SUCCESS"


def downstream(tasks: Sequence[Task], keys: Iterable[str]) -> set[str]:
    """The tasks of those keys and all that depend on them, directly or not."""
    found = set(keys)
    while more := {
        task["task_key"]
        for task in tasks
        if task["task_key"] not in found and any(each["task_key"] in found for each in dependencies(task))
    }:
        found |= more
    return found
