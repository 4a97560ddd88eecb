"""When the monitor's numbers mean retraining."""

from __future__ import annotations

from datetime import date, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from databricks.sdk.errors import NotFound
from databricks.sdk.service.catalog import MonitorRefreshInfoState as State
from flights.errors import DataError, FlightsError
from flights.monitoring.refresh import refresh
from flights.monitoring.violation import (
    Measured,
    Rule,
    judged,
    last_trained_until,
    violated,
    window_metrics,
)
from flights.tables import Place
from hypothesis import given
from hypothesis import strategies as st

RULE = Rule("root_mean_squared_error", threshold=30.0, windows=3, violations=2)


def weeks(*values: float) -> list[Measured]:
    """A window a week from 4 November 2013 on."""
    return [Measured(date(2013, 11, 4) + timedelta(weeks=n), value) for n, value in enumerate(values)]


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
    assert violated(weeks(*metrics), RULE) is expected
    assert judged(weeks(*metrics), RULE, "1", None).retrain is expected


def test_a_violation_is_answered_by_one_training_and_a_later_bad_window_is_a_new_one() -> None:
    bad = weeks(20, 40, 40)  # the latest begins on 18 November
    assert judged(bad, RULE, "1", date(2013, 11, 16)).retrain
    answered = judged(bad, RULE, "1", date(2013, 11, 20))
    assert not answered.retrain
    assert "Violated, and answered: a training has known the labels until 2013-11-20" in answered.reason
    assert judged(weeks(20, 40, 40, 40), RULE, "1", date(2013, 11, 20)).retrain
    assert judged([], RULE, "2", date(2013, 11, 20)).reason.endswith("by window: none yet. No violation.")


@given(
    values=st.lists(st.floats(0, 99), max_size=12),
    days=st.lists(st.dates(date(2013, 10, 1), date(2014, 3, 1)), min_size=1, max_size=40).map(sorted),
)
def test_a_champion_that_no_training_replaces_is_tried_to_replace_once_a_window(
    values: list[float], days: list[date]
) -> None:
    """Each training fails validation and has known all labels of its day: the check runs again and again."""
    trained: date | None = None
    tried: list[date] = []
    for day in days:
        begun = [window for window in weeks(*values) if window.start < day]
        if judged(begun, RULE, "1", trained).retrain:
            tried.append(begun[-1].start)
            trained = day
    assert len(tried) == len(set(tried))


def test_when_a_model_was_last_trained_is_the_latest_of_its_versions_whatever_their_order() -> None:
    tags = [
        {},
        {"validation_window": "2013-01-02..2013-01-09"},
        {"validation_window": "2013-05-02..2013-05-09"},
    ]
    assert last_trained_until(tags) == date(2013, 5, 9)
    assert last_trained_until([{}]) is None


def test_an_impossible_rule_is_refused() -> None:
    with pytest.raises(FlightsError, match="1 <= violations <= windows"):
        Rule("m", 1.0, windows=2, violations=3)


def test_the_metric_of_the_champions_own_predictions_is_read_in_the_order_of_time(
    spark: Any, place: Place
) -> None:
    name = place.table("predictions_profile_metrics")
    with pytest.raises(DataError, match="Refresh the table's monitor first"):
        window_metrics(spark, place, "predictions", RULE, "1 week", "2")
    spark.sql(
        f"CREATE TABLE {name} (window STRUCT<start: TIMESTAMP, end: TIMESTAMP>, granularity STRING, "
        "log_type STRING, slice_key STRING, column_name STRING, model_version STRING, "
        "root_mean_squared_error DOUBLE) USING delta"
    )
    week = "named_struct('start', timestamp'2013-11-{}', 'end', timestamp'2013-11-{}')"
    late, early = week.format("11", "18"), week.format("04", "11")
    for row in (
        f"{late}, '1 week', 'INPUT', null, ':table', '2', 40.0",
        f"{early}, '1 week', 'INPUT', null, ':table', '2', 30.0",
        f"{late}, '1 week', 'INPUT', null, ':table', '1', 1.0",
        f"{late}, '1 week', 'INPUT', null, ':table', '*', 5.0",
        f"{late}, '1 day', 'INPUT', null, ':table', '2', 2.0",
        f"{late}, '1 week', 'INPUT', 'carrier', ':table', '2', 3.0",
        f"{late}, '1 week', 'INPUT', null, 'prediction', '2', 4.0",
        f"{late}, '1 week', 'INPUT', null, ':table', '2', cast(null as double)",
    ):
        spark.sql(f"INSERT INTO {name} SELECT {row}").collect()
    measured = [Measured(date(2013, 11, 4), 30.0), Measured(date(2013, 11, 11), 40.0)]
    assert window_metrics(spark, place, "predictions", RULE, "1 week", "2") == measured
    assert window_metrics(spark, place, "predictions", RULE, "1 week", "3") == []
    with pytest.raises(DataError, match=r"column nope: the column is missing"):
        window_metrics(spark, place, "predictions", Rule("nope", 1.0, 1, 1), "1 week", "2")


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
