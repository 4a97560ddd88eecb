"""ModelMonitor: a table, usually the inference log, and the quality monitor on it.

Owns the monitored table when its columns are given, so that both come up before the first row; jobs append
to it. Does not own the metric tables, which the monitor makes, nor what happens on drift, which is a job.

Every resource takes options that have no argument here through `transforms` of the component's options.
"""

import re
from typing import NotRequired, TypedDict

import pulumi
import pulumi_databricks as databricks

from pulumi_databricks_mlops import quartz
from pulumi_databricks_mlops.notice_args import ScheduleArgs
from pulumi_databricks_mlops.problems import Problems, suggest
from pulumi_databricks_mlops.tables import TableArgs, check_table, declare_table

PROBLEMS = ("regression", "classification")
GRANULARITY = re.compile(r"(5|30) minutes|1 (hour|day|month|year)|[1-4] weeks?")


class CustomMetricArgs(TypedDict):
    """A metric of one's own."""

    name: str
    """Its column in the metric tables."""
    kind: str
    """aggregate, derived or drift."""
    definition: str
    """A SQL expression, `avg(prediction)` for example."""
    input_columns: list[str]
    """Columns that it reads; `:table` for the whole table."""
    output_type: NotRequired[str]
    """Default: double."""


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
    """The SQL warehouse that makes the table."""
    assets_dir: pulumi.Input[str]
    """The workspace folder of the monitor's dashboard."""
    problem: NotRequired[str]
    """regression or classification."""
    timestamp: NotRequired[str]
    """The column that windows are made from."""
    prediction: NotRequired[str]
    """The column with the prediction."""
    prediction_proba: NotRequired[str]
    """The column with the classes' probabilities."""
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
    """False: no dashboard is made. Default: true."""
    protect: NotRequired[bool]
    """True: `destroy` refuses to take the table. Default: false."""


