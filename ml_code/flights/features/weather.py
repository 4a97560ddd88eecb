"""The weather at the origin, as last observed strictly before the scheduled departure."""

from __future__ import annotations

from pyspark.sql import DataFrame, Window
from pyspark.sql import functions as F

from flights.features.asof import HOUR

_OBSERVED = ("temp", "humid", "wind_speed", "wind_gust", "precip", "pressure", "visib")
NUMERIC = (*_OBSERVED, "precip_6h", "visib_low_6h")
"""Units as in `raw.WEATHER`; `_6h` is the sum, and the lowest value, of the last six hours."""

#: An older observation counts as unknown.
_STALE = 6 * HOUR


def weather_features(flights: DataFrame, weather: DataFrame) -> DataFrame:
    """`flight_id`, `scheduled_departure` and `NUMERIC` of each flight.

    Observations and scheduled moments of an origin share one time axis; a range frame looks back from
    each moment.
    """
    at = F.unix_seconds
    asked = flights.select("origin", at("scheduled_departure").alias("second")).distinct()
    observed = weather.select("origin", at("observed_at").alias("second"), *_OBSERVED)
    axis = observed.withColumn("asked", F.lit(False)).unionByName(
        asked.withColumn("asked", F.lit(True)), allowMissingColumns=True
    )
    recent = Window.partitionBy("origin").orderBy("second").rangeBetween(-_STALE, -1)
    answers = axis.select(
        "origin",
        "second",
        "asked",
        *(F.last(name, ignorenulls=True).over(recent).alias(name) for name in _OBSERVED),
        F.round(F.sum("precip").over(recent), 4).alias("precip_6h"),
        F.min("visib").over(recent).alias("visib_low_6h"),
    )
    keyed = flights.select(
        "flight_id", "scheduled_departure", "origin", at("scheduled_departure").alias("second")
    )
    joined = keyed.join(answers.filter("asked"), ["origin", "second"], "left")
    return joined.select("flight_id", "scheduled_departure", *NUMERIC)
