"""Predictions that need no model: what any model has to beat. Pure."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from flights.features.columns import LABEL

Floats = NDArray[np.float64]


def rmse(predicted: Floats, actual: Floats) -> float:
    """Root of the mean squared error, in minutes."""
    return float(np.sqrt(np.mean((predicted - actual) ** 2)))


def carrier_and_hour(train: pd.DataFrame, frame: pd.DataFrame) -> Floats:
    """The training flights' mean delay of the same carrier and hour; the overall mean where there is none."""
    known = train.assign(hour=train["minute_of_day"] // 60).groupby(["carrier", "hour"])[LABEL].mean()
    asked = pd.MultiIndex.from_arrays([frame["carrier"], frame["minute_of_day"] // 60])
    return known.reindex(asked).fillna(train[LABEL].mean()).to_numpy(np.float64)


def last_value(train: pd.DataFrame, frame: pd.DataFrame) -> Floats:
    """The delay of the carrier's last flight from the same origin that has arrived, a day old at most."""
    return frame["origin_carrier_last_arrival"].fillna(train[LABEL].mean()).to_numpy(np.float64)


def last_two_hours(train: pd.DataFrame, frame: pd.DataFrame) -> Floats:
    """The mean delay of the last two hours' departures from the same origin."""
    return frame["origin_departures_2h"].fillna(train[LABEL].mean()).to_numpy(np.float64)


BASELINES = {
    "carrier_and_hour": carrier_and_hour,
    "last_value": last_value,
    "last_two_hours": last_two_hours,
}
