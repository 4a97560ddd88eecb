"""What a task of an MlJob is made of."""

from typing import NotRequired, TypedDict

import pulumi

from pulumi_databricks_mlops.notice_args import HealthRuleArgs, NotificationArgs
from pulumi_databricks_mlops.work_args import (
    AlertTaskArgs,
    ConditionArgs,
    DashboardTaskArgs,
    DbtArgs,
    DependencyArgs,
    JarArgs,
    LibraryArgs,
    PipelineArgs,
    SqlArgs,
    WheelArgs,
)


class IterationArgs(TypedDict):
    """What a for-each task does for each input: exactly one kind of work."""

    notebook: NotRequired[str]
    """Path of a notebook, from the job's root and without its suffix; absolute: anywhere in the workspace."""
    base_parameters: NotRequired[dict[str, str]]
    """The notebook's parameters beside the job's own."""
    python: NotRequired[str]
    """Path of a Python file, as `notebook`, with its suffix."""
    parameters: NotRequired[list[str]]
    """Command line arguments of the Python file or the JAR."""
    wheel: NotRequired[WheelArgs]
    """An entry point of a wheel among the environment's dependencies."""
    sql: NotRequired[SqlArgs]
    """SQL on a warehouse."""
    dbt: NotRequired[DbtArgs]
    """dbt commands."""
    pipeline: NotRequired[PipelineArgs]
    """An update of a declarative pipeline."""
    jar: NotRequired[JarArgs]
    """A main class of a JAR."""
    spark_submit: NotRequired[list[str]]
    """Arguments of `spark-submit`, on a cluster of the task's own."""
    run_job: NotRequired[pulumi.Input[str]]
    """The ID of a job to run and to wait for."""
    job_parameters: NotRequired[dict[str, str]]
    """Parameters of the job to run."""
    libraries: NotRequired[list[LibraryArgs]]
    """Libraries on the cluster; a serverless task has its environment's dependencies."""


class ForEachArgs(TypedDict):
    """A task for each of a list of inputs."""

    inputs: str
    """A JSON array, or a reference to one: `{{tasks.list.values.days}}`."""
    concurrency: NotRequired[int]
    """How many at a time. Default: 1."""
    task: IterationArgs
    """What to do; `{{input}}` is the input."""


class TaskArgs(TypedDict):
    """A task: exactly one kind of work."""

    notebook: NotRequired[str]
    """Path of a notebook, from the job's root and without its suffix; absolute: anywhere in the workspace."""
    base_parameters: NotRequired[dict[str, str]]
    """The notebook's parameters beside the job's own."""
    python: NotRequired[str]
    """Path of a Python file, as `notebook`, with its suffix."""
    parameters: NotRequired[list[str]]
    """Command line arguments of the Python file or the JAR."""
    wheel: NotRequired[WheelArgs]
    """An entry point of a wheel among the environment's dependencies."""
    sql: NotRequired[SqlArgs]
    """SQL on a warehouse."""
    dbt: NotRequired[DbtArgs]
    """dbt commands."""
    pipeline: NotRequired[PipelineArgs]
    """An update of a declarative pipeline."""
    jar: NotRequired[JarArgs]
    """A main class of a JAR."""
    spark_submit: NotRequired[list[str]]
    """Arguments of `spark-submit`, on a cluster of the task's own."""
    alert: NotRequired[AlertTaskArgs]
    """An alert, evaluated now."""
    dashboard: NotRequired[DashboardTaskArgs]
    """A dashboard, refreshed and sent."""
    condition: NotRequired[ConditionArgs]
    """A comparison; other tasks depend on its outcome."""
    for_each: NotRequired[ForEachArgs]
    """A task for each of a list of inputs."""
    run_job: NotRequired[pulumi.Input[str]]
    """The ID of a job to run and to wait for."""
    job_parameters: NotRequired[dict[str, str]]
    """Parameters of the job to run."""
    depends_on: NotRequired[list[DependencyArgs]]
    """Tasks that must end first."""
    run_if: NotRequired[str]
    """ALL_SUCCESS (default), ALL_DONE, NONE_FAILED, AT_LEAST_ONE_SUCCESS, ALL_FAILED, AT_LEAST_ONE_FAILED."""
    description: NotRequired[str]
    """What the task does."""
    retries: NotRequired[int]
    """How often to try again; -1 for ever. Default: 0."""
    min_retry_interval_seconds: NotRequired[int]
    """Seconds between the start of a failed try and the next."""
    retry_on_timeout: NotRequired[bool]
    """True: a timeout is tried again too. Default: false."""
    disable_auto_optimization: NotRequired[bool]
    """True: serverless compute retries and tunes nothing by itself. Default: false."""
    timeout_seconds: NotRequired[int]
    """Seconds before the task fails; 0 is never, the default."""
    disabled: NotRequired[bool]
    """True: runs pass the task over. Default: false."""
    environment: NotRequired[str]
    """A key of the job's `environments`. Default: the job's one environment."""
    cluster: NotRequired[str]
    """A key of the job's `clusters`. Default: the job's one cluster."""
    existing_cluster_id: NotRequired[pulumi.Input[str]]
    """A running cluster, in place of the job's."""
    accelerator: NotRequired[str]
    """GPU of a serverless notebook: GPU_1xA10, GPU_1xH100, GPU_8xH100, GPU_8xB300."""
    libraries: NotRequired[list[LibraryArgs]]
    """Libraries on the cluster; a serverless task has its environment's dependencies."""
    health: NotRequired[list[HealthRuleArgs]]
    """Limits that a healthy task stays under."""
    notifications: NotRequired[NotificationArgs]
    """Who hears of this task."""
