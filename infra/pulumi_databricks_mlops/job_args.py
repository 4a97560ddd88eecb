"""What an MlJob is made of."""

from typing import NotRequired, TypedDict

import pulumi

from pulumi_databricks_mlops.roles import RolesArgs


class DependencyArgs(TypedDict):
    """A task that must end first."""

    task: str
    """Its key."""
    outcome: NotRequired[str]
    """`true` or `false`: only when that condition task ended so."""


class WheelArgs(TypedDict):
    """An entry point of a Python wheel."""

    package: str
    """The distribution's name."""
    entry_point: str
    """The entry point's name."""
    parameters: NotRequired[list[str]]
    """Command line arguments."""


class ConditionArgs(TypedDict):
    """A comparison that decides which tasks run."""

    left: str
    """The left operand, `{{tasks.check.values.violated}}` for example."""
    op: str
    """EQUAL_TO, NOT_EQUAL, GREATER_THAN, GREATER_THAN_OR_EQUAL, LESS_THAN or LESS_THAN_OR_EQUAL."""
    right: str
    """The right operand."""


class IterationArgs(TypedDict):
    """What a for-each task does for each input: one of notebook, python and wheel."""

    notebook: NotRequired[str]
    """Path of a notebook, from the job's root and without its suffix; absolute: anywhere in the workspace."""
    base_parameters: NotRequired[dict[str, str]]
    """The notebook's parameters beside the job's own."""
    python: NotRequired[str]
    """Path of a Python file, as `notebook`, with its suffix."""
    parameters: NotRequired[list[str]]
    """Command line arguments of the Python file."""
    wheel: NotRequired[WheelArgs]
    """An entry point of a wheel among the environment's dependencies."""


class ForEachArgs(TypedDict):
    """A task for each of a list of inputs."""

    inputs: str
    """A JSON array, or a reference to one: `{{tasks.list.values.days}}`."""
    concurrency: NotRequired[int]
    """How many at a time. Default: 1."""
    task: IterationArgs
    """What to do; `{{input}}` is the input."""


class TaskArgs(TypedDict):
    """A task: exactly one of notebook, python, wheel, condition, for_each and run_job."""

    notebook: NotRequired[str]
    """Path of a notebook, from the job's root and without its suffix; absolute: anywhere in the workspace."""
    base_parameters: NotRequired[dict[str, str]]
    """The notebook's parameters beside the job's own."""
    python: NotRequired[str]
    """Path of a Python file, as `notebook`, with its suffix."""
    parameters: NotRequired[list[str]]
    """Command line arguments of the Python file."""
    wheel: NotRequired[WheelArgs]
    """An entry point of a wheel among the environment's dependencies."""
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
    timeout_seconds: NotRequired[int]
    """Seconds before the task fails; 0 is never, the default."""


class EnvironmentSpecArgs(TypedDict):
    """A serverless environment."""

    version: str
    """The environment version, `5` for example."""
    dependencies: NotRequired[list[str]]
    """pip requirements."""


class ClusterArgs(TypedDict):
    """A job cluster, made for each run."""

    spark_version: str
    """The runtime, `16.4.x-cpu-ml-scala2.12` for example."""
    node_type_id: NotRequired[str]
    """The machine type; a policy or an instance pool may give it."""
    num_workers: NotRequired[int]
    """Workers beside the driver. Default: 0, a single node."""
    max_workers: NotRequired[int]
    """More than num_workers: the cluster grows up to this."""
    policy_id: NotRequired[pulumi.Input[str]]
    """The cluster policy."""
    instance_pool_id: NotRequired[pulumi.Input[str]]
    """The instance pool that machines come from."""
    data_security_mode: NotRequired[str]
    """Default: SINGLE_USER."""
    spark_conf: NotRequired[dict[str, str]]
    """Spark settings."""
    custom_tags: NotRequired[dict[str, str]]
    """Tags of the cloud's machines."""


class ScheduleArgs(TypedDict):
    """When a job starts by itself."""

    cron: str
    """A Quartz expression: `0 0 9 * * ?` is daily at 9."""
    timezone: NotRequired[str]
    """Default: UTC."""
    paused: NotRequired[bool]
    """True: it does not start by itself. Default: false."""


class HealthRuleArgs(TypedDict):
    """A limit that a healthy run stays under."""

    metric: str
    """RUN_DURATION_SECONDS for example."""
    value: int
    """The limit."""


class NotificationArgs(TypedDict):
    """Who hears of what: e-mail addresses, and IDs of notification destinations."""

    on_start: NotRequired[list[str]]
    """E-mail addresses when a run starts."""
    on_success: NotRequired[list[str]]
    """E-mail addresses when a run succeeds."""
    on_failure: NotRequired[list[str]]
    """E-mail addresses when a run fails."""
    on_duration_warning: NotRequired[list[str]]
    """E-mail addresses when a health rule is broken."""
    failure_destinations: NotRequired[list[str]]
    """IDs of notification destinations that hear of failures."""


class GitSourceArgs(TypedDict):
    """A repository that the tasks run from, in place of a root; one of branch, tag, commit."""

    url: str
    """Its https URL."""
    provider: str
    """gitHub, gitHubEnterprise, azureDevOpsServices, gitLab, …"""
    branch: NotRequired[str]
    """A branch's name."""
    tag: NotRequired[str]
    """A tag's name."""
    commit: NotRequired[str]
    """A commit's hash."""


class MlJobArgs(TypedDict):
    """What an MlJob is made of."""

    job_name: pulumi.Input[str]
    """The job's name in the workspace."""
    tasks: dict[str, TaskArgs]
    """By key."""
    root: NotRequired[pulumi.Input[str]]
    """The workspace folder that relative paths of notebooks and files start from."""
    description: NotRequired[str]
    """What the job does."""
    parameters: NotRequired[dict[str, str]]
    """Job parameters and their defaults; notebooks see them as widgets."""
    environment: NotRequired[EnvironmentSpecArgs]
    """The serverless environment of the tasks. Not beside `cluster`."""
    cluster: NotRequired[ClusterArgs]
    """The job cluster of the tasks. Not beside `environment`."""
    schedule: NotRequired[ScheduleArgs]
    """When it starts by itself. Default: never."""
    run_as: NotRequired[pulumi.Input[str]]
    """A service principal's application ID or a user's e-mail address. Default: who deploys."""
    queue: NotRequired[bool]
    """False: a run that can't start at once is skipped. Default: true."""
    max_concurrent_runs: NotRequired[int]
    """Default: 1."""
    timeout_seconds: NotRequired[int]
    """Seconds before a run fails; 0 is never, the default."""
    health: NotRequired[list[HealthRuleArgs]]
    """Limits that a healthy run stays under."""
    notifications: NotRequired[NotificationArgs]
    """Who hears of what."""
    tags: NotRequired[dict[str, str]]
    """Tags of the job."""
    git_source: NotRequired[GitSourceArgs]
    """Run from a repository. Not beside `root`."""
    budget_policy_id: NotRequired[pulumi.Input[str]]
    """The budget policy that pays for serverless tasks."""
    performance_target: NotRequired[str]
    """STANDARD (cheaper) or PERFORMANCE_OPTIMIZED, for serverless tasks."""
    owner: NotRequired[pulumi.Input[str]]
    """The job's owner. Default: who deploys."""
    roles: NotRequired[RolesArgs]
    """Who may see, run and manage it."""
