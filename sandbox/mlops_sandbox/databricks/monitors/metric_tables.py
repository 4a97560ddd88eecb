"""The two tables that a monitor fills: names, columns, types."""

from __future__ import annotations

from typing import Any

import pyarrow as pa

from mlops_sandbox.databricks.monitors.custom import AGGREGATE, DERIVED, DRIFT, of_kind, output_type

_WINDOW = pa.struct([("start", pa.timestamp("us", tz="UTC")), ("end", pa.timestamp("us", tz="UTC"))])
_SCORES = pa.struct(
    [
        ("one_vs_all", pa.map_(pa.string(), pa.float64())),
        ("macro", pa.float64()),
        ("weighted", pa.float64()),
    ]
)
_TEST = pa.struct([("statistic", pa.float64()), ("pvalue", pa.float64())])
_ITEMS = pa.list_(pa.struct([("item", pa.string()), ("count", pa.int64())]))
_CONFUSION = pa.list_(pa.struct([("prediction", pa.string()), ("label", pa.string()), ("count", pa.int64())]))
_REGRESSION = (
    "mean_squared_error",
    "root_mean_squared_error",
    "mean_average_error",
    "mean_absolute_percentage_error",
    "r2_score",
)

Json = dict[str, Any]


def table_names(table: str, output_schema: str) -> tuple[str, str]:
    """The full names of a monitored table's profile and drift metrics tables."""
    name = table.rpartition(".")[2]
    return f"{output_schema}.{name}_profile_metrics", f"{output_schema}.{name}_drift_metrics"


def _model_id(monitor: Json) -> list[tuple[str, pa.DataType]]:
    """The column with the model's id has the name that it has in the monitored table."""
    log = monitor.get("inference_log")
    return [(log["model_id_col"], pa.string())] if log else []


def _quality(monitor: Json) -> list[tuple[str, pa.DataType]]:
    log = monitor.get("inference_log") or {}
    if log.get("problem_type") == "PROBLEM_TYPE_REGRESSION":
        return [(name, pa.float64()) for name in _REGRESSION]
    if log.get("problem_type") == "PROBLEM_TYPE_CLASSIFICATION":
        return [
            ("accuracy_score", pa.float64()),
            ("confusion_matrix", _CONFUSION),
            ("precision", _SCORES),
            ("recall", _SCORES),
            ("f1_score", _SCORES),
            ("log_loss", pa.float64()),
        ]
    return []


def _custom(monitor: Json, *kinds: str) -> list[tuple[str, pa.DataType]]:
    own = of_kind(monitor.get("custom_metrics") or [], *kinds)
    return [(metric["name"], output_type(metric)) for metric in own]


def profile_schema(monitor: Json) -> pa.Schema:
    """The columns of `<table>_profile_metrics`."""
    return pa.schema(
        [
            ("window", _WINDOW),
            ("log_type", pa.string()),
            ("logging_table_commit_version", pa.int32()),
            ("monitor_version", pa.int64()),
            ("granularity", pa.string()),
            *_model_id(monitor),
            ("slice_key", pa.string()),
            ("slice_value", pa.string()),
            ("column_name", pa.string()),
            ("count", pa.int64()),
            ("data_type", pa.string()),
            ("num_nulls", pa.int64()),
            ("avg", pa.float64()),
            ("quantiles", pa.list_(pa.float64())),
            ("min", pa.float64()),
            ("max", pa.float64()),
            ("stddev", pa.float64()),
            ("num_zeros", pa.int64()),
            ("num_nan", pa.int64()),
            ("min_length", pa.float64()),
            ("max_length", pa.float64()),
            ("avg_length", pa.float64()),
            ("non_null_columns", pa.list_(pa.string())),
            ("frequent_items", _ITEMS),
            ("median", pa.float64()),
            ("distinct_count", pa.int64()),
            ("percent_nan", pa.float64()),
            ("percent_null", pa.float64()),
            ("percent_zeros", pa.float64()),
            ("percent_distinct", pa.float64()),
            *_quality(monitor),
            *_custom(monitor, AGGREGATE, DERIVED),
        ]
    )


def drift_schema(monitor: Json) -> pa.Schema:
    """The columns of `<table>_drift_metrics`."""
    return pa.schema(
        [
            ("window", _WINDOW),
            ("granularity", pa.string()),
            ("monitor_version", pa.int64()),
            *_model_id(monitor),
            ("slice_key", pa.string()),
            ("slice_value", pa.string()),
            ("column_name", pa.string()),
            ("data_type", pa.string()),
            ("window_cmp", _WINDOW),
            ("drift_type", pa.string()),
            ("count_delta", pa.int64()),
            ("avg_delta", pa.float64()),
            ("percent_null_delta", pa.float64()),
            ("percent_zeros_delta", pa.float64()),
            ("percent_distinct_delta", pa.float64()),
            ("non_null_columns_delta", pa.struct([("added", pa.int32()), ("missing", pa.int32())])),
            ("js_distance", pa.float64()),
            ("ks_test", _TEST),
            ("wasserstein_distance", pa.float64()),
            ("population_stability_index", pa.float64()),
            ("chi_squared_test", _TEST),
            ("tv_distance", pa.float64()),
            ("l_infinity_distance", pa.float64()),
            *_custom(monitor, DRIFT),
        ]
    )
