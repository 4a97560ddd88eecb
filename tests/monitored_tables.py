"""Tables with monitors: their rows, and what the metric tables say of them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import numpy as np
import pyarrow as pa
from databricks.sdk import WorkspaceClient
from databricks.sdk.service.catalog import (
    MonitorInferenceLog,
    MonitorInferenceLogProblemType,
    MonitorRefreshInfoState,
)
from deltalake import DeltaTable
from served_models import until

Rows = list[dict[str, Any]]
Fill = Callable[[str, pa.Table], str]
NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


def days(number: int, rows_each: int) -> pa.Array:
    """Times on so many days, that many rows on each."""
    start = np.datetime64(NOON.replace(tzinfo=None), "us")
    moments = np.repeat(start + np.arange(number) * np.timedelta64(1, "D"), rows_each)
    return pa.array(moments).cast(pa.timestamp("us", tz="UTC"))


def refreshed(client: WorkspaceClient, table: str) -> None:
    """Wait until the newest refresh has succeeded."""

    def ended() -> bool:
        newest = (client.quality_monitors.list_refreshes(table).refreshes or [])[0]
        assert newest.state is not MonitorRefreshInfoState.FAILED, newest.message
        return newest.state is MonitorRefreshInfoState.SUCCESS

    until(ended)


def rows_of(client: WorkspaceClient, table: str, kind: str, **where: object) -> Rows:
    """The rows of a metric table that have those values."""
    location = client.tables.get(f"{table}_{kind}_metrics").storage_location
    rows = DeltaTable(str(location)).to_pyarrow_table().to_pylist()
    return [row for row in rows if all(row[name] == value for name, value in where.items())]


def watch(client: WorkspaceClient, table: str, **definition: Any) -> None:
    client.quality_monitors.create(table, "watched.data", "/Shared/monitors", **definition)
    refreshed(client, table)


def regression_log(**more: str) -> MonitorInferenceLog:
    names = {"timestamp_col": "at", "prediction_col": "guess", "model_id_col": "model", "label_col": "label"}
    kind = MonitorInferenceLogProblemType.PROBLEM_TYPE_REGRESSION
    return MonitorInferenceLog(kind, granularities=["1 day"], **(names | more))
