"""Whatever is wrong with what a stage reads: one error with table, column and remedy, and nothing written."""

from __future__ import annotations

import socket
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import mlflow
import numpy as np
import pytest
from flights.clock import Window
from flights.entry import clear_errors
from flights.errors import DataError, FlightsError
from flights.feature_store import delta, feature_store
from flights.features.columns import FEATURES, INPUTS, TIME
from flights.features.task import write_features
from flights.inference import task as inference
from flights.ingest.raw import FLIGHTS, WEATHER
from flights.parameters import number
from flights.registry import alias_version
from flights.tables import Place, create
from flights.training.dataset import Source, labelled
from ml.conftest import NOON, flight
from pyspark.errors import AnalysisException
from pyspark.sql import functions as F  # noqa: N812

DAY = Window(date(2013, 3, 5), date(2013, 3, 6))
EMPTY = Window(date(2012, 3, 5), date(2012, 3, 6))
Stage = Callable[[Any, Place, Window], object]


def features(spark: Any, place: Place, window: Window) -> object:
    return write_features(spark, feature_store(spark, "delta", INPUTS), place, window)


def training(spark: Any, place: Place, window: Window) -> object:
    return labelled(Source(spark, feature_store(spark, "delta", INPUTS), place), window)


def scoring(spark: Any, place: Place, window: Window) -> object:
    return inference.score(spark, feature_store(spark, "delta", INPUTS), place, "m", window)


class Seven:
    def predict(self, frame: Any) -> Any:
        return np.full(len(frame), 7.0)


@pytest.fixture
def lake(spark: Any, place: Place, monkeypatch: pytest.MonkeyPatch) -> Place:
    """Three flights of a day with weather, features and a champion."""
    rows = [flight(n, n * 30, 1.0, 2.0) for n in range(3)]
    known = dict.fromkeys(FEATURES.names, 1.0)
    contents = {
        "flights": (FLIGHTS, rows),
        "weather": (WEATHER, [dict.fromkeys(WEATHER.names, 1.0) | {"origin": "JFK", "observed_at": NOON}]),
        "features": (
            FEATURES,
            [known | {k: row[k] for k in ("flight_id", TIME, "carrier", "origin", "dest")} for row in rows],
        ),
    }
    for name, (schema, content) in contents.items():
        create(spark, place.table(name), schema, name)
        frame = spark.createDataFrame([tuple(row[n] for n in schema.names) for row in content], schema)
        frame.write.mode("append").saveAsTable(place.table(name))
    monkeypatch.setattr(inference, "alias_version", lambda *_args: "3")
    monkeypatch.setattr(delta, "raw_model", lambda *_args: Seven())
    return place


def rewritten(spark: Any, table: str, change: Callable[[Any], Any]) -> None:
    """The table with changed rows or columns, made anew as someone else would."""
    changed = change(spark.table(table))
    rows = spark.createDataFrame(changed.toArrow())
    columns = ", ".join(f"`{field.name}` {field.dataType.simpleString()}" for field in changed.schema.fields)
    spark.sql(f"DROP TABLE {table}")
    spark.sql(f"CREATE TABLE {table} ({columns}) USING delta")
    rows.write.mode("append").saveAsTable(table)


def without(column: str) -> Callable[[Any], Any]:
    return lambda frame: frame.drop(column)


def cast(column: str, kind: str) -> Callable[[Any], Any]:
    return lambda frame: frame.withColumn(column, F.col(column).cast(kind))


def keyed(key: str | None) -> Callable[[Any], Any]:
    return lambda frame: frame.withColumn("flight_id", F.lit(key).cast("string"))


FAULTS: list[tuple[Stage, str, Callable[[Any], Any], str]] = [
    (
        features,
        "flights",
        without("dep_delay"),
        r"`flights`, column dep_delay: the column is missing\. Write",
    ),
    (
        features,
        "flights",
        cast("distance", "string"),
        r"column distance: the type is string, not double\. Cast",
    ),
    (features, "flights", cast(TIME, "timestamp_ntz"), rf"column {TIME}: .* has no time zone: convert it"),
    (features, "flights", keyed(None), r"`flights`, column flight_id: 3 rows have no value\. Drop or repair"),
    (features, "flights", keyed("same"), r"`flights`, column flight_id: 2 rows repeat .* Keep one row"),
    (features, "weather", without("temp"), r"`weather`, column temp: the column is missing"),
    (training, "flights", without("arr_delay"), r"`flights`, column arr_delay: the column is missing"),
    (training, "features", without("temp"), r"`features`, column temp: the column is missing"),
    (training, "features", cast("temp", "int"), r"`features`, column temp: the type is int, not double"),
    (training, "features", lambda f: f.limit(1), r"`features`, .*: 2 flights of .* Run the features job"),
    (training, "flights", keyed(None), r"`flights`, column flight_id: 3 rows have no value"),
    (training, "flights", keyed("f1"), r"`flights`, column flight_id: 2 rows repeat"),
    (training, "features", lambda f: f.union(f), r"`features`, column flight_id: 3 rows repeat"),
    (scoring, "features", lambda f: f.union(f), r"`features`, column flight_id, .*: 3 rows repeat"),
    (scoring, "flights", keyed(None), r"`flights`, column flight_id: 3 rows have no value"),
    (scoring, "flights", keyed("same"), r"`flights`, column flight_id: 2 rows repeat"),
    (scoring, "features", without("temp"), r"`features`, column temp: the column is missing"),
    (scoring, "features", lambda f: f.limit(1), r"`features`, .*: 2 flights of .* Run the features job"),
]


