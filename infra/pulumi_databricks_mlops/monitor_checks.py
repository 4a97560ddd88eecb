"""What can be wrong with a monitor's arguments."""

import re
from collections.abc import Sequence

from pulumi_databricks_mlops import quartz
from pulumi_databricks_mlops import roles as role
from pulumi_databricks_mlops.monitor_args import CustomMetricArgs, ModelMonitorArgs, MonitorAlertArgs
from pulumi_databricks_mlops.problems import Problems
from pulumi_databricks_mlops.spelling import suggest
from pulumi_databricks_mlops.tables import check_table

PROBLEMS = ("regression", "classification")
APIS = ("quality", "data_quality")
KINDS = ("aggregate", "derived", "drift")
DRIFT_TYPES = ("CONSECUTIVE", "BASELINE")
GRANULARITY = re.compile(r"(5|30) minutes|1 (hour|day|month|year)|[1-4] weeks?")
QUALITY_METRICS = (
    "accuracy_score",
    "confusion_matrix",
    "equal_opportunity",
    "f1_score",
    "log_loss",
    "mean_absolute_percentage_error",
    "mean_average_error",
    "mean_squared_error",
    "precision",
    "predictive_equality",
    "predictive_parity",
    "r2_score",
    "recall",
    "root_mean_squared_error",
    "statistical_parity",
)
DRIFT_METRICS = (
    "avg_delta",
    "chi_squared_test",
    "count_delta",
    "js_distance",
    "ks_test",
    "l_infinity_distance",
    "percent_distinct_delta",
    "percent_null_delta",
    "percent_zeros_delta",
    "population_stability_index",
    "tv_distance",
    "wasserstein_distance",
)
_METRIC = r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)*"


def check(name: str, args: ModelMonitorArgs) -> None:
    """Find every mistake.

    Raises:
        InputError: there is one or more.
    """
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
    _check_api(args, problems)
    check_shape(args, problems)
    if "schedule" in args:
        wrong = quartz.problem(args["schedule"]["cron"])
        problems.add(*([f"The schedule {wrong}"] if wrong else []))
    if (args.get("alerts") or args.get("own_dashboard", False)) and "warehouse_id" not in args:
        problems.add(
            "It has alerts or a dashboard, but no warehouse asks the metric tables: give warehouse_id."
        )
    role.check_runs(problems, "run_as", args.get("run_as"))
    problems.raise_any()


def check_shape(args: ModelMonitorArgs, problems: Problems) -> None:
    """Add what is wrong with custom metrics and alerts."""
    for metric in args.get("custom_metrics", []):
        _check_metric(metric, problems)
    for name, alert in sorted(args.get("alerts", {}).items()):
        _check_alert(f"The alert {name!r}", alert, args, problems)


def _check_api(args: ModelMonitorArgs, problems: Problems) -> None:
    problems.require_one("api", args.get("api"), APIS)
    if args.get("api") == "data_quality" and "prediction_proba" in args:
        problems.add("prediction_proba is given, which the data-quality API does not take: leave it out.")


def _check_metric(metric: CustomMetricArgs, problems: Problems) -> None:
    name, kind, text = metric["name"], metric["kind"], metric["definition"]
    problems.require_one(f"The kind of {name}", kind, KINDS)
    compares = "{{current_df}}" in text or "{{base_df}}" in text
    if kind == "drift" and not ("{{current_df}}" in text and "{{base_df}}" in text):
        problems.add(
            f"The drift metric {name} compares nothing: write {{{{current_df}}}}.x - {{{{base_df}}}}.x."
        )
    if kind in ("aggregate", "derived") and compares:
        problems.add(f"The metric {name} compares two windows, and is of the kind {kind}: make it drift.")
    if not metric["input_columns"]:
        problems.add(f"The metric {name} has no input_columns: name some, or `:table`.")


def is_drift(metric: str, own: Sequence[CustomMetricArgs]) -> bool:
    """Whether a metric is in the drift table, and not in that of profiles."""
    kinds = {each["name"]: each["kind"] for each in own}
    return kinds.get(metric) == "drift" or metric.split(".")[0] in DRIFT_METRICS


def _check_alert(what: str, alert: MonitorAlertArgs, args: ModelMonitorArgs, problems: Problems) -> None:
    if ("above" in alert) == ("below" in alert):
        problems.add(f"{what} needs exactly one of above and below.")
    problems.require_name(f"The metric of {what[4:]}", alert["metric"], _METRIC, "a column, or field of one")
    own, base = args.get("custom_metrics", []), alert["metric"].split(".")[0]
    known = [*QUALITY_METRICS, *DRIFT_METRICS, *(metric["name"] for metric in own)]
    near = suggest(base, known)
    if base not in known and near:
        problems.add(f"{what} is about {base!r}, which no metric table has{near}.")
    windows, violations = alert.get("windows", 1), alert.get("violations", 1)
    if not 1 <= violations <= windows:
        problems.add(
            f"{what} wants {violations} of {windows} windows: give 1 or more, and no more than windows."
        )
    lengths = args.get("granularities", ["1 day"])
    if "timestamp" in args:
        problems.require_one(f"The granularity of {what[4:]}", alert.get("granularity"), lengths)
    problems.require_one(f"drift_type of {what[4:]}", alert.get("drift_type"), DRIFT_TYPES)
    if alert.get("drift_type") == "BASELINE" and "baseline_table" not in args:
        problems.add(f"{what} is about drift to a baseline, and there is none: give baseline_table.")
    if ("slice_key" in alert) != ("slice_value" in alert):
        problems.add(f"{what} has one of slice_key and slice_value: give both.")
    if "schedule" in alert:
        wrong = quartz.problem(alert["schedule"]["cron"])
        problems.add(*([f"The schedule of {what[4:]} {wrong}"] if wrong else []))


def unknown_columns(args: ModelMonitorArgs, columns: dict[str, str]) -> list[str]:
    """A sentence for each column that the monitor names and the table does not have."""
    named = {
        "timestamp": args.get("timestamp"),
        "prediction": args.get("prediction"),
        "prediction_proba": args.get("prediction_proba"),
        "label": args.get("label"),
        "model_id": args.get("model_id"),
    }
    slices = [("slices", each) for each in args.get("slices", []) if each.isidentifier()]
    pairs = [(key, column) for key, column in named.items() if column] + slices
    for metric in args.get("custom_metrics", []):
        pairs += [("custom_metrics", each) for each in metric["input_columns"] if each != ":table"]
    return [
        f"{key} names the column {column!r}, which {args['table']} does not have{suggest(column, columns)}: "
        f"it has {', '.join(columns)}."
        for key, column in pairs
        if column not in columns
    ]
