"""Promotion copies what passed elsewhere, as it is, and believes nothing of what was judged there."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

import mlflow
import pandas as pd
import pytest
from flights.deployment.endpoint import Shape
from flights.deployment.promotion import promote
from flights.deployment.task import Target, deploy, example, roll_back
from flights.errors import FlightsError
from flights.registry import CHALLENGER, CHAMPION, alias_version, set_tags, version_numbers
from mlflow.entities.model_registry import ModelVersion
from mlflow.entities.model_registry.model_version_search import ModelVersionSearch
from mlflow.store.entities.paged_list import PagedList
from sklearn.linear_model import LinearRegression  # type: ignore[import-untyped]

STAGING, PROD = "staging.flights.delay", "prod.flights.delay"


@pytest.fixture
def trained(registry: Path) -> str:
    """A version of staging's model that passed there and is its champion."""
    frame = pd.DataFrame({"a": [1.0, 2.0]})
    with warnings.catch_warnings(), mlflow.start_run():
        warnings.simplefilter("ignore")
        logged = mlflow.sklearn.log_model(
            LinearRegression().fit(frame, [1.0, 2.0]), name="model", pip_requirements=["mlflow"],
            registered_model_name=STAGING, serialization_format="cloudpickle",
            metadata={"example": {"inputs": {"a": 1.0}}},
        )  # fmt: skip
    version = str(logged.registered_model_version)
    tags = {"validation_status": "PASSED", "validation_rmse": "1.0", "train_window": "2013-01-01..2013-02-01"}
    set_tags(STAGING, version, {**tags, "previous_champion": "7"})
    mlflow.MlflowClient().set_registered_model_alias(STAGING, CHAMPION, version)
    return version


def versions(model: str) -> list[Any]:
    return list(mlflow.MlflowClient().search_model_versions(f"name='{model}'"))


@pytest.fixture
def unity_search(monkeypatch: pytest.MonkeyPatch) -> None:
    """Searching as in Unity Catalog: a page at a time, versions without tags and aliases."""
    search = mlflow.MlflowClient.search_model_versions

    def paged(client: Any, filter_string: str, page_token: str | None = None) -> PagedList[ModelVersion]:
        found = search(client, filter_string)
        number = int(page_token or 0)
        told = [
            ModelVersionSearch(each.name, each.version, each.creation_timestamp, run_id=each.run_id)
            for each in found[number : number + 1]
        ]
        return PagedList(told, str(number + 1) if number + 1 < len(found) else None)

    monkeypatch.setattr(mlflow.MlflowClient, "search_model_versions", paged)


@pytest.mark.usefixtures("unity_search")
def test_a_copy_is_found_again_among_others_in_unity_catalogs_registry(trained: str) -> None:
    elsewhere = "elsewhere.flights.delay"
    first = promote(STAGING, elsewhere)
    mlflow.MlflowClient().copy_model_version(f"models:/{STAGING}/{trained}", elsewhere)
    assert version_numbers(elsewhere) == ["2", "1"]
    assert (promote(STAGING, elsewhere).version, first.version) == ("1", "1")


def test_a_promoted_version_is_the_same_model_and_has_to_pass_again(trained: str) -> None:
    client = mlflow.MlflowClient()
    first, again = promote(STAGING, PROD), promote(STAGING, PROD, trained)
    assert (first.copied, again.copied, again.version) == (True, False, first.version)
    assert len(versions(PROD)) == 1
    copy, original = client.get_model_version(PROD, first.version), client.get_model_version(STAGING, trained)
    assert copy.source == f"models:/{STAGING}/{trained}"
    assert copy.run_id == original.run_id
    assert copy.tags == {
        "promoted_from": f"{STAGING}/{trained}", "promoted_from_run": original.run_id,
        "train_window": "2013-01-01..2013-02-01", "validation_status": "not judged",
    }  # fmt: skip
    assert example(PROD, first.version) == {"inputs": {"a": 1.0}}

    target = Target(PROD, "", Shape("Small", True))
    assert "no challenger, validation not judged" in deploy(target, first.version)
    with pytest.raises(FlightsError, match="can't be rolled back to: validation not judged"):
        roll_back(target, first.version)
    assert alias_version(PROD, CHAMPION) is alias_version(PROD, CHALLENGER) is None

    set_tags(PROD, first.version, {"validation_status": "PASSED"})
    client.set_registered_model_alias(PROD, CHALLENGER, first.version)
    assert "is the champion now" in deploy(target, first.version)
    loaded = mlflow.pyfunc.load_model(f"models:/{PROD}@champion")
    assert loaded.predict(pd.DataFrame({"a": [5.0]})).tolist() == pytest.approx([5.0])


def test_what_can_not_be_promoted_is_told(trained: str) -> None:
    for source in ("", "delay", PROD):
        with pytest.raises(
            FlightsError, match=r"source_model is .*give the model of the environment to promote"
        ):
            promote(source, PROD)
    with pytest.raises(FlightsError, match=r"dev\.flights\.none has no champion to promote"):
        promote("dev.flights.none", PROD)
    with pytest.raises(FlightsError, match=r"has no version 99"):
        promote(STAGING, PROD, "99")
    set_tags(STAGING, trained, {"features_packaged": "true"})
    with pytest.raises(FlightsError, match=r"looks its features up in the tables of its own environment"):
        promote(STAGING, PROD, trained)
    set_tags(STAGING, trained, {"validation_status": "FAILED"})
    with pytest.raises(FlightsError, match="can't be promoted: validation FAILED there"):
        promote(STAGING, PROD, trained)
