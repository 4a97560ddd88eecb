"""Custom metrics: SQL that Spark computes of rows (aggregate), of aggregates (derived), of groups (drift)."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

import numpy as np
import pyarrow as pa

from mlops_sandbox.databricks.monitors.profile import TABLE
from mlops_sandbox.errors import invalid

Json = dict[str, Any]

_KIND = "CUSTOM_METRIC_TYPE_"
AGGREGATE, DERIVED, DRIFT = (f"{_KIND}{name}" for name in ("AGGREGATE", "DERIVED", "DRIFT"))
_TYPES = {
    "double": pa.float64(),
    "float": pa.float64(),
    "long": pa.int64(),
    "integer": pa.int64(),
    "string": pa.string(),
    "boolean": pa.bool_(),
}
_SPARK = {"long": "bigint", "integer": "int"}
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
    """Refuse what can't be computed.

    Raises:
        ApiError: 400 for a wrong definition.
    """
    for metric in metrics:
        name = str(metric.get("name", ""))
        if not _NAME.fullmatch(name):
            raise invalid(f"Custom metric name {name!r} must be a name of letters, digits and underscores.")
        if metric.get("type") not in {AGGREGATE, DERIVED, DRIFT}:
            known = ", ".join((AGGREGATE, DERIVED, DRIFT))
            raise invalid(f"Custom metric {name}: type {metric.get('type')!r} is not one of {known}.")
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


def of_kind(metrics: Iterable[Json], *kinds: str) -> list[Json]:
    """The metrics of those kinds."""
    return [metric for metric in metrics if metric["type"] in kinds]


def _compared(metric: Json) -> str:
    """A drift metric's SQL, over two structs."""

    def filled(found: re.Match[str]) -> str:
        if found[1] not in {"current_df", "base_df"}:
            raise ValueError(f"Custom metric {metric['name']}: {found[0]} means nothing here.")
        return found[1]

    return _PARAMETER.sub(filled, metric["definition"])


Values = dict[str, Json]
"""The metrics of one group of rows, by the column that they are shown with."""


class CustomMetrics:
    """Computes a monitor's custom metrics."""

    def __init__(self, monitor: Json, spark: str | None) -> None:
        self._metrics: list[Json] = monitor.get("custom_metrics") or []
        self._log: Json = monitor.get("inference_log") or {}
        self._spark = spark

    def _session(self) -> Any:
        from pyspark.sql import SparkSession

        if self._spark is None:
            raise ValueError("Custom metrics need Spark, which is not running.")
        return SparkSession.builder.remote(self._spark).getOrCreate()

    def aggregates(self, table: pa.Table, groups: list[np.ndarray]) -> list[Values]:
        """For each group of the table's rows: aggregates, and what is derived of them.

        Every row of a group is sent with the group's number, so that one query computes them all.
        """
        from pyspark.sql import functions

        rows = np.concatenate(groups)
        numbers = np.repeat(np.arange(len(groups)), [len(group) for group in groups])
        numbered = table.take(pa.array(rows)).append_column("__group", pa.array(numbers))
        wanted = [
            (metric["name"], column, sql)
            for metric in of_kind(self._metrics, AGGREGATE)
            for column, sql in expressions(metric, self._log)
        ]
        told: list[Values] = [{} for _ in groups]
        if wanted:
            counted = [functions.expr(sql).alias(f"__{number}") for number, (*_, sql) in enumerate(wanted)]
            answer = self._session().createDataFrame(numbered).groupBy("__group").agg(*counted)
            for row in answer.toArrow().to_pylist():
                for number, (name, column, _) in enumerate(wanted):
                    told[row["__group"]].setdefault(column, {})[name] = row[f"__{number}"]
        self._derive(told)
        return told

    def _derive(self, told: list[Values]) -> None:
        derived = of_kind(self._metrics, DERIVED)
        places = [(values, column) for values in told for column in values]
        if not derived or not places:
            return
        fields = [(each["name"], output_type(each)) for each in of_kind(self._metrics, AGGREGATE)]
        found = pa.Table.from_pylist([values[column] for values, column in places], schema=pa.schema(fields))
        for (values, column), row in zip(places, self._ask(found, derived, None), strict=True):
            values[column].update(
                {m["name"]: row[m["name"]] for m in derived if column in m["input_columns"]}
            )

    def drift(self, pairs: list[tuple[str, Values, Values]]) -> list[Json]:
        """For each column with its values now and before: the drift metrics that are shown with it."""
        wanted = of_kind(self._metrics, DRIFT)
        if not wanted or not pairs:
            return [{} for _ in pairs]
        known = [(each["name"], output_type(each)) for each in of_kind(self._metrics, AGGREGATE, DERIVED)]
        fields = pa.schema([(name, pa.struct(known)) for name in ("current_df", "base_df")])
        rows = [
            {"current_df": now.get(column, {}), "base_df": before.get(column, {})}
            for column, now, before in pairs
        ]
        answer = self._ask(pa.Table.from_pylist(rows, schema=fields), wanted, _compared)
        return [
            {each["name"]: row[each["name"]] for each in wanted if column in each["input_columns"]}
            for (column, *_), row in zip(pairs, answer, strict=True)
        ]

    def _ask(self, rows: pa.Table, metrics: list[Json], sql: Callable[[Json], str] | None) -> list[Json]:
        """Each row's metrics, in the order of the rows."""
        from pyspark.sql import functions

        numbered = rows.append_column("__row", pa.array(range(rows.num_rows)))
        columns = [functions.col("__row")]
        for metric in metrics:
            arrow = next(name for name, kind in _TYPES.items() if kind == output_type(metric))
            text = sql(metric) if sql else metric["definition"]
            columns.append(functions.expr(text).cast(_SPARK.get(arrow, arrow)).alias(metric["name"]))
        found = self._session().createDataFrame(numbered).select(*columns).toArrow().to_pylist()
        return sorted(found, key=lambda row: int(row["__row"]))
