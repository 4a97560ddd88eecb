"""Settings of jobs and tasks: `jobs` in a project.yaml."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, field_validator, model_validator

from settings.model import Cron, Email, Key, Model, Seconds


class Dependency(Model):
    """A task that must end first; a name alone means the same as `{task: name}`."""

    task: Key
    """Its key."""
    outcome: Literal["true", "false"] | None = None
    """Only when that condition task ended so; in quotes."""


class Wheel(Model):
    """An entry point of a Python wheel."""

    package: str
    """The distribution's name."""
    entry_point: str
    """The entry point's name."""
    parameters: list[str] | None = None
    """Command line arguments."""


class Condition(Model):
    """A comparison that decides which tasks run."""

    left: str
    """The left operand, `{{tasks.check.values.violated}}` for example."""
    op: Literal[
        "EQUAL_TO", "NOT_EQUAL", "GREATER_THAN", "GREATER_THAN_OR_EQUAL", "LESS_THAN", "LESS_THAN_OR_EQUAL"
    ]
    """How to compare."""
    right: str
    """The right operand."""


class Iteration(Model):
    """What a for-each task does for each input: one of notebook, python and wheel."""

    notebook: str | None = None
    """A notebook of the code, without `.py`."""
    base_parameters: dict[str, str] | None = None
    """The notebook's parameters beside the job's own."""
    python: str | None = None
    """A Python file of the code."""
    parameters: list[str] | None = None
    """Command line arguments of the Python file."""
    wheel: Wheel | None = None
    """An entry point of a wheel among the environment's dependencies."""

    @model_validator(mode="after")
    def _one_kind(self) -> Iteration:
        kinds = ("notebook", "python", "wheel", "condition", "for_each", "run_job")
        possible = [kind for kind in kinds if kind in type(self).model_fields]
        used = [kind for kind in possible if getattr(self, kind) is not None]
        if len(used) != 1:
            has = " and ".join(used) or "none of them"
            raise ValueError(f"has {has}: give exactly one of {', '.join(possible)}")
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
    """A task: exactly one of notebook, python, wheel, condition, for_each and run_job."""

    condition: Condition | None = None
    """A comparison; other tasks depend on its outcome."""
    for_each: ForEach | None = None
    """A task for each of a list of inputs."""
    run_job: Key | None = None
    """A job of this project to run and to wait for."""
    job_parameters: dict[str, str] | None = None
    """Parameters of the job to run."""
    depends_on: list[
        Annotated[
            Dependency, BeforeValidator(lambda value: {"task": value} if isinstance(value, str) else value)
        ]
    ] = Field(default_factory=list)
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
    timeout_seconds: Seconds | None = None
    """Seconds before the task fails; 0 is never."""


class Schedule(Model):
    """When something starts by itself."""

    cron: Cron
    """A Quartz expression: `0 0 9 * * ?` is daily at 9."""
    timezone: str = "UTC"
    """A time zone's name."""
    paused: bool = False
    """True: it does not start by itself."""

    @field_validator("timezone")
    @classmethod
    def _known(cls, value: str) -> str:
        from zoneinfo import ZoneInfo

        try:
            ZoneInfo(value)
        except (KeyError, ValueError, OSError):
            raise ValueError("is not a time zone: write UTC, Europe/Berlin, America/New_York, …") from None
        return value


class HealthRule(Model):
    """A limit that a healthy run stays under."""

    metric: Literal[
        "RUN_DURATION_SECONDS",
        "STREAMING_BACKLOG_BYTES",
        "STREAMING_BACKLOG_FILES",
        "STREAMING_BACKLOG_RECORDS",
        "STREAMING_BACKLOG_SECONDS",
    ]
    """What is measured."""
    value: Annotated[int, Field(ge=0)]
    """The limit."""


class Notifications(Model):
    """Who hears of what."""

    on_start: list[Email] | None = None
    """E-mail addresses when a run starts."""
    on_success: list[Email] | None = None
    """E-mail addresses when a run succeeds."""
    on_failure: list[Email] | None = None
    """E-mail addresses when a run fails."""
    on_duration_warning: list[Email] | None = None
    """E-mail addresses when a health rule is broken."""
    failure_destinations: list[str] | None = None
    """IDs of notification destinations that hear of failures."""


class PythonEnvironment(Model):
    """A serverless environment."""

    version: Annotated[str, Field(pattern=r"^\d+$")]
    """The environment version, in quotes: "5"."""
    dependencies: list[str] = Field(default_factory=list)
    """pip requirements."""


class Cluster(Model):
    """A job cluster, made for each run."""

    spark_version: str
    """The runtime, `16.4.x-cpu-ml-scala2.12` for example."""
    node_type_id: str | None = None
    """The machine type; a policy or an instance pool may give it."""
    num_workers: Annotated[int, Field(ge=0)] | None = None
    """Workers beside the driver. Default: 0, a single node."""
    max_workers: Annotated[int, Field(ge=0)] | None = None
    """More than num_workers: the cluster grows up to this."""
    policy_id: str | None = None
    """The cluster policy."""
    instance_pool_id: str | None = None
    """The instance pool that machines come from."""
    data_security_mode: Literal["SINGLE_USER", "USER_ISOLATION", "DATA_SECURITY_MODE_AUTO"] | None = None
    """Default: SINGLE_USER."""
    spark_conf: dict[str, str] | None = None
    """Spark settings."""
    custom_tags: dict[str, str] | None = None
    """Tags of the cloud's machines."""


class Job(Model):
    """A job of the project; its name in the workspace is `<environment>-<project>-<job>`."""

    tasks: Annotated[dict[Key, Task], Field(min_length=1)]
    """By key."""
    description: str | None = None
    """What the job does."""
    parameters: dict[str, str] | None = None
    """Job parameters and their defaults; notebooks see them as widgets."""
    environment: PythonEnvironment | None = None
    """Its serverless environment. Default: the project's."""
    cluster: Cluster | None = None
    """Its job cluster, in place of the environment. Default: the project's."""
    schedule: Schedule | None = None
    """When it starts by itself. Default: never."""
    queue: bool = True
    """False: a run that can't start at once is skipped."""
    max_concurrent_runs: Annotated[int, Field(ge=1)] = 1
    """How many runs at a time."""
    timeout_seconds: Seconds | None = None
    """Seconds before a run fails; 0 is never."""
    health: list[HealthRule] | None = None
    """Limits that a healthy run stays under."""
    notifications: Notifications | None = None
    """Who hears of what. Default: the environment's."""

    @model_validator(mode="after")
    def _one_compute(self) -> Job:
        if self.environment and self.cluster:
            raise ValueError("has an environment and a cluster: give one of them")
        return self

    def args(self) -> dict[str, Any]:
        """The job in the component's terms."""
        return self.model_dump(exclude_none=True)
