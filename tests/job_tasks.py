"""Small real tasks for the tests of jobs: one Python file that does what its arguments say."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from databricks.sdk import WorkspaceClient
from databricks.sdk.service import jobs
from databricks.sdk.service.workspace import ImportFormat, Language

FOLDER = "/Shared/job-tasks"
#: Each argument is a step: `set:key=json`, `fail:message`, `fail-until:file`, `sleep:seconds`, or is printed.
SCRIPT = b"""
import json, pathlib, sys, time
for step in sys.argv[1:]:
    verb, _, rest = step.partition(":")
    if verb == "set":
        key, _, value = rest.partition("=")
        dbutils.jobs.taskValues.set(key, json.loads(value))
    elif verb == "fail":
        raise ValueError(rest)
    elif verb == "fail-until":
        marks = pathlib.Path(rest)
        marks.write_text(marks.read_text() + "." if marks.exists() else ".")
        if len(marks.read_text()) < 3:
            raise ValueError("not yet")
    elif verb == "touch":
        pathlib.Path(rest).write_text(str(time.time()))
    elif verb == "sleep":
        time.sleep(float(rest))
    else:
        print(step)
"""


def upload(client: WorkspaceClient) -> None:
    """Put the file into the workspace."""
    client.workspace.mkdirs(FOLDER)
    client.workspace.upload(f"{FOLDER}/steps.py", SCRIPT, format=ImportFormat.RAW, overwrite=True)


def notebook(client: WorkspaceClient, name: str, *cells: str) -> str:
    """Put a notebook into the workspace; returns its path."""
    source = "# Databricks notebook source\n" + "\n# COMMAND ----------\n\n".join(cells)
    client.workspace.mkdirs(FOLDER)
    path = f"{FOLDER}/{name}"
    client.workspace.upload(
        path, source.encode(), format=ImportFormat.SOURCE, language=Language.PYTHON, overwrite=True
    )
    return path


def steps(key: str, *arguments: str, after: tuple[str, ...] = (), **more: Any) -> jobs.Task:
    """A task that does these steps; `after` names its dependencies, `task=outcome` for a condition's."""
    dependencies = [
        jobs.TaskDependency(name, outcome=outcome or None)
        for name, _, outcome in (each.partition("=") for each in after)
    ]
    file = jobs.SparkPythonTask(f"/Workspace{FOLDER}/steps.py", parameters=list(arguments))
    return jobs.Task(
        key, spark_python_task=file, environment_key="default", depends_on=dependencies or None, **more
    )


def create(client: WorkspaceClient, *tasks: jobs.Task, **more: Any) -> int:
    """A job of these tasks."""
    environments = more.pop("environments", [jobs.JobEnvironment("default")])
    job_id = client.jobs.create(name="test", tasks=list(tasks), environments=environments, **more).job_id
    assert job_id is not None
    return job_id


def begin(client: WorkspaceClient, job_id: int, **more: Any) -> int:
    """Begin a run."""
    run_id = client.jobs.run_now(job_id, **more).response.run_id
    assert run_id is not None
    return run_id


def until(true: Callable[[], Any], what: str, seconds: float = 60.0) -> Any:
    """Ask until the answer is true; fails after the deadline."""
    deadline = time.monotonic() + seconds
    while not (answer := true()):
        assert time.monotonic() < deadline, f"not within {seconds} s: {what}"
        time.sleep(0.02)
    return answer


def finished(client: WorkspaceClient, run_id: int) -> jobs.Run:
    """The run, when it is over."""

    def over() -> jobs.Run | None:
        run = client.jobs.get_run(run_id)
        assert run.status is not None
        return run if run.status.state == jobs.RunLifecycleStateV2State.TERMINATED else None

    found: jobs.Run = until(over, f"run {run_id} is over")
    return found


def run(client: WorkspaceClient, *tasks: jobs.Task, **more: Any) -> jobs.Run:
    """Create a job of these tasks, run it, wait for it."""
    parameters = more.pop("job_parameters", None)
    return finished(client, begin(client, create(client, *tasks, **more), job_parameters=parameters))


def result(of: jobs.Run | jobs.RunTask) -> str:
    """How it ended."""
    assert of.state is not None
    assert of.state.result_state is not None
    return of.state.result_state.value


def results(of: jobs.Run) -> dict[str, str]:
    """How the tasks ended, the last attempt of each."""
    return {task.task_key: result(task) for task in of.tasks or []}


def output(client: WorkspaceClient, of: jobs.Run, key: str) -> jobs.RunOutput:
    """What a task left: its result, its error, its log."""
    last = [task.run_id for task in of.tasks or [] if task.task_key == key][-1]
    assert last is not None
    return client.jobs.get_run_output(last)


@contextmanager
def cancelled_in_the_end(client: WorkspaceClient, run_id: int) -> Iterator[None]:
    """No task of the run outlives the block."""
    try:
        yield
    finally:
        client.jobs.cancel_run(run_id)
        finished(client, run_id)
