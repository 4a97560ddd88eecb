"""The model: LightGBM on the feature table's own columns. Pure: frames in, a fitted pipeline out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from lightgbm import LGBMRegressor
from numpy.typing import NDArray
from sklearn.compose import ColumnTransformer  # type: ignore[import-untyped]
from sklearn.pipeline import Pipeline  # type: ignore[import-untyped]
from sklearn.preprocessing import OrdinalEncoder  # type: ignore[import-untyped]

from flights.features.columns import CATEGORICAL, INPUTS, LABEL, NUMERIC


def fit(train: pd.DataFrame, settings: Mapping[str, Any], seed: int) -> Pipeline:
    """Fit a pipeline that takes `INPUTS` and predicts minutes of arrival delay.

    Args:
        train: rows of `INPUTS` and `arr_delay`.
        settings: LightGBM's own parameters: n_estimators, learning_rate, num_leaves, min_child_samples, …
        seed: makes two fits of the same rows the same.
    """
    codes = OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=-1, encoded_missing_value=-1)
    encode = ColumnTransformer(
        [("codes", codes, list(CATEGORICAL)), ("numbers", "passthrough", list(NUMERIC))]
    )
    booster = LGBMRegressor(
        **settings, random_state=seed, deterministic=True, force_row_wise=True, verbosity=-1
    )
    pipeline = Pipeline([("encode", encode), ("booster", booster)])
    places = list(range(len(CATEGORICAL)))
    return pipeline.fit(train[list(INPUTS)], train[LABEL], booster__categorical_feature=places)


def predict(pipeline: Any, frame: pd.DataFrame) -> NDArray[np.float64]:
    """Minutes of delay for each row of `INPUTS`."""
    return np.asarray(pipeline.predict(frame[list(INPUTS)]), dtype=np.float64)
