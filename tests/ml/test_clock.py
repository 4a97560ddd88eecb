"""Days of parameters: each form means one date, everything else is one clear error."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from flights.clock import Window, resolved
from flights.errors import DataError, FlightsError
from flights.ingest.raw import FLIGHTS
from flights.labels import as_of_day, labelled_days, run_days
from flights.tables import Place, create, delta_version
from hypothesis import given
from hypothesis import strategies as st
from ml.conftest import flight

TODAY = date(2014, 2, 3)
LABELLED = Window(date(2013, 3, 1), date(2014, 1, 1))
dates = st.dates(date(1000, 1, 1), date(9999, 12, 31))


def day(text: str, today: date = TODAY, labelled: Window = LABELLED) -> date:
    return resolved({"train_until": text}, today, lambda: labelled).dates["train_until"]


@given(when=dates)
def test_a_date_is_that_day_whatever_the_run_and_the_data_are(when: date) -> None:
    assert resolved({"x": f" {when} "}, TODAY, _nobody_asks).dates == {"x": when}


@given(today=st.dates(date(1990, 1, 1), date(2100, 1, 1)), by=st.integers(-9999, 9999))
def test_today_moves_with_the_run_and_asks_no_table(today: date, by: int) -> None:
    text = f"today{by:+}d" if by else "today"
    assert resolved({"x": text}, today, _nobody_asks).dates["x"] == today + timedelta(days=by)


@given(
    start=st.dates(date(1990, 1, 1), date(2100, 1, 1)),
    length=st.integers(0, 4000),
    by=st.integers(-9999, 9999),
)
def test_latest_moves_with_the_labels_and_never_before_the_first_of_them(
    start: date, length: int, by: int
) -> None:
    known = Window(start, start + timedelta(days=length))
    found = day(f"latest{by:+}d", labelled=known)
    assert found == max(start, known.end + timedelta(days=by))
    # a day more of data moves it by a day, or not at all where data begins
    later = Window(start, known.end + timedelta(days=1))
    assert timedelta() <= day(f"latest{by:+}d", labelled=later) - found <= timedelta(days=1)


@given(
    text=st.text(max_size=14) | st.from_regex(r"(latest|today|first)[+-]?[0-9]{0,6}[dwm]?", fullmatch=True)
)
def test_any_other_text_is_an_error_that_names_the_parameter_and_the_forms(text: str) -> None:
    grammar = r"\d{4}-\d{2}-\d{2}|(latest|today)([+-]\d{1,4}d)?"
    if re.fullmatch(grammar, text.strip(), re.ASCII):
        return
    with pytest.raises(FlightsError, match=r"^Parameter train_until is .*: give a date .*latest-28d") as told:
        day(text)
    assert repr(text) in str(told.value)


@pytest.mark.parametrize("text", ["2013-13-01", "2013-02-30", "0000-01-01"])
def test_a_date_that_no_calendar_has_is_told(text: str) -> None:
    with pytest.raises(FlightsError, match=rf"Parameter train_until is '{text}': give a date"):
        day(text)


def test_days_beyond_the_calendar_are_told() -> None:
    with pytest.raises(FlightsError, match=r"'today\+9999d', beyond the calendar"):
        day("today+9999d", today=date(9999, 1, 1))


def test_an_empty_range_tells_what_was_asked_for_and_what_it_became() -> None:
    texts = {"train_from": "latest-411d", "train_until": "latest-400d"}
    found = resolved(texts, TODAY, lambda: LABELLED)
    with pytest.raises(
        FlightsError,
        match=r"range is empty: train_from 2013-03-01 \(latest-411d\) to train_until 2013-03-01 \(latest-400",
    ):
        found.window("train_from", "train_until")
    with pytest.raises(FlightsError, match=r"a 2013-02-01 to b 2013-02-01\."):
        resolved({"a": "2013-02-01", "b": "2013-02-01"}, TODAY, _nobody_asks).window("a", "b")


def test_a_window_is_read_from_its_own_text() -> None:
    assert Window.of(str(LABELLED)) == LABELLED
    with pytest.raises(FlightsError, match="window is '': give a date"):
        Window.of("2013-01-01..")


def _nobody_asks() -> Window:
    raise AssertionError("no form here is relative to the labels")


def flights_table(spark: Any, place: Place, rows: list[dict[str, Any]]) -> None:
    create(spark, place.table("flights"), FLIGHTS, "Flights.")
    frame = spark.createDataFrame([tuple(row[n] for n in FLIGHTS.names) for row in rows], FLIGHTS)
    frame.write.mode("append").saveAsTable(place.table("flights"))


DAY_MINUTES = 24 * 60


def test_latest_is_the_day_of_the_last_flight_whose_delay_is_known(spark: Any, place: Place) -> None:
    rows = [flight(n, n * DAY_MINUTES, 1.0, 2.0) for n in range(4)]
    rows.append(flight(4, 4 * DAY_MINUTES, 1.0, None))  # it has left and not arrived
    flights_table(spark, place, rows)
    assert labelled_days(spark, place) == Window(date(2013, 3, 5), date(2013, 3, 8))
    # by the first moment of the 8th, the flights of the 7th are the last that have arrived
    assert labelled_days(spark, place, date(2013, 3, 8)) == Window(date(2013, 3, 5), date(2013, 3, 7))
    given = {"a": "latest-1d", "b": "today-7d"}
    assert run_days(spark, place, given, date(2013, 3, 8)).dates == {
        "a": date(2013, 3, 6), "b": date(2013, 3, 1)
    }  # fmt: skip
    now = run_days(spark, place, {"b": "today"}).dates["b"]
    assert abs(now - datetime.now(UTC).date()) <= timedelta(days=1)


def test_a_run_resolves_the_same_days_from_the_same_version_of_the_data(spark: Any, place: Place) -> None:
    flights_table(spark, place, [flight(0, 0), flight(1, DAY_MINUTES)])
    pinned = delta_version(spark, place.table("flights"))
    flights_table(spark, place, [flight(2, 9 * DAY_MINUTES)])
    assert run_days(spark, place, {"a": "latest"}, version=pinned).dates["a"] == date(2013, 3, 6)
    assert run_days(spark, place, {"a": "latest"}).dates["a"] == date(2013, 3, 14)


def test_days_relative_to_labels_that_are_not_there_are_told(spark: Any, place: Place) -> None:
    with pytest.raises(
        DataError, match=r"`flights`, .*does not exist\. Run the features job first, or give dates"
    ):
        run_days(spark, place, {"a": "latest"})
    flights_table(spark, place, [flight(0, 0, 1.0, None)])
    with pytest.raises(
        DataError, match=r"`flights`, column arr_delay: no flight has a label\. Run the features"
    ):
        run_days(spark, place, {"a": "latest"})
    flights_table(spark, place, [flight(1, 0)])
    with pytest.raises(DataError, match=r"no flight has a label by 2013-03-05"):
        run_days(spark, place, {"a": "latest"}, date(2013, 3, 5))
    with pytest.raises(FlightsError, match=r"Parameter as_of is 'latest': give a date"):
        as_of_day("latest")
    assert as_of_day(" ") is None
