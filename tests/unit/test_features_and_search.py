"""Feature tables, online stores and vector search: what they declare and refuse."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

from estate import environment_args
from pulumi_databricks_mlops import Environment, FeatureStore, VectorSearch
from settings import load
from unit_declared import ENVIRONMENT, PROJECT, declare, refused, write_project

PLACE = {"catalog": "dev", "schema": "flights"}
TABLE = {
    "columns": {"carrier": "string", "at": "timestamp", "delay": "double"},
    "primary_key": ["carrier"],
    "timeseries_key": "at",
    "comment": "Mean delay of a carrier's flights",
}
SQL = """CREATE TABLE IF NOT EXISTS `dev`.`flights`.`carriers` (
  `carrier` string NOT NULL,
  `at` timestamp NOT NULL,
  `delay` double,
  CONSTRAINT `carriers_pk` PRIMARY KEY (`carrier`, `at` TIMESERIES)
)
USING DELTA
COMMENT 'Mean delay of a carrier\\'s flights';
"""


def features(**more: Any) -> Any:
    made = {"job_name": "j", "folder": "/f", "warehouse_id": "w"}
    given: Any = {**PLACE, **(made if "tables" in more else {}), **more}
    return lambda: FeatureStore("f", given)


def search(**more: Any) -> Any:
    given: Any = {**PLACE, "endpoint_name": "dev-flights", **more}
    return lambda: VectorSearch("s", given)


def test_feature_tables_have_their_primary_keys_in_sql_that_a_job_runs() -> None:
    estate = declare(features(tables={"carriers": TABLE}))
    file = estate.one("WorkspaceFile").inputs
    assert base64.b64decode(file["contentBase64"]).decode() == SQL
    (task,) = estate.one("Job").inputs["tasks"]
    assert task["sqlTask"]["file"]["path"] == file["path"] == "/f/feature_tables.sql"
    assert task["sqlTask"]["warehouseId"] == "w"


def test_another_name_is_another_online_store() -> None:
    made = declare(features(online_store={"store_name": "dev-flights", "read_replicas": 1})).one(
        "OnlineStore"
    )
    assert made.inputs == {"name": "dev-flights", "capacity": "CU_1", "readReplicaCount": 1}
    assert list(made.request.replaceOnChanges) == ["name"]
    assert made.request.deleteBeforeReplace


def test_an_index_follows_a_table_or_is_written() -> None:
    followed = {"table": "notes", "primary_key": "id", "text": "note", "embedding_endpoint": "gte"}
    written: dict[str, Any] = {
        "rows": {"id": "string", "v": "array<float>"},
        "primary_key": "id",
        "vector": "v",
        "dimension": 3,
    }
    estate = declare(search(indexes={"notes": followed, "own": written}))
    notes, own = (each.inputs for each in estate.of("VectorSearchIndex"))
    assert (notes["name"], notes["indexType"]) == ("dev.flights.notes", "DELTA_SYNC")
    assert notes["deltaSyncIndexSpec"] == {
        "sourceTable": "dev.flights.notes",
        "pipelineType": "TRIGGERED",
        "embeddingSourceColumns": [{"name": "note", "embeddingModelEndpointName": "gte"}],
    }
    assert json.loads(own["directAccessIndexSpec"]["schemaJson"]) == written["rows"]
    assert own["directAccessIndexSpec"]["embeddingVectorColumns"] == [{"name": "v", "embeddingDimension": 3}]
    assert estate.of("VectorSearchEndpoint")[0].inputs["endpointType"] == "STANDARD"


def test_an_index_says_what_the_workspace_would_fill_in() -> None:
    """What it leaves out and the workspace answers, the provider takes for a change that replaces it."""
    written = {"rows": {"id": "string"}, "primary_key": "id", "vector": "id", "dimension": 3}
    own = declare(search(indexes={"own": written})).one("VectorSearchIndex")
    assert own.inputs["indexSubtype"] == "HYBRID"
    assert list(own.request.ignoreChanges) == []
    adopted = declare(search(adopt=True, indexes={"own": written})).one("VectorSearchIndex")
    assert list(adopted.request.ignoreChanges) == ["endpointId"]


def test_an_adopted_endpoint_is_left_alone() -> None:
    assert declare(search(adopt=True)).of("VectorSearchEndpoint") == []


def test_a_project_has_features_and_search(project_folder: Path) -> None:
    project = {
        **PROJECT,
        "tables": {**PROJECT["tables"], "notes": {"columns": {"id": "string", "note": "string"}}},
        "features": {"tables": {"carriers": TABLE}, "online_store": {}},
        "search": {
            "indexes": {
                "notes_index": {
                    "table": "notes",
                    "primary_key": "id",
                    "text": "note",
                    "embedding_endpoint": "gte",
                }
            }
        },
        "jobs": {**PROJECT["jobs"], "all": {"tasks": {"tables": {"run_job": "feature-tables"}}}},
    }
    write_project(project_folder, project)
    settings = load(ENVIRONMENT, "dev", project_folder.parent)
    estate = declare(lambda: Environment("dev", environment_args(settings, {}, None)))
    assert "dev-flights-feature-tables" in [job.inputs["name"] for job in estate.of("Job")]
    assert estate.one("OnlineStore").inputs["name"] == "dev-flights"
    notes = next(each for each in estate.of("SqlTable") if each.inputs["name"] == "notes")
    assert notes.inputs["properties"] == {"delta.enableChangeDataFeed": "true"}
    index = estate.one("VectorSearchIndex")
    assert any(urn.endswith(notes.name) for urn in index.request.dependencies)


def test_every_problem_of_features_and_search_is_told_at_once() -> None:
    error = refused(
        features(tables={"t": {**TABLE, "primary_key": ["carier"]}}, online_store={"store_name": "A"})
    )
    for part in ("(did you mean 'carrier'?)", "'A' is not a name"):
        assert part in error, part
    wrong = {
        "a": {"primary_key": "id", "table": "t", "rows": {"x": "int"}},
        "b": {"primary_key": "id", "rows": {"x": "int"}, "text": "x", "continuous": True},
        "c": {"primary_key": "id", "table": "t", "vector": "v"},
    }
    error = refused(search(indexes=wrong, adopt=True, endpoint_type="STANDARD"))
    for part in (
        "'a' needs exactly one of table and rows",
        "'a' needs exactly one of text and vector",
        "give embedding_endpoint",
        "not among its rows",
        "follows nothing",
        "give dimension",
        "it is not changed",
    ):
        assert part in error, part
