"""Settings of a job's tasks: `tasks` of a job in a project.yaml."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from settings.model import Key, Model, Seconds
from settings.notices import HealthRule, Notifications
from settings.work import (
    AlertTask,
    Condition,
    DashboardTask,
    Dbt,
    Dependencies,
    Jar,
    Library,
    Pipeline,
    Sql,
    Wheel,
    one_of,
)

_WORK = ("notebook", "python", "wheel", "sql", "dbt", "pipeline", "jar", "spark_submit", "run_job")
_KINDS = (*_WORK, "alert", "dashboard", "condition", "for_each")


class Iteration(Model):
    """What a for-each task does for each input: exactly one kind of work."""

    notebook: str | None = None
    """A notebook of the code, without `.py`."""
    base_parameters: dict[str, str] | None = None
    """The notebook's parameters beside the job's own."""
    python: str | None = None
    """A Python file of the code."""
    parameters: list[str] | None = None
    """Command line arguments of the Python file or the JAR."""
    wheel: Wheel | None = None
    """An entry point of a wheel among the environment's dependencies."""
    sql: Sql | None = None
    """SQL on a warehouse."""
    dbt: Dbt | None = None
    """dbt commands."""
    pipeline: Pipeline | None = None
    """An update of a declarative pipeline."""
    jar: Jar | None = None
    """A main class of a JAR."""
    spark_submit: list[str] | None = None
    """Arguments of `spark-submit`, on a cluster of the task's own."""
    run_job: Key | None = None
    """A job of this project to run and to wait for."""
    job_parameters: dict[str, str] | None = None
    """Parameters of the job to run."""
    libraries: list[Library] | None = None
    """Libraries on the cluster; a serverless task has its environment's dependencies."""

    @model_validator(mode="after")
    def _one_kind(self) -> Iteration:
        one_of(self, _KINDS if isinstance(self, Task) else _WORK)
        return self


class ForEach(Model):
    """A task for each of a list of inputs."""

    inputs: str
    """A JSON array, or a reference to one: `{{tasks.list.values.days}}`."""
    concurrency: Annotated[int, Field(ge=1, le=100)] = 1
    """How many at a time."""
    task: Iteration
    """What to do; `{{input}}` is the input."""


class Task(Iteration):
    """A task: exactly one kind of work."""

    alert: AlertTask | None = None
    """An alert, evaluated now."""
    dashboard: DashboardTask | None = None
    """A dashboard, refreshed and sent."""
    condition: Condition | None = None
    """A comparison; other tasks depend on its outcome."""
    for_each: ForEach | None = None
    """A task for each of a list of inputs."""
    depends_on: Dependencies = Field(default_factory=list)
    """Tasks that must end first: names, or `{task, outcome}`."""
    run_if: (
        Literal[
            "ALL_SUCCESS",
            "ALL_DONE",
            "NONE_FAILED",
            "AT_LEAST_ONE_SUCCESS",
            "ALL_FAILED",
            "AT_LEAST_ONE_FAILED",
        ]
        | None
    ) = None
    """Which results of the tasks before let it run. Default: ALL_SUCCESS."""
    description: str | None = None
    """What the task does."""
    retries: Annotated[int, Field(ge=-1)] | None = None
    """How often to try again; -1 for ever. Default: 0."""
    min_retry_interval_seconds: Seconds | None = None
    """Seconds between the start of a failed try and the next."""
    retry_on_timeout: bool | None = None
    """True: a timeout is tried again too."""
    disable_auto_optimization: bool | None = None
    """True: serverless compute retries and tunes nothing by itself."""
    timeout_seconds: Seconds | None = None
    """Seconds before the task fails; 0 is never."""
    disabled: bool | None = None
    """True: runs pass the task over."""
    environment: Key | None = None
    """A key of the job's `environments`. Default: the job's one environment."""
    cluster: Key | None = None
    """A key of the job's `clusters`. Default: the job's one cluster."""
    existing_cluster_id: str | None = None
    """A running cluster, in place of the job's."""
    accelerator: Literal["GPU_1xA10", "GPU_1xH100", "GPU_8xH100", "GPU_8xB300"] | None = None
    """GPU of a serverless notebook."""
    health: list[HealthRule] | None = None
    """Limits that a healthy task stays under."""
    notifications: Notifications | None = None
    """Who hears of this task."""
