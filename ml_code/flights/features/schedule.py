"""What the timetable says: known weeks before."""

from __future__ import annotations

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from flights.ingest.raw import NEW_YORK

NUMERIC = ("minute_of_day", "day_of_week", "scheduled_minutes", "distance", "scheduled_mph")
CATEGORICAL = ("carrier", "origin", "dest")


def schedule_features(flights: DataFrame) -> DataFrame:
    """`flight_id`, `scheduled_departure`, `CATEGORICAL` and `NUMERIC` of each flight.

    `minute_of_day` and `day_of_week` (1 is Sunday) are of New York's clock, `scheduled_minutes` is the
    planned time from gate to gate, `scheduled_mph` the distance over it: how much slack the timetable leaves.
    """
    local = F.from_utc_timestamp("scheduled_departure", NEW_YORK)
    seconds = F.unix_seconds("scheduled_arrival") - F.unix_seconds("scheduled_departure")
    return flights.select(
        "flight_id",
        "scheduled_departure",
        *CATEGORICAL,
        (F.hour(local) * 60 + F.minute(local)).cast("double").alias("minute_of_day"),
        F.dayofweek(local).cast("double").alias("day_of_week"),
        (seconds / 60).cast("double").alias("scheduled_minutes"),
        "distance",
        (F.col("distance") * 3600 / seconds).cast("double").alias("scheduled_mph"),
    )
