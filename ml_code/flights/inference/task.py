"""The score task: the next batch of flights into the predictions table."""

from __future__ import annotations

from dataclasses import dataclass

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F
from pyspark.sql.types import DoubleType, StringType, StructField, StructType, TimestampType

from flights.clock import Window
from flights.entry import clear_errors
from flights.errors import DataError, FlightsError
from flights.feature_store import FeatureStore
from flights.features.columns import FEATURES, LABEL, TIME, feature_table
from flights.features.task import between
from flights.ingest.raw import FLIGHTS
from flights.registry import CHAMPION, alias_version
from flights.tables import Place, create, merge_into, read, require_columns, require_keys

_REMEDY = "Run the features job first."
_SAME_FLIGHT = "kept.flight_id = arriving.flight_id"

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
def score(spark: SparkSession, store: FeatureStore, place: Place, model: str, batch: Window) -> Scored:
    """Score the flights of the batch that have no prediction yet, and fill in the labels known at the
    batch's end.

    Each write is one commit by key: killed anywhere, the next run goes on where this one stopped.

    Raises:
        DataError: a table or column is missing, or the batch has no flight, or one has no features; nothing
            is written.
        FlightsError: the model has no champion, or the registry does not answer.
    """
    version = alias_version(model, CHAMPION)
    if version is None:
        raise FlightsError(f"{model} has no version with the alias {CHAMPION}: run the training job first.")
    arriving = _arriving(spark, place, batch)
    name = place.table("predictions")
    create(spark, name, PREDICTIONS, "Predictions with labels.")
    kept = spark.table(name)
    require_columns(kept, name, PREDICTIONS)
    new = arriving.join(kept.select("flight_id"), "flight_id", "left_anti")
    rows = new.count()
    if rows:
        made = predictions(store.score(feature_table(place), model, version, new), version)
        merge_into(spark, made, name, _SAME_FLIGHT, "WHEN NOT MATCHED THEN INSERT *")
    return Scored(rows, _label(spark, place, batch), version)


def predictions(scored: DataFrame, version: str) -> DataFrame:
    """Rows of `PREDICTIONS` without labels.

    Args:
        scored: keys, features and `prediction`.
        version: the model version that predicted.
    """
    given = {
        LABEL: F.lit(None).cast("double"),
        "model_version": F.lit(version),
        "scored_at": F.current_timestamp(),
    }
    return scored.select(*(given[n].alias(n) if n in given else F.col(n) for n in PREDICTIONS.names))


def _arriving(spark: SparkSession, place: Place, batch: Window) -> DataFrame:
    """Key and moment of every flight of the batch, each with features."""
    names = {name: place.table(name) for name in ("features", "flights")}
    flights = read(spark, names["flights"], _REMEDY)
    require_columns(flights, names["flights"], FLIGHTS)
    features = read(spark, names["features"], _REMEDY)
    require_columns(features, names["features"], FEATURES)
    arriving = between(flights, TIME, batch).select("flight_id", TIME)
    if not require_keys(arriving, names["flights"], ("flight_id",)):
        raise DataError(
            names["flights"], TIME, f"no flight is scheduled in {batch}.",
            "Run the features job for that range.",
        )  # fmt: skip
    known = between(features, TIME, batch).select("flight_id")
    unknown = arriving.join(known, "flight_id", "left_anti").count()
    if unknown:
        raise DataError(
            names["features"], "flight_id", f"{unknown} flights of {batch} have no features.",
            "Run the features job for that range.",
        )  # fmt: skip
    return arriving


def _label(spark: SparkSession, place: Place, batch: Window) -> int:
    """Join the delays that have become known; returns how many flights of the table have one."""
    table = place.table("predictions")
    arrived = read(spark, place.table("flights"), _REMEDY).filter(F.col("actual_arrival") < F.lit(batch.last))
    waiting = spark.table(table).filter(f"{LABEL} IS NULL").select("flight_id")
    late = arrived.join(waiting, "flight_id", "left_semi").select("flight_id", LABEL)
    update = f"WHEN MATCHED AND kept.{LABEL} IS NULL THEN UPDATE SET {LABEL} = arriving.{LABEL}"
    merge_into(spark, late, table, _SAME_FLIGHT, update)
    return spark.table(table).filter(f"{LABEL} IS NOT NULL").count()
