"""Which versions pass, and what becomes of those that don't."""

from __future__ import annotations

import warnings
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import mlflow
import numpy as np
import pandas as pd
import pytest
from flights.clock import Window
from flights.deployment.endpoint import Shape
from flights.deployment.task import PREVIOUS_TAG, Target, deploy, roll_back
from flights.errors import FlightsError
from flights.feature_store import TrainingSet
from flights.feature_store.delta import DeltaFeatureStore
from flights.features.columns import CATEGORICAL, INPUTS, LABEL, TIME
from flights.registry import CHALLENGER, CHAMPION, alias_version, set_tags
from flights.tables import Place
from flights.training.baselines import carrier_and_hour, rmse
from flights.training.dataset import Labelled, Source
from flights.training.model import fit, predict
from flights.validation import task
from flights.validation.interval import Difference, difference
from flights.validation.report import as_html
from flights.validation.rules import Limits, judge
from flights.validation.task import Candidate, ValidationFailedError, validate

LIMITS = Limits(max_rmse=20.0, min_gain=0.05, champion_tolerance=0.1, min_slice_rows=100)
WINDOW = Window(date(2013, 1, 1), date(2013, 2, 1))
RNG = np.random.default_rng(7)
DAYS = pd.date_range("2013-10-02", periods=15)


def labelled(rows: int = 1000) -> pd.DataFrame:
    frame = pd.DataFrame({name: RNG.normal(size=rows) for name in INPUTS})
    frame["carrier"], frame["origin"], frame["dest"] = (
        np.resize(["UA", "AA"], rows),
        "JFK",
        np.resize(["A", "B", None], rows),
    )
    frame["minute_of_day"] = 600.0
    return frame.assign(**{LABEL: 10 * frame["temp"] + RNG.normal(size=rows), TIME: np.resize(DAYS, rows)})


class Anywhere(Source):
    """No tables: the test hands its rows over."""

    def pinned(self) -> Source:
        return self


STORE = DeltaFeatureStore(None, INPUTS)  # type: ignore[arg-type]
SOURCE = Anywhere(None, STORE, Place("lake", "flights"))  # type: ignore[arg-type]
FRAME = labelled()
ACTUAL = FRAME[LABEL].to_numpy()
MEAN = np.full(len(FRAME), ACTUAL.mean())
SLICED = np.where(FRAME["carrier"] == "AA", 13.0, 0.1)
NOISE = RNG.normal(size=len(FRAME))


@pytest.mark.parametrize(
    ("error", "champion_error", "limits", "broken"),
    [
        (1 * NOISE, None, LIMITS, ""),
        (1 * NOISE, 1.01 * NOISE, LIMITS, ""),
        (3 * NOISE, 1 * NOISE, LIMITS, "the champion's by 1.* at least"),
        (1.5 * NOISE, 1 * NOISE, replace(LIMITS, champion_tolerance=9.0, champion_max_loss=0.4), "at most"),
        (1.05 * NOISE, 1 * NOISE, LIMITS, ""),  # worse, but within the tolerance
        (9.9 * NOISE, None, LIMITS, "baseline mean"),
        (30 * NOISE, None, LIMITS, "RMSE 30|RMSE 29|RMSE 31"),
        (1 * NOISE, None, replace(LIMITS, max_rmse=0.5), "allowed 0.500"),
        (SLICED * NOISE, None, replace(LIMITS, min_gain=0.0), "carrier AA"),
        (np.where(NOISE > 2, np.nan, 0.0), None, LIMITS, "not numbers"),
        (1 * NOISE + 2, None, replace(LIMITS, max_bias=1.0), "Mean prediction off by [12]"),
        (1 * NOISE, None, replace(LIMITS, min_late_found=1.1), "Share of late flights found"),
    ],
)  # fmt: skip
def test_verdicts(error: Any, champion_error: Any, limits: Limits, broken: str) -> None:
    champion = None if champion_error is None else ACTUAL + champion_error
    verdict = judge(FRAME, ACTUAL + error, {"mean": MEAN}, champion, limits)
    assert verdict.passed is (not broken)
    if broken:
        assert pd.Series([verdict.failures]).str.contains(broken).all(), verdict.failures
        assert "FAILED" in as_html(verdict, model="<m>")
        assert "<m>" not in as_html(verdict, model="<m>")


