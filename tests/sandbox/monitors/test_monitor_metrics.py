"""Quality monitors: the metric tables say what scikit-learn and SciPy say of the same rows."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from databricks.sdk import WorkspaceClient
from databricks.sdk.errors import InvalidParameterValue
from databricks.sdk.service.catalog import (
    MonitorInferenceLogProblemType,
    MonitorMetric,
    MonitorMetricType,
    MonitorSnapshot,
    MonitorTimeSeries,
)
from monitored_tables import Fill, days, refreshed, regression_log, rows_of, watch
from scipy import stats
from sklearn import metrics


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
