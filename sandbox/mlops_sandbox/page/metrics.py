"""The page's own API: the metric tables of monitors, as JSON. Reads those tables and no others."""

from __future__ import annotations

import math
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

from mlops_sandbox.databricks.unity.tables import table_location
from mlops_sandbox.errors import not_found
from mlops_sandbox.server.routing import Call, Json, Routes
from mlops_sandbox.store import Document

routes = Routes()

_NAMES = ("profile_metrics_table_name", "drift_metrics_table_name")
_GROUPS = ("window", "granularity", "column_name", "drift_type")
#: What the page draws; the other columns would make every refresh ten times as large.
_MEASURES = (
    "count",
    "root_mean_squared_error",
    "mean_average_error",
    "r2_score",
    "accuracy_score",
    "f1_score",
    "population_stability_index",
    "js_distance",
    "ks_test",
    "wasserstein_distance",
    "tv_distance",
)


@routes.get("/sandbox/page/metrics")
def metric_tables(call: Call) -> Json:
    """The unsliced rows of the metric table `table`; without it, the tables that are monitored.

    `column` leaves only the rows of that column (`:table` is the whole table). Timestamps are
    milliseconds since 1970; what is not a number (NaN) is null.
    """
    monitors = call.metastore.items("monitor")
    table = call.query.get("table")
    if table is None:
        return {"tables": [name for name, _ in monitors]}
    for _, monitor in monitors:
        if table in {monitor.get(name) for name in _NAMES}:
            return {"rows": _rows(call, table, monitor)}
    raise not_found(f"{table} is not the metric table of a monitor.")


def _rows(call: Call, table: str, monitor: Document) -> list[Json]:
    from deltalake import DeltaTable

    location = str(table_location(call.sandbox, call.workspace, table))
    if not DeltaTable.is_deltatable(location):
        return []
    model_column = (monitor.get("inference_log") or {}).get("model_id_col", "")
    version = DeltaTable(location).version()
    return _read(location, version, model_column, call.query.get("column", ""))


@lru_cache(maxsize=32)
def _read(location: str, version: int, model_column: str, column: str) -> list[Json]:
    """The rows of one version of a table, which never change."""
    import pyarrow.compute as pc
    from deltalake import DeltaTable

    dataset = DeltaTable(location, version=version).to_pyarrow_dataset()
    wanted = pc.field("slice_key").is_null()
    if column:
        wanted = wanted & (pc.field("column_name") == column)
    shown = [name for name in dataset.schema.names if name in {*_GROUPS, *_MEASURES, model_column}]
    rows = dataset.to_table(columns=shown, filter=wanted).to_pylist()
    return [{name: _plain(value) for name, value in row.items()} for row in rows]


def _plain(value: Any) -> Any:
    """A value as JSON has it."""
    if isinstance(value, datetime):
        moment = value if value.tzinfo else value.replace(tzinfo=UTC)
        return int(moment.timestamp() * 1000)
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, dict):
        return {name: _plain(each) for name, each in value.items()}
    if isinstance(value, str | int | None):
        return value
    return str(value)
