"""Hyperparameters: which ones to try, and which one was best. Pure but for the fits."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import pandas as pd

from flights.clock import Window
from flights.features.columns import LABEL, TIME
from flights.training.baselines import rmse
from flights.training.model import fit, predict

#: The last days of the training window, on which trials are compared; the holdout is not looked at.
INNER_DAYS = 28

_LEAVES = (15, 31, 63, 127)
_RATES = (0.03, 0.05, 0.08, 0.12)
_CHILDREN = (20, 50, 100, 300)
_SHARES = (0.6, 0.8, 1.0)


def proposals(given: Mapping[str, Any], trials: int, seed: int) -> Iterator[dict[str, Any]]:
    """The given settings, then `trials` others drawn at random; the same ones for the same seed."""
    yield dict(given)
    draw = np.random.default_rng(seed)
    for _ in range(trials):
        yield {
            **given,
            "learning_rate": float(draw.choice(_RATES)),
            "num_leaves": int(draw.choice(_LEAVES)),
            "min_child_samples": int(draw.choice(_CHILDREN)),
            "colsample_bytree": float(draw.choice(_SHARES)),
        }


def inner_split(frame: pd.DataFrame, window: Window) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The window's rows before its last `INNER_DAYS` days, and those of them."""
    late = pd.to_datetime(frame[TIME]) >= pd.Timestamp(window.end) - pd.Timedelta(days=INNER_DAYS)
    return frame[~late], frame[late]


def trial_error(early: pd.DataFrame, late: pd.DataFrame, settings: Mapping[str, Any], seed: int) -> float:
    """RMSE on the late rows of a model that learned from the early ones, in minutes."""
    return rmse(predict(fit(early, settings, seed), late), late[LABEL].to_numpy(np.float64))
