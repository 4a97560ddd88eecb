"""The endpoint serves a version before the alias moves; what fails leaves the old champion."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import mlflow
import pytest
from databricks.sdk.errors import NotFound
from databricks.sdk.service.serving import EndpointStateConfigUpdate
from flights.deployment import task
from flights.deployment.endpoint import Shape, ask, serve, served_version
from flights.errors import FlightsError
from flights.registry import CHALLENGER, CHAMPION, alias_version, set_tags

SHAPE = Shape("Small", True)
MINUTE = timedelta(minutes=1)


class Endpoints:
    """What the SDK's client offers for endpoints, with one endpoint `e`."""

    def __init__(self, version: str | None = None, fails: bool = False, answer: Any = 1.5) -> None:
        self.version, self.fails, self.answer, self.updates = version, fails, answer, 0
        self.state = EndpointStateConfigUpdate.NOT_UPDATING

    def get(self, name: str) -> Any:
        if name != "e":
            raise NotFound("no endpoint")
        state, self.state = self.state, EndpointStateConfigUpdate.NOT_UPDATING
        entities = [SimpleNamespace(entity_version=self.version)] if self.version else []
        if self.fails and self.updates:
            state = EndpointStateConfigUpdate.UPDATE_FAILED
        return SimpleNamespace(
            config=SimpleNamespace(served_entities=entities), state=SimpleNamespace(config_update=state)
        )

    def update_config(self, name: str, served_entities: list[Any], traffic_config: Any) -> None:
        self.updates += 1
        self.state = EndpointStateConfigUpdate.IN_PROGRESS
        assert traffic_config.routes[0].served_model_name == served_entities[0].name
        if not self.fails:
            self.version = served_entities[0].entity_version

    def query(self, name: str, dataframe_split: Any) -> Any:
        return SimpleNamespace(predictions=[self.answer])


def workspace(endpoints: Endpoints) -> Any:
    return SimpleNamespace(serving_endpoints=endpoints)


def test_serving_the_same_version_again_asks_for_nothing() -> None:
    endpoints = Endpoints()
    for _ in range(2):
        serve(workspace(endpoints), "e", "c.s.m", "3", SHAPE, MINUTE)
    assert (served_version(workspace(endpoints), "e"), endpoints.updates) == ("3", 1)


def test_what_is_wrong_with_an_endpoint_is_said() -> None:
    with pytest.raises(FlightsError, match=r"no serving endpoint x: run `pulumi up`"):
        serve(workspace(Endpoints()), "x", "c.s.m", "3", SHAPE, MINUTE)
    with pytest.raises(FlightsError, match="Endpoint e failed to update"):
        serve(workspace(Endpoints(fails=True)), "e", "c.s.m", "3", SHAPE, MINUTE)
    with pytest.raises(FlightsError, match="not one number"):
        ask(workspace(Endpoints(answer="soon")), "e", {"a": 1})


def test_a_version_that_can_not_answer_makes_place_for_the_old_one(monkeypatch: pytest.MonkeyPatch) -> None:
    endpoints = Endpoints(version="1", answer=None)
    monkeypatch.setattr(task, "example", lambda *_args: {"inputs": {"a": 1}})
    target = task.Target("c.s.m", "e", SHAPE, MINUTE)
    with pytest.raises(FlightsError, match="not one number"):
        task._serve(target, "2", workspace(endpoints))
    assert endpoints.version == "1"


class Killed(BaseException):
    """The process is gone."""


def registered(model: str) -> None:
    """Versions 1, the champion, and 2, its challenger; both passed."""
    client = mlflow.MlflowClient()
    client.create_registered_model(model)
    for number in ("1", "2"):
        client.create_model_version(model, "file:///nowhere")
        set_tags(model, number, {"validation_status": "PASSED"})
    client.set_registered_model_alias(model, CHAMPION, "1")
    client.set_registered_model_alias(model, CHALLENGER, "2")


@pytest.mark.parametrize("after", [True, False])
@pytest.mark.parametrize("step", range(4))
def test_a_deployment_that_is_killed_anywhere_leaves_one_champion_and_is_finished_by_the_next(
    registry: Path, monkeypatch: pytest.MonkeyPatch, step: int, after: bool
) -> None:
    """Four steps change something: the endpoint, the tag with the way back, `champion`, `challenger`."""
    model, endpoints, done = f"lake.flights.killed_{step}_{after}", Endpoints(version="1"), []
    registered(model)
    monkeypatch.setattr(task, "example", lambda *_args: None)
    target = task.Target(model, "e", SHAPE, MINUTE)

    def dying(change: Any) -> Any:
        def call(*arguments: Any, **named: Any) -> Any:
            done.append(change)
            if len(done) - 1 == step and not after:
                raise Killed
            answer = change(*arguments, **named)
            if len(done) - 1 == step:
                raise Killed
            return answer

        return call

    with monkeypatch.context() as patch:
        patch.setattr(endpoints, "update_config", dying(endpoints.update_config))
        for method in (
            "set_model_version_tag",
            "set_registered_model_alias",
            "delete_registered_model_alias",
        ):
            patch.setattr(mlflow.MlflowClient, method, dying(getattr(mlflow.MlflowClient, method)))
        with pytest.raises(Killed):
            task.deploy(target, "2", workspace(endpoints))
    # one champion, and what is served has passed
    assert alias_version(model, CHAMPION) in ("1", "2")
    assert endpoints.version in ("1", "2")
    if alias_version(model, CHAMPION) == "2":
        assert endpoints.version == "2"
    assert "champion" in task.deploy(target, "2", workspace(endpoints))
    assert (alias_version(model, CHAMPION), endpoints.version) == ("2", "2")
    assert alias_version(model, CHALLENGER) is None
    task.roll_back(target, "previous", workspace(endpoints))
    assert (alias_version(model, CHAMPION), endpoints.version) == ("1", "1")
