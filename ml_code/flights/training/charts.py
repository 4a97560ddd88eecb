"""The charts of a training run."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from flights.features.columns import LABEL, TIME


def error_by_group(
    holdout: pd.DataFrame, predicted: dict[str, np.ndarray], learned: pd.DataFrame, fitted: np.ndarray
) -> Figure:
    """RMSE by month, of what was learned from and of the holdout, and by carrier of the holdout.

    Args:
        holdout: rows with `scheduled_departure`, `carrier` and `arr_delay`.
        predicted: name → predictions for the same rows, a bar each; `model` is one of them.
        learned: the rows that the model learned from.
        fitted: the model's predictions for those.
    """
    figure = Figure(figsize=(12, 7), layout="constrained")
    by_month, by_carrier = figure.subplots(2, 1)
    held_out = _errors(holdout, predicted, _month(holdout))
    held_out.index = held_out.index + " (held out)"
    seen = _errors(learned, {"model": fitted}, _month(learned))
    pd.concat([seen, held_out]).plot.bar(ax=by_month, rot=0, title="Arrival delay, by month")
    _errors(holdout, predicted, holdout["carrier"]).plot.bar(
        ax=by_carrier, rot=0, legend=False, title="By carrier, held out"
    )
    by_month.legend(ncols=len(predicted), loc="lower right", bbox_to_anchor=(1, 1), frameon=False)
    for axes in (by_month, by_carrier):
        axes.set(ylabel="RMSE, minutes", xlabel="")
    return figure


def _errors(frame: pd.DataFrame, predicted: dict[str, np.ndarray], by: pd.Series) -> pd.DataFrame:
    squared = pd.DataFrame({name: (values - frame[LABEL]) ** 2 for name, values in predicted.items()})
    means: pd.DataFrame = squared.groupby(by.to_numpy()).mean() ** 0.5
    return means


def _month(frame: pd.DataFrame) -> pd.Series:
    return pd.to_datetime(frame[TIME]).dt.strftime("%Y-%m")
