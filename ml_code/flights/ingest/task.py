"""The ingest task: published rows of a date range into the raw tables."""

from __future__ import annotations

import pandas as pd
import pyarrow as pa
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F
from pyspark.sql.types import StructType

from flights.clock import Window
from flights.entry import clear_errors
from flights.errors import DataError
from flights.ingest import raw, source
from flights.session import require_utc
from flights.tables import Place, create, merge, require_columns, require_keys


@clear_errors
def ingest(spark: SparkSession, place: Place, window: Window) -> dict[str, int]:
    """Bring the window's flights and weather in; running it again changes nothing.

    Both frames are checked before either table is written.

    Returns:
        Rows for each table.

    Raises:
        DataError: a key is missing or repeated, the window has no flight, or a table has other columns.
    """
    require_utc(spark)
    zones = _frame(spark, source.published_time_zones())
    flights = flights_between(_frame(spark, source.published_flights()), zones, window)
    weather = weather_between(_frame(spark, source.published_weather()), window)
    rows = {
        "flights": _checked(flights, place.table("flights"), raw.FLIGHTS, raw.FLIGHT_KEYS),
        "weather": _checked(weather, place.table("weather"), raw.WEATHER, raw.WEATHER_KEYS),
    }
    if not rows["flights"]:
        raise DataError(
            place.table("flights"), "scheduled_departure", f"no flight is scheduled in {window}.",
            "Choose a range inside 2013.",
        )  # fmt: skip
    _made(spark, place.table("weather"), raw.WEATHER, "Hourly weather at the origins.")
    _made(spark, place.table("flights"), raw.FLIGHTS, "Flights from New York City airports, as flown.")
    # the flights last: where they are, the weather before them is
    merge(spark, weather, place.table("weather"), raw.WEATHER_KEYS)
    merge(spark, flights, place.table("flights"), raw.FLIGHT_KEYS)
    return rows


def _made(spark: SparkSession, table: str, schema: StructType, comment: str) -> None:
    """The table is there, with these columns."""
    create(spark, table, schema, comment)
    require_columns(spark.table(table), table, schema)


def flights_between(published: DataFrame, zones: DataFrame, window: Window) -> DataFrame:
    """Raw flights whose scheduled departure lies in the window; rows without one stay, to be refused."""
    moment = F.col("scheduled_departure")
    inside = (moment >= F.lit(window.first)) & (moment < F.lit(window.last))
    return raw.raw_flights(published, zones).filter(moment.isNull() | inside)


def weather_between(published: DataFrame, window: Window) -> DataFrame:
    """Raw observations of the window and of the day before, which its first flights look back on."""
    moment = F.col("observed_at")
    inside = (moment >= F.lit(window.back(1).first)) & (moment < F.lit(window.last))
    return raw.raw_weather(published).filter(moment.isNull() | inside)


def _checked(frame: DataFrame, table: str, schema: StructType, keys: tuple[str, ...]) -> int:
    require_columns(frame, table, schema)
    return require_keys(frame, table, (*keys, *(n for n in ("scheduled_departure",) if n in schema.names)))


def _frame(spark: SparkSession, published: pd.DataFrame) -> DataFrame:
    return spark.createDataFrame(pa.Table.from_pandas(published, preserve_index=False))