class ModelMonitor(pulumi.ComponentResource):
    """The monitored table and its monitor."""

    table: pulumi.Output[str]
    """Full name of the monitored table."""
    profile_table: pulumi.Output[str]
    """Full name of the table of profile metrics."""
    drift_table: pulumi.Output[str]
    """Full name of the table of drift metrics."""

    def __init__(self, name: str, args: ModelMonitorArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        _check(name, args)
        super().__init__("databricks-mlops:index:ModelMonitor", name, {}, opts)
        self._name, self._args = name, args
        self.table = self._monitored()
        monitor = databricks.QualityMonitor(
            f"{name}-monitor",
            table_name=self.table,
            output_schema_name=pulumi.Output.concat(args["catalog"], ".", args["schema"]),
            assets_dir=args["assets_dir"],
            inference_log=_inference_log(args),
            time_series=_time_series(args),
            snapshot=None if "timestamp" in args else databricks.QualityMonitorSnapshotArgs(),  # type: ignore[no-untyped-call]
            slicing_exprs=args.get("slices"),
            baseline_table_name=args.get("baseline_table"),
            custom_metrics=_custom_metrics(args),
            schedule=_schedule(args),
            notifications=_notifications(args),
            skip_builtin_dashboard=not args.get("dashboard", True) or None,
            warehouse_id=args.get("warehouse_id") if args.get("dashboard", True) else None,
            # The provider does not see that another table is another monitor.
            opts=pulumi.ResourceOptions(
                parent=self, delete_before_replace=True, replace_on_changes=["tableName"]
            ),
        )
        self.profile_table = monitor.profile_metrics_table_name
        self.drift_table = monitor.drift_metrics_table_name
        self.register_outputs(
            {"table": self.table, "profile_table": self.profile_table, "drift_table": self.drift_table}
        )

    def _monitored(self) -> pulumi.Output[str]:
        args = self._args
        if "declare" not in args:
            return pulumi.Output.concat(args["catalog"], ".", args["schema"], ".", args["table"])
        protect = args.get("protect", False)
        made = declare_table(
            f"{self._name}-table",
            args["table"],
            args["declare"],
            catalog=args["catalog"],
            schema=args["schema"],
            warehouse_id=args["warehouse_id"],
            opts=pulumi.ResourceOptions(parent=self, protect=protect, retain_on_delete=protect),
        )
        return pulumi.Output.concat(made.catalog_name, ".", made.schema_name, ".", made.name)


def _inference_log(args: ModelMonitorArgs) -> databricks.QualityMonitorInferenceLogArgs | None:
    if "problem" not in args:
        return None
    return databricks.QualityMonitorInferenceLogArgs(
        problem_type=f"PROBLEM_TYPE_{args['problem'].upper()}",
        timestamp_col=args["timestamp"],
        prediction_col=args["prediction"],
        model_id_col=args["model_id"],
        label_col=args.get("label"),
        prediction_proba_col=args.get("prediction_proba"),
        granularities=args.get("granularities", ["1 day"]),
    )


def _time_series(args: ModelMonitorArgs) -> databricks.QualityMonitorTimeSeriesArgs | None:
    if "problem" in args or "timestamp" not in args:
        return None
    return databricks.QualityMonitorTimeSeriesArgs(
        timestamp_col=args["timestamp"], granularities=args.get("granularities", ["1 day"])
    )


def _custom_metrics(args: ModelMonitorArgs) -> list[databricks.QualityMonitorCustomMetricArgs] | None:
    return [
        databricks.QualityMonitorCustomMetricArgs(
            name=metric["name"],
            type=f"CUSTOM_METRIC_TYPE_{metric['kind'].upper()}",
            definition=metric["definition"],
            input_columns=metric["input_columns"],
            output_data_type=metric.get("output_type", "double"),
        )
        for metric in args.get("custom_metrics", [])
    ] or None


def _schedule(args: ModelMonitorArgs) -> databricks.QualityMonitorScheduleArgs | None:
    # A monitor's pause status can't be set: a paused one has no schedule.
    if "schedule" not in args or args["schedule"].get("paused", False):
        return None
    return databricks.QualityMonitorScheduleArgs(
        quartz_cron_expression=args["schedule"]["cron"],
        timezone_id=args["schedule"].get("timezone", "UTC"),
    )


def _notifications(args: ModelMonitorArgs) -> databricks.QualityMonitorNotificationsArgs | None:
    if not args.get("notify"):
        return None
    heard = databricks.QualityMonitorNotificationsOnFailureArgs(email_addresses=args["notify"])
    return databricks.QualityMonitorNotificationsArgs(on_failure=heard)


def _check(name: str, args: ModelMonitorArgs) -> None:
    problems = Problems(f"ModelMonitor {name}")
    problems.require_one("problem", args.get("problem"), PROBLEMS)
    if "problem" in args:
        missing = [key for key in ("timestamp", "prediction", "model_id") if key not in args]
        problems.add(*(f"An inference log needs {key}: name the column." for key in missing))
    if "declare" in args:
        check_table(problems, args["table"], args["declare"])
        if "warehouse_id" not in args:
            problems.add("The table is declared, but no warehouse makes it: give warehouse_id.")
        problems.add(*unknown_columns(args, args["declare"]["columns"]))
    for granularity in args.get("granularities", []):
        if not GRANULARITY.fullmatch(granularity):
            problems.add(f"The granularity {granularity!r} is not one: 1 hour, 1 day, 1 week, 1 month, …")
    for metric in args.get("custom_metrics", []):
        problems.require_one(
            f"The kind of {metric['name']}", metric["kind"], ("aggregate", "derived", "drift")
        )
    if "schedule" in args:
        wrong = quartz.problem(args["schedule"]["cron"])
        problems.add(*([f"The schedule {wrong}"] if wrong else []))
    problems.raise_any()


def unknown_columns(args: ModelMonitorArgs, columns: dict[str, str]) -> list[str]:
    """A sentence for each column that the monitor names and the table does not have."""
    named = {
        "timestamp": args.get("timestamp"),
        "prediction": args.get("prediction"),
        "prediction_proba": args.get("prediction_proba"),
        "label": args.get("label"),
        "model_id": args.get("model_id"),
    }
    slices = [each for each in args.get("slices", []) if each.isidentifier()]
    pairs = [(key, column) for key, column in named.items() if column] + [("slices", each) for each in slices]
    return [
        f"{key} names the column {column!r}, which {args['table']} does not have{suggest(column, columns)}: "
        f"it has {', '.join(columns)}."
        for key, column in pairs
        if column not in columns
    ]
