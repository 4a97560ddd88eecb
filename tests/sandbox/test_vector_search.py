"""Indexes answer similarity queries over what was written; online tables are copies of their source."""

from __future__ import annotations

import json
import uuid
from typing import Any

import pytest
from databricks.sdk import WorkspaceClient
from databricks.sdk.errors import BadRequest, InvalidParameterValue, NotFound
from databricks.sdk.service import ml, sql, vectorsearch
from running import RunningSandbox


@pytest.fixture
def place(client: WorkspaceClient, sandbox: RunningSandbox) -> str:
    """A schema of the test's own, with an endpoint of the schema's name."""
    name = f"s{uuid.uuid4().hex[:8]}"
    sandbox.wait_ready()
    client.schemas.create(name, "workspace")
    client.vector_search_endpoints.create_endpoint(name, vectorsearch.EndpointType.STANDARD)
    return name


def _run(client: WorkspaceClient, statement: str) -> list[Any]:
    warehouse = str(next(iter(client.warehouses.list())).id)
    done = client.statement_execution.execute_statement(statement, warehouse, wait_timeout="50s")
    assert done.status
    assert done.status.state is sql.StatementState.SUCCEEDED, done.status.error
    return (done.result.data_array if done.result else None) or []


def _found(client: WorkspaceClient, name: str, vector: list[float], **more: Any) -> list[list[Any]]:
    told = client.vector_search_indexes.query_index(name, ["id", "title"], query_vector=vector, **more)
    return (told.result.data_array if told.result else None) or []


def test_an_index_follows_its_table_when_it_is_synchronised(client: WorkspaceClient, place: str) -> None:
    table, name = f"workspace.{place}.docs", f"workspace.{place}.docs_index"
    _run(client, f"CREATE TABLE {table} (id BIGINT, title STRING, v ARRAY<DOUBLE>) USING DELTA")
    spec = vectorsearch.DeltaSyncVectorIndexSpecRequest(
        source_table=table,
        pipeline_type=vectorsearch.PipelineType.TRIGGERED,
        embedding_vector_columns=[vectorsearch.EmbeddingVectorColumn(name="v", embedding_dimension=2)],
    )
    indexes = client.vector_search_indexes
    with pytest.raises(InvalidParameterValue, match="no change data feed"):
        indexes.create_index(
            name, place, "id", vectorsearch.VectorIndexType.DELTA_SYNC, delta_sync_index_spec=spec
        )
    _run(client, f"ALTER TABLE {table} SET TBLPROPERTIES (delta.enableChangeDataFeed = true)")
    _run(client, f"INSERT INTO {table} VALUES (1, 'near', array(1.0D, 0.0D)), (2, 'far', array(9.0D, 9.0D))")
    made = indexes.create_index(
        name, place, "id", vectorsearch.VectorIndexType.DELTA_SYNC, delta_sync_index_spec=spec
    )
    there = {str(each.name): each.data_source_format for each in client.tables.list("workspace", place)}
    assert {name: form.value for name, form in there.items() if form} == {
        "docs": "DELTA",
        "docs_index": "VECTOR_INDEX_FORMAT",
    }
    assert made.status
    assert (made.status.ready, made.status.indexed_row_count) == (True, 2)
    assert _found(client, name, [1.0, 0.0], num_results=1) == [[1, "near", 1.0]]
    _run(client, f"INSERT INTO {table} VALUES (3, 'nearest', array(2.0D, 0.0D))")
    assert len(_found(client, name, [2.0, 0.0])) == 2
    indexes.sync_index(name)
    assert [row[0] for row in _found(client, name, [2.0, 0.0])] == [3, 1, 2]
    assert [row[0] for row in _found(client, name, [2.0, 0.0], filters_json='{"id <": 3}')] == [1, 2]
    with pytest.raises(InvalidParameterValue, match="3 dimensions, and the index 2"):
        _found(client, name, [1.0, 2.0, 3.0])
    with pytest.raises(BadRequest, match="still serves 1 indexes"):
        client.vector_search_endpoints.delete_endpoint(place)
    indexes.delete_index(name)
    with pytest.raises(NotFound):
        indexes.get_index(name)
    client.vector_search_endpoints.delete_endpoint(place)


