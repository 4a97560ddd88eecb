"""When the monitor's numbers mean retraining."""

from __future__ import annotations

from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from databricks.sdk.errors import NotFound
from databricks.sdk.service.catalog import MonitorRefreshInfoState as State
from flights.errors import DataError, FlightsError
from flights.monitoring.refresh import refresh
from flights.monitoring.violation import Rule, violated, window_metrics
from flights.tables import Place

RULE = Rule("root_mean_squared_error", threshold=30.0, windows=3, violations=2)


@pytest.mark.parametrize(
    ("metrics", "expected"),
    [
        ([], False),
        ([31], False),
        ([31, 31], True),
        ([31, 31, 29], False),  # the latest is good
        ([31, 29, 31], True),
        ([31, 29, 29, 31], False),  # the first is too old to count
        ([30, 30, 30], False),  # at the threshold is not above it
        ([99, 99, 99], True),
    ],
)
def test_a_violation_is_the_latest_window_and_enough_of_the_last(
    metrics: list[float], expected: bool
) -> None:
    assert violated(metrics, RULE) is expected


def test_an_impossible_rule_is_refused() -> None:
    with pytest.raises(FlightsError, match="1 <= violations <= windows"):
        Rule("m", 1.0, windows=2, violations=3)


def test_the_metric_of_the_whole_table_is_read_in_the_order_of_time(spark: Any, place: Place) -> None:
    name = place.table("predictions_profile_metrics")
    with pytest.raises(DataError, match="Refresh the table's monitor first"):
        window_metrics(spark, place, "predictions", RULE, "1 week")
    spark.sql(
        f"CREATE TABLE {name} (window STRUCT<start: TIMESTAMP, end: TIMESTAMP>, granularity STRING, "
        "log_type STRING, slice_key STRING, column_name STRING, model_version STRING, "
        "root_mean_squared_error DOUBLE) USING delta"
    )
    week = "named_struct('start', timestamp'2013-11-{}', 'end', timestamp'2013-11-{}')"
    late, early = week.format("11", "18"), week.format("04", "11")
    for row in (
        f"{late}, '1 week', 'INPUT', null, ':table', '*', 40.0",
        f"{early}, '1 week', 'INPUT', null, ':table', '*', 30.0",
        f"{late}, '1 week', 'INPUT', null, ':table', '1', 1.0",
        f"{late}, '1 day', 'INPUT', null, ':table', '*', 2.0",
        f"{late}, '1 week', 'INPUT', 'carrier', ':table', '*', 3.0",
        f"{late}, '1 week', 'INPUT', null, 'prediction', '*', 4.0",
        f"{late}, '1 week', 'INPUT', null, ':table', '*', cast(null as double)",
    ):
        spark.sql(f"INSERT INTO {name} SELECT {row}").collect()
    assert window_metrics(spark, place, "predictions", RULE, "1 week") == [30.0, 40.0]
    with pytest.raises(DataError, match=r"column nope: the column is missing"):
        window_metrics(spark, place, "predictions", Rule("nope", 1.0, 1, 1), "1 week")


class Monitors:
    """What the SDK's client offers for monitors; each call tells the next state."""

    def __init__(self, *states: State) -> None:
        self.states = list(states)

    def run_refresh(self, table: str) -> Any:
        if not self.states:
            raise NotFound("no monitor")
        return SimpleNamespace(state=self.states.pop(0), refresh_id=5, message="out of memory")

    def get_refresh(self, table: str, refresh_id: int) -> Any:
        return self.run_refresh(table)


def test_a_refresh_is_waited_for_and_its_failure_told() -> None:
    def run(*states: State) -> int:
        return refresh(SimpleNamespace(quality_monitors=Monitors(*states)), "t", timedelta(seconds=9), 0.0)  # type: ignore[arg-type]

    assert run(State.PENDING, State.RUNNING, State.SUCCESS) == 5
    with pytest.raises(FlightsError, match="FAILED: out of memory"):
        run(State.PENDING, State.FAILED)
    with pytest.raises(FlightsError, match=r"no quality monitor: run `pulumi up`"):
        run()
