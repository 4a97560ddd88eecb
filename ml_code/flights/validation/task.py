"""The validate task: judge a version, write the verdict down, and make it challenger if it passed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import mlflow
from mlflow.exceptions import MlflowException
from pyspark.sql import SparkSession

from flights.clock import Window
from flights.errors import FlightsError
from flights.tables import Place
from flights.training.baselines import BASELINES
from flights.training.dataset import labelled
from flights.training.model import predict
from flights.validation.report import as_data, as_html
from flights.validation.rules import Limits, Verdict, judge

CHAMPION, CHALLENGER = "champion", "challenger"
#: The version tag that the deploy task reads.
STATUS_TAG = "validation_status"
PASSED, FAILED, SKIPPED = "PASSED", "FAILED", "SKIPPED"
MODES = ("disabled", "dry_run", "enabled")


class ValidationFailedError(FlightsError):
    """The version must not be deployed."""


@dataclass(frozen=True)
class Candidate:
    """The version to judge, and the data to judge it on."""

    model: str
    version: str
    holdout: Window
    train: Window
    """What the baselines learn from."""
    sample: float = 1.0
    """The share of it that they learn from."""


def validate(
    spark: SparkSession, place: Place, candidate: Candidate, mode: str, limits: Limits
) -> Verdict | None:
    """Judge the version.

    | mode | judged | challenger when passed | fails the task when not |
    | --- | --- | --- | --- |
    | disabled | no | no | no |
    | dry_run | yes | no | no |
    | enabled | yes | yes | yes |

    Raises:
        ValidationFailedError: the mode is enabled and a rule is broken; the message names the rules.
        FlightsError: no such mode.
    """
    if mode not in MODES:
        raise FlightsError(f"Parameter validation_mode is {mode!r}: give one of {', '.join(MODES)}.")
    client = mlflow.MlflowClient()
    tag = client.set_model_version_tag
    tag(candidate.model, candidate.version, "validation_mode", mode)
    if mode == "disabled":
        tag(candidate.model, candidate.version, STATUS_TAG, SKIPPED)
        return None
    verdict, facts = _judged(spark, place, candidate, limits)
    _write(candidate, verdict, facts)
    if not verdict.passed:
        _withdraw(candidate)
        if mode == "enabled":
            raise ValidationFailedError(
                f"Version {candidate.version} of {candidate.model} failed validation: {verdict.failures}. "
                "The champion keeps serving."
            )
    elif mode == "enabled":
        client.set_registered_model_alias(candidate.model, CHALLENGER, candidate.version)
    return verdict


def alias_version(model: str, alias: str) -> str | None:
    """The version that an alias points to, None if there is no such alias."""
    try:
        return str(mlflow.MlflowClient().get_model_version_by_alias(model, alias).version)
    except MlflowException as error:
        if error.error_code in ("RESOURCE_DOES_NOT_EXIST", "INVALID_PARAMETER_VALUE"):
            return None
        raise


def _judged(
    spark: SparkSession, place: Place, candidate: Candidate, limits: Limits
) -> tuple[Verdict, dict[str, Any]]:
    holdout = labelled(spark, place, candidate.holdout)
    train = labelled(spark, place, candidate.train, candidate.sample)
    champion = alias_version(candidate.model, CHAMPION)
    predictions = {
        number: predict(mlflow.pyfunc.load_model(f"models:/{candidate.model}/{number}"), holdout)
        for number in {candidate.version, champion or candidate.version}
    }
    baselines = {name: baseline(train, holdout) for name, baseline in BASELINES.items()}
    against = predictions[champion] if champion and champion != candidate.version else None
    verdict = judge(holdout, predictions[candidate.version], baselines, against, limits)
    facts = {
        "model": candidate.model, "version": candidate.version, "champion": champion or "none",
        "data": str(candidate.holdout), "flights": len(holdout),
    }  # fmt: skip
    return verdict, facts


def _write(candidate: Candidate, verdict: Verdict, facts: dict[str, Any]) -> None:
    client = mlflow.MlflowClient()
    found = client.get_model_version(candidate.model, candidate.version)
    if found.run_id:
        client.log_dict(found.run_id, as_data(verdict, **facts), "validation/verdict.json")
        client.log_text(found.run_id, as_html(verdict, **facts), "validation/verdict.html")
    tags = {
        STATUS_TAG: PASSED if verdict.passed else FAILED,
        "validation_rmse": f"{verdict.checks[0].value:.3f}",
        "validation_failures": verdict.failures[:200],
    }
    for key, value in tags.items():
        client.set_model_version_tag(candidate.model, candidate.version, key, value)


def _withdraw(candidate: Candidate) -> None:
    if alias_version(candidate.model, CHALLENGER) == candidate.version:
        mlflow.MlflowClient().delete_registered_model_alias(candidate.model, CHALLENGER)
