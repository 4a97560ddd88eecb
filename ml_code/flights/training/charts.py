"""The charts of a training run."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from flights.features.columns import LABEL, TIME


def error_by_group(frame: pd.DataFrame, predicted: dict[str, np.ndarray]) -> Figure:
    """RMSE by month and by carrier.

    Args:
        frame: rows with `scheduled_departure`, `carrier` and `arr_delay`.
        predicted: name → predictions for the same rows, a bar each.
    """
    figure = Figure(figsize=(11, 4), layout="constrained")
    month = pd.to_datetime(frame[TIME]).dt.strftime("%Y-%m")
    squared = pd.DataFrame({name: (values - frame[LABEL]) ** 2 for name, values in predicted.items()})
    for axes, by in zip(figure.subplots(1, 2, width_ratios=(1, 3)), (month, frame["carrier"]), strict=True):
        (squared.groupby(by.to_numpy()).mean() ** 0.5).plot.bar(ax=axes, legend=by is month, rot=0)
        axes.set_ylabel("RMSE, minutes")
    return figure
