"""What an MlProject is made of."""

from collections.abc import Mapping
from typing import NotRequired, TypedDict

import pulumi

from pulumi_databricks_mlops.catalog_args import VolumeArgs
from pulumi_databricks_mlops.feature_store import FeatureTableArgs
from pulumi_databricks_mlops.gateway_args import GuardrailsArgs, RateLimitArgs
from pulumi_databricks_mlops.job_args import ClusterArgs, EnvironmentSpecArgs, GitSourceArgs
from pulumi_databricks_mlops.monitor_args import CustomMetricArgs, MonitorAlertArgs
from pulumi_databricks_mlops.notice_args import (
    ContinuousArgs,
    HealthRuleArgs,
    NotificationArgs,
    ScheduleArgs,
    TriggerArgs,
)
from pulumi_databricks_mlops.roles import RolesArgs
from pulumi_databricks_mlops.serving_args import EndpointNoticeArgs, ServedEntityArgs
from pulumi_databricks_mlops.tables import TableArgs
from pulumi_databricks_mlops.task_args import TaskArgs
from pulumi_databricks_mlops.vector_search import SearchIndexArgs


class ProjectModelArgs(TypedDict):
    """The project's registered model."""

    name: str
    """Its name in the schema."""
    comment: NotRequired[str]
    """What it predicts."""


class ProjectJobArgs(TypedDict):
    """A job of the project; name, code, environment, identity, permissions and tags come from the project."""

    tasks: dict[str, TaskArgs]
    """By key; `run_job` may name another job of the project."""
    description: NotRequired[str]
    """What the job does."""
    parameters: NotRequired[dict[str, str]]
    """Job parameters and their defaults; notebooks see them as widgets."""
    environment: NotRequired[EnvironmentSpecArgs]
    """Its serverless environment. Default: the project's."""
    environments: NotRequired[dict[str, EnvironmentSpecArgs]]
    """More serverless environments, by the key that tasks name."""
    cluster: NotRequired[ClusterArgs]
    """Its job cluster, in place of the environment. Default: the project's."""
    clusters: NotRequired[dict[str, ClusterArgs]]
    """More job clusters, by the key that tasks name."""
    schedule: NotRequired[ScheduleArgs]
    """When it starts by itself: one of schedule, trigger and continuous. Default: never."""
    trigger: NotRequired[TriggerArgs]
    """What starts it."""
    continuous: NotRequired[ContinuousArgs]
    """Always one run."""
    queue: NotRequired[bool]
    """False: a run that can't start at once is skipped. Default: true."""
    max_concurrent_runs: NotRequired[int]
    """Default: 1."""
    timeout_seconds: NotRequired[int]
    """Seconds before a run fails; 0 is never, the default."""
    health: NotRequired[list[HealthRuleArgs]]
    """Limits that a healthy run stays under."""
    notifications: NotRequired[NotificationArgs]
    """Who hears of what. Default: the project's."""
    git_source: NotRequired[GitSourceArgs]
    """Run from a repository, in place of the project's code."""
    budget_policy_id: NotRequired[pulumi.Input[str]]
    """The budget policy that pays for serverless tasks."""
    usage_policy_id: NotRequired[pulumi.Input[str]]
    """The usage policy that tags serverless tasks."""
    performance_target: NotRequired[str]
    """STANDARD (cheaper) or PERFORMANCE_OPTIMIZED, for serverless tasks."""
    tags: NotRequired[dict[str, str]]
    """Tags beside the project's."""


class ProjectServingArgs(TypedDict):
    """The project's endpoint; without `served_entities` it follows the champion."""

    endpoint_name: NotRequired[str]
    """Default: `<environment>-<project>-<model>`."""
    served_entities: NotRequired[list[ServedEntityArgs]]
    """What answers. Default: none, the deployment job decides."""
    inference_table: NotRequired[bool]
    """True: requests and answers are logged in the project's schema. Default: false."""
    usage_tracking: NotRequired[bool]
    """True: usage is in the system tables. Default: false."""
    rate_limits: NotRequired[list[RateLimitArgs]]
    """Default: none."""
    guardrails: NotRequired[GuardrailsArgs]
    """What requests and answers may not hold. Default: none."""
    fallback: NotRequired[bool]
    """True: what one external model fails to answer, the next is asked. Default: false."""
    notifications: NotRequired[EndpointNoticeArgs]
    """Who hears of updates. Default: nobody."""
    route_optimized: NotRequired[bool]
    """True: requests take a shorter way, with an address and a token of their own. Can't be changed."""
    budget_policy_id: NotRequired[pulumi.Input[str]]
    """The budget policy that pays."""
    description: NotRequired[str]
    """What it answers."""


