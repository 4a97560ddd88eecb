"""The validate task: judge a version, write the verdict down, and make it challenger if it passed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import mlflow

from flights.clock import Window
from flights.entry import clear_errors
from flights.errors import FlightsError
from flights.features.columns import feature_table
from flights.registry import (
    CHALLENGER,
    CHAMPION,
    FAILED,
    PASSED,
    SKIPPED,
    STATUS_TAG,
    alias_version,
    drop_alias,
    model_version,
    set_tags,
)
from flights.training.baselines import BASELINES
from flights.training.dataset import Source, labelled
from flights.training.record import TRAIN_WINDOW_TAG, VALIDATION_WINDOW_TAG
from flights.validation.report import as_data, as_html
from flights.validation.rules import Limits, Verdict, judge

MODES = ("disabled", "dry_run", "enabled")


class ValidationFailedError(FlightsError):
    """The version must not be deployed."""


@dataclass(frozen=True)
class Candidate:
    """The version to judge, and the data to judge it on."""

    model: str
    version: str
    window: Window | None = None
    """Scheduled departures to judge on, later than what the version learned from. None: those that its
    training kept for it, whatever has arrived since."""
    sample: float = 1.0
    """The share of the version's training window that the baselines learn from."""
    experiment: str = ""
    """Workspace path of the experiment that keeps the verdict; empty: the default one."""


@clear_errors
def validate(source: Source, candidate: Candidate, mode: str, limits: Limits) -> Verdict | None:
    """Judge the version.

    | mode | judged | challenger when passed | fails the task when not |
    | --- | --- | --- | --- |
    | disabled | no | no | no |
    | dry_run | yes | no | no |
    | enabled | yes | yes | yes |

    A version that did not pass is no challenger afterwards, whatever the mode.

    Raises:
        ValidationFailedError: the mode is enabled and a rule is broken; the message names the rules.
        FlightsError: no such mode or version, or the version has seen the data or has none kept for it.
    """
    if mode not in MODES:
        raise FlightsError(f"Parameter validation_mode is {mode!r}: give one of {', '.join(MODES)}.")
    model, version = candidate.model, candidate.version
    found = model_version(model, version)
    if mode == "disabled":
        drop_alias(model, CHALLENGER, version)
        set_tags(model, version, {"validation_mode": mode, STATUS_TAG: SKIPPED})
        return None
    train, window = _windows(candidate, found.tags)
    verdict, facts = _judged(source, candidate, train, window, limits)
    _write(candidate, mode, verdict, facts)
    if not verdict.passed:
        drop_alias(model, CHALLENGER, version)
        if mode == "enabled":
            raise ValidationFailedError(
                f"Version {version} of {model} failed validation: {verdict.failures}. "
                "The champion keeps serving."
            )
    elif mode == "enabled":
        mlflow.MlflowClient().set_registered_model_alias(model, CHALLENGER, version)
    return verdict


def _windows(candidate: Candidate, tags: Mapping[str, str]) -> tuple[Window, Window]:
    """What the version learned from, and what it is judged on."""
    which = f"Version {candidate.version} of {candidate.model}"
    if TRAIN_WINDOW_TAG not in tags:
        raise FlightsError(
            f"{which} has no tag {TRAIN_WINDOW_TAG}, so nobody knows what it learned from: "
            "run the training job."
        )
    learned, kept = Window.of(tags[TRAIN_WINDOW_TAG]), tags.get(VALIDATION_WINDOW_TAG)
    window = candidate.window or (Window.of(kept) if kept else None)
    if window is None:
        raise FlightsError(
            f"{which} was trained without a validation window: give judge_from and judge_until."
        )
    if learned.end > window.start:
        raise FlightsError(
            f"{which} learned from {learned} and would be judged on {window}: "
            "give a validation window that begins later."
        )
    return learned, window


def _judged(
    source: Source, candidate: Candidate, learned: Window, window: Window, limits: Limits
) -> tuple[Verdict, dict[str, Any]]:
    source, table = source.pinned(), feature_table(source.place)
    rows = labelled(source, window)
    train = labelled(source, learned, candidate.sample).frame
    champion = alias_version(candidate.model, CHAMPION)
    against = champion if champion != candidate.version else None
    predicted = {
        number: source.store.predict(table, candidate.model, number, rows.frame)
        for number in (candidate.version, against)
        if number
    }
    baselines = {name: baseline(train, rows.frame) for name, baseline in BASELINES.items()}
    verdict = judge(
        rows.frame, predicted[candidate.version], baselines, predicted[against] if against else None, limits
    )
    facts = {
        "model": candidate.model, "version": candidate.version, "champion": champion or "none",
        "data": str(window), "flights": len(rows.frame), "share of flights": round(rows.share, 3),
        "features version": source.features_version,
    }  # fmt: skip
    return verdict, facts


def _write(candidate: Candidate, mode: str, verdict: Verdict, facts: dict[str, Any]) -> None:
    """The verdict in a run of its own, and on the version."""
    if candidate.experiment:
        mlflow.set_experiment(candidate.experiment)
    with mlflow.start_run(run_name=f"validation of version {candidate.version}") as run:
        mlflow.set_tags({"model": candidate.model, "model_version": candidate.version, "mode": mode})
        mlflow.log_metrics(verdict.metrics)
        mlflow.log_dict(as_data(verdict, **facts), "validation/verdict.json")
        mlflow.log_text(as_html(verdict, **facts), "validation/verdict.html")
    tags = {
        STATUS_TAG: PASSED if verdict.passed else FAILED,
        "validation_mode": mode,
        VALIDATION_WINDOW_TAG: str(facts["data"]),
        "validation_against": str(facts["champion"]),
        "validation_run": run.info.run_id,
        "validation_rmse": f"{verdict.metrics.get('rmse', float('nan')):.3f}",
        "validation_failures": verdict.failures[:200],
    }
    set_tags(candidate.model, candidate.version, tags)
