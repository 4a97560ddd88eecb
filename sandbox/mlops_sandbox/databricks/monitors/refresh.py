"""One refresh, in a process of its own: reads the monitored table and writes its two metric tables.

`python -m mlops_sandbox.databricks.monitors.refresh SPEC` reads the JSON file SPEC (see :class:`Spec`).
A table without rows makes empty metric tables.
"""

from __future__ import annotations

import json
import re
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
from deltalake import DeltaTable, write_deltalake

from mlops_sandbox.databricks.monitors.analysis import Analysis, Metrics, Report, over_time, snapshot
from mlops_sandbox.databricks.monitors.frame import Frame
from mlops_sandbox.databricks.monitors.metric_tables import drift_schema, profile_schema
from mlops_sandbox.databricks.monitors.spec import Spec

Json = dict[str, Any]


def _slices(monitor: Json, names: list[str]) -> tuple[list[str], list[str]]:
    """The slicing expressions that are columns, and the others, which Spark computes."""
    expressions = monitor.get("slicing_exprs") or []
    plain = [one for one in expressions if _column(one) in names]
    return plain, [one for one in expressions if one not in plain]


def _column(expression: str) -> str:
    return re.sub(r"^`(.*)`$", r"\1", expression.strip())


def _computed(spec: Spec, folder: str, version: int, expressions: list[str]) -> pa.Table:
    from pyspark.sql import SparkSession

    if spec.spark is None:
        raise ValueError("Slicing expressions need Spark, which is not running.")
    spark = SparkSession.builder.remote(spec.spark).getOrCreate()
    named = [f"({text}) AS __slice_{number}" for number, text in enumerate(expressions)]
    rows = spark.read.format("delta").option("versionAsOf", version).load(folder)
    return rows.selectExpr("*", *named).toArrow()


def read(spec: Spec, folder: str, version: int | None = None) -> tuple[Frame, int]:
    """The table in that folder, and its commit version."""
    delta = DeltaTable(folder, version=version)
    at = delta.version()
    names = [field.name for field in delta.schema().fields]
    plain, others = _slices(spec.monitor, names)
    table = _computed(spec, folder, at, others) if others else delta.to_pyarrow_table()
    slices = [(one, table[_column(one)]) for one in plain]
    slices += [(one, table[f"__slice_{number}"]) for number, one in enumerate(others)]
    if isinstance(table, pa.Table):
        table = table.select(names)
    return Frame(table, spec.monitor, slices), at


def _snapshot_before(spec: Spec) -> tuple[Frame, datetime] | None:
    if spec.previous is None:
        return None
    old, _ = read(spec, spec.table, spec.previous["version"])
    return (old, datetime.fromtimestamp(spec.previous["now"], UTC)) if old.table.num_rows else None


def compute(spec: Spec) -> tuple[Metrics, int]:
    """The rows of both metric tables, and the monitored table's commit version."""
    monitor = spec.monitor
    frame, version = read(spec, spec.table)
    baseline = []
    if spec.baseline:
        base, _ = read(spec, spec.baseline)
        baseline = list(Analysis(base).groups(base.rows, None)) if base.table.num_rows else []
    report = Report(monitor, version, baseline)
    if not frame.table.num_rows:
        return Metrics([], []), version
    timed = monitor.get("inference_log") or monitor.get("time_series")
    if timed:
        over_time(report, frame, timed["timestamp_col"], timed["granularities"])
    else:
        snapshot(report, frame, datetime.fromtimestamp(spec.now, UTC), _snapshot_before(spec))
    if monitor.get("custom_metrics"):
        report.add_custom(spec.spark)
    return report.metrics, version


def main() -> int:
    """Run a refresh; its result goes beside the spec, as `<spec>.result`."""
    path = Path(sys.argv[1])
    spec = Spec(**json.loads(path.read_text()))
    metrics, version = compute(spec)
    timed = spec.monitor.get("inference_log") or spec.monitor.get("time_series")
    for folder, rows, schema in (
        (spec.profile, metrics.profile, profile_schema(spec.monitor)),
        (spec.drift, metrics.drift, drift_schema(spec.monitor)),
    ):
        table = pa.Table.from_pylist(rows, schema=schema)
        if timed:
            write_deltalake(folder, table, mode="overwrite", schema_mode="overwrite")
        elif rows:
            write_deltalake(folder, table, mode="append", schema_mode="merge")
    told = {"version": version, "rows": len(metrics.profile) + len(metrics.drift)}
    path.with_suffix(".result").write_text(json.dumps(told))
    return 0


if __name__ == "__main__":
    sys.exit(main())