class ProjectMonitorArgs(TypedDict):
    """The project's monitor; see ModelMonitor."""

    table: str
    """The monitored table, one of the project's tables or one that exists."""
    api: NotRequired[str]
    """quality (default: quality monitors) or data_quality (data profiling, its successor)."""
    problem: NotRequired[str]
    """regression or classification."""
    timestamp: NotRequired[str]
    """The column that windows are made from."""
    prediction: NotRequired[str]
    """The column with the prediction."""
    prediction_proba: NotRequired[str]
    """The column with the classes' probabilities; not of `data_quality`."""
    label: NotRequired[str]
    """The column with what came true; null until it is known."""
    model_id: NotRequired[str]
    """The column with the model's version."""
    granularities: NotRequired[list[str]]
    """Window lengths: 5 minutes, 30 minutes, 1 hour, 1 day, 1 to 4 weeks, 1 month, 1 year. Default: 1 day."""
    slices: NotRequired[list[str]]
    """Columns or SQL expressions that metrics are also taken by."""
    baseline_table: NotRequired[pulumi.Input[str]]
    """Full name of the table that drift is measured against, once it is there. Default: the window before."""
    custom_metrics: NotRequired[list[CustomMetricArgs]]
    """Metrics of one's own."""
    schedule: NotRequired[ScheduleArgs]
    """When metrics are taken. Default: when a job asks."""
    notify: NotRequired[list[str]]
    """E-mail addresses that hear of failures."""
    dashboard: NotRequired[bool]
    """False: Databricks makes no dashboard. Default: true."""
    alerts: NotRequired[dict[str, MonitorAlertArgs]]
    """Limits of metrics, by name. Default: none."""
    own_dashboard: NotRequired[bool]
    """True: a dashboard of ours, a resource of the program, on the metric tables. Default: false."""


class ProjectOnlineStoreArgs(TypedDict):
    """The project's online store."""

    store_name: NotRequired[str]
    """Default: `<environment>-<project>`."""
    capacity: NotRequired[str]
    """CU_1 (default), CU_2, CU_4 or CU_8."""
    read_replicas: NotRequired[int]
    """Copies that answer too. Default: 0."""
    usage_policy_id: NotRequired[pulumi.Input[str]]
    """The usage policy that tags its cost."""


class ProjectFeaturesArgs(TypedDict):
    """The project's features; see FeatureStore."""

    tables: NotRequired[dict[str, FeatureTableArgs]]
    """Feature tables with their primary keys, made by the job `feature-tables`. Default: jobs make them."""
    online_store: NotRequired[ProjectOnlineStoreArgs]
    """The online store. Default: none."""


class ProjectSearchArgs(TypedDict):
    """The project's vector search; see VectorSearch."""

    endpoint_name: NotRequired[str]
    """Default: `<environment>-<project>`."""
    adopt: NotRequired[bool]
    """True: the endpoint exists already, and stays. Default: false."""
    endpoint_type: NotRequired[str]
    """STANDARD (default) or STORAGE_OPTIMIZED."""
    budget_policy_id: NotRequired[pulumi.Input[str]]
    """The budget policy that pays."""
    indexes: NotRequired[dict[str, SearchIndexArgs]]
    """By name; a declared table that one follows tells of its changes."""


class MlProjectArgs(TypedDict):
    """What an MlProject is made of."""

    project: str
    """The project's name; physical names carry it."""
    environment: str
    """The environment's name; physical names carry it."""
    catalog: pulumi.Input[str]
    """The catalog, which exists."""
    folder: str
    """The folder with the project's code, on this machine."""
    workspace_folder: pulumi.Input[str]
    """The workspace folder of the environment; the project has a folder of its name in it."""
    include: NotRequired[list[str]]
    """Patterns of code files from the folder, see CodeBundleArgs. Default: every file."""
    schema: NotRequired[str]
    """The project's schema. Default: its name with `_` for `-`."""
    adopt_schema: NotRequired[bool]
    """True: the schema exists already. Default: false."""
    model: NotRequired[ProjectModelArgs]
    """The registered model. Default: none."""
    volumes: NotRequired[dict[str, VolumeArgs]]
    """Volumes of the schema, by name."""
    tables: NotRequired[dict[str, TableArgs]]
    """Tables to declare in the schema, by name; jobs make the others."""
    secrets: NotRequired[Mapping[str, pulumi.Input[str]]]
    """Secrets of the scope `<environment>-<project>`, by key. Default: no scope."""
    python: NotRequired[EnvironmentSpecArgs]
    """The serverless environment of the jobs."""
    cluster: NotRequired[ClusterArgs]
    """The job cluster of the jobs, in place of `python`."""
    jobs: NotRequired[dict[str, ProjectJobArgs]]
    """By name."""
    serving: NotRequired[ProjectServingArgs]
    """The endpoint. Default: none."""
    monitor: NotRequired[ProjectMonitorArgs]
    """The monitor. Default: none."""
    features: NotRequired[ProjectFeaturesArgs]
    """Feature tables and the online store. Default: none."""
    search: NotRequired[ProjectSearchArgs]
    """Vector search. Default: none."""
    warehouse_id: NotRequired[pulumi.Input[str]]
    """The SQL warehouse that makes declared tables."""
    workspace_url: NotRequired[pulumi.Input[str]]
    """The workspace's address, for the endpoint's URL."""
    roles: NotRequired[RolesArgs]
    """Who may use what is made here; jobs run as the runner."""
    notifications: NotRequired[NotificationArgs]
    """Who hears of the jobs that have none of their own."""
    tags: NotRequired[dict[str, str]]
    """Tags of jobs and endpoint beside `environment` and `project`."""
    pause_schedules: NotRequired[bool]
    """True: nothing starts by itself. Default: false."""
    protect: NotRequired[bool]
    """True: schema, model, tables, secrets and endpoint can't be destroyed. Default: false."""
