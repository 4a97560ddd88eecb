"""Labels with the features that were known at their time."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import pandas as pd
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from flights.clock import Window
from flights.errors import DataError, FlightsError
from flights.feature_store import FeatureStore, TrainingSet
from flights.features.columns import INPUTS, LABEL, TIME, feature_table
from flights.features.task import between
from flights.ingest.raw import FLIGHTS
from flights.tables import Place, at_version, delta_version, read, require_columns

#: A hash of the key puts each flight into one of so many buckets; a sample is the first ones.
_BUCKETS = 10_000
_REMEDY = "Run the features job first."


@dataclass(frozen=True)
class Source:
    """Which rows of which tables a stage learns from or judges on."""

    spark: SparkSession
    store: FeatureStore
    place: Place
    max_rows: int = 200_000
    """The most flights that ever leave Spark at once."""
    features_version: int | None = None
    """Delta version of the feature table; None: the latest, and on the side `unity` always."""
    flights_version: int | None = None
    """Delta version of the labels' table; None: the latest."""

    def pinned(self) -> Source:
        """The same at the tables' versions of now: what several reads agree on, and a run can repeat."""
        names = {name: self.place.table(name) for name in ("features", "flights")}
        for name in names.values():
            read(self.spark, name, _REMEDY)
        features = self.features_version
        if features is None and self.store.kind == "delta":
            features = delta_version(self.spark, names["features"])
        flights = self.flights_version
        flights = delta_version(self.spark, names["flights"]) if flights is None else flights
        return replace(self, features_version=features, flights_version=flights)


@dataclass(frozen=True)
class Labelled:
    """Flights that arrived: key, scheduled departure, the model's inputs and `arr_delay`."""

    frame: pd.DataFrame
    """Ordered by scheduled departure and key."""
    share: float
    """How much of the window's flights it is."""
    source: TrainingSet


def labelled(source: Source, window: Window, sample: float = 1.0) -> Labelled:
    """A sample of the window's flights that arrived.

    Args:
        source: where they are.
        window: range of scheduled departures.
        sample: share of the flights, from 0 (excluded) to 1, less when it were more than `max_rows`. The
            same flights every time: a hash of the key decides.

    Raises:
        DataError: a table or column is missing, no flight of the window has a label, or one has no features;
            keys are missing or repeated.
        FlightsError: the parameters leave no flight over.
    """
    if not 0 < sample <= 1:
        raise FlightsError(f"Parameter sample is {sample}: give a share above 0 and at most 1.")
    if source.max_rows < 1:
        raise FlightsError(f"Parameter max_rows is {source.max_rows}: give a number of rows above 0.")
    arrived = _arrived(source, window)
    bucket = F.floor(F.pmod(F.xxhash64("flight_id"), F.lit(100 * _BUCKETS)) / 100)
    counted = arrived.groupBy(bucket.alias("bucket")).count().collect()
    buckets = sampled_buckets({int(row[0]): int(row[1]) for row in counted}, sample, source.max_rows)
    spine, share = arrived.filter(bucket < buckets), buckets / _BUCKETS
    found = source.store.training_set(feature_table(source.place), spine, LABEL, source.features_version)
    frame = found.rows.select("flight_id", TIME, *INPUTS, LABEL).toPandas()
    if counted and frame.empty:
        raise FlightsError(
            f"Parameters sample {sample} and max_rows {source.max_rows} leave no flight of {window}: "
            "give more."
        )
    asked = sum(int(row[1]) for row in counted if int(row[0]) < buckets)
    _check(frame, asked, source.place, window)
    return Labelled(frame.sort_values([TIME, "flight_id"], ignore_index=True), share, found)


def sampled_buckets(rows: Mapping[int, int], sample: float, most: int) -> int:
    """How many buckets, from the first on, make the sample and hold no more than `most` rows.

    Args:
        rows: bucket → rows in it; those that are left out have none.
        sample: wanted share of the buckets.
        most: rows.
    """
    buckets, total = max(1, round(sample * _BUCKETS)), 0
    for bucket in sorted(rows):
        total += rows[bucket]
        if total > most:
            return min(buckets, bucket)
    return buckets


def _arrived(source: Source, window: Window) -> DataFrame:
    """Keys, moments and labels."""
    name = source.place.table("flights")
    require_columns(read(source.spark, name, _REMEDY), name, FLIGHTS)
    rows = between(at_version(source.spark, name, source.flights_version), TIME, window)
    return rows.filter(F.col(LABEL).isNotNull()).select("flight_id", TIME, LABEL)


def _check(frame: pd.DataFrame, asked: int, place: Place, window: Window) -> None:
    """Refuse what can't be learned from; `asked` is how many rows the flights' table has for the frame."""
    if frame.empty:
        raise DataError(
            place.table("flights"), LABEL, f"no flight of {window} has a label.",
            "Run the features job for that range.",
        )  # fmt: skip
    nameless = int(frame["flight_id"].isna().sum())
    if nameless:
        raise DataError(
            place.table("flights"), "flight_id", f"{nameless} rows have no value.",
            "Drop or repair them at the source.",
        )  # fmt: skip
    twice = int(frame["flight_id"].duplicated().sum())
    if twice:
        at_fault = "features" if len(frame) > asked else "flights"
        raise DataError(
            place.table(at_fault), "flight_id", f"{twice} rows repeat another row's key.",
            "Keep one row for each key.",
        )  # fmt: skip
    unknown = int(frame["minute_of_day"].isna().sum())
    if unknown:
        raise DataError(
            place.table("features"), "flight_id", f"{unknown} flights of {window} have no features.",
            "Run the features job for that range.",
        )  # fmt: skip
