"""The page's own API gives away metric tables, and nothing else of the workspace."""

from __future__ import annotations

import math
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from cryptography.fernet import Fernet
from deltalake import write_deltalake
from mlops_sandbox.context import DEFAULT_USER, DEFAULT_WORKSPACE, Sandbox
from mlops_sandbox.errors import ApiError
from mlops_sandbox.page import metrics
from mlops_sandbox.processes import Processes
from mlops_sandbox.server.routing import Call
from mlops_sandbox.store import Database
from starlette.datastructures import QueryParams
from starlette.requests import Request

TABLE = "local.flights.predictions"
DRIFT = f"{TABLE}_drift_metrics"
START = datetime(2013, 11, 1, tzinfo=UTC)


@pytest.fixture
def monitored(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Sandbox:
    made = Sandbox(
        home=tmp_path,
        runtime=tmp_path,
        url="http://127.0.0.1:1",
        token="t",
        database=Database(tmp_path / "state.db"),
        cipher=Fernet(Fernet.generate_key()),
        processes=Processes(tmp_path / "processes"),
    )
    made.store().put("monitor", TABLE, {"table_name": TABLE, "drift_metrics_table_name": DRIFT})
    monkeypatch.setattr(metrics, "table_location", lambda _sandbox, _workspace, name: tmp_path / name)
    row = {"window": {"start": START, "end": START}, "granularity": "1 week", "slice_value": None}
    rows = [
        {**row, "slice_key": None, "column_name": "temp", "js_distance": 0.25},
        {**row, "slice_key": None, "column_name": "hour", "js_distance": math.nan},
        {**row, "slice_key": "origin", "column_name": "temp", "js_distance": 0.5},
    ]
    write_deltalake(str(tmp_path / DRIFT), pa.Table.from_pylist(rows))
    return made


def ask(sandbox: Sandbox, **query: str) -> Any:
    request = Request({"type": "http"})
    return metrics.metric_tables(
        Call(sandbox, DEFAULT_WORKSPACE, DEFAULT_USER, {}, QueryParams(query), {}, request)
    )


def test_rows_are_unsliced_and_plain_json(monitored: Sandbox) -> None:
    rows = ask(monitored, table=DRIFT)["rows"]
    assert {row["column_name"]: row["js_distance"] for row in rows} == {"temp": 0.25, "hour": None}
    assert {row["window"]["start"] for row in rows} == {int(START.timestamp() * 1000)}
    assert [row["column_name"] for row in ask(monitored, table=DRIFT, column="hour")["rows"]] == ["hour"]


def test_new_rows_are_seen_at_once(monitored: Sandbox) -> None:
    before = len(ask(monitored, table=DRIFT)["rows"])
    more = pa.Table.from_pylist(
        [{"granularity": "1 week", "column_name": "new", "js_distance": 0.1}],
        pa.schema(
            [("granularity", pa.string()), ("column_name", pa.string()), ("js_distance", pa.float64())]
        ),
    )
    write_deltalake(str(monitored.home / DRIFT), more, mode="append", schema_mode="merge")
    assert len(ask(monitored, table=DRIFT)["rows"]) == before + 1


@pytest.mark.parametrize("table", [TABLE, "local.flights.flights", ""])
def test_other_tables_are_not_given_away(monitored: Sandbox, table: str) -> None:
    with pytest.raises(ApiError) as refused:
        ask(monitored, table=table)
    assert refused.value.status == 404


def test_without_a_table_it_names_the_monitored_ones(monitored: Sandbox) -> None:
    assert ask(monitored) == {"tables": [TABLE]}
