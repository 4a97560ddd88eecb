"""A job's tasks in the provider's terms: sorted by key, so that diffs converge."""

from typing import Any

import pulumi
import pulumi_databricks as databricks

from pulumi_databricks_mlops.job_args import ForEachArgs, IterationArgs, MlJobArgs, TaskArgs, WheelArgs

KEY = "default"
"""The key of the job's one environment, or cluster."""


def job_tasks(args: MlJobArgs) -> list[databricks.JobTaskArgs]:
    """All tasks, sorted by key."""
    return [_task(key, task, args) for key, task in sorted(args["tasks"].items())]


def _path(path: str, args: MlJobArgs) -> pulumi.Input[str]:
    if path.startswith("/") or "git_source" in args:
        return path
    return pulumi.Output.concat(args["root"], "/", path)


def _source(path: str, args: MlJobArgs) -> str:
    return "GIT" if "git_source" in args and not path.startswith("/") else "WORKSPACE"


def _notebook(work: "TaskArgs | IterationArgs", args: MlJobArgs) -> databricks.JobTaskNotebookTaskArgs | None:
    if "notebook" not in work:
        return None
    return databricks.JobTaskNotebookTaskArgs(
        notebook_path=_path(work["notebook"], args),
        source=_source(work["notebook"], args),
        base_parameters=work.get("base_parameters"),
    )


def _python(
    work: "TaskArgs | IterationArgs", args: MlJobArgs
) -> databricks.JobTaskSparkPythonTaskArgs | None:
    if "python" not in work:
        return None
    git = _source(work["python"], args) == "GIT"
    return databricks.JobTaskSparkPythonTaskArgs(
        python_file=_path(work["python"], args),
        source="GIT" if git else None,
        parameters=work.get("parameters"),
    )


def _wheel(wheel: WheelArgs | None) -> databricks.JobTaskPythonWheelTaskArgs | None:
    if wheel is None:
        return None
    return databricks.JobTaskPythonWheelTaskArgs(
        package_name=wheel["package"], entry_point=wheel["entry_point"], parameters=wheel.get("parameters")
    )


def _compute(work: "TaskArgs | IterationArgs", args: MlJobArgs) -> dict[str, Any]:
    """Where a task runs: what only decides or waits runs nowhere."""
    if not {"notebook", "python", "wheel"} & set(work):
        return {}
    if "cluster" in args:
        return {"job_cluster_key": KEY}
    return {"environment_key": KEY} if "environment" in args else {}


def _for_each(key: str, each: ForEachArgs, args: MlJobArgs) -> databricks.JobTaskForEachTaskArgs:
    work = each["task"]
    notebook, python, wheel = _notebook(work, args), _python(work, args), work.get("wheel")
    return databricks.JobTaskForEachTaskArgs(
        inputs=each["inputs"],
        concurrency=each.get("concurrency"),
        task=databricks.JobTaskForEachTaskTaskArgs(
            task_key=f"{key}_iteration",
            notebook_task=None
            if notebook is None
            else databricks.JobTaskForEachTaskTaskNotebookTaskArgs(
                notebook_path=notebook.notebook_path,
                source=notebook.source,
                base_parameters=notebook.base_parameters,
            ),
            spark_python_task=None
            if python is None
            else databricks.JobTaskForEachTaskTaskSparkPythonTaskArgs(
                python_file=python.python_file, source=python.source, parameters=python.parameters
            ),
            python_wheel_task=None
            if wheel is None
            else databricks.JobTaskForEachTaskTaskPythonWheelTaskArgs(
                package_name=wheel["package"],
                entry_point=wheel["entry_point"],
                parameters=wheel.get("parameters"),
            ),
            **_compute(work, args),
        ),
    )


def _run_job(task: TaskArgs) -> databricks.JobTaskRunJobTaskArgs | None:
    if "run_job" not in task:
        return None
    return databricks.JobTaskRunJobTaskArgs(
        job_id=pulumi.Output.from_input(task["run_job"]).apply(int),
        job_parameters=task.get("job_parameters"),
    )


def _condition(task: TaskArgs) -> databricks.JobTaskConditionTaskArgs | None:
    if "condition" not in task:
        return None
    compared = task["condition"]
    return databricks.JobTaskConditionTaskArgs(
        left=compared["left"], op=compared["op"], right=compared["right"]
    )


def _task(key: str, task: TaskArgs, args: MlJobArgs) -> databricks.JobTaskArgs:
    seconds = task.get("min_retry_interval_seconds")
    after = sorted(task.get("depends_on", []), key=lambda each: (each["task"], each.get("outcome", "")))
    return databricks.JobTaskArgs(
        task_key=key,
        description=task.get("description"),
        depends_ons=[
            databricks.JobTaskDependsOnArgs(task_key=each["task"], outcome=each.get("outcome"))
            for each in after
        ]
        or None,
        run_if=task.get("run_if"),
        notebook_task=_notebook(task, args),
        spark_python_task=_python(task, args),
        python_wheel_task=_wheel(task.get("wheel")),
        condition_task=_condition(task),
        for_each_task=_for_each(key, task["for_each"], args) if "for_each" in task else None,
        run_job_task=_run_job(task),
        max_retries=task.get("retries"),
        min_retry_interval_millis=None if seconds is None else seconds * 1000,
        retry_on_timeout=task.get("retry_on_timeout"),
        timeout_seconds=task.get("timeout_seconds"),
        **_compute(task, args),
    )