@pytest.mark.parametrize(("stage", "table", "change", "told"), FAULTS)
def test_a_bad_table_is_told_and_nothing_is_written(
    spark: Any, lake: Place, stage: Stage, table: str, change: Callable[[Any], Any], told: str
) -> None:
    rewritten(spark, lake.table(table), change)
    before = sorted(map(repr, spark.table(lake.table("features")).collect()))
    with pytest.raises(DataError, match=told):
        stage(spark, lake, DAY)
    assert sorted(map(repr, spark.table(lake.table("features")).collect())) == before
    if spark.catalog.tableExists(lake.full_name("predictions")):
        assert spark.table(lake.table("predictions")).isEmpty()


@pytest.mark.parametrize("stage", [features, training, scoring])
def test_an_empty_range_names_the_range_and_the_job_that_fills_it(
    spark: Any, lake: Place, stage: Stage
) -> None:
    with pytest.raises(
        DataError, match=r"`flights`, column .*2012-03-05\.\.2012-03-06.* Run the .* for that range"
    ):
        stage(spark, lake, EMPTY)


@pytest.mark.parametrize("stage", [features, training, scoring])
def test_a_missing_table_names_the_job_that_makes_it(spark: Any, lake: Place, stage: Stage) -> None:
    spark.sql(f"DROP TABLE {lake.table('flights')}")
    with pytest.raises(DataError, match=r"`flights`, .*does not exist\. Run the"):
        stage(spark, lake, DAY)


def test_a_table_that_vanishes_half_way_is_told_as_such(
    spark: Any, lake: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    def dropped(*arguments: Any) -> Any:
        spark.sql(f"DROP TABLE {lake.table('features')}")
        return found(*arguments)

    found = delta.known_at
    monkeypatch.setattr(delta, "known_at", dropped)
    with pytest.raises(DataError, match=r"features.*has vanished\. Run the features job again"):
        scoring(spark, lake, DAY)
    assert spark.table(lake.table("predictions")).isEmpty()


def test_a_registry_that_is_down_is_told_and_nothing_is_written(
    spark: Any, lake: Place, registry: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        nobody = f"http://127.0.0.1:{free.getsockname()[1]}"
    monkeypatch.setattr(inference, "alias_version", alias_version)
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "0")
    before = mlflow.get_tracking_uri(), mlflow.get_registry_uri()
    mlflow.set_tracking_uri(nobody)
    mlflow.set_registry_uri(nobody)
    try:
        with pytest.raises(
            FlightsError, match=rf"model registry at {nobody} does not answer .*run the task again"
        ):
            scoring(spark, lake, DAY)
    finally:
        mlflow.set_tracking_uri(before[0])
        mlflow.set_registry_uri(before[1])
    assert not spark.catalog.tableExists(lake.full_name("predictions"))


def test_a_session_of_another_time_zone_is_refused(spark: Any, lake: Place) -> None:
    """There, `minute_of_day` would be another one."""
    spark.conf.set("spark.sql.session.timeZone", "Asia/Tokyo")
    try:
        with pytest.raises(
            FlightsError, match=r"time zone is Asia/Tokyo: set spark\.sql\.session\.timeZone to UTC"
        ):
            features(spark, lake, DAY)
    finally:
        spark.conf.set("spark.sql.session.timeZone", "UTC")


@pytest.mark.parametrize(("kind", "text", "told"), [(int, "many", "a whole number"), (float, "", "a number")])
def test_a_parameter_that_is_no_number_is_named(kind: Any, text: str, told: str) -> None:
    with pytest.raises(FlightsError, match=rf"Parameter max_rows is '{text}': give {told}\."):
        number(kind, "max_rows", text)


@pytest.mark.parametrize(
    "told",
    [
        "[TABLE_OR_VIEW_NOT_FOUND] The table or view `c`.`s`.`features` cannot be found. Verify the spelling",
        "[DELTA_TABLE_NOT_FOUND] Delta table `c`.`s`.`features` doesn't exist.",
    ],
)
def test_sparks_own_words_for_a_lost_table_become_the_error_that_names_it(told: str) -> None:
    @clear_errors
    def task() -> None:
        raise AnalysisException(told)

    with pytest.raises(
        DataError, match=r"^Table `c`\.`s`\.`features`, .* has vanished\. Run the features job"
    ):
        task()
