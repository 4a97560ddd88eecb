"""Features with their labels."""

from __future__ import annotations

import pandas as pd
from pyspark.sql import SparkSession
from pyspark.sql import functions as F

from flights.clock import Window
from flights.errors import DataError, FlightsError
from flights.features.columns import FEATURES, INPUTS, LABEL, TIME
from flights.features.task import between
from flights.tables import Place, read, require_columns

_PARTS = 10_000


def labelled(spark: SparkSession, place: Place, window: Window, sample: float = 1.0) -> pd.DataFrame:
    """Flights of the window that arrived: `flight_id`, `scheduled_departure`, the model's inputs and
    `arr_delay`.

    Args:
        spark: the session.
        place: where the tables `features` and `flights` are.
        window: range of scheduled departures.
        sample: share of the flights, from 0 (excluded) to 1. The same flights every time: a hash of
            the key decides.

    Raises:
        DataError: a table or column is missing, or no flight of the window has a label.
    """
    if not 0 < sample <= 1:
        raise FlightsError(f"Parameter sample is {sample}: give a share above 0 and at most 1.")
    names = {name: place.table(name) for name in ("features", "flights")}
    features = read(spark, names["features"], "Run the features job first.")
    require_columns(features, names["features"], FEATURES)
    arrived = read(spark, names["flights"], "Run the features job first.").select("flight_id", LABEL)
    chosen = F.pmod(F.xxhash64("flight_id"), F.lit(_PARTS)) < int(sample * _PARTS)
    rows = (
        between(features, TIME, window)
        .filter(chosen)
        .join(arrived.filter(f"{LABEL} IS NOT NULL"), "flight_id")
    )
    frame = rows.select("flight_id", TIME, *INPUTS, LABEL).toPandas()
    if frame.empty:
        raise DataError(
            names["flights"],
            LABEL,
            f"no flight of {window} has a label.",
            "Run the features job for that range.",
        )
    return frame.sort_values([TIME, "flight_id"], ignore_index=True)
