"""What an MlJob is made of."""

from typing import NotRequired, TypedDict

import pulumi

from pulumi_databricks_mlops.notice_args import (
    ContinuousArgs,
    HealthRuleArgs,
    NotificationArgs,
    ScheduleArgs,
    TriggerArgs,
)
from pulumi_databricks_mlops.roles import RolesArgs
from pulumi_databricks_mlops.task_args import TaskArgs


class EnvironmentSpecArgs(TypedDict):
    """A serverless environment."""

    version: str
    """The environment version, `5` for example."""
    dependencies: NotRequired[list[str]]
    """pip requirements."""
    java_dependencies: NotRequired[list[str]]
    """JARs in volumes, and Maven coordinates."""


class ClusterArgs(TypedDict):
    """A job cluster, made for each run."""

    spark_version: str
    """The runtime, `16.4.x-cpu-ml-scala2.12` for example."""
    node_type_id: NotRequired[str]
    """The machine type; a policy or an instance pool may give it."""
    driver_node_type_id: NotRequired[str]
    """The driver's machine type. Default: the workers'."""
    num_workers: NotRequired[int]
    """Workers beside the driver. Default: 0, a single node."""
    max_workers: NotRequired[int]
    """More than num_workers: the cluster grows up to this."""
    policy_id: NotRequired[pulumi.Input[str]]
    """The cluster policy."""
    fixed_by_policy: NotRequired[dict[str, str]]
    """What the policy fixes, by its own path (`custom_tags.team`): else every preview shows it as a change.
    Of the policies of an Environment it is known."""
    instance_pool_id: NotRequired[pulumi.Input[str]]
    """The instance pool that machines come from."""
    data_security_mode: NotRequired[str]
    """Default: SINGLE_USER."""
    single_user_name: NotRequired[pulumi.Input[str]]
    """Whose cluster it is in SINGLE_USER mode. Default: who the job runs as."""
    spark_conf: NotRequired[dict[str, str]]
    """Spark settings."""
    spark_env_vars: NotRequired[dict[str, str]]
    """Variables of its processes; `{{secrets/scope/key}}` for secrets."""
    init_scripts: NotRequired[list[str]]
    """Scripts that machines run first: paths in the workspace or a volume."""
    custom_tags: NotRequired[dict[str, str]]
    """Tags of the cloud's machines."""


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
    sparse_checkout: NotRequired[list[str]]
    """Only these folders of it."""


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
    environments: NotRequired[dict[str, EnvironmentSpecArgs]]
    """More serverless environments, by the key that tasks name."""
    cluster: NotRequired[ClusterArgs]
    """The job cluster of the tasks. Not beside `environment`."""
    clusters: NotRequired[dict[str, ClusterArgs]]
    """More job clusters, by the key that tasks name."""
    schedule: NotRequired[ScheduleArgs]
    """When it starts by itself: one of schedule, trigger and continuous. Default: never."""
    trigger: NotRequired[TriggerArgs]
    """What starts it."""
    continuous: NotRequired[ContinuousArgs]
    """Always one run."""
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
    usage_policy_id: NotRequired[pulumi.Input[str]]
    """The usage policy that tags serverless tasks."""
    parent_path: NotRequired[str]
    """The workspace folder that lists the job."""
    performance_target: NotRequired[str]
    """STANDARD (cheaper) or PERFORMANCE_OPTIMIZED, for serverless tasks."""
    owner: NotRequired[pulumi.Input[str]]
    """The job's owner. Default: who deploys."""
    roles: NotRequired[RolesArgs]
    """Who may see, run and manage it."""
