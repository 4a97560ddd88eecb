"""Quality monitors: the metric tables say what scikit-learn and SciPy say of the same rows."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from databricks.sdk import WorkspaceClient
from databricks.sdk.errors import DatabricksError, InvalidParameterValue, NotFound
from databricks.sdk.service.catalog import (
    ColumnInfo,
    DataSourceFormat,
    MonitorCronSchedule,
    MonitorInferenceLog,
    MonitorInferenceLogProblemType,
    MonitorMetric,
    MonitorMetricType,
    MonitorRefreshInfoState,
    MonitorRefreshInfoTrigger,
    MonitorSnapshot,
    MonitorTimeSeries,
    TableType,
)
from deltalake import DeltaTable, write_deltalake
from running import RunningSandbox
from scipy import stats
from served_models import until
from sklearn import metrics

Rows = list[dict[str, Any]]
Fill = Callable[[str, pa.Table], str]
NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


@pytest.fixture(scope="module")
def monitored(sandbox: RunningSandbox) -> WorkspaceClient:
    client = sandbox.workspace()
    client.catalogs.create("watched")
    client.schemas.create("data", "watched")
    return client


@pytest.fixture
def fill(monitored: WorkspaceClient) -> Fill:
    """Make a table with those rows, or add them; returns its full name."""
    kinds = {"string": "STRING", "double": "DOUBLE", "int64": "BIGINT", "timestamp[us, tz=UTC]": "TIMESTAMP"}

    def filled(name: str, rows: pa.Table) -> str:
        full = f"watched.data.{name}"
        try:
            table = monitored.tables.get(full)
        except NotFound:
            columns = [
                ColumnInfo(
                    name=field.name,
                    type_text=kinds[str(field.type)].lower(),
                    type_json=f'{{"name":"{field.name}","type":"{_delta(str(field.type))}","nullable":true,"metadata":{{}}}}',
                    position=position,
                )
                for position, field in enumerate(rows.schema)
            ]
            table = monitored.tables.create(
                name, "watched", "data", TableType.MANAGED, DataSourceFormat.DELTA, "", columns=columns
            )
        if rows.num_rows:
            write_deltalake(str(table.storage_location), rows, mode="append")
        return full

    return filled


def _delta(kind: str) -> str:
    return {"int64": "long", "timestamp[us, tz=UTC]": "timestamp"}.get(kind, kind)


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


def test_an_empty_table_has_empty_metrics(monitored: WorkspaceClient, fill: Fill) -> None:
    empty = {name: pa.array([], pa.float64()) for name in ("guess", "label")}
    table = fill("empty", pa.table({"at": days(0, 0), "model": pa.array([], pa.string()), **empty}))
    watch(monitored, table, inference_log=regression_log())
    assert rows_of(monitored, table, "profile") == []
    assert rows_of(monitored, table, "drift") == []


def test_regression_metrics_are_scikit_learns(monitored: WorkspaceClient, fill: Fill) -> None:
    random = np.random.default_rng(1)
    labels, guesses = random.normal(10, 3, 60), random.normal(10, 3, 60)
    known = [None if number % 10 == 0 else value for number, value in enumerate(labels)]
    columns = {"model": ["1"] * 30 + ["2"] * 30, "guess": guesses, "label": known}
    table = fill("regression", pa.table({"at": days(2, 30), **columns}))
    watch(monitored, table, inference_log=regression_log())
    table_rows = rows_of(monitored, table, "profile", column_name=":table", log_type="INPUT", slice_key=None)
    assert [(row["model"], row["window"]["start"].day) for row in table_rows] == [
        ("*", 2),
        ("1", 2),
        ("*", 3),
        ("2", 3),
    ]
    frame = pd.DataFrame({"label": known[:30], "guess": guesses[:30]}).dropna()
    told = (frame["label"], frame["guess"])
    first = table_rows[0]
    assert first["count"] == 30
    assert first["mean_squared_error"] == pytest.approx(metrics.mean_squared_error(*told))
    assert first["root_mean_squared_error"] == pytest.approx(metrics.root_mean_squared_error(*told))
    assert first["mean_average_error"] == pytest.approx(metrics.mean_absolute_error(*told))
    assert first["mean_absolute_percentage_error"] == pytest.approx(
        metrics.mean_absolute_percentage_error(*told)
    )
    assert first["r2_score"] == pytest.approx(metrics.r2_score(*told))
    [label] = rows_of(monitored, table, "profile", column_name="label", model="1")
    assert (label["count"], label["num_nulls"], label["percent_null"]) == (27, 3, 10.0)
    assert (label["avg"], label["stddev"]) == (
        pytest.approx(frame["label"].mean()),
        pytest.approx(frame["label"].std()),
    )


def test_classification_metrics_are_scikit_learns(monitored: WorkspaceClient, fill: Fill) -> None:
    random = np.random.default_rng(2)
    labels = random.choice(["cat", "dog", "owl"], 90, p=[0.5, 0.4, 0.1])
    guesses = np.where(random.random(90) < 0.7, labels, "dog")
    columns = {"model": ["1"] * 90, "guess": guesses, "label": labels}
    table = fill("classification", pa.table({"at": days(1, 90), **columns}))
    log = regression_log()
    log.problem_type = MonitorInferenceLogProblemType.PROBLEM_TYPE_CLASSIFICATION
    watch(monitored, table, inference_log=log)
    row = rows_of(monitored, table, "profile", column_name=":table", model="*")[0]
    assert row["accuracy_score"] == pytest.approx(metrics.accuracy_score(labels, guesses))
    for name, score in (
        ("precision", metrics.precision_score),
        ("recall", metrics.recall_score),
        ("f1_score", metrics.f1_score),
    ):
        assert row[name]["macro"] == pytest.approx(score(labels, guesses, average="macro"))
        assert row[name]["weighted"] == pytest.approx(score(labels, guesses, average="weighted"))
        each = score(labels, guesses, average=None)
        assert [value for _, value in row[name]["one_vs_all"]] == pytest.approx(list(each))
    assert sum(cell["count"] for cell in row["confusion_matrix"]) == 90


def test_a_shifted_column_drifts_and_an_unchanged_one_does_not(
    monitored: WorkspaceClient, fill: Fill
) -> None:
    random = np.random.default_rng(3)
    same, shifted = random.normal(size=500), random.normal(size=500)
    columns = {
        "same": np.concatenate([same, same]),
        "shifted": np.concatenate([shifted, shifted + 2]),
        "place": ["a"] * 250 + ["b"] * 250 + ["a"] * 450 + ["b"] * 50,
    }
    rows = pa.table({"at": days(2, 500), **columns})
    table, baseline = fill("shift", rows), fill("shift_baseline", rows.slice(0, 500))
    watch(
        monitored,
        table,
        time_series=MonitorTimeSeries("at", ["1 day"]),
        baseline_table_name=baseline,
        slicing_exprs=["place"],
    )
    for drift_type in ("CONSECUTIVE", "BASELINE"):
        found = {
            row["column_name"]: row
            for row in rows_of(monitored, table, "drift", drift_type=drift_type, slice_key=None)
            if row["window"]["start"].day == 3
        }
        quiet, moved = found["same"], found["shifted"]
        assert quiet["ks_test"]["statistic"] == quiet["wasserstein_distance"] == 0
        assert quiet["population_stability_index"] == pytest.approx(0)
        tested = stats.ks_2samp(shifted + 2, shifted, method="asymp")
        assert moved["ks_test"]["statistic"] == pytest.approx(tested.statistic)
        assert moved["ks_test"]["pvalue"] < 1e-6
        assert moved["wasserstein_distance"] == pytest.approx(2.0)
        assert moved["avg_delta"] == pytest.approx(2.0)
        assert moved["population_stability_index"] > 0.2
        expected = stats.chi2_contingency([[450, 50], [250, 250]], correction=False)
        assert found["place"]["chi_squared_test"]["statistic"] == pytest.approx(expected.statistic)
        assert found["place"]["tv_distance"] == pytest.approx(0.4)
        assert found["place"]["l_infinity_distance"] == pytest.approx(0.4)
    slices = {row["slice_value"] for row in rows_of(monitored, table, "profile", slice_key="place")}
    assert slices == {"a", "b"}


def test_slices_may_be_any_spark_expression(monitored: WorkspaceClient, fill: Fill) -> None:
    table = fill("sliced", pa.table({"at": days(1, 4), "x": [1.0, 5.0, 20.0, 30.0]}))
    watch(
        monitored, table, time_series=MonitorTimeSeries("at", ["1 week"]), slicing_exprs=["x > 10 AND x < 25"]
    )
    counts = {
        row["slice_value"]: row["count"]
        for row in rows_of(monitored, table, "profile", column_name="x")
        if row["slice_key"]
    }
    assert counts == {"true": 1, "false": 3}


def test_a_snapshot_drifts_from_the_one_before(monitored: WorkspaceClient, fill: Fill) -> None:
    table = fill("stock", pa.table({"x": [1.0, 2.0, 3.0]}))
    watch(monitored, table, snapshot=MonitorSnapshot())
    assert rows_of(monitored, table, "drift") == []
    fill("stock", pa.table({"x": [10.0, 11.0, 12.0]}))
    monitored.quality_monitors.run_refresh(table)
    refreshed(monitored, table)
    [drift] = rows_of(monitored, table, "drift", column_name="x")
    assert (drift["drift_type"], drift["count_delta"]) == ("CONSECUTIVE", 3)
    assert len(rows_of(monitored, table, "profile", column_name="x")) == 2


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


def custom(name: str, sql: str, column: str, kind: str, output: str = "double") -> MonitorMetric:
    return MonitorMetric(name, sql, [column], output, MonitorMetricType[f"CUSTOM_METRIC_TYPE_{kind}"])


def test_custom_metrics_are_aggregates_what_derives_of_them_and_their_drift(
    monitored: WorkspaceClient, fill: Fill
) -> None:
    rows = {"at": days(2, 3), "x": [1.0, 2.0, 3.0, 4.0, 5.0, 6.0], "place": ["a", "b", "a", "b", "a", "b"]}
    table, base = fill("custom", pa.table(rows)), fill("custom_base", pa.table(rows).slice(0, 2))
    long = '{"name":"output","type":"long","nullable":true,"metadata":{}}'
    own = [
        custom("squares", "sum({{input_column}} * {{input_column}})", "x", "AGGREGATE"),
        custom("big", "count_if(x > 2)", ":table", "AGGREGATE", long),
        custom("half", "squares / 2", "x", "DERIVED"),
        custom("grown", "{{current_df}}.half - {{base_df}}.half", "x", "DRIFT"),
        custom("more", "{{current_df}}.big - {{base_df}}.big", ":table", "DRIFT", long),
    ]
    series = MonitorTimeSeries("at", ["1 day"])
    with pytest.raises(InvalidParameterValue, match="the table has no column 'y'"):
        watch(monitored, table, time_series=series, custom_metrics=[custom("z", "1", "y", "DERIVED")])
    more = {"slicing_exprs": ["place"], "baseline_table_name": base}
    watch(monitored, table, time_series=series, custom_metrics=own, **more)
    now = {"slice_key": None, "log_type": "INPUT"}
    whole = rows_of(monitored, table, "profile", **now)
    assert [row["squares"] for row in whole if row["column_name"] == "x"] == [14.0, 77.0]
    assert [row["half"] for row in whole if row["column_name"] == "x"] == [7.0, 38.5]
    assert [row["big"] for row in whole if row["column_name"] == ":table"] == [1, 3]
    assert {row["half"] for row in whole if row["column_name"] != "x"} == {None}
    sliced = rows_of(monitored, table, "profile", slice_value="a", column_name="x", log_type="INPUT")
    assert [row["squares"] for row in sliced] == [10.0, 25.0]
    drifts = rows_of(monitored, table, "drift", slice_key=None, column_name="x")
    assert {(row["drift_type"], row["grown"]) for row in drifts} == {
        ("CONSECUTIVE", 31.5),
        ("BASELINE", 4.5),
        ("BASELINE", 36.0),
    }
    (counted,) = rows_of(
        monitored, table, "drift", slice_key=None, column_name=":table", drift_type="CONSECUTIVE"
    )
    assert counted["more"] == 2


def test_a_snapshots_drift_metric_compares_with_the_snapshot_before(
    monitored: WorkspaceClient, fill: Fill
) -> None:
    table = fill("custom_snapshot", pa.table({"x": [1.0, 2.0]}))
    own = [
        custom("total", "sum({{input_column}})", "x", "AGGREGATE"),
        custom("added", "{{current_df}}.total - {{base_df}}.total", "x", "DRIFT"),
    ]
    watch(monitored, table, snapshot=MonitorSnapshot(), custom_metrics=own)
    fill("custom_snapshot", pa.table({"x": [10.0]}))
    monitored.quality_monitors.run_refresh(table)
    refreshed(monitored, table)
    (row,) = rows_of(monitored, table, "drift", column_name="x")
    assert row["added"] == 10.0
