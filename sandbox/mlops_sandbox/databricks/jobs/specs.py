"""What a task's process is told: paths made real, parameters resolved, job parameters pushed down."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path, PurePosixPath
from typing import Any

from mlops_sandbox.context import Sandbox
from mlops_sandbox.databricks.jobs import references
from mlops_sandbox.databricks.jobs.process import log_file
from mlops_sandbox.databricks.object_access import may_at
from mlops_sandbox.databricks.principals import principal_of
from mlops_sandbox.databricks.workspace_files import real_path
from mlops_sandbox.databricks.workspace_files.paths import normal_path
from mlops_sandbox.errors import ApiError
from mlops_sandbox.runtime.spec import TaskSpec

Json = dict[str, Any]


class TaskError(Exception):
    """A task that can't even begin; the message is its error."""


def _file(sandbox: Sandbox, workspace: str, path: str) -> Path:
    named = path.removeprefix("dbfs:")
    if named.startswith("/Volumes/"):
        root = sandbox.home / "volumes"
        found = root.joinpath(*PurePosixPath(named).parts[2:])
        if found.resolve().is_relative_to(root.resolve()):
            return found
        raise TaskError(f"{path} leads out of /Volumes.")
    try:
        return real_path(sandbox, workspace, named)
    except ApiError as error:
        raise TaskError(error.message) from None


def _may_run(sandbox: Sandbox, workspace: str, user: str, path: str) -> bool:
    """Whether whom a job runs as may read a workspace file; those of volumes are not asked for here."""
    who = principal_of(sandbox, workspace, user)
    if who is None or path.removeprefix("dbfs:").startswith("/Volumes/"):
        return who is not None
    return may_at(sandbox.store(workspace), who, normal_path(path), "CAN_READ")


def _requirements(sandbox: Sandbox, workspace: str, settings: Json, task: Json) -> list[str]:
    wanted: list[str] = []
    for environment in settings.get("environments") or []:
        if environment["environment_key"] == task.get("environment_key"):
            wanted += (environment.get("spec") or {}).get("dependencies") or []
    for library in task.get("libraries") or []:
        wanted += [library["pypi"]["package"]] if "pypi" in library else []
        wanted += [library["whl"]] if "whl" in library else []
    return [
        str(_file(sandbox, workspace, each))
        if each.endswith(".whl") and each.startswith(("/", "dbfs:"))
        else each
        for each in wanted
    ]


def _named_arguments(named: Mapping[str, str]) -> list[str]:
    return [f"--{name}={value}" for name, value in named.items()]


def _texts(values: Mapping[str, Any]) -> dict[str, str]:
    return {name: references.as_text(value) for name, value in values.items()}


def _notebook(sandbox: Sandbox, workspace: str, run: Json, body: Json, scope: references.Scope) -> Json:
    if body.get("source", "WORKSPACE") == "GIT":
        raise TaskError("The sandbox runs notebooks of its workspace, not of a git source.")
    path, user = str(body["notebook_path"]), str(run.get("run_as_user_name") or run["creator_user_name"])
    file = _file(sandbox, workspace, path)
    if not file.is_file() or not _may_run(sandbox, workspace, user, path):
        raise TaskError(
            f'Unable to access the notebook "{path}". Either it does not exist, or the identity used to run '
            f"this job, {user}, lacks the required permissions."
        )
    overriding = run.get("overriding_parameters") or {}
    given = _texts(body.get("base_parameters") or {}) | _texts(overriding.get("notebook_params") or {})
    return {
        "kind": "notebook",
        "path": path.removeprefix("/Workspace"),
        "file": str(file),
        "widgets": given | dict(scope.parameters),
    }


def _python(sandbox: Sandbox, workspace: str, run: Json, body: Json, _scope: references.Scope) -> Json:
    path = str(body["python_file"])
    source = body.get("source") or ("GIT" if run["settings"].get("git_source") else "WORKSPACE")
    if source == "GIT":
        raise TaskError("The sandbox runs files of its workspace, not of a git source.")
    file = _file(sandbox, workspace, path)
    user = str(run.get("run_as_user_name") or run["creator_user_name"])
    if not file.is_file() or not _may_run(sandbox, workspace, user, path):
        raise TaskError(f"There is no file {path}, or {user}, as whom the job runs, may not read it.")
    overriding = (run.get("overriding_parameters") or {}).get("python_params")
    return {
        "kind": "python",
        "path": path,
        "file": str(file),
        "arguments": overriding or body.get("parameters") or [],
    }


def _wheel(_sandbox: Sandbox, _workspace: str, run: Json, body: Json, scope: references.Scope) -> Json:
    overriding = run.get("overriding_parameters") or {}
    arguments = overriding.get("python_params") or body.get("parameters") or []
    named = _texts(body.get("named_parameters") or {}) | _texts(overriding.get("python_named_params") or {})
    # Job parameters are pushed down to tasks with named parameters, and to no other wheel.
    if named and not arguments:
        arguments = _named_arguments(named | dict(scope.parameters))
    return {
        "kind": "wheel",
        "package": body["package_name"],
        "entry_point": body["entry_point"],
        "arguments": arguments,
    }


_KINDS = {"notebook_task": _notebook, "spark_python_task": _python, "python_wheel_task": _wheel}


def build(
    sandbox: Sandbox,
    workspace: str,
    run: Json,
    task_run: Json,
    kind: str,
    body: Json,
    scope: references.Scope,
) -> TaskSpec:
    """The spec of one attempt.

    Args:
        sandbox: the running sandbox.
        workspace: the workspace's id.
        run: the job's run.
        task_run: the attempt.
        kind: notebook_task, spark_python_task or python_wheel_task.
        body: the task's part of that name, its references resolved.
        scope: what they were resolved with.

    Raises:
        TaskError: a file that is not there.
    """
    log = log_file(sandbox, run["run_id"], task_run["run_id"])
    told = _KINDS[kind](sandbox, workspace, run, body, scope)
    return TaskSpec(
        name=task_run["task_key"],
        folder=str(log.parent),
        workspace_root=str(real_path(sandbox, workspace, "/")),
        volumes_root=str(sandbox.home / "volumes"),
        requirements=_requirements(sandbox, workspace, run["settings"], task_run),
        task_values={key: dict(task["values"]) for key, task in scope.tasks.items()},
        context={
            "job_id": str(run["job_id"]),
            "job_run_id": str(run["run_id"]),
            "run_id": str(task_run["run_id"]),
        },
        **{**told, "arguments": [references.as_text(each) for each in told.get("arguments", [])]},
    )
