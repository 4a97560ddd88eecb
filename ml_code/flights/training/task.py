"""The train task: fit, measure, log and register."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import mlflow
import numpy as np
import pandas as pd
from mlflow.models import ModelSignature
from mlflow.types import ColSpec, DataType, Schema

from flights.entry import clear_errors
from flights.features.columns import CATEGORICAL, INPUTS, LABEL, NUMERIC
from flights.training.baselines import BASELINES, rmse
from flights.training.charts import error_by_group
from flights.training.code import code_hash, requirements
from flights.training.dataset import Labelled, Source, labelled
from flights.training.model import fit, predict
from flights.training.record import describe, example, log_data, log_settings, tags
from flights.training.search import inner_split, proposals, trial_error
from flights.training.settings import Settings

_SIGNATURE = ModelSignature(
    inputs=Schema(
        [
            *(ColSpec(DataType.string, name, required=False) for name in CATEGORICAL),
            *(ColSpec(DataType.double, name, required=False) for name in NUMERIC),
        ]
    ),
    outputs=Schema([ColSpec(DataType.double)]),
)


@dataclass(frozen=True)
class Trained:
    """A registered version."""

    uri: str
    name: str
    version: str
    metrics: dict[str, float]


@clear_errors
def train(source: Source, settings: Settings) -> Trained:
    """Train on the window, measure on the one after it, and register the version.

    Raises:
        DataError: the feature table or its labels are not there.
        FlightsError: a parameter is wrong, or the tracking server does not answer.
    """
    mlflow.autolog(disable=True)
    # before the work: a server that is down is found now
    mlflow.set_experiment(settings.experiment)
    source = source.pinned()
    learn = labelled(source, settings.train, settings.sample)
    holdout = labelled(source, settings.holdout)
    with mlflow.start_run():
        booster = _searched(learn.frame, settings) if settings.trials else settings.booster
        pipeline = fit(learn.frame, booster, settings.seed)
        metrics = _measured(pipeline, learn, holdout.frame)
        log_settings(settings, booster, source, learn, holdout)
        log_data(source, settings)
        number = source.store.log(
            pipeline,
            learn.source,
            settings.model,
            lookups=settings.lookups,
            signature=_SIGNATURE,
            input_example=holdout.frame[list(INPUTS)].head(3),
            pip_requirements=requirements(),
            metadata={"example": example(holdout.frame), "code_hash": code_hash()},
            serialization_format="cloudpickle",
        )
    tags(settings, source, number, metrics)
    describe(settings, source, number, metrics)
    return Trained(f"models:/{settings.model}/{number}", settings.model, number, metrics)


def _searched(learn: pd.DataFrame, settings: Settings) -> dict[str, Any]:
    """The best of the given hyperparameters and `trials` others, a nested run each."""
    early, late = inner_split(learn, settings.train)
    best: tuple[float, dict[str, Any]] | None = None
    for number, proposed in enumerate(proposals(settings.booster, settings.trials, settings.seed)):
        with mlflow.start_run(run_name=f"trial {number}", nested=True):
            error = trial_error(early, late, proposed, settings.seed)
            mlflow.log_params(proposed)
            mlflow.log_metric("rmse_inner", error)
        best = min(best, (error, proposed), key=lambda pair: pair[0]) if best else (error, proposed)
    assert best is not None
    mlflow.log_metric("rmse_inner", best[0])
    return best[1]


def _measured(pipeline: Any, learn: Labelled, holdout: pd.DataFrame) -> dict[str, float]:
    """Metrics of the model and of every baseline on the holdout, logged with their chart."""
    predicted = {"model": predict(pipeline, holdout)}
    predicted |= {name: baseline(learn.frame, holdout) for name, baseline in BASELINES.items()}
    actual = holdout[LABEL].to_numpy(np.float64)
    metrics = {f"rmse_{name}": rmse(values, actual) for name, values in predicted.items()}
    metrics["mae_model"] = float(np.mean(np.abs(predicted["model"] - actual)))
    mlflow.log_metrics(metrics)
    chart = error_by_group(holdout, predicted, learn.frame, predict(pipeline, learn.frame))
    mlflow.log_figure(chart, "error_by_month_and_carrier.png")
    return metrics
