"""The page's own API: the metric tables of monitors, as JSON. Reads those tables and no others."""

from __future__ import annotations

import math
from datetime import UTC, datetime
from typing import Any

from mlops_sandbox.databricks.unity.tables import table_location
from mlops_sandbox.errors import not_found
from mlops_sandbox.server.routing import Call, Json, Routes

routes = Routes()

_NAMES = ("profile_metrics_table_name", "drift_metrics_table_name")
#: More than a page can draw.
_MOST_ROWS = 20_000


@routes.get("/sandbox/page/metrics")
def metric_tables(call: Call) -> Json:
    """The rows of the metric table `table`; without it, the tables that are monitored.

    Timestamps are milliseconds since 1970; what is not a number (NaN) is null.
    """
    monitors = call.store.items("monitor")
    table = call.query.get("table")
    if table is None:
        return {"tables": [name for name, _ in monitors]}
    if table not in {monitor.get(name) for _, monitor in monitors for name in _NAMES}:
        raise not_found(f"{table} is not the metric table of a monitor.")
    return {"rows": _rows(call, table)}


def _rows(call: Call, table: str) -> list[Json]:
    from deltalake import DeltaTable

    location = str(table_location(call.sandbox, call.workspace, table))
    if not DeltaTable.is_deltatable(location):
        return []
    found = DeltaTable(location).to_pyarrow_table().to_pylist()
    return [{name: _plain(value) for name, value in row.items()} for row in found[-_MOST_ROWS:]]


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