def bad_days(draw: np.random.Generator, worse: float) -> Difference:
    """Two models on 15 days of 300 flights; each day is hard for one of them, and one is `worse` in all."""
    day = np.repeat(np.arange(15), 300)
    actual = np.zeros(len(day))
    mine, theirs = (
        draw.normal(0, np.repeat(draw.uniform(9, 11, 15), 300)) * factor for factor in (1 + worse, 1.0)
    )
    return difference(actual + mine, actual + theirs, actual, day)


def test_equal_models_are_rarely_called_different_and_worse_ones_mostly_are() -> None:
    """Nominally 95 %; days are few, so a little less. Single flights as units would give under 70 %."""
    equal = [bad_days(np.random.default_rng(seed), 0.0) for seed in range(200)]
    assert np.mean([found.low <= 0 <= found.high for found in equal]) > 0.88
    worse = [bad_days(np.random.default_rng(seed), 0.1) for seed in range(100)]
    assert np.mean([found.low > 0 for found in worse]) > 0.9
    assert all(found.low <= found.value <= found.high for found in [*equal, *worse])


def test_the_interval_is_the_same_every_time_and_nothing_between_equal_predictions() -> None:
    day = np.arange(len(ACTUAL)) % 15
    found = difference(ACTUAL + 2 * NOISE, ACTUAL + 1 * NOISE, ACTUAL, day)
    assert found == difference(ACTUAL + 2 * NOISE, ACTUAL + 1 * NOISE, ACTUAL, day)
    assert found.low < rmse(2 * NOISE, 0 * NOISE) - rmse(NOISE, 0 * NOISE) < found.high
    assert difference(MEAN, MEAN, ACTUAL, day) == Difference(0.0, 0.0, 0.0)


def test_a_comparison_on_too_few_days_is_no_pass() -> None:
    few = FRAME.assign(**{TIME: np.resize(DAYS[:4], len(FRAME))})
    verdict = judge(few, ACTUAL + NOISE, {"mean": MEAN}, ACTUAL + NOISE, LIMITS)
    assert verdict.failures == "The comparison with the champion has 4 days, at least 5 are needed"
    assert judge(few, ACTUAL + NOISE, {"mean": MEAN}, None, LIMITS).passed


def test_two_fits_with_one_seed_are_the_same_and_take_unseen_values() -> None:
    settings = {"n_estimators": 5, "min_child_samples": 5}
    once, again = fit(FRAME, settings, 7), fit(FRAME, settings, 7)
    unseen = FRAME.head(3).assign(carrier="??", temp=np.nan)
    np.testing.assert_array_equal(predict(once, FRAME), predict(again, FRAME))
    assert np.isfinite(predict(once, unseen)).all()


def test_the_carrier_baseline_is_the_training_mean() -> None:
    asked = pd.DataFrame({"carrier": ["UA", "ZZ"], "minute_of_day": [615.0, 0.0]})
    mine = FRAME[FRAME["carrier"] == "UA"][LABEL].mean()
    np.testing.assert_allclose(carrier_and_hour(FRAME, asked), [mine, FRAME[LABEL].mean()])


def registered(model: str, frame: pd.DataFrame) -> str:
    pipeline = fit(frame, {"n_estimators": 60, "min_child_samples": 5}, 7)
    with warnings.catch_warnings(), mlflow.start_run():
        warnings.simplefilter("ignore")
        logged = mlflow.sklearn.log_model(
            pipeline, name="model", pip_requirements=["mlflow"], registered_model_name=model,
            serialization_format="cloudpickle",
        )  # fmt: skip
    version = str(logged.registered_model_version)
    set_tags(model, version, {"train_window": "2012-12-01..2013-01-01", "validation_window": str(WINDOW)})
    return version


