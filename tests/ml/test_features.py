"""Features: what was known strictly before the scheduled departure, and nothing else."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from flights.clock import Window
from flights.errors import DataError
from flights.feature_store import feature_store
from flights.features import task
from flights.features.columns import FEATURES, TIME
from flights.features.delays import NUMERIC, known_delays
from flights.features.schedule import schedule_features
from flights.features.task import flight_features, write_features
from flights.features.weather import weather_features
from flights.ingest.raw import FLIGHTS, WEATHER
from flights.tables import Place, create
from hypothesis import given, settings
from hypothesis import strategies as st
from ml.conftest import NOON, flight, seconds_frame

DAY = Window(date(2013, 3, 5), date(2013, 3, 6))
delay = st.none() | st.floats(-20, 500).map(round).map(float)
outcome = st.tuples(delay, delay).map(lambda pair: (pair[0], None if pair[0] is None else pair[1]))


def observation(minutes: int, temp: float | None, precip: float = 0.0) -> dict[str, Any]:
    values = dict.fromkeys(WEATHER.names, 1.0)
    return {
        **values,
        "origin": "JFK",
        "observed_at": NOON + timedelta(minutes=minutes),
        "temp": temp,
        "precip": precip,
    }


@settings(max_examples=60, deadline=None)
@given(
    schedule=st.lists(st.tuples(st.integers(0, 900), outcome), min_size=2, max_size=12),
    which=st.integers(0, 11),
    other=outcome,
)
def test_nothing_known_after_departure_reaches_a_feature(
    schedule: list[Any], which: int, other: tuple[Any, Any]
) -> None:
    """Change what became of any flight: features of flights scheduled until it was known stay the same."""
    which %= len(schedule)
    rows = [flight(n, minutes, *became) for n, (minutes, became) in enumerate(schedule)]
    changed = [*rows]
    changed[which] = flight(which, schedule[which][0], *other)
    known_at = [
        moment
        for row in (rows[which], changed[which])
        for moment in (
            row["actual_departure"],
            row["actual_arrival"],
            row["scheduled_departure"] + timedelta(hours=6),
        )
        if moment is not None
    ]
    before = known_delays(seconds_frame(rows)).set_index("flight_id")
    after = known_delays(seconds_frame(changed)).set_index("flight_id")
    early = [row["flight_id"] for row in rows if row["scheduled_departure"] <= min(known_at)]
    np.testing.assert_array_equal(before.loc[early, list(NUMERIC)], after.loc[early, list(NUMERIC)])


#: Half an hour before New York's clocks go on, and before they go back.
CLOCKS_CHANGE = (datetime(2013, 3, 10, 6, 30, tzinfo=UTC), datetime(2013, 11, 3, 5, 30, tzinfo=UTC))
moments = st.integers(-60, 420)  # in steps of a minute: ties with observations are common


@settings(max_examples=15, deadline=None)
@given(
    start=st.sampled_from(CLOCKS_CHANGE),
    observed=st.dictionaries(
        moments.map(lambda m: m // 10 * 10), st.none() | st.integers(-9, 99), max_size=12
    ),
    asked=st.sets(moments, min_size=1, max_size=12),
)
def test_weather_is_the_last_that_was_observed_strictly_before_on_any_clock(
    spark: Any, start: datetime, observed: dict[int, int | None], asked: set[int]
) -> None:
    """Late flights, ties and the hour that comes twice or never: only seconds since 1970 count."""
    temps = {at: None if temp is None else float(temp) for at, temp in observed.items()}
    rows = [
        observation(0, temp) | {"observed_at": start + timedelta(minutes=at)} for at, temp in temps.items()
    ]
    flights = [flight(at + 60, 0) | {TIME: start + timedelta(minutes=at)} for at in asked]
    made = weather_features(frame_of(spark, FLIGHTS, flights), frame_of(spark, WEATHER, rows)).collect()
    assert len(made) == len(asked)
    for row in made:
        at = int(row.flight_id[1:]) - 60
        before = {when: temp for when, temp in temps.items() if at - 360 <= when < at and temp is not None}
        assert row.temp == (before[max(before)] if before else None)


def test_the_clock_on_the_wall_is_new_yorks_also_in_the_hours_that_change(spark: Any) -> None:
    spring, autumn = CLOCKS_CHANGE
    flights = [
        flight(number, 0) | {TIME: moment, "scheduled_arrival": moment + timedelta(hours=2)}
        for number, moment in enumerate(
            [spring, spring + timedelta(hours=1), autumn, autumn + timedelta(hours=1)]
        )
    ]
    made = schedule_features(frame_of(spark, FLIGHTS, flights)).orderBy("flight_id").collect()
    # half past one, then half past three; half past one twice
    assert [row.minute_of_day for row in made] == [90.0, 210.0, 90.0, 90.0]
    assert {row.scheduled_minutes for row in made} == {120.0}


def frame_of(spark: Any, schema: Any, rows: list[dict[str, Any]]) -> Any:
    return spark.createDataFrame([tuple(row[n] for n in schema.names) for row in rows], schema)


def test_delays_count_from_the_moment_they_are_known() -> None:
    rows = [
        flight(0, 0, 30.0, 40.0),
        flight(1, 30),  # the first one leaves this very minute: not known yet
        flight(2, 31),
        flight(3, 160, None, None),  # lands at minute 160: not known yet
        flight(4, 161),
    ]
    found = known_delays(seconds_frame(rows)).set_index("flight_id")
    assert np.isnan(found.loc["f1", "origin_departures_1h"])
    assert found.loc["f1", "origin_waiting"] == 1
    assert found.loc["f1", "origin_waiting_minutes"] == 30
    assert found.loc["f2", "origin_departures_1h"] == 15  # the second one left on time at minute 30
    assert found.loc["f2", "origin_waiting"] == 0
    assert np.isnan(found.loc["f2", "flight_last_arrival"])
    assert found.loc["f4", "origin_carrier_last_arrival"] == 40  # it landed last, at minute 160
    assert found.loc["f3", "dest_arrivals_4h"] == 0  # the flights of minutes 30 and 31 landed on time
    assert found.loc["f4", "dest_arrivals_4h"] == pytest.approx(40 / 3)


def test_features_on_spark_are_those_of_one_call(spark: Any) -> None:
    """Cutting history into pieces of 56 days changes nothing, and weather is the last one before."""
    rows = [flight(n, n * 60 * 24, float(n % 7), float(n % 11)) for n in range(70)]
    history = spark.createDataFrame([tuple(row[name] for name in FLIGHTS.names) for row in rows], FLIGHTS)
    weather = spark.createDataFrame(
        [tuple(o[name] for name in WEATHER.names) for o in (observation(-90, 10.0, 0.5),
        observation(-60, None), observation(0, 99.0))],
        WEATHER,
    )  # fmt: skip
    window = Window(date(2013, 3, 5), date(2013, 5, 31))
    made = flight_features(history, weather, window).toPandas().set_index("flight_id")
    expected = known_delays(seconds_frame(rows)).set_index("flight_id")
    names = [name for name in NUMERIC if "672h" not in name]
    np.testing.assert_allclose(made.loc[expected.index, names].astype(float), expected[names])
    first = made.loc["f0"]
    assert (first["temp"], first["precip_6h"], first["scheduled_minutes"]) == (10.0, 0.5, 120.0)
    assert (first["minute_of_day"], first["day_of_week"]) == (12 * 60, 3)


def test_a_missing_table_names_the_task_that_makes_it(spark: Any, place: Place) -> None:
    with pytest.raises(DataError, match=r"`flights`.*does not exist\. Run the ingest task first"):
        write_features(spark, feature_store(spark), place, DAY)


def raw_tables(spark: Any, place: Place, flights: list[dict[str, Any]]) -> None:
    contents = (("flights", FLIGHTS, flights), ("weather", WEATHER, [observation(-60, 5.0)]))
    for name, schema, content in contents:
        create(spark, place.table(name), schema, name)
        frame = spark.createDataFrame([tuple(row[n] for n in schema.names) for row in content], schema)
        frame.write.mode("append").saveAsTable(place.table(name))


@given(days=st.integers(1, 2000), count=st.integers(1, 500))
def test_parts_of_a_window_are_its_days_each_once(days: int, count: int) -> None:
    window = Window(DAY.start, DAY.start + timedelta(days=days))
    parts = window.parts(count)
    assert len(parts) == min(count, days)
    assert (parts[0].start, parts[-1].end) == (window.start, window.end)
    assert all(one.end == other.start for one, other in pairwise(parts))


def test_a_long_window_in_parts_gives_the_features_of_one_part(
    spark: Any, place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    raw_tables(spark, place, [flight(n, n * 500, float(n), float(n)) for n in range(12)])
    window, store, table = (
        Window(DAY.start, DAY.start + timedelta(days=5)),
        feature_store(spark),
        place.table("features"),
    )
    write_features(spark, store, place, window)
    whole = spark.table(table).orderBy("flight_id").collect()
    spark.sql(f"DROP TABLE {table}")
    monkeypatch.setattr(task, "PART_ROWS", 5)
    write_features(spark, store, place, window)
    assert spark.table(table).orderBy("flight_id").collect() == whole


def test_features_are_written_by_key_and_only_once(spark: Any, place: Place) -> None:
    raw_tables(spark, place, [flight(n, n * 10) for n in range(5)])
    store = feature_store(spark)
    assert write_features(spark, store, place, DAY) == 5
    before = spark.table(place.table("features")).orderBy("flight_id").collect()
    assert write_features(spark, store, place, DAY) == 5
    assert spark.table(place.table("features")).orderBy("flight_id").collect() == before
    table = spark.table(place.table("features"))
    assert table.columns == FEATURES.names
    assert table.count() == 5
