"""What endpoints and monitors declare and refuse."""

from __future__ import annotations

import json
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


LOG: dict[str, Any] = {"problem": "regression", "timestamp": "t", "prediction": "p", "model_id": "v"}
METRICS: list[dict[str, Any]] = [
    {
        "name": "bias",
        "kind": "aggregate",
        "definition": "avg({{prediction_col}})",
        "input_columns": [":table"],
    },
    {
        "name": "bias_drift",
        "kind": "drift",
        "definition": "{{current_df}}.bias - {{base_df}}.bias",
        "input_columns": [":table"],
    },
]


def test_both_apis_get_the_same_monitor() -> None:
    given = {**LOG, "granularities": ["2 weeks"], "custom_metrics": METRICS, "notify": ["ada@example.com"]}
    ids = {"schema_id": "s1", "table_id": "t1"}
    old = declare(monitor(**given)).one("QualityMonitor").inputs
    made = declare(monitor(**given, **ids, api="data_quality")).one("DataQualityMonitor").inputs
    new = made["dataProfilingConfig"]
    assert (made["objectType"], made["objectId"], new["outputSchemaId"]) == ("table", "t1", "s1")
    assert new["inferenceLog"]["granularities"] == ["AGGREGATION_GRANULARITY_2_WEEKS"]
    assert new["inferenceLog"]["timestampColumn"] == old["inferenceLog"]["timestampCol"]
    assert new["notificationSettings"] == old["notifications"]
    for ours, theirs in zip(new["customMetrics"], old["customMetrics"], strict=True):
        assert ours.pop("type") == f"DATA_PROFILING_{theirs.pop('type')}"
        assert ours == theirs


def alerts(**wanted: Any) -> dict[str, Any]:
    return {"warehouse_id": "w1", "notify": ["ada@example.com"], **LOG, "alerts": wanted}


def test_an_alert_counts_windows_beyond_its_limit() -> None:
    wanted = {"metric": "root_mean_squared_error", "above": 32, "windows": 5.0, "violations": 2}
    made = declare(monitor(**alerts(error=wanted), folder="/Workspace/f")).one("AlertV2").inputs
    assert made["displayName"] == "dev.flights.predictions error"
    assert made["queryText"].splitlines() == [
        "SELECT count_if(value > 32) AS violations",
        "FROM (",
        "  SELECT window.start AS begun, max(root_mean_squared_error) AS value",
        "  FROM `profile`",
        (
            "  WHERE root_mean_squared_error IS NOT NULL AND column_name IN (':table')"
            " AND granularity = '1 day' AND `v` = '*' AND slice_key IS NULL AND log_type = 'INPUT'"
        ),
        "  GROUP BY window.start",
        "  ORDER BY begun DESC",
        "  LIMIT 5",
        ")",
    ]
    assert made["evaluation"]["threshold"] == {"value": {"doubleValue": 2}}
    assert made["evaluation"]["notification"] == {"subscriptions": [{"userEmail": "ada@example.com"}]}
    assert made["parentPath"] == "/f"


@pytest.mark.parametrize(
    ("alert", "parts"),
    [
        ({"metric": "js_distance", "above": 0.2}, ("FROM `drift`", "drift_type = 'BASELINE'")),
        ({"metric": "js_distance", "above": 0.2, "drift_type": "CONSECUTIVE"}, ("'CONSECUTIVE'",)),
        (
            {
                "metric": "ks_test.statistic",
                "above": 0.2,
                "columns": ["a", "b'c"],
                "drift_type": "CONSECUTIVE",
            },
            ("FROM `drift`", "column_name IN ('a', 'b\\'c')"),
        ),
        ({"metric": "bias_drift", "below": -1}, ("FROM `drift`", "min(bias_drift)", "value < -1")),
        (
            {"metric": "bias", "below": 0, "slice_key": "carrier", "slice_value": "UA"},
            ("FROM `profile`", "slice_key = 'carrier' AND slice_value = 'UA'"),
        ),
    ],
)
def test_an_alert_asks_the_table_that_has_its_metric(alert: dict[str, Any], parts: tuple[str, ...]) -> None:
    given = {**alerts(x=alert), "custom_metrics": METRICS, "baseline_table": "dev.flights.base"}
    query = declare(monitor(**given)).one("AlertV2").inputs["queryText"]
    for part in parts:
        assert part in query


def test_our_dashboard_shows_quality_and_drift_from_the_metric_tables() -> None:
    given = alerts(x={"metric": "bias", "above": 1})
    given |= {"custom_metrics": METRICS, "own_dashboard": True, "dashboard": False}
    made = declare(monitor(**given)).one("Dashboard").inputs
    shown = json.loads(made["serializedDashboard"])
    assert made["embedCredentials"] is False
    assert (made["datasetCatalog"], made["datasetSchema"]) == ("dev", "flights")
    datasets = {dataset["name"]: "".join(dataset["queryLines"]) for dataset in shown["datasets"]}
    assert set(datasets) >= {"rows", "root_mean_squared_error", "bias", "js_distance", "bias_drift"}
    assert "FROM `profile`" in datasets["bias"]
    for page in shown["pages"]:
        places = [tuple(item["position"].values()) for item in page["layout"]]
        assert len(places) == len(set(places))
        for item in page["layout"]:
            (query,) = item["widget"]["queries"]
            names = {field["name"] for field in query["query"]["fields"]}
            encoded = {each["fieldName"] for each in item["widget"]["spec"]["encodings"].values()}
            assert encoded == names
            assert query["query"]["datasetName"] in datasets


def test_every_problem_of_alerts_and_metrics_is_told_at_once() -> None:
    given = alerts(
        a={"metric": "root_mean_squarred_error", "above": 1},
        b={"metric": "x; drop", "above": 1, "below": 2},
        c={"metric": "js_distance", "above": 1, "drift_type": "BASELINE", "violations": 2},
        d={"metric": "js_distance", "above": 1, "granularity": "1 week", "slice_key": "a"},
    )
    del given["warehouse_id"]
    wrong = [{**METRICS[0], "kind": "drift"}, {**METRICS[1], "kind": "derived"}]
    error = refused(monitor(**given, custom_metrics=wrong, api="data_quality", prediction_proba="p"))
    for part in (
        "did you mean 'root_mean_squared_error'?",
        "'x; drop' is not a name",
        "exactly one of above and below",
        "give baseline_table",
        "2 of 1 windows",
        "'1 week'",
        "one of slice_key and slice_value",
        "compares nothing",
        "make it drift",
        "no warehouse asks",
        "prediction_proba is given",
    ):
        assert part in error, part
