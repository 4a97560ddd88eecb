"""Feature tables, online stores and vector search: what they declare and refuse."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import pulumi
import pytest
from estate import environment_args
from pulumi.runtime.mocks import MockCallArgs
from pulumi_databricks_mlops import Environment, FeatureStore, VectorSearch
from settings import load
from unit_declared import (
    ENVIRONMENT,
    PROJECT,
    Recorder,
    RecordingMonitor,
    declare,
    refused,
    write_project,
)

PLACE = {"catalog": "dev", "schema": "flights"}
TABLE = {
    "columns": {"carrier": "string", "at": "timestamp", "delay": "double"},
    "primary_key": ["carrier"],
    "timeseries_key": "at",
    "comment": "Mean delay of a carrier's flights",
}
TABLES = "databricks:index/getTables:getTables"
SQL = """CREATE TABLE IF NOT EXISTS `dev`.`flights`.`carriers` (
  `carrier` string NOT NULL,
  `at` timestamp NOT NULL,
  `delay` double,
  CONSTRAINT `carriers_pk` PRIMARY KEY (`carrier`, `at` TIMESERIES)
)
USING DELTA
COMMENT 'Mean delay of a carrier\\'s flights';
"""


@pytest.fixture
def warned(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The program's warnings."""
    said: list[str] = []
    monkeypatch.setattr(pulumi.log, "warn", lambda message, *_: said.append(message))
    return said


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


FOLLOWED = {"table": "carriers", "primary_key": "carrier", "vector": "v", "dimension": 3}
AWAITED: Any = {"indexes": {"near": FOLLOWED}, "awaited": {"carriers": "the job dev-flights-feature-tables"}}


def listed(*names: str) -> dict[str, dict[str, Any]]:
    return {TABLES: {"ids": [f"dev.flights.{name}" for name in names]}}


def test_an_index_comes_when_its_table_is_there_and_stays_as_long_as_it_is_there_itself(
    warned: list[str],
) -> None:
    assert declare(search(**AWAITED), answers=listed("other")).of("VectorSearchIndex") == []
    (said,) = warned
    for part in (
        "The index near waits for the table carriers",
        "the job dev-flights-feature-tables makes it",
    ):
        assert part in said, part
    for names in (["carriers"], ["near"], ["Carriers", "near"]):
        made = declare(search(**AWAITED), answers=listed(*names)).one("VectorSearchIndex")
        assert made.inputs["deltaSyncIndexSpec"]["sourceTable"] == "dev.flights.carriers"
    assert len(warned) == 1


def test_tables_that_cannot_be_listed_are_an_error_and_no_index_that_is_gone() -> None:
    class Refusing(Recorder):
        def call(self, args: MockCallArgs) -> dict[str, Any]:
            raise PermissionError("User does not have USE SCHEMA on Schema 'dev.flights'.")

    with pytest.raises(pulumi.RunError, match=r"tables of dev.flights can't be listed.*USE SCHEMA"):
        declare(search(**AWAITED), RecordingMonitor(Refusing()))


def test_an_awaited_table_is_one_that_an_index_follows() -> None:
    assert "No index follows the table 'notes'" in refused(search(awaited={"notes": "a job"}))


def test_an_index_of_a_project_waits_for_its_feature_table(project_folder: Path, warned: list[str]) -> None:
    vectors = {**TABLE, "columns": {**TABLE["columns"], "v": "array<float>"}}
    project = {
        **PROJECT,
        "features": {"tables": {"carriers": vectors}},
        "search": {"indexes": {"near": FOLLOWED}},
    }
    write_project(project_folder, project)
    settings = load(ENVIRONMENT, "dev", project_folder.parent)

    def build() -> None:
        Environment("dev", environment_args(settings, {}, None))

    estate = declare(build, answers=listed())
    assert estate.of("VectorSearchIndex") == []
    assert "the job dev-flights-feature-tables makes it" in warned[0]
    (sql,) = [each for each in estate.of("WorkspaceFile") if each.name.endswith("-features-definitions")]
    written = base64.b64decode(sql.inputs["contentBase64"]).decode()
    assert "TBLPROPERTIES ('delta.enableChangeDataFeed' = 'true')" in written
    index = declare(build, answers=listed("carriers")).one("VectorSearchIndex")
    assert index.inputs["name"] == "dev.flights.near"


@pytest.mark.parametrize(
    ("baseline", "there", "told"),
    [
        ("dev.flights.validation", [], None),
        ("dev.flights.validation", ["validation"], "dev.flights.validation"),
        ("shared.flights.validation", None, "shared.flights.validation"),
        ("dev.flights.predictions", None, "dev.flights.predictions"),
    ],
)
def test_a_monitor_comes_up_before_the_table_that_a_job_makes_its_baseline(
    project_folder: Path, warned: list[str], baseline: str, there: list[str] | None, told: str | None
) -> None:
    write_project(project_folder, {**PROJECT, "monitor": {**PROJECT["monitor"], "baseline_table": baseline}})
    settings = load(ENVIRONMENT, "dev", project_folder.parent)
    answers = None if there is None else listed(*there)
    estate = declare(lambda: Environment("dev", environment_args(settings, {}, None)), answers=answers)
    assert estate.one("QualityMonitor").inputs.get("baselineTableName") == told
    assert bool(warned) == (told is None)
