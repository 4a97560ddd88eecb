"""What a ModelMonitor is made of."""

from typing import NotRequired, TypedDict

import pulumi

from pulumi_databricks_mlops.notice_args import ScheduleArgs
from pulumi_databricks_mlops.tables import TableArgs


class CustomMetricArgs(TypedDict):
    """A metric of one's own."""

    name: str
    """Its column in the metric tables."""
    kind: str
    """aggregate (of rows), derived (of aggregates) or drift (of two windows)."""
    definition: str
    """SQL: `avg({{prediction_col}})`, `sqrt(squared_error)`, `{{current_df}}.bias - {{base_df}}.bias`."""
    input_columns: list[str]
    """Columns that it is taken of; `:table` for the whole table."""
    output_type: NotRequired[str]
    """Default: double."""


class MonitorAlertArgs(TypedDict):
    """A limit of a metric: the alert goes off when `violations` of the latest `windows` are beyond it."""

    metric: str
    """A column of the metric tables: `root_mean_squared_error`, `ks_test.statistic`, one's own."""
    above: NotRequired[float]
    """Beyond is above this."""
    below: NotRequired[float]
    """Beyond is below this."""
    columns: NotRequired[list[str]]
    """Of these columns. Default: the whole table; of a drift metric, every column."""
    windows: NotRequired[int]
    """How many of the latest windows are looked at. Default: 1."""
    violations: NotRequired[int]
    """In how many of them it must be beyond. Default: 1."""
    granularity: NotRequired[str]
    """Windows of this length. Default: the monitor's first."""
    drift_type: NotRequired[str]
    """Drift to the window before (CONSECUTIVE), or to the baseline table (BASELINE, the default with one)."""
    slice_key: NotRequired[str]
    """In a slice: its expression. Default: all rows."""
    slice_value: NotRequired[str]
    """In a slice: its value."""
    schedule: NotRequired[ScheduleArgs]
    """When it is evaluated. Default: every hour."""
    emails: NotRequired[list[str]]
    """Users who hear of it. Default: those of `notify`."""
    destinations: NotRequired[list[pulumi.Input[str]]]
    """IDs of notification destinations that hear of it."""
    notify_on_ok: NotRequired[bool]
    """True: they also hear when it is over. Default: false."""
    retrigger_seconds: NotRequired[int]
    """Tell again after so long. Default: once."""


class ModelMonitorArgs(TypedDict):
    """What a ModelMonitor is made of.

    `problem` makes an inference log, `timestamp` alone a time series, neither a snapshot.
    """

    catalog: pulumi.Input[str]
    """The catalog."""
    schema: pulumi.Input[str]
    """The schema, of the metric tables too."""
    table: str
    """The monitored table's name in the schema."""
    declare: NotRequired[TableArgs]
    """Make the table. Default: it exists."""
    warehouse_id: NotRequired[pulumi.Input[str]]
    """The SQL warehouse that makes the table, evaluates alerts and fills the dashboard."""
    assets_dir: pulumi.Input[str]
    """The workspace folder of the dashboard that Databricks makes."""
    api: NotRequired[str]
    """quality (default: quality monitors) or data_quality (data profiling, its successor)."""
    table_id: NotRequired[pulumi.Input[str]]
    """Of `data_quality` and an existing table: its ID. Default: it is looked up."""
    schema_id: NotRequired[pulumi.Input[str]]
    """Of `data_quality`: the schema's ID. Default: it is looked up."""
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
    """Full name of the table that drift is measured against. Default: the window before."""
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
    folder: NotRequired[pulumi.Input[str]]
    """The workspace folder of alerts and our dashboard, which exists. Default: `assets_dir`."""
    run_as: NotRequired[pulumi.Input[str]]
    """Who evaluates the alerts: a service principal's application ID or a user. Default: who deploys."""
    protect: NotRequired[bool]
    """True: `destroy` refuses to take the table. Default: false."""
