"""Raw tables: time zones, keys, and the same range twice."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pandas as pd
import pyarrow as pa
import pytest
from flights import tables
from flights.clock import Window
from flights.errors import DataError
from flights.ingest import raw, source, task
from flights.tables import Place, merge, require_columns, require_keys
from pyspark.errors import PySparkException

MARCH = Window(date(2013, 3, 1), date(2013, 4, 1))


def published(*rows: tuple[int, int, int, int, str]) -> pd.DataFrame:
    """Rows of (month, day, departure clock, arrival clock, destination)."""
    return pd.DataFrame(
        [
            {"year": 2013, "month": m, "day": d, "sched_dep_time": out, "sched_arr_time": back, "dest": dest,
             "carrier": "UA", "flight": n, "origin": "JFK", "tailnum": "N1", "distance": 700.0,
             "dep_delay": 2.0, "arr_delay": 11.0}
            for n, (m, d, out, back, dest) in enumerate(rows)
        ]
    )  # fmt: skip


def frames(spark: Any, rows: pd.DataFrame) -> tuple[Any, Any]:
    zones = pa.Table.from_pandas(source.published_time_zones(), preserve_index=False)
    return spark.createDataFrame(pa.Table.from_pandas(rows, preserve_index=False)), spark.createDataFrame(
        zones
    )


def test_clock_times_are_local_at_both_ends(spark: Any) -> None:
    rows = published(
        (1, 1, 515, 819, "IAH"),  # winter, Chicago's clock
        (7, 1, 2300, 201, "LAX"),  # summer, arrives on the next local day
        (3, 9, 2330, 700, "SJU"),  # New York's clocks change during the flight, Puerto Rico's never do
    )
    found = raw.raw_flights(*frames(spark, rows)).orderBy("flight_number").collect()
    moments = [
        (row.scheduled_departure.replace(tzinfo=UTC), row.scheduled_arrival.replace(tzinfo=UTC))
        for row in found
    ]
    assert moments == [
        (datetime(2013, 1, 1, 10, 15, tzinfo=UTC), datetime(2013, 1, 1, 14, 19, tzinfo=UTC)),
        (datetime(2013, 7, 2, 3, 0, tzinfo=UTC), datetime(2013, 7, 2, 9, 1, tzinfo=UTC)),
        (datetime(2013, 3, 10, 4, 30, tzinfo=UTC), datetime(2013, 3, 10, 11, 0, tzinfo=UTC)),
    ]
    assert found[0].actual_arrival.replace(tzinfo=UTC) == datetime(2013, 1, 1, 14, 30, tzinfo=UTC)
    assert found[0].flight_id == "20130101-UA-0-JFK"


def test_a_repeated_key_is_refused_before_anything_is_written(
    spark: Any, place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    row = published((3, 1, 900, 1100, "ORD"))
    monkeypatch.setattr(source, "published_flights", lambda: pd.concat([row, row]))
    with pytest.raises(DataError, match=r"`flights`, column flight_id.*repeat.*Keep one row"):
        task.ingest(spark, place, MARCH)
    assert not spark.catalog.tableExists(place.table("flights").replace("`", ""))


@pytest.mark.parametrize("part", ["carrier", "origin", "flight", "sched_dep_time"])
def test_a_flight_without_a_part_of_its_key_is_refused_before_anything_is_written(
    spark: Any, place: Place, monkeypatch: pytest.MonkeyPatch, part: str
) -> None:
    rows = published((3, 1, 900, 1100, "ORD"), (3, 2, 900, 1100, "ORD"))
    rows[part] = rows[part].astype("Int64" if part in ("flight", "sched_dep_time") else "string")
    rows.loc[1, part] = None
    monkeypatch.setattr(source, "published_flights", lambda: rows)
    column = "scheduled_departure" if part == "sched_dep_time" else "flight_id"
    with pytest.raises(
        DataError, match=rf"`flights`, column {column}: 1 rows have no value\. Drop or repair"
    ):
        task.ingest(spark, place, MARCH)
    assert not spark.catalog.tableExists(place.full_name("weather"))


def test_a_table_with_other_columns_is_told_and_neither_is_written(
    spark: Any, place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(source, "published_flights", lambda: published((3, 1, 900, 1100, "ORD")))
    spark.sql(f"CREATE TABLE {place.table('flights')} (flight_id string) USING delta")
    with pytest.raises(DataError, match=r"`flights`, column scheduled_departure: the column is missing"):
        task.ingest(spark, place, MARCH)
    assert spark.table(place.table("weather")).isEmpty()


def test_the_same_range_twice_changes_nothing(
    spark: Any, place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        source, "published_flights", lambda: published((3, 1, 900, 1100, "ORD"), (3, 2, 900, 1100, "ORD"))
    )
    assert task.ingest(spark, place, MARCH)["flights"] == 2
    before = spark.table(place.table("flights")).orderBy("flight_id").collect()
    task.ingest(spark, place, MARCH)
    assert spark.table(place.table("flights")).orderBy("flight_id").collect() == before


def test_a_merge_updates_changed_rows_only_by_key(spark: Any, place: Place) -> None:
    table = place.table("t")
    spark.sql(f"CREATE TABLE {table} (k string, v double) USING delta")
    merge(spark, spark.createDataFrame([("a", 1.0), ("b", 2.0)], "k string, v double"), table, ["k"])
    merge(spark, spark.createDataFrame([("b", None), ("c", 3.0)], "k string, v double"), table, ["k"])
    assert [tuple(row) for row in spark.table(table).orderBy("k").collect()] == [
        ("a", 1.0),
        ("b", None),
        ("c", 3.0),
    ]


def test_a_first_write_that_another_came_before_changes_what_that_one_left(
    spark: Any, place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two tries at once on an empty table: one was killed and lives on in the cluster."""
    table = place.table("t")
    spark.sql(f"CREATE TABLE {table} (k string, v double) USING delta")
    other = spark.createDataFrame([("a", 1.0), ("b", 2.0)], "k string, v double")

    began = tables.merge_into

    def late(spark: Any, frame: Any, name: str, on: str, clauses: Any) -> None:
        asked: list[str] = []

        def told() -> str:
            asked.append(clauses())
            if len(asked) == 1:
                began(spark, other, name, on, lambda: "WHEN NOT MATCHED THEN INSERT *")
                frame.createOrReplaceTempView("_arriving")
                raise PySparkException("[DELTA_CONCURRENT_APPEND] files were added by a concurrent update")
            return asked[-1]

        began(spark, frame, name, on, told)

    monkeypatch.setattr(tables, "merge_into", late)
    merge(spark, spark.createDataFrame([("b", 3.0), ("c", 4.0)], "k string, v double"), table, ["k"])
    rows = [tuple(row) for row in spark.table(table).orderBy("k").collect()]
    assert rows == [("a", 1.0), ("b", 3.0), ("c", 4.0)]


def test_wrong_columns_and_null_keys_name_table_column_and_remedy(spark: Any) -> None:
    frame = spark.createDataFrame([(None, "x")], "flight_id string, scheduled_departure string")
    with pytest.raises(DataError, match=r"t, column flight_id: 1 rows have no value\. Drop or repair"):
        require_keys(frame, "t", ["flight_id"])
    with pytest.raises(
        DataError, match=r"t, column scheduled_departure: the type is string, not timestamp\. Cast"
    ):
        require_columns(frame, "t", raw.FLIGHTS)
    with pytest.raises(DataError, match=r"t, column scheduled_departure: the column is missing"):
        require_columns(frame.drop("scheduled_departure"), "t", raw.FLIGHTS)
