"""Quality monitors: what is refused, scheduled, refreshed again, and lost in a crash."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from databricks.sdk import WorkspaceClient
from databricks.sdk.errors import DatabricksError, InvalidParameterValue, NotFound
from databricks.sdk.service.catalog import (
    ColumnInfo,
    DataSourceFormat,
    MonitorCronSchedule,
    MonitorRefreshInfoState,
    MonitorRefreshInfoTrigger,
    MonitorSnapshot,
    MonitorTimeSeries,
    TableType,
)
from deltalake import write_deltalake
from monitored_tables import Fill, days, refreshed, rows_of, watch
from running import RunningSandbox
from served_models import until


def test_a_table_that_is_not_there_has_no_monitor(monitored: WorkspaceClient, fill: Fill) -> None:
    with pytest.raises(NotFound):
        monitored.quality_monitors.create(
            "watched.data.nothing", "watched.data", "/Shared", snapshot=MonitorSnapshot()
        )
    table = fill("bare", pa.table({"x": [1.0]}))
    with pytest.raises(NotFound, match="Cannot find Monitor"):
        monitored.quality_monitors.get(table)


@pytest.mark.parametrize(
    ("definition", "message"),
    [
        ({}, "Exactly one of"),
        ({"time_series": MonitorTimeSeries("at", ["3 days"])}, "Granularity '3 days'"),
        ({"time_series": MonitorTimeSeries("when", ["1 day"])}, "no column 'when'"),
        (
            {"snapshot": MonitorSnapshot(), "schedule": MonitorCronSchedule("often", "UTC")},
            "schedule is not valid",
        ),
    ],
)
def test_a_wrong_definition_is_refused(
    monitored: WorkspaceClient, fill: Fill, definition: dict[str, Any], message: str
) -> None:
    table = fill("wrong", pa.table({"at": days(0, 0), "x": pa.array([], pa.float64())}))
    with pytest.raises(InvalidParameterValue, match=message):
        monitored.quality_monitors.create(table, "watched.data", "/Shared", **definition)


def test_a_refresh_again_gives_the_same_rows_and_the_definition_can_change(
    monitored: WorkspaceClient, fill: Fill
) -> None:
    table = fill("again", pa.table({"at": days(3, 5), "x": np.arange(15.0)}))
    watch(monitored, table, time_series=MonitorTimeSeries("at", ["1 day"]))
    before = rows_of(monitored, table, "profile")
    monitored.quality_monitors.run_refresh(table)
    refreshed(monitored, table)
    assert rows_of(monitored, table, "profile") == before
    monitored.quality_monitors.update(
        table, "watched.data", time_series=MonitorTimeSeries("at", ["1 month", "1 year"])
    )
    monitored.quality_monitors.run_refresh(table)
    refreshed(monitored, table)
    windows = {
        (
            row["granularity"],
            row["window"]["start"].date().isoformat(),
            row["window"]["end"].date().isoformat(),
        )
        for row in rows_of(monitored, table, "profile")
    }
    assert windows == {("1 month", "2026-03-01", "2026-04-01"), ("1 year", "2026-01-01", "2027-01-01")}
    with pytest.raises(DatabricksError, match="has a monitor already"):
        watch(monitored, table, snapshot=MonitorSnapshot())
    monitored.quality_monitors.delete(table)
    with pytest.raises(NotFound):
        monitored.quality_monitors.get(table)


def test_a_schedule_refreshes_until_it_is_paused(monitored: WorkspaceClient, fill: Fill) -> None:
    table = fill("scheduled", pa.table({"x": pa.array([], pa.float64())}))
    watch(monitored, table, snapshot=MonitorSnapshot(), schedule=MonitorCronSchedule("0/1 * * * * ?", "UTC"))

    def scheduled() -> bool:
        refreshes = monitored.quality_monitors.list_refreshes(table).refreshes or []
        return any(one.trigger is MonitorRefreshInfoTrigger.SCHEDULE for one in refreshes)

    until(scheduled)
    monitored.quality_monitors.delete(table)


def test_killed_it_says_which_refreshes_were_lost(new_sandbox: RunningSandbox) -> None:
    client = new_sandbox.workspace()
    client.catalogs.create("watched")
    client.schemas.create("data", "watched")
    column = ColumnInfo(name="x", type_text="double", type_json='"double"', position=0)
    made = client.tables.create(
        "t", "watched", "data", TableType.MANAGED, DataSourceFormat.DELTA, "", columns=[column]
    )
    write_deltalake(str(made.storage_location), pa.table({"x": [1.0]}), mode="append")
    client.quality_monitors.create("watched.data.t", "watched.data", "/Shared", snapshot=MonitorSnapshot())
    asked = client.quality_monitors.run_refresh("watched.data.t")
    new_sandbox.kill()
    new_sandbox.start_again()
    client = new_sandbox.workspace()
    lost = client.quality_monitors.get_refresh("watched.data.t", asked.refresh_id)
    assert lost.state is MonitorRefreshInfoState.FAILED
    assert lost.message == "The sandbox was stopped during the refresh."
    client.quality_monitors.run_refresh("watched.data.t")
    refreshed(client, "watched.data.t")
