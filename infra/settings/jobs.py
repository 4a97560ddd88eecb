"""Settings of jobs: `jobs` in a project.yaml."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from settings.model import Key, Model, Parameter, Seconds
from settings.notices import Continuous, HealthRule, Notifications, Schedule, Trigger
from settings.tasks import Task
from settings.work import one_of


class PythonEnvironment(Model):
    """A serverless environment."""

    version: Annotated[str, Field(pattern=r"^[0-9]+$")]
    """The environment version, in quotes: "5"."""
    dependencies: list[str] = Field(default_factory=list)
    """pip requirements."""
    java_dependencies: list[str] | None = None
    """JARs in volumes, and Maven coordinates."""


class Cluster(Model):
    """A job cluster, made for each run."""

    spark_version: str
    """The runtime, `16.4.x-cpu-ml-scala2.12` for example."""
    node_type_id: str | None = None
    """The machine type; a policy or an instance pool may give it."""
    driver_node_type_id: str | None = None
    """The driver's machine type. Default: the workers'."""
    num_workers: Annotated[int, Field(ge=0)] | None = None
    """Workers beside the driver. Default: 0, a single node."""
    max_workers: Annotated[int, Field(ge=0)] | None = None
    """More than num_workers: the cluster grows up to this."""
    policy_id: str | None = None
    """The cluster policy."""
    fixed_by_policy: dict[str, str] | None = None
    """What a policy of elsewhere fixes, by its own path (`custom_tags.team`): else it shows as a change."""
    instance_pool_id: str | None = None
    """The instance pool that machines come from."""
    data_security_mode: (
        Literal[
            "SINGLE_USER",
            "USER_ISOLATION",
            "DATA_SECURITY_MODE_AUTO",
            "DATA_SECURITY_MODE_DEDICATED",
            "DATA_SECURITY_MODE_STANDARD",
            "NONE",
        ]
        | None
    ) = None
    """Default: SINGLE_USER."""
    single_user_name: str | None = None
    """Whose cluster it is in SINGLE_USER mode. Default: who the job runs as."""
    spark_conf: dict[str, str] | None = None
    """Spark settings."""
    spark_env_vars: dict[str, str] | None = None
    """Variables of its processes; `{{secrets/scope/key}}` for secrets."""
    init_scripts: list[str] | None = None
    """Scripts that machines run first: paths in the workspace or a volume."""
    custom_tags: dict[str, str] | None = None
    """Tags of the cloud's machines."""


class GitSource(Model):
    """A repository that a job runs from, in place of the project's code; one of branch, tag, commit."""

    url: Annotated[str, Field(pattern=r"^https://")]
    """Its https URL."""
    provider: Literal[
        "gitHub",
        "gitHubEnterprise",
        "gitLab",
        "gitLabEnterpriseEdition",
        "bitbucketCloud",
        "bitbucketServer",
        "azureDevOpsServices",
        "awsCodeCommit",
    ]
    """Whose it is."""
    branch: str | None = None
    """A branch's name."""
    tag: str | None = None
    """A tag's name."""
    commit: str | None = None
    """A commit's hash."""
    sparse_checkout: list[str] | None = None
    """Only these folders of it."""

    @model_validator(mode="after")
    def _one_kind(self) -> GitSource:
        one_of(self, ("branch", "tag", "commit"))
        return self


class Job(Model):
    """A job of the project; its name in the workspace is `<environment>-<project>-<job>`."""

    tasks: Annotated[dict[Key, Task], Field(min_length=1)]
    """By key."""
    description: str | None = None
    """What the job does."""
    parameters: dict[Parameter, str] | None = None
    """Job parameters and their defaults; notebooks see them as widgets."""
    environment: PythonEnvironment | None = None
    """Its serverless environment. Default: the project's."""
    environments: dict[Key, PythonEnvironment] | None = None
    """More serverless environments, by the key that tasks name."""
    cluster: Cluster | None = None
    """Its job cluster, in place of the environment. Default: the project's."""
    clusters: dict[Key, Cluster] | None = None
    """More job clusters, by the key that tasks name."""
    git_source: GitSource | None = None
    """Run from a repository, in place of the project's code."""
    schedule: Schedule | None = None
    """When it starts by itself: one of schedule, trigger and continuous. Default: never."""
    trigger: Trigger | None = None
    """What starts it."""
    continuous: Continuous | None = None
    """Always one run."""
    queue: bool | None = None
    """False: a run that can't start at once is skipped. Default: true."""
    max_concurrent_runs: Annotated[int, Field(ge=1)] = 1
    """How many runs at a time."""
    timeout_seconds: Seconds | None = None
    """Seconds before a run fails; 0 is never."""
    health: list[HealthRule] | None = None
    """Limits that a healthy run stays under."""
    notifications: Notifications | None = None
    """Who hears of what. Default: the environment's."""
    budget_policy_id: str | None = None
    """The budget policy that pays for serverless tasks."""
    usage_policy_id: str | None = None
    """The usage policy that tags serverless tasks."""
    performance_target: Literal["STANDARD", "PERFORMANCE_OPTIMIZED"] | None = None
    """STANDARD is cheaper; of serverless tasks."""
    tags: dict[str, str] | None = None
    """Tags beside the environment's."""

    @model_validator(mode="after")
    def _one_compute(self) -> Job:
        if self.environment and self.cluster:
            raise ValueError("has an environment and a cluster: give one of them")
        starts = [way for way in ("schedule", "trigger", "continuous") if getattr(self, way)]
        if len(starts) > 1:
            raise ValueError(f"has {' and '.join(starts)}: a job starts in one way, give one of them")
        return self
