"""A job's tasks in the provider's terms: sorted by key, so that diffs converge."""

from typing import Any

import pulumi_databricks as databricks

from pulumi_databricks_mlops.job_args import MlJobArgs
from pulumi_databricks_mlops.job_compute import KEY
from pulumi_databricks_mlops.job_notices import emails, health, settings, webhooks
from pulumi_databricks_mlops.job_work import Work, libraries_of, work_of
from pulumi_databricks_mlops.provided import Provided, present
from pulumi_databricks_mlops.task_args import ForEachArgs, TaskArgs

_ENVIRONMENTS = {"notebook", "python", "wheel", "jar", "dbt"}
"""Kinds that run in a serverless environment or on a cluster."""


def job_tasks(args: MlJobArgs) -> list[databricks.JobTaskArgs]:
    """All tasks, sorted by key."""
    return [_task(key, task, args) for key, task in sorted(args["tasks"].items())]


def _compute(work: Work, args: MlJobArgs, task: TaskArgs) -> dict[str, Any]:
    """Where a task runs: what only decides or waits, or has a warehouse, runs nowhere."""
    if "existing_cluster_id" in task:
        return {"existing_cluster_id": task["existing_cluster_id"]}
    if "spark_submit" in work:
        return {"job_cluster_key": task.get("cluster", KEY)}
    if not _ENVIRONMENTS & set(work):
        return {}
    if "cluster" in task:
        return {"job_cluster_key": task["cluster"]}
    if "environment" in task:
        return {"environment_key": task["environment"]}
    if "cluster" in args:
        return {"job_cluster_key": KEY}
    return {"environment_key": KEY} if "environment" in args else {}


def _for_each(key: str, each: ForEachArgs, task: TaskArgs, args: MlJobArgs) -> Provided:
    work = each["task"]
    iteration = {
        "task_key": f"{key}_iteration",
        **work_of(work, args),
        **_compute(work, args, task),
        **present(libraries=libraries_of(work)),
    }
    return present(inputs=each["inputs"], concurrency=each.get("concurrency"), task=iteration)


def _task(key: str, task: TaskArgs, args: MlJobArgs) -> databricks.JobTaskArgs:
    seconds = task.get("min_retry_interval_seconds")
    after = sorted(task.get("depends_on", []), key=lambda each: (each["task"], each.get("outcome", "")))
    heard = task.get("notifications")
    made: dict[str, Any] = {
        **work_of(task, args),
        **(
            {"for_each_task": _for_each(key, task["for_each"], task, args)}
            if "for_each" in task
            else _compute(task, args, task)
        ),
        **present(
            description=task.get("description"),
            depends_ons=[present(task_key=each["task"], outcome=each.get("outcome")) for each in after]
            or None,
            run_if=task.get("run_if"),
            max_retries=task.get("retries"),
            min_retry_interval_millis=None if seconds is None else seconds * 1000,
            retry_on_timeout=task.get("retry_on_timeout"),
            disable_auto_optimization=task.get("disable_auto_optimization"),
            timeout_seconds=task.get("timeout_seconds"),
            disabled=task.get("disabled"),
            compute={"hardware_accelerator": task["accelerator"]} if "accelerator" in task else None,
            libraries=libraries_of(task),
            health=health(task.get("health")),
            email_notifications=emails(heard),
            webhook_notifications=webhooks(heard),
            notification_settings=settings(heard, of_task=True),
        ),
    }
    return databricks.JobTaskArgs(task_key=key, **made)
