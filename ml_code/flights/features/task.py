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
from flights.tables import Place, Within, read, require_columns, require_keys

#: Flights that are worked on at a time.
PART_ROWS = 500_000


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
    rows = between(flights, TIME, window).count()
    if not rows:
        raise DataError(
            names["flights"],
            TIME,
            f"no flight is scheduled in {window}.",
            "Run the ingest task for that range.",
        )
    # Memory stays that of one part, however long the window is; every part is checked before one is written.
    parts = window.parts(rows // PART_ROWS + 1)
    for part in parts:
        require_keys(_observed(weather, part), names["weather"], WEATHER_KEYS)
        require_keys(_history(flights, part), names["flights"], FLIGHT_KEYS)
    table = feature_table(place)
    store.create(table)
    for part in parts:
        made = flight_features(_history(flights, part), _observed(weather, part), part)
        store.write(table, made, within(part))
    if online_store:
        store.publish(table, online_store)
    return rows


def _history(flights: DataFrame, part: Window) -> DataFrame:
    return between(flights, TIME, part.back(LOOKBACK_DAYS))


def _observed(weather: DataFrame, part: Window) -> DataFrame:
    return between(weather, "observed_at", part.back(1))


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


def within(window: Window) -> Within:
    """Where rows of the window are in the feature and the prediction table."""
    return Within(TIME, window.first, window.last)


def between(frame: DataFrame, moment: str, window: Window) -> DataFrame:
    """The rows whose moment lies in the window."""
    return frame.filter((F.col(moment) >= F.lit(window.first)) & (F.col(moment) < F.lit(window.last)))