def test_rows_written_directly_are_found_and_forgotten(client: WorkspaceClient, place: str) -> None:
    name, indexes = f"workspace.{place}.direct", client.vector_search_indexes
    spec = vectorsearch.DirectAccessVectorIndexSpec(
        schema_json=json.dumps({"id": "string", "title": "string", "v": "array<float>"}),
        embedding_vector_columns=[vectorsearch.EmbeddingVectorColumn(name="v", embedding_dimension=2)],
    )
    indexes.create_index(
        name, place, "id", vectorsearch.VectorIndexType.DIRECT_ACCESS, direct_access_index_spec=spec
    )
    rows = [{"id": "a", "title": "A", "v": [0.0, 1.0]}, {"id": "b", "title": "B", "v": [1.0, 0.0]}]
    written = indexes.upsert_data_vector_index(name, json.dumps(rows))
    assert written.status is vectorsearch.UpsertDataStatus.SUCCESS
    indexes.upsert_data_vector_index(name, json.dumps([{**rows[0], "title": "A2"}]))
    assert _found(client, name, [0.0, 1.0], num_results=1) == [["a", "A2", 1.0]]
    assert len(indexes.scan_index(name).data or []) == 2
    with pytest.raises(InvalidParameterValue, match="has 1 of 2 numbers"):
        indexes.upsert_data_vector_index(name, json.dumps([{"id": "c", "v": [0.0]}]))
    indexes.delete_data_vector_index(name, ["a"])
    assert [row[0] for row in _found(client, name, [0.0, 1.0])] == ["b"]
    indexes.delete_index(name)


def test_texts_need_a_model_that_is_there(client: WorkspaceClient, place: str) -> None:
    table, name = f"workspace.{place}.texts", f"workspace.{place}.texts_index"
    feed = "TBLPROPERTIES (delta.enableChangeDataFeed = true)"
    _run(client, f"CREATE TABLE {table} (id BIGINT, title STRING) USING DELTA {feed}")
    source = vectorsearch.EmbeddingSourceColumn(
        name="title", embedding_model_endpoint_name="databricks-gte-large-en"
    )
    spec = vectorsearch.DeltaSyncVectorIndexSpecRequest(
        source_table=table,
        pipeline_type=vectorsearch.PipelineType.CONTINUOUS,
        embedding_source_columns=[source],
    )
    indexes = client.vector_search_indexes
    indexes.create_index(
        name, place, "id", vectorsearch.VectorIndexType.DELTA_SYNC, delta_sync_index_spec=spec
    )
    with pytest.raises(InvalidParameterValue, match="databricks-gte-large-en can't be computed"):
        indexes.query_index(name, ["id"], query_text="late flights")
    _run(client, f"INSERT INTO {table} VALUES (1, 'late')")
    status = indexes.get_index(name).status
    assert status
    assert "databricks-gte-large-en can't be computed" in str(status.message)
    indexes.delete_index(name)


def test_a_published_table_is_a_copy_that_follows_when_it_is_published_again(
    client: WorkspaceClient, place: str
) -> None:
    source, online = f"workspace.{place}.features", f"workspace.{place}.features_online"
    key = "CONSTRAINT features_pk PRIMARY KEY (id)"
    _run(client, f"CREATE TABLE {source} (id BIGINT NOT NULL, delay DOUBLE, {key}) USING DELTA")
    _run(client, f"INSERT INTO {source} VALUES (1, 0.5D)")
    store = client.feature_store.create_online_store(ml.OnlineStore(name=place, capacity="CU_1"))
    assert store.state is ml.OnlineStoreState.AVAILABLE
    spec = ml.PublishSpec(
        online_store=place, online_table_name=online, publish_mode=ml.PublishSpecPublishMode.SNAPSHOT
    )
    client.feature_store.publish_table(source, spec)
    _run(client, f"INSERT INTO {source} VALUES (2, 1.5D)")
    assert _run(client, f"SELECT count(*) FROM {online}") == [["1"]]
    client.feature_store.publish_table(source, spec)
    assert _run(client, f"SELECT delay FROM {online} WHERE id = 2") == [["1.5"]]
    with pytest.raises(BadRequest, match="still has 1 tables"):
        client.feature_store.delete_online_store(place)
    client.feature_store.delete_online_table(online)
    client.feature_store.delete_online_store(place)
