"""A training run can be repeated, and says what it was made from."""

from __future__ import annotations

import warnings
from dataclasses import replace
from datetime import date
from importlib.metadata import version
from pathlib import Path
from typing import Any

import mlflow
import numpy as np
import pytest
from flights.clock import Window
from flights.errors import FlightsError
from flights.feature_store import feature_store
from flights.features.columns import FEATURES, INPUTS, TIME, feature_table
from flights.ingest.raw import FLIGHTS
from flights.tables import Place, create, delta_version
from flights.training.code import code_hash
from flights.training.dataset import Source, labelled, sampled_buckets
from flights.training.search import proposals
from flights.training.settings import Settings
from flights.training.task import Trained, train
from hypothesis import given
from hypothesis import strategies as st
from ml.conftest import flight

DAY = 24 * 60
LEARN, HOLDOUT = Window(date(2013, 3, 5), date(2013, 5, 1)), Window(date(2013, 5, 1), date(2013, 5, 8))
KEPT = Window(HOLDOUT.end, date(2013, 5, 10))
SETTINGS = Settings(
    "training", "lake.flights.trained", LEARN, HOLDOUT, KEPT, sample=0.8, seed=7,
    booster={"n_estimators": 8, "learning_rate": 0.2, "num_leaves": 7, "min_child_samples": 5},
)  # fmt: skip


@pytest.fixture
def source(spark: Any, place: Place, registry: Path) -> Source:
    """Six flights a day for 66 days; late ones are those in the rain."""
    draw = np.random.default_rng(3)
    rows = [flight(n, n * DAY // 6, 0.0, float(n % 7 * 10)) for n in range(396)]
    known = [
        dict.fromkeys(FEATURES.names, 1.0)
        | {k: row[k] for k in ("flight_id", TIME, "carrier", "origin", "dest")}
        | {"temp": row["arr_delay"] + draw.normal(), "minute_of_day": float(n % 6 * 240)}
        for n, row in enumerate(rows)
    ]
    store = feature_store(spark, "delta", INPUTS)
    store.create(feature_table(place))
    create(spark, place.table("flights"), FLIGHTS, "Flights.")
    for name, schema, content in (("flights", FLIGHTS, rows), ("features", FEATURES, known)):
        frame = spark.createDataFrame([tuple(row[n] for n in schema.names) for row in content], schema)
        frame.write.mode("append").saveAsTable(place.table(name))
    return Source(spark, store, place)


def fitted(made: Trained) -> bytes:
    """The version's pipeline as it is kept."""
    return Path(mlflow.artifacts.download_artifacts(f"{made.uri}/model.pkl")).read_bytes()


@given(
    rows=st.dictionaries(st.integers(0, 9_999), st.integers(1, 50), max_size=40),
    sample=st.floats(0.001, 1),
    most=st.integers(1, 500),
)
def test_a_sample_is_as_much_as_asked_for_and_never_more_than_may_leave(
    rows: dict[int, int], sample: float, most: int
) -> None:
    def held(buckets: int) -> int:
        return sum(count for bucket, count in rows.items() if bucket < buckets)

    found = sampled_buckets(rows, sample, most)
    wanted = max(1, round(sample * 10_000))
    assert held(found) <= most
    assert found == wanted or held(found + 1) > most


def trained(source: Source, settings: Settings) -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return train(source, settings)


def test_a_run_tells_everything_that_it_depends_on_and_can_be_repeated(source: Source, spark: Any) -> None:
    first = trained(source, SETTINGS)
    client = mlflow.MlflowClient()
    made = client.get_model_version(first.name, first.version)
    run = client.get_run(str(made.run_id))
    at = delta_version(spark, source.place.table("features"))
    days = {"train_window": str(LEARN), "holdout_window": str(HOLDOUT), "validation_window": str(KEPT)}
    wanted = {"seed": "7", "code_hash": code_hash(), "features_version": str(at), **days}
    assert wanted.items() <= run.data.params.items()
    assert days.items() <= run.data.tags.items()
    assert days.items() <= made.tags.items()
    assert {data.dataset.name for data in run.inputs.dataset_inputs} == {
        source.place.full_name("features"), source.place.full_name("flights")
    }  # fmt: skip
    files = {file.path for file in client.list_artifacts(run.info.run_id)}
    assert {"environment.txt", "error_by_month_and_carrier.png"} <= files
    for text in (str(LEARN), str(HOLDOUT), "carrier_and_hour", "last_value", *INPUTS):
        assert text in made.description
    info = mlflow.models.get_model_info(first.uri)
    assert info.signature.inputs.input_names() == list(INPUTS)
    assert info.saved_input_example_info is not None
    pinned = Path(mlflow.artifacts.download_artifacts(f"{first.uri}/requirements.txt")).read_text()
    assert f"lightgbm=={version('lightgbm')}" in pinned.split()
    assert first.metrics["rmse_model"] < 0.5 * min(first.metrics[f"rmse_{n}"] for n in ("carrier_and_hour",))

    # the tables go on; the run's own versions of them give the run's own numbers
    spark.sql(f"UPDATE {source.place.table('features')} SET temp = 0.0").collect()
    again = trained(replace(source, features_version=at), SETTINGS)
    assert again.metrics == first.metrics
    assert fitted(again) == fitted(first)
    assert trained(source, SETTINGS).metrics["rmse_model"] > 2 * first.metrics["rmse_model"]


def test_a_search_tries_each_proposal_in_a_nested_run_and_keeps_the_best(source: Source) -> None:
    settings = replace(SETTINGS, trials=2, model="lake.flights.searched")
    client = mlflow.MlflowClient()
    made = client.get_model_version(settings.model, trained(source, settings).version)
    run = client.get_run(str(made.run_id))
    trials = client.search_runs(
        [run.info.experiment_id], f"tags.`mlflow.parentRunId` = '{run.info.run_id}'", order_by=["start_time"]
    )
    errors = [trial.data.metrics["rmse_inner"] for trial in trials]
    best = trials[int(np.argmin(errors))].data.params
    assert len(trials) == 3
    assert best.items() <= run.data.params.items()
    assert list(proposals(settings.booster, 2, 7)) == list(proposals(settings.booster, 2, 7))
    assert next(proposals(settings.booster, 2, 7)) == settings.booster


def test_what_leaves_spark_is_bounded_and_the_same_every_time(source: Source) -> None:
    bounded = replace(source, max_rows=100)
    found = labelled(bounded, LEARN)
    assert 90 < len(found.frame) <= 100
    assert found.share == pytest.approx(100 / 338, rel=0.3)
    assert found.frame.equals(labelled(bounded, LEARN).frame)
    with pytest.raises(FlightsError, match=r"sample 1e-05 .* leave no flight of 2013-03-05.*give more"):
        labelled(source, LEARN, 0.00001)
    assert set(found.frame["flight_id"]) < set(labelled(source, LEARN, 0.9).frame["flight_id"])
