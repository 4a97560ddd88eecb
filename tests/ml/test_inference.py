"""Batch scoring: only what is not scored yet, labels when they are known, nothing half-written."""

from __future__ import annotations

from datetime import date
from typing import Any

import numpy as np
import pandas as pd
import pytest
from flights.clock import Window
from flights.errors import DataError, FlightsError
from flights.feature_store import delta, feature_store
from flights.features.columns import FEATURES, INPUTS, TIME
from flights.inference import task
from flights.inference.task import PREDICTIONS, score
from flights.ingest.raw import FLIGHTS
from flights.tables import Place, create
from ml.conftest import NOON, flight

DAY = Window(date(2013, 3, 5), date(2013, 3, 6))


class Constant:
    """A model that predicts how many features it sees."""

    def predict(self, frame: pd.DataFrame) -> Any:
        return np.full(len(frame), float(len(frame.columns)))


@pytest.fixture
def batch(spark: Any, place: Place, monkeypatch: pytest.MonkeyPatch) -> Place:
    """Five flights of one day, the last one lands on the next day."""
    rows = [flight(n, n * 80, 1.0, 2.0) for n in range(5)]
    features = [
        dict.fromkeys(FEATURES.names, 1.0)
        | {k: row[k] for k in ("flight_id", TIME, "carrier", "origin", "dest")}
        for row in rows
    ]
    for name, schema, content in (("flights", FLIGHTS, rows), ("features", FEATURES, features)):
        create(spark, place.table(name), schema, name)
        frame = spark.createDataFrame([tuple(row[n] for n in schema.names) for row in content], schema)
        frame.write.mode("append").saveAsTable(place.table(name))
    monkeypatch.setattr(task, "alias_version", lambda *_args: "3")
    monkeypatch.setattr(delta, "raw_model", lambda *_args: Constant())
    return place


def test_a_flight_is_scored_once_and_labelled_when_it_has_arrived(spark: Any, batch: Place) -> None:
    first = score(spark, feature_store(spark, "delta", INPUTS), batch, "m", DAY, DAY.end)
    assert (first.rows, first.labels, first.version) == (5, 4, "3")
    table = batch.table("predictions")
    kept = {row.flight_id: row.scored_at for row in spark.table(table).collect()}
    again = score(spark, feature_store(spark, "delta", INPUTS), batch, "m", DAY)
    assert (again.rows, again.labels) == (0, 5)
    rows = spark.table(table).collect()
    assert {row.flight_id: row.scored_at for row in rows} == kept
    assert {(row.arr_delay, row.prediction, row.model_version) for row in rows} == {
        (2.0, float(len(INPUTS)), "3")
    }


def test_a_flight_that_is_scheduled_anew_is_predicted_anew_and_labelled_once(
    spark: Any, batch: Place
) -> None:
    store = feature_store(spark, "delta", INPUTS)
    score(spark, store, batch, "m", DAY, DAY.start)
    later = f"{TIME} = {TIME} + INTERVAL 1 HOUR"
    for table in ("flights", "features"):
        spark.sql(f"UPDATE {batch.table(table)} SET {later} WHERE flight_id = 'f1'").collect()
    assert score(spark, store, batch, "m", DAY).rows == 1
    rows = spark.table(batch.table("predictions")).filter("flight_id = 'f1'").orderBy(TIME).collect()
    assert [row.arr_delay for row in rows] == [None, 2.0]
    assert score(spark, store, batch, "m", DAY).rows == 0


def test_a_kill_between_the_commits_is_made_good_by_the_next_run(
    spark: Any, batch: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(task, "_label", lambda *_args: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            score(spark, feature_store(spark, "delta", INPUTS), batch, "m", DAY)
    result = score(spark, feature_store(spark, "delta", INPUTS), batch, "m", DAY)
    assert (result.rows, result.labels) == (0, 5)
    assert spark.table(batch.table("predictions")).count() == 5


def test_bad_input_leaves_no_table(spark: Any, batch: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(DataError, match=r"`flights`, column scheduled_departure: no flight is scheduled"):
        score(
            spark,
            feature_store(spark, "delta", INPUTS),
            batch,
            "m",
            Window(date(2012, 1, 1), date(2012, 1, 2)),
        )
    monkeypatch.setattr(task, "alias_version", lambda *_args: None)
    with pytest.raises(FlightsError, match=r"no version with the alias champion: run the training job"):
        score(spark, feature_store(spark, "delta", INPUTS), batch, "m", DAY)
    assert not spark.catalog.tableExists(batch.table("predictions").replace("`", ""))


def test_a_drifted_table_is_refused_as_it_is(spark: Any, batch: Place) -> None:
    spark.sql(f"CREATE TABLE {batch.table('predictions')} (flight_id string, prediction string) USING delta")
    with pytest.raises(DataError, match=r"`predictions`, column scheduled_departure: the column is missing"):
        score(spark, feature_store(spark, "delta", INPUTS), batch, "m", DAY)
    assert NOON.date() == DAY.start
    assert spark.table(batch.table("predictions")).columns != PREDICTIONS.names
