"""The features task: raw tables to the feature table, for a date range."""

from __future__ import annotations

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from flights.clock import Window
from flights.entry import clear_errors
from flights.errors import DataError
from flights.feature_store import FeatureStore
from flights.features.columns import FEATURES, TIME, feature_table
from flights.features.delays import LOOKBACK_DAYS, delay_features
from flights.features.schedule import schedule_features
from flights.features.weather import weather_features
from flights.ingest.raw import FLIGHT_KEYS, FLIGHTS, WEATHER, WEATHER_KEYS
from flights.session import require_utc
from flights.tables import Place, read, require_columns, require_keys


@clear_errors
def write_features(
    spark: SparkSession, store: FeatureStore, place: Place, window: Window, online_store: str = ""
) -> int:
    """Make the features of the flights scheduled in the window; running it again changes nothing.

    Args:
        spark: the session.
        store: where the feature table is.
        place: where the raw tables are.
        window: scheduled departures.
        online_store: the online store that the table is published to; empty: none.

    Returns:
        The number of flights.

    Raises:
        DataError: a raw table is missing, its columns or keys are wrong, or the window has no flight.
    """
    require_utc(spark)
    names = {name: place.table(name) for name in ("flights", "weather")}
    flights = read(spark, names["flights"], "Run the ingest task first.")
    weather = read(spark, names["weather"], "Run the ingest task first.")
    require_columns(flights, names["flights"], FLIGHTS)
    require_columns(weather, names["weather"], WEATHER)
    history = between(flights, TIME, window.back(LOOKBACK_DAYS))
    observed = between(weather, "observed_at", window.back(1))
    require_keys(observed, names["weather"], WEATHER_KEYS)
    require_keys(history, names["flights"], FLIGHT_KEYS)
    rows = between(flights, TIME, window).count()
    if not rows:
        raise DataError(
            names["flights"],
            TIME,
            f"no flight is scheduled in {window}.",
            "Run the ingest task for that range.",
        )
    table = feature_table(place)
    store.create(table)
    store.write(table, flight_features(history, observed, window))
    if online_store:
        store.publish(table, online_store)
    return rows


def flight_features(history: DataFrame, weather: DataFrame, window: Window) -> DataFrame:
    """Rows of `FEATURES` for the flights of the window.

    Args:
        history: rows of `raw.FLIGHTS` of the window and of `LOOKBACK_DAYS` before it.
        weather: rows of `raw.WEATHER` of the window and of the day before it.
        window: which flights to make features for.
    """
    flights = between(history, TIME, window)
    made = schedule_features(flights)
    for part in (weather_features(flights, weather), delay_features(history, window)):
        made = made.join(part.drop(TIME), "flight_id")
    return made.select(FEATURES.names)


def between(frame: DataFrame, moment: str, window: Window) -> DataFrame:
    """The rows whose moment lies in the window."""
    return frame.filter((F.col(moment) >= F.lit(window.first)) & (F.col(moment) < F.lit(window.last)))
