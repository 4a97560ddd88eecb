"""The feature table's columns, and so the model's."""

from __future__ import annotations

from datetime import timedelta

from pyspark.sql.types import DoubleType, StringType, StructField, StructType, TimestampType

from flights.feature_store import FeatureTable
from flights.features import delays, schedule, weather
from flights.tables import Place

KEYS = ("flight_id",)
TIME = "scheduled_departure"
CATEGORICAL = schedule.CATEGORICAL
NUMERIC = (*schedule.NUMERIC, *weather.NUMERIC, *delays.NUMERIC)
#: What the model takes, in this order.
INPUTS = (*CATEGORICAL, *NUMERIC)
LABEL = "arr_delay"

FEATURES = StructType(
    [
        StructField("flight_id", StringType()),
        StructField(TIME, TimestampType()),
        *(StructField(name, StringType()) for name in CATEGORICAL),
        *(StructField(name, DoubleType()) for name in NUMERIC),
    ]
)
"""Key `flight_id`, time-series key `scheduled_departure`: every value was known strictly before it.

A flight that is scheduled anew has a row for each moment; lookups take the latest one of their time.
"""


def feature_table(place: Place) -> FeatureTable:
    """The table `features` of a schema."""
    comment = "What was known of each flight before its scheduled departure."
    return FeatureTable(place.full_name("features"), KEYS, TIME, FEATURES, comment, timedelta(days=1))
