"""The score task: the next batch of flights into the predictions table."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F
from pyspark.sql.types import DoubleType, StringType, StructField, StructType, TimestampType

from flights.clock import Window
from flights.entry import clear_errors
from flights.errors import DataError, FlightsError
from flights.feature_store import FeatureStore
from flights.features.columns import FEATURES, LABEL, TIME, feature_table
from flights.features.task import PART_ROWS, between, within
from flights.ingest.raw import FLIGHTS
from flights.labels import known_by
from flights.registry import CHAMPION, alias_version
from flights.tables import Place, create, merge_into, read, require_columns, require_keys

_REMEDY = "Run the features job first."
#: As in the feature table: a flight that is scheduled anew is predicted anew.
_KEYS = ("flight_id", TIME)

#: Numeric features that the monitor watches for drift.
WATCHED = (
    "minute_of_day",
    "distance",
    "temp",
    "wind_speed",
    "visib",
    "origin_departures_1h",
    "origin_waiting",
)

PREDICTIONS = StructType(
    [
        StructField("flight_id", StringType()),
        StructField(TIME, TimestampType()),
        *(StructField(name, StringType()) for name in ("carrier", "origin", "dest")),
        *(StructField(name, DoubleType()) for name in WATCHED),
        StructField("prediction", DoubleType()),
        StructField(LABEL, DoubleType()),
        StructField("model_version", StringType()),
        StructField("scored_at", TimestampType()),
    ]
)
"""`prediction` and `arr_delay` in minutes; `arr_delay` is null until the flight has arrived."""


@dataclass(frozen=True)
class Scored:
    """What a batch did."""

    rows: int
    """Flights scored now."""
    labels: int
    """Flights of the table whose true delay is known."""
    version: str


@clear_errors
def score(
    spark: SparkSession,
    store: FeatureStore,
    place: Place,
    model: str,
    batch: Window,
    as_of: date | None = None,
) -> Scored:
    """Score the flights of the batch that have no prediction yet, and fill in the labels that are known.

    Each write is one commit by key: killed anywhere, the next run goes on where this one stopped.

    Args:
        spark: the session.
        store: where the features are.
        place: where the tables are.
        model: three-level name of the registered model.
        batch: scheduled departures to score.
        as_of: labels known by its midnight, UTC, count; None: every label that the flights have.

    Raises:
        DataError: a table or column is missing, or keys are, or repeated, or the batch has no flight, or one
            has no features; nothing is written.
        FlightsError: the model has no champion, or the registry does not answer.
    """
    version = alias_version(model, CHAMPION)
    if version is None:
        raise FlightsError(f"{model} has no version with the alias {CHAMPION}: run the training job first.")
    parts = _parts(spark, place, batch)
    name = place.table("predictions")
    create(spark, name, PREDICTIONS, "Predictions with labels.")
    require_columns(spark.table(name), name, PREDICTIONS)
    rows = 0
    for part in parts:
        known = between(spark.table(name), TIME, part).select(*_KEYS)
        new = _arriving(spark, place, part).join(known, list(_KEYS), "left_anti")
        count = new.count()
        if count:
            scored = store.score(feature_table(place), model, version, new)
            made = predictions(scored, _arrived(spark, place, part, as_of), version)
            merge_into(spark, made, name, _same_flight(part), lambda: "WHEN NOT MATCHED THEN INSERT *")
        rows += count
    return Scored(rows, _label(spark, place, as_of), version)


def predictions(scored: DataFrame, arrived: DataFrame, version: str) -> DataFrame:
    """Rows of `PREDICTIONS`.

    Args:
        scored: keys, features and `prediction`.
        arrived: keys and labels that are known.
        version: the model version that predicted.
    """
    given = {"model_version": F.lit(version), "scored_at": F.current_timestamp()}
    whole = scored.join(arrived, list(_KEYS), "left")
    return whole.select(*(given[n].alias(n) if n in given else F.col(n) for n in PREDICTIONS.names))


def _arriving(spark: SparkSession, place: Place, part: Window) -> DataFrame:
    """Key and moment of every flight of the part."""
    return between(spark.table(place.table("flights")), TIME, part).select(*_KEYS)


def _arrived(spark: SparkSession, place: Place, part: Window, as_of: date | None) -> DataFrame:
    """Keys and labels of the part's flights whose delay is known."""
    flights = between(read(spark, place.table("flights"), _REMEDY), TIME, part)
    return known_by(flights, as_of).select(*_KEYS, LABEL)


def _same_flight(part: Window) -> str:
    same = " AND ".join(f"kept.{key} = arriving.{key}" for key in _KEYS)
    return f"{same} AND {within(part).of('kept')}"


def _parts(spark: SparkSession, place: Place, batch: Window) -> list[Window]:
    """The batch in parts that fit into memory, every flight of them with features.

    Raises:
        DataError: a table or column is missing, or keys are, or repeated, or the batch has no flight, or one
            has no features.
    """
    names = {name: place.table(name) for name in ("features", "flights")}
    flights = read(spark, names["flights"], _REMEDY)
    require_columns(flights, names["flights"], FLIGHTS)
    features = read(spark, names["features"], _REMEDY)
    require_columns(features, names["features"], FEATURES)
    parts = batch.parts(between(flights, TIME, batch).count() // PART_ROWS + 1)
    rows = unknown = 0
    for part in parts:
        arriving = _arriving(spark, place, part)
        rows += require_keys(arriving, names["flights"], ("flight_id",))
        known = between(features, TIME, part).select(*_KEYS)
        require_keys(known, names["features"], _KEYS)
        unknown += arriving.join(known, list(_KEYS), "left_anti").count()
    if not rows:
        raise DataError(
            names["flights"], TIME, f"no flight is scheduled in {batch}.",
            "Run the features job for that range.",
        )  # fmt: skip
    if unknown:
        raise DataError(
            names["features"], "flight_id", f"{unknown} flights of {batch} have no features.",
            "Run the features job for that range.",
        )  # fmt: skip
    return parts


def _label(spark: SparkSession, place: Place, as_of: date | None) -> int:
    """Join the delays that have become known since; returns how many flights of the table have one."""
    name = place.table("predictions")
    waiting = spark.table(name).filter(f"{LABEL} IS NULL")
    # Seconds, because a collected timestamp has no zone and is in this process' own.
    span = waiting.agg(F.unix_seconds(F.min(TIME)), F.unix_seconds(F.max(TIME)), F.count(F.lit(1)))
    first, last, rows = span.collect()[0]
    parts = Window.around(first, last).parts(rows // PART_ROWS + 1) if rows else []
    update = f"WHEN MATCHED AND kept.{LABEL} IS NULL THEN UPDATE SET {LABEL} = arriving.{LABEL}"
    for part in parts:
        asked = between(waiting, TIME, part).select(*_KEYS)
        late = _arrived(spark, place, part, as_of).join(asked, list(_KEYS), "left_semi")
        if not late.isEmpty():
            merge_into(spark, late, name, _same_flight(part), lambda: update)
    return spark.table(name).filter(f"{LABEL} IS NOT NULL").count()