def test_only_a_version_that_passed_is_ever_deployed(registry: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Modes, aliases, refusal, a second champion and the way back, in one life of a model."""
    model, target = "lake.flights.delay", Target("lake.flights.delay", "", Shape("Small", True))
    monkeypatch.setattr(task, "labelled", lambda *_args: Labelled(FRAME, 1.0, TrainingSet(None)))  # type: ignore[arg-type]
    monkeypatch.setattr(task, "BASELINES", {"mean": lambda _train, frame: MEAN})
    good, bad = registered(model, FRAME), registered(model, FRAME.assign(**{LABEL: -ACTUAL}))

    def run(version: str, mode: str) -> Any:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return validate(SOURCE, Candidate(model, version), mode, LIMITS)

    for mode in ("disabled", "dry_run"):
        for version in (good, bad):
            run(version, mode)
            assert "is not deployed" in deploy(target, version)
    with pytest.raises(
        ValidationFailedError, match=r"Version 2 of lake\.flights\.delay failed validation: RMSE"
    ):
        run(bad, "enabled")
    assert "validation FAILED" in deploy(target, bad)
    assert alias_version(model, CHAMPION) is alias_version(model, CHALLENGER) is None
    assert run(good, "enabled").passed
    assert alias_version(model, CHALLENGER) == good
    assert "is the champion now" in deploy(target, good)
    assert "is the champion already" in deploy(target, good)
    assert alias_version(model, CHALLENGER) is None

    newer = registered(model, FRAME)
    run(newer, "enabled")
    deploy(target, newer)
    assert mlflow.MlflowClient().get_model_version(model, newer).tags[PREVIOUS_TAG] == good
    assert f"version {good} " in roll_back(target, "previous")
    assert alias_version(model, CHAMPION) == good
    mlflow.MlflowClient().set_model_version_tag(model, newer, "train_window", "2013-01-01..2013-01-20")
    with pytest.raises(
        FlightsError, match=r"learned from 2013-01-01\.\.2013-01-20 and would be judged on 2013"
    ):
        run(newer, "enabled")
    found = mlflow.MlflowClient().get_model_version(model, bad).tags
    kept = mlflow.MlflowClient().list_artifacts(found["validation_run"], "validation")
    assert [artifact.path for artifact in kept] == ["validation/verdict.html", "validation/verdict.json"]
    assert (found["validation_status"], found["validation_against"]) == ("FAILED", "none")
    for version in (bad, "99"):
        with pytest.raises(FlightsError, match=r"can't be rolled back to|has no version 99"):
            roll_back(target, version)
    with pytest.raises(FlightsError, match=r"validation_mode is 'on': give one of disabled"):
        run(good, "on")


def test_a_version_is_judged_on_what_its_training_kept_whatever_has_arrived_since(
    registry: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    model, asked = "lake.flights.kept", []

    def rows(_source: Any, window: Window, *_sample: float) -> Labelled:
        asked.append(window)
        return Labelled(FRAME, 1.0, TrainingSet(None))  # type: ignore[arg-type]

    monkeypatch.setattr(task, "labelled", rows)
    monkeypatch.setattr(task, "BASELINES", {"mean": lambda _train, frame: MEAN})
    version = registered(model, FRAME)
    learned, later = Window(date(2012, 12, 1), date(2013, 1, 1)), Window(date(2013, 3, 1), date(2013, 4, 1))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        validate(SOURCE, Candidate(model, version), "dry_run", LIMITS)
        validate(SOURCE, Candidate(model, version, later), "dry_run", LIMITS)
    assert asked == [WINDOW, learned, later, learned]
    assert mlflow.MlflowClient().get_model_version(model, version).tags["validation_window"] == str(later)
    mlflow.MlflowClient().delete_model_version_tag(model, version, "validation_window")
    with pytest.raises(
        FlightsError, match="trained without a validation window: give judge_from and judge_until"
    ):
        validate(SOURCE, Candidate(model, version), "enabled", LIMITS)
    mlflow.MlflowClient().delete_model_version_tag(model, version, "train_window")
    with pytest.raises(FlightsError, match=r"has no tag train_window.*run the training job"):
        validate(SOURCE, Candidate(model, version), "enabled", LIMITS)
    assert alias_version(model, CHALLENGER) is None


def test_inputs_name_the_categories_first() -> None:
    assert INPUTS[: len(CATEGORICAL)] == CATEGORICAL
