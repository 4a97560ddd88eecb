"""What endpoints and monitors declare and refuse."""

from __future__ import annotations

from typing import Any

import pytest
from pulumi_databricks_mlops import ModelCatalog, ModelMonitor, ServingEndpoint
from unit_declared import declare, refused

MONITOR: dict[str, Any] = {
    "catalog": "dev",
    "schema": "flights",
    "table": "predictions",
    "assets_dir": "/Workspace/Shared/monitor",
}


def monitor(**more: Any) -> Any:
    return lambda: ModelMonitor("m", {**MONITOR, **more})  # type: ignore[typeddict-item]


def endpoint(**more: Any) -> Any:
    return lambda: ServingEndpoint("e", {"endpoint_name": "dev-delay", **more})  # type: ignore[typeddict-item]


@pytest.mark.parametrize(
    ("given", "kind"),
    [
        ({"problem": "regression", "timestamp": "t", "prediction": "p", "model_id": "v"}, "inferenceLog"),
        ({"timestamp": "t"}, "timeSeries"),
        ({}, "snapshot"),
    ],
)
def test_what_is_given_decides_the_kind_of_monitor(given: dict[str, str], kind: str) -> None:
    inputs = declare(monitor(**given)).one("QualityMonitor").inputs
    assert [each for each in ("inferenceLog", "timeSeries", "snapshot") if each in inputs] == [kind]


def test_another_table_is_another_monitor() -> None:
    request = declare(monitor()).one("QualityMonitor").request
    assert list(request.replaceOnChanges) == ["tableName"]
    assert request.deleteBeforeReplace


def test_a_monitor_of_an_existing_table_makes_none() -> None:
    assert declare(monitor()).of("SqlTable") == []


def test_every_problem_of_a_monitor_is_told_at_once() -> None:
    columns = {"at": "timestamp", "guess": "dubble"}
    error = refused(
        monitor(problem="guessing", timestamp="att", declare={"columns": columns}, granularities=["1 minute"])
    )
    for part in (
        "problem is 'guessing'",
        "needs prediction",
        "needs model_id",
        "the type 'dubble'",
        "no warehouse makes it",
        "(did you mean 'at'?)",
        "'1 minute' is not one",
    ):
        assert part in error


def test_pinned_entities_share_the_traffic() -> None:
    entities = [
        {"entity_name": "a.b.c", "entity_version": "1", "traffic": 90},
        {"entity_name": "a.b.c", "entity_version": "2", "traffic": 10},
    ]
    config = declare(endpoint(served_entities=entities)).one("ModelServing").inputs["config"]
    names = [entity["name"] for entity in config["servedEntities"]]
    assert len(set(names)) == 2
    routes = [
        (route["servedEntityName"], route["trafficPercentage"]) for route in config["trafficConfig"]["routes"]
    ]
    assert routes == list(zip(names, [90, 10], strict=True))
    assert all(entity["scaleToZeroEnabled"] for entity in config["servedEntities"])


def test_every_problem_of_an_endpoint_is_told_at_once() -> None:
    entity = {"entity_name": "a.b.c", "entity_version": "1", "traffic": 60, "workload_size": "Tiny"}
    error = refused(endpoint(endpoint_name="-x", served_entities=[entity], rate_limits=[{"calls": -1}]))
    for part in (
        "'-x' is not a name",
        "60 percent",
        "workload_size of the served entity 1 is 'Tiny'",
        "-1 calls",
    ):
        assert part in error


def test_an_adopted_catalog_is_left_alone() -> None:
    roles = {"readers": ["analysts"]}
    estate = declare(
        lambda: ModelCatalog(
            "c", {"catalog": "main", "adopt": True, "schemas": {"flights": {}}, "roles": roles}
        )  # type: ignore[typeddict-item]
    )
    assert estate.of("Catalog") == []
    assert ["catalog" in each.inputs for each in estate.of("Grants")] == [False]


def test_an_adopted_schema_gets_no_grants() -> None:
    schemas = {"flights": {"adopt": True, "models": {"delay": {}}}}
    roles = {"readers": ["analysts"]}
    estate = declare(
        lambda: ModelCatalog("c", {"catalog": "main", "adopt": True, "schemas": schemas, "roles": roles})  # type: ignore[typeddict-item]
    )
    assert estate.of("Grants") == []
    assert estate.one("RegisteredModel").inputs["schemaName"] == "flights"
