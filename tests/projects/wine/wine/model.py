"""Chemistry in, cultivar out."""

from __future__ import annotations

from typing import Any

import pandas as pd
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import train_test_split
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler

FEATURES = ["alcohol", "flavanoids", "color_intensity", "proline"]


def fitted(bottles: pd.DataFrame) -> tuple[Pipeline, float]:
    """A classifier and its accuracy on a third that it has not seen."""
    seen, unseen = train_test_split(bottles, test_size=1 / 3, random_state=7, stratify=bottles["cultivar"])
    made = make_pipeline(StandardScaler(), LogisticRegression(max_iter=500))
    made.fit(seen[FEATURES], seen["cultivar"])
    return made, float(made.score(unseen[FEATURES], unseen["cultivar"]))


def cellar() -> pd.DataFrame:
    """178 real wines of three cultivars (UCI's wine recognition data, part of scikit-learn)."""
    from sklearn.datasets import load_wine

    loaded: Any = load_wine(as_frame=True)
    bottles = loaded.data[FEATURES].astype("float64")
    bottles.insert(0, "bottle", range(len(bottles)))
    return bottles.assign(cultivar=[str(loaded.target_names[number]) for number in loaded.target])
