"""Recent delays, as they were known at each flight's scheduled departure.

When a value becomes known:

| value | from |
| --- | --- |
| a departure's delay | its actual departure |
| an arrival's delay | its actual arrival |
| that a flight waits at its gate | its scheduled departure, until it leaves |
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from pyspark.sql import DataFrame
from pyspark.sql import functions as F
from pyspark.sql.types import DoubleType, StringType, StructField, StructType, TimestampType

from flights.clock import Window
from flights.features.asof import DAY, HOUR, Events, Floats, Integers, groups

#: Days of history that the longest window looks back on.
LOOKBACK_DAYS = 28
#: A flight that has not left by then counts as cancelled, in seconds.
_GIVEN_UP = 6 * HOUR
#: Days that one Python call sees, with the lookback in front: bounds its memory, whatever the table's size.
_CHUNK = 56 * DAY

_GROUPS = {
    "origin": ["origin"],
    "carrier": ["carrier"],
    "dest": ["dest"],
    "origin_carrier": ["origin", "carrier"],
    "route": ["origin", "dest"],
    "flight": ["carrier", "flight_number", "dest"],
}
_DEPARTURES = {"origin": (1, 2, 3), "carrier": (3,), "origin_carrier": (2,), "dest": (3,)}
_ARRIVALS = {
    "origin": (2,),
    "carrier": (3, 12),
    "dest": (4,),
    "flight": (LOOKBACK_DAYS * 24,),
    "route": (LOOKBACK_DAYS * 24,),
}
_WAITING = ("origin", "origin_carrier", "dest")
#: The last value known of a group counts for that long, in hours.
_LAST = {"origin_carrier": 24, "flight": LOOKBACK_DAYS * 24}

NUMERIC = (
    *(f"{group}_departures_{hours}h" for group, windows in _DEPARTURES.items() for hours in windows),
    *(f"{group}_arrivals_{hours}h" for group, windows in _ARRIVALS.items() for hours in windows),
    *(f"{group}_last_arrival" for group in _LAST),
    *(f"{group}_waiting" for group in _WAITING),
    *(f"{group}_waiting_minutes" for group in _WAITING),
)
"""`departures` and `arrivals`: mean delay of the last hours, in minutes. `waiting`: flights that
should have left and have not; `waiting_minutes`: their mean lateness so far. `last_arrival`: delay of
the last flight that has arrived."""

DELAYS = StructType(
    [
        StructField("flight_id", StringType()),
        StructField("scheduled_departure", TimestampType()),
        *(StructField(name, DoubleType()) for name in NUMERIC),
    ]
)


def delay_features(history: DataFrame, window: Window) -> DataFrame:
    """Rows of `DELAYS` for the flights that are scheduled in the window.

    Args:
        history: rows of `raw.FLIGHTS` of the window and of `LOOKBACK_DAYS` before it.
        window: which flights to make features for.
    """
    moment = F.col("scheduled_departure")
    second = F.unix_seconds(moment)
    chunk = F.floor(second / _CHUNK)
    rows = history.select(
        "flight_id", "origin", "carrier", "dest", "flight_number",
        second.alias("scheduled"),
        F.unix_seconds("actual_departure").alias("departed"), "dep_delay",
        F.unix_seconds("actual_arrival").alias("arrived"), "arr_delay",
        ((moment >= F.lit(window.first)) & (moment < F.lit(window.last))).alias("asked"),
        chunk.alias("chunk"),
    )  # fmt: skip
    reaches_on = F.col("scheduled") >= (F.col("chunk") + 1) * _CHUNK - LOOKBACK_DAYS * DAY
    behind = rows.filter(reaches_on).withColumn("chunk", F.col("chunk") + 1).withColumn("asked", F.lit(False))
    schema = "flight_id string, scheduled bigint, " + ", ".join(f"{name} double" for name in NUMERIC)
    made = rows.unionByName(behind).groupBy("chunk").applyInPandas(known_delays, schema)
    return made.select("flight_id", F.timestamp_seconds("scheduled").alias("scheduled_departure"), *NUMERIC)


def known_delays(rows: pd.DataFrame) -> pd.DataFrame:
    """The features of the rows that are `asked`, from the rows' own past.

    Args:
        rows: `flight_id`, the group columns, `scheduled`, `departed` and `arrived` in seconds since
            1970, `dep_delay` and `arr_delay` in minutes, `asked`.

    Returns:
        `flight_id`, `scheduled` and `NUMERIC`.
    """
    scheduled = rows["scheduled"].to_numpy(np.int64)
    asked = rows["asked"].to_numpy(bool)
    number = groups(rows, _GROUPS)
    moment = scheduled[asked]
    departed, dep_delay = _known(rows, "departed", "dep_delay")
    arrived, arr_delay = _known(rows, "arrived", "arr_delay")
    columns: dict[str, Floats] = {}
    for kind, windows, known_at, value in (
        ("departures", _DEPARTURES, departed, dep_delay),
        ("arrivals", _ARRIVALS, arrived, arr_delay),
    ):
        for name, widths in windows.items():
            events = Events.of(number[name], known_at, value)
            for width in widths:
                columns[f"{name}_{kind}_{width}h"] = events.mean(number[name][asked], moment, width * HOUR)
    for name, hours in _LAST.items():
        events = Events.of(number[name], arrived, arr_delay)
        columns[f"{name}_last_arrival"] = events.last(number[name][asked], moment, hours * HOUR)
    for name in _WAITING:
        columns |= _waiting(name, number[name], scheduled, dep_delay, asked)
    made = pd.DataFrame({"flight_id": rows["flight_id"].to_numpy()[asked], "scheduled": moment})
    return pd.concat([made, pd.DataFrame({name: columns[name] for name in NUMERIC})], axis=1)


def _waiting(
    name: str, group: Integers, scheduled: Integers, delay: Floats, asked: NDArray[np.bool_]
) -> dict[str, Floats]:
    """Flights at the gate: each comes at its scheduled departure and goes when it leaves or is given up."""
    late = np.nan_to_num(np.maximum(delay * 60, 0.0), nan=_GIVEN_UP)
    left = scheduled + np.minimum(late, _GIVEN_UP).astype(np.int64)
    both, known_at = np.concatenate([group, group]), np.concatenate([scheduled, left])
    one, since = np.ones(len(scheduled)), (scheduled - scheduled.min()) / 60.0
    ask = group[asked], scheduled[asked], LOOKBACK_DAYS * DAY * 10
    count, _ = Events.of(both, known_at, np.concatenate([one, -one])).before(*ask)
    start, _ = Events.of(both, known_at, np.concatenate([since, -since])).before(*ask)
    minutes = np.full(len(count), 0.0)
    np.divide(start, count, out=minutes, where=count > 0)
    lateness = np.where(count > 0, (scheduled[asked] - scheduled.min()) / 60.0 - minutes, 0.0)
    return {f"{name}_waiting": count, f"{name}_waiting_minutes": lateness.round(3)}


def _known(rows: pd.DataFrame, moment: str, value: str) -> tuple[Integers, Floats]:
    delay = rows[value].to_numpy(np.float64, na_value=np.nan)
    known_at = rows[moment].to_numpy(np.float64, na_value=np.nan)
    return np.nan_to_num(known_at).astype(np.int64), np.where(np.isnan(known_at), np.nan, delay)
