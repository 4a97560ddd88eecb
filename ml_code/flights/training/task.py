"""The train task: fit, measure, log and register."""

from __future__ import annotations

import json
from dataclasses import dataclass
from importlib.metadata import version
from typing import Any

import mlflow
import numpy as np
import pandas as pd
from mlflow.models import ModelSignature
from mlflow.types import ColSpec, DataType, Schema
from pyspark.sql import SparkSession

from flights.clock import Window
from flights.features.columns import CATEGORICAL, INPUTS, LABEL, NUMERIC, TIME
from flights.tables import Place
from flights.training.baselines import BASELINES, rmse
from flights.training.charts import error_by_group
from flights.training.code import code_hash
from flights.training.dataset import labelled
from flights.training.model import fit, predict

_PINNED = ("mlflow", "lightgbm", "scikit-learn", "pandas", "numpy")
_SIGNATURE = ModelSignature(
    inputs=Schema(
        [
            *(ColSpec(DataType.string, name, required=False) for name in CATEGORICAL),
            *(ColSpec(DataType.double, name, required=False) for name in NUMERIC),
        ]
    ),
    outputs=Schema([ColSpec(DataType.double)]),
)
#: The run tag with a flight that `flights.ask` sends to the endpoint.
EXAMPLE_TAG = "flights.example"


@dataclass(frozen=True)
class Settings:
    """What a training run depends on, besides code and data."""

    experiment: str
    """Workspace path of the experiment."""
    model: str
    """Three-level name of the registered model."""
    train: Window
    """Scheduled departures to learn from."""
    holdout: Window
    """Later departures to measure on."""
    sample: float
    """Share of the training flights to learn from."""
    seed: int
    booster: dict[str, Any]
    """LightGBM's parameters."""


@dataclass(frozen=True)
class Trained:
    """A registered version."""

    uri: str
    name: str
    version: str
    metrics: dict[str, float]


def train(spark: SparkSession, place: Place, settings: Settings) -> Trained:
    """Train on the window, measure on the one after it, and register the version.

    Raises:
        DataError: the feature table or its labels are not there.
    """
    mlflow.autolog(disable=True)
    learn = labelled(spark, place, settings.train, settings.sample)
    holdout = labelled(spark, place, settings.holdout)
    pipeline = fit(learn, settings.booster, settings.seed)
    predicted = {"model": predict(pipeline, holdout)}
    predicted |= {name: baseline(learn, holdout) for name, baseline in BASELINES.items()}
    actual = holdout[LABEL].to_numpy(np.float64)
    metrics = {f"rmse_{name}": rmse(values, actual) for name, values in predicted.items()}
    metrics["mae_model"] = float(np.mean(np.abs(predicted["model"] - actual)))
    mlflow.set_experiment(settings.experiment)
    with mlflow.start_run():
        mlflow.log_params(_parameters(settings, len(learn), len(holdout)))
        mlflow.log_metrics(metrics)
        mlflow.log_figure(error_by_group(holdout, predicted), "error_by_month_and_carrier.png")
        mlflow.set_tag(EXAMPLE_TAG, json.dumps(_example(spark, place, holdout)))
        logged = mlflow.sklearn.log_model(
            pipeline,
            name="model",
            signature=_SIGNATURE,
            input_example=holdout[list(INPUTS)].head(3),
            pip_requirements=[f"{name}=={version(name)}" for name in _PINNED],
            registered_model_name=settings.model,
            serialization_format="cloudpickle",
        )
    number = str(logged.registered_model_version)
    _describe(settings, number, metrics)
    return Trained(f"models:/{settings.model}/{number}", settings.model, number, metrics)


def _parameters(settings: Settings, learned: int, measured: int) -> dict[str, Any]:
    return {
        **settings.booster,
        "seed": settings.seed,
        "sample": settings.sample,
        "train_window": str(settings.train),
        "holdout_window": str(settings.holdout),
        "train_rows": learned,
        "holdout_rows": measured,
        "code_hash": code_hash(),
    }


def _describe(settings: Settings, number: str, metrics: dict[str, float]) -> None:
    client = mlflow.MlflowClient()
    tags = {
        "train_window": str(settings.train),
        "code_hash": code_hash(),
        "rmse": f"{metrics['rmse_model']:.3f}",
    }
    for key, value in tags.items():
        client.set_model_version_tag(settings.model, number, key, value)
    text = (
        f"Arrival delay in minutes, predicted at scheduled departure from {len(INPUTS)} features. "
        f"Learned from {settings.train}; RMSE {metrics['rmse_model']:.2f} on {settings.holdout}."
    )
    client.update_model_version(settings.model, number, description=text)


def _example(spark: SparkSession, place: Place, holdout: pd.DataFrame) -> dict[str, Any]:
    """A flight that the model has not seen: the first one of the table's last complete day by key."""
    latest = spark.table(place.table("features")).selectExpr(f"max({TIME})").collect()[0][0]
    day = pd.Timestamp(latest).tz_localize(None).normalize().date()
    frame = (
        labelled(spark, place, Window(day, day).back(3))
        if pd.Timestamp(day) > holdout[TIME].max()
        else holdout
    )
    row = frame.sort_values("flight_id").iloc[0]
    inputs = {name: None if pd.isna(row[name]) else row[name] for name in INPUTS}
    return {
        "flight_id": row["flight_id"],
        TIME: row[TIME].isoformat(),
        "inputs": inputs,
        LABEL: float(row[LABEL]),
    }
