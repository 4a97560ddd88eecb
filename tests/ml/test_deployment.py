"""The endpoint serves a version before the alias moves; what fails leaves the old champion."""

from __future__ import annotations

from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from databricks.sdk.errors import NotFound
from databricks.sdk.service.serving import EndpointStateConfigUpdate
from flights.deployment import task
from flights.deployment.endpoint import Shape, ask, serve, served_version
from flights.errors import FlightsError

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
