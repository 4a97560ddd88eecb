"""What a training run leaves behind: settings, data, environment, an example, a description."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from typing import Any

import mlflow
import pandas as pd
from mlflow.data.delta_dataset_source import DeltaDatasetSource
from mlflow.data.meta_dataset import MetaDataset

from flights.features.columns import CATEGORICAL, INPUTS, LABEL, NUMERIC, TIME
from flights.training.code import code_hash, environment
from flights.training.dataset import Labelled, Source
from flights.training.settings import Settings

#: The run tag with a flight that `flights.ask` sends to the endpoint.
EXAMPLE_TAG = "flights.example"
#: The version tags with the days that it learned from, was reported on, and is judged on.
TRAIN_WINDOW_TAG, HOLDOUT_WINDOW_TAG, VALIDATION_WINDOW_TAG = (
    "train_window", "holdout_window", "validation_window"
)  # fmt: skip


def log_settings(
    settings: Settings, booster: Mapping[str, Any], source: Source, learn: Labelled, holdout: Labelled
) -> None:
    """Everything that the same run needs to be the same again."""
    mlflow.log_params(
        {
            **booster,
            "seed": settings.seed,
            "sample": round(learn.share, 6),
            "search_trials": settings.trials,
            **windows(settings),
            "train_rows": len(learn.frame),
            "holdout_rows": len(holdout.frame),
            "holdout_share": round(holdout.share, 6),
            "feature_store": source.store.kind,
            "features_version": source.features_version,
            "flights_version": source.flights_version,
            "code_hash": code_hash(),
            "python": sys.version.split()[0],
        }
    )
    mlflow.log_text(environment(), "environment.txt")


def log_data(source: Source, settings: Settings) -> None:
    """The tables at their Delta versions, as the run's inputs."""
    versions = (("features", source.features_version), ("flights", source.flights_version))
    for name, version in versions:
        table = source.place.full_name(name)
        origin = DeltaDatasetSource(delta_table_name=table, delta_table_version=version)
        data = MetaDataset(origin, name=table, digest=f"v{version}")  # type: ignore[abstract]
        mlflow.log_input(data, context="training")
    mlflow.set_tags(windows(settings))


def windows(settings: Settings) -> dict[str, str]:
    """The run's days as dates, whatever its parameters said: for the run and for the version."""
    planned = {VALIDATION_WINDOW_TAG: str(settings.validation)} if settings.validation else {}
    return {TRAIN_WINDOW_TAG: str(settings.train), HOLDOUT_WINDOW_TAG: str(settings.holdout), **planned}


def tags(settings: Settings, source: Source, number: str, metrics: Mapping[str, float]) -> None:
    """What later stages and a person ask of a version first."""
    values = {
        **windows(settings),
        "code_hash": code_hash(),
        "features_version": str(source.features_version),
        "rmse": f"{metrics['rmse_model']:.3f}",
    }
    for key, value in values.items():
        mlflow.MlflowClient().set_model_version_tag(settings.model, number, key, value)


def describe(settings: Settings, source: Source, number: str, metrics: Mapping[str, float]) -> None:
    """The version's description: data window, error against the baselines, features."""
    others = {name.removeprefix("rmse_"): value for name, value in metrics.items() if name[:5] == "rmse_"}
    mine = others.pop("model")
    bars = ", ".join(
        f"{name} {value:.2f}" for name, value in sorted(others.items(), key=lambda pair: pair[1])
    )
    text = (
        f"Arrival delay in minutes, predicted at scheduled departure.\n\n"
        f"Learned from flights of {settings.train} (sample {settings.sample}, seed {settings.seed}) of "
        f"{source.place.full_name('features')} at version {source.features_version}; code {code_hash()}.\n\n"
        f"RMSE {mine:.2f} on {settings.holdout}; baselines: {bars}.\n\n"
        f"{len(INPUTS)} features: {', '.join(CATEGORICAL)} (categories), {', '.join(NUMERIC)}."
    )
    mlflow.MlflowClient().update_model_version(settings.model, number, description=text)


def example(holdout: pd.DataFrame) -> dict[str, Any]:
    """A flight of the holdout's last day, which the model has not seen: inputs, true delay and key.

    Also the run's tag, where `flights.ask` finds it without loading a model.
    """
    last = holdout[TIME].max().normalize()
    row = holdout[holdout[TIME] >= last].sort_values("flight_id").iloc[0]
    found = {
        "flight_id": row["flight_id"],
        TIME: row[TIME].isoformat(),
        "inputs": {name: _plain(row[name]) for name in INPUTS},
        LABEL: float(row[LABEL]),
    }
    mlflow.set_tag(EXAMPLE_TAG, json.dumps(found))
    return found


def _plain(value: Any) -> str | float | None:
    if pd.isna(value):
        return None
    return value if isinstance(value, str) else float(value)
