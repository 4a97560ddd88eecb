"""Custom metrics of the aggregate kind: SQL expressions that Spark computes for every group of rows."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import pyarrow as pa

from mlops_sandbox.databricks.monitors.profile import TABLE
from mlops_sandbox.errors import ApiError, invalid

Json = dict[str, Any]

_AGGREGATE = "CUSTOM_METRIC_TYPE_AGGREGATE"
_TYPES = {
    "double": pa.float64(),
    "float": pa.float64(),
    "long": pa.int64(),
    "integer": pa.int64(),
    "string": pa.string(),
    "boolean": pa.bool_(),
}
_PARAMETER = re.compile(r"\{\{\s*(\w+)\s*\}\}")
_NAME = re.compile(r"[A-Za-z_]\w*")


def output_type(metric: Json) -> pa.DataType:
    """The Arrow type of a metric; KeyError when it is not a simple one.

    Callers write `StructField("output", DoubleType()).json()`, `DoubleType().json()` or `double`.
    """
    text = str(metric["output_data_type"])
    told = json.loads(text) if text.startswith(("{", '"')) else text
    return _TYPES[told["type"] if isinstance(told, dict) else told]


def check(metrics: list[Json], columns: list[str]) -> None:
    """Refuse what the sandbox can't compute.

    Raises:
        ApiError: 400 for a wrong definition, 501 for derived and drift metrics.
    """
    for metric in metrics:
        name = str(metric.get("name", ""))
        if not _NAME.fullmatch(name):
            raise invalid(f"Custom metric name {name!r} must be a name of letters, digits and underscores.")
        if metric.get("type") != _AGGREGATE:
            message = (
                f"Custom metric {name}: the sandbox computes {_AGGREGATE} only, not {metric.get('type')}."
            )
            raise ApiError(501, "NOT_IMPLEMENTED", message)
        unknown = set(metric.get("input_columns") or [""]) - {TABLE, *columns}
        if unknown:
            raise invalid(f"Custom metric {name}: the table has no column {', '.join(sorted(unknown))!r}.")
        try:
            output_type(metric)
        except (KeyError, ValueError, TypeError):
            told = metric.get("output_data_type")
            raise invalid(f"Custom metric {name}: output_data_type {told!r} is not a simple type.") from None


def expressions(metric: Json, log: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """The metric's SQL for each of its input columns, its template's parameters filled in."""
    for column in metric["input_columns"]:
        values = {"input_column": f"`{column}`"} | {
            name: f"`{log[name]}`"
            for name in ("prediction_col", "label_col", "model_id_col")
            if log.get(name)
        }

        def filled(found: re.Match[str], values: dict[str, str] = values) -> str:
            if found[1] not in values:
                raise ValueError(f"Custom metric {metric['name']}: {found[0]} means nothing here.")
            return values[found[1]]

        yield column, _PARAMETER.sub(filled, metric["definition"])


class CustomMetrics:
    """Computes a monitor's custom metrics over the rows of one table."""

    def __init__(self, monitor: Json, table: pa.Table, spark: str | None) -> None:
        self._metrics: list[Json] = monitor.get("custom_metrics") or []
        self._log: Json = monitor.get("inference_log") or {}
        self._table = table
        self._spark = spark

    def of(self, groups: list[np.ndarray]) -> list[dict[str, Json]]:
        """For each group of rows: the metrics by the column that they are shown with.

        Every row of a group is sent with the group's number, so that one query computes them all.
        """
        from pyspark.sql import SparkSession, functions

        if self._spark is None:
            raise ValueError("Custom metrics need Spark, which is not running.")
        spark = SparkSession.builder.remote(self._spark).getOrCreate()
        rows = np.concatenate(groups)
        numbers = np.repeat(np.arange(len(groups)), [len(group) for group in groups])
        numbered = self._table.take(pa.array(rows)).append_column("__group", pa.array(numbers))
        wanted = [
            (metric["name"], column, sql)
            for metric in self._metrics
            for column, sql in expressions(metric, self._log)
        ]
        aggregates = [functions.expr(sql).alias(f"__{number}") for number, (*_, sql) in enumerate(wanted)]
        answer = spark.createDataFrame(numbered).groupBy("__group").agg(*aggregates).toArrow().to_pylist()
        told: list[dict[str, Json]] = [{} for _ in groups]
        for row in answer:
            for number, (name, column, _) in enumerate(wanted):
                told[row["__group"]].setdefault(column, {})[name] = row[f"__{number}"]
        return told
