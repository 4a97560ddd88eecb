"""From published rows to the raw tables' rows. Pure: frames in, frames out."""

from __future__ import annotations

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F
from pyspark.sql.types import DoubleType, IntegerType, StringType, StructField, StructType, TimestampType

#: Every origin's clock.
NEW_YORK = "America/New_York"

FLIGHT_KEYS = ("flight_id",)
FLIGHTS = StructType(
    [
        StructField("flight_id", StringType()),
        StructField("scheduled_departure", TimestampType()),
        StructField("scheduled_arrival", TimestampType()),
        StructField("carrier", StringType()),
        StructField("flight_number", IntegerType()),
        StructField("tailnum", StringType()),
        StructField("origin", StringType()),
        StructField("dest", StringType()),
        StructField("distance", DoubleType()),
        StructField("dep_delay", DoubleType()),
        StructField("arr_delay", DoubleType()),
        StructField("actual_departure", TimestampType()),
        StructField("actual_arrival", TimestampType()),
    ]
)
"""Timestamps in UTC, delays in minutes (negative: early), distance in miles.

The delay columns are known from `actual_departure` and `actual_arrival` on; null: cancelled, diverted or
not yet.
"""

WEATHER_KEYS = ("origin", "observed_at")
WEATHER = StructType(
    [
        StructField("origin", StringType()),
        StructField("observed_at", TimestampType()),
        *(
            StructField(name, DoubleType())
            for name in (
                "temp",
                "dewp",
                "humid",
                "wind_dir",
                "wind_speed",
                "wind_gust",
                "precip",
                "pressure",
                "visib",
            )
        ),
    ]
)
"""Fahrenheit, percent, degrees, miles an hour, inches, millibars, miles."""


def raw_flights(published: DataFrame, zones: DataFrame) -> DataFrame:
    """Rows of `FLIGHTS` from published rows.

    Args:
        published: columns as `source.published_flights`; clock times are the airport's own, HHMM.
        zones: one row for each destination: `dest`, `zone` (IANA name). Destinations without one
            count as New York's.
    """
    departure = F.to_utc_timestamp(_local(F.col("sched_dep_time")), NEW_YORK)
    zone = F.coalesce(F.col("zone"), F.lit(NEW_YORK))
    # the published arrival has no date: it is the first such clock time after the departure
    same_day = F.to_utc_timestamp(_local(F.col("sched_arr_time")), zone)
    next_day = F.to_utc_timestamp(_local(F.col("sched_arr_time")) + F.expr("INTERVAL 1 DAY"), zone)
    day = F.format_string("%04d%02d%02d", "year", "month", "day")
    with_times = published.join(F.broadcast(zones), "dest", "left").select(
        # null when a part of it is, and so refused
        F.concat(
            day, F.lit("-"), "carrier", F.lit("-"), F.col("flight").cast("string"), F.lit("-"), "origin"
        ).alias("flight_id"),
        departure.alias("scheduled_departure"),
        F.when(same_day > departure, same_day).otherwise(next_day).alias("scheduled_arrival"),
        "carrier",
        F.col("flight").cast("int").alias("flight_number"),
        "tailnum",
        "origin",
        "dest",
        *(F.col(name).cast("double").alias(name) for name in ("distance", "dep_delay", "arr_delay")),
    )
    return with_times.select(
        "*",
        _later(F.col("scheduled_departure"), F.col("dep_delay")).alias("actual_departure"),
        _later(F.col("scheduled_arrival"), F.col("arr_delay")).alias("actual_arrival"),
    ).select(FLIGHTS.names)


def raw_weather(published: DataFrame) -> DataFrame:
    """Rows of `WEATHER` from published rows (`time_hour`: ISO, UTC)."""
    hour = F.to_timestamp(F.regexp_replace("time_hour", "Z$", ""), "yyyy-MM-dd'T'HH:mm:ss")
    return published.select("origin", hour.alias("observed_at"), *WEATHER.names[2:])


def _local(clock: Column) -> Column:
    """The published day at HHMM, as if it were UTC."""
    year, month, day = (F.col(name).cast("int") for name in ("year", "month", "day"))
    hour, minute = F.floor(clock / 100).cast("int"), (clock % 100).cast("int")
    return F.make_timestamp(year, month, day, hour, minute, F.lit(0))


def _later(moment: Column, minutes: Column) -> Column:
    return F.timestamp_seconds(F.unix_seconds(moment) + (minutes * 60).cast("bigint"))
