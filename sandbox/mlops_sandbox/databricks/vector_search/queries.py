"""Vector search: similarity queries, scans, and the rows of indexes that are written directly."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from mlops_sandbox.databricks.vector_search import embeddings, filters, rows
from mlops_sandbox.databricks.vector_search.indexes import API, index_of, token_of
from mlops_sandbox.errors import ApiError, invalid
from mlops_sandbox.server.routing import Call, Json, Routes
from mlops_sandbox.store import Document

routes = Routes()

_NOT_HERE = ("reranker", "columns_to_rerank", "facets", "sort_columns")


def _query_vector(call: Call, index: Document) -> list[float]:
    vector, text = call.body.get("query_vector"), call.body.get("query_text")
    if vector:
        return [float(each) for each in vector]
    if not text:
        raise invalid("A query needs query_vector or query_text.")
    source = rows.source_column(index)
    if source is None:
        raise invalid(f"{index['name']} has no model for texts: give query_vector.")
    model = source.get("model_endpoint_name_for_query") or source["embedding_model_endpoint_name"]
    return embeddings.embed(call.sandbox, call.workspace, str(model), [str(text)], token_of(call))[0]


@routes.post(f"{API}/{{index}}/query")
def query_index(call: Call) -> Json:
    """The rows that are nearest to a vector or a text, with their score in the last column."""
    index = index_of(call)
    unsupported = [name for name in _NOT_HERE if call.body.get(name)]
    if unsupported or call.body.get("query_type", "ANN") != "ANN":
        what = unsupported[0] if unsupported else f"query_type {call.body['query_type']}"
        raise ApiError(
            501, "NOT_IMPLEMENTED", f"The sandbox answers similarity queries alone, without {what}."
        )
    columns = call.required("columns")
    fits = filters.parse(call.body.get("filters_json"))
    found = [row for row in rows.load(call.sandbox, index["name"]) if fits(row)]
    ranked = _ranked(call, index, found)[: call.number("num_results", 10)]
    data = [[*(row.get(name) for name in columns), score] for score, row in ranked]
    return {
        "manifest": {
            "column_count": len(columns) + 1,
            "columns": [*({"name": name} for name in columns), {"name": "score"}],
        },
        "result": {"row_count": len(data), **({"data_array": data} if data else {})},
    }


def _ranked(call: Call, index: Document, found: Sequence[Json]) -> list[tuple[float, Json]]:
    # The model is asked even when there is nothing to compare: a wrong query is wrong on an empty index too.
    vector = _query_vector(call, index)
    if not found:
        return []
    least = float(call.body.get("score_threshold") or 0.0)
    scored = zip(rows.scores(index, found, vector), found, strict=True)
    near = [(score, row) for score, row in scored if score >= least]
    return sorted(near, key=lambda each: -each[0])


@routes.post(f"{API}/{{index}}/scan")
def scan_index(call: Call) -> Json:
    """Rows by their primary key, a page at a time."""
    index = index_of(call)
    key, after = index["primary_key"], call.body.get("last_primary_key")
    ordered = sorted(rows.load(call.sandbox, index["name"]), key=lambda row: str(row[key]))
    rest = [row for row in ordered if after is None or str(row[key]) > str(after)]
    told = rest[: call.number("num_results", 100)]
    last = {"last_primary_key": str(told[-1][key])} if told else {}
    return {"data": [_struct(row) for row in told], **last}


def _struct(row: Json) -> Json:
    shown = {name: value for name, value in row.items() if name != rows.COMPUTED}
    return {"fields": [{"key": name, "value": _value(value)} for name, value in shown.items()]}


def _value(value: Any) -> Json:
    if isinstance(value, bool):
        return {"bool_value": value}
    if isinstance(value, int | float):
        return {"number_value": value}
    if isinstance(value, list):
        return {"list_value": {"values": [_value(each) for each in value]}}
    return {"string_value": str(value)} if value is not None else {}


def _direct(call: Call) -> Document:
    index = index_of(call)
    if index["index_type"] != "DIRECT_ACCESS":
        raise invalid(f"{index['name']} follows its table: write there.")
    return index


@routes.post(f"{API}/{{index}}/upsert-data")
def upsert_rows(call: Call) -> Json:
    """Write rows; those whose key is there are replaced."""
    index = _direct(call)
    try:
        given = json.loads(str(call.required("inputs_json")))
    except ValueError as error:
        raise invalid(f"inputs_json is not JSON: {error}") from None
    if not isinstance(given, list) or not all(isinstance(row, dict) for row in given):
        raise invalid("inputs_json must be a list of rows.")
    columns = json.loads(index["direct_access_index_spec"]["schema_json"])
    unknown = {name for row in given for name in row} - columns.keys()
    if unknown:
        raise invalid(f"The index has no column {sorted(unknown)[0]}; it has {', '.join(sorted(columns))}.")
    new = _embedded(call, index, rows.checked(index, given))
    key = index["primary_key"]
    with rows.WRITING:
        kept = {row[key]: row for row in rows.load(call.sandbox, index["name"])}
        rows.save(call.sandbox, index["name"], [*{**kept, **{row[key]: row for row in new}}.values()])
    return {"status": "SUCCESS", "result": {"success_row_count": len(new), "failed_primary_keys": []}}


def _embedded(call: Call, index: Document, new: list[Json]) -> list[Json]:
    source = rows.source_column(index)
    if source is None or not new:
        return new
    texts = [str(row.get(source["name"]) or "") for row in new]
    model = str(source["embedding_model_endpoint_name"])
    vectors = embeddings.embed(call.sandbox, call.workspace, model, texts, token_of(call))
    return [{**row, rows.COMPUTED: vector} for row, vector in zip(new, vectors, strict=True)]


@routes.delete(f"{API}/{{index}}/delete-data")
def delete_rows(call: Call) -> Json:
    """Delete rows by their keys."""
    index = _direct(call)
    gone = set(call.query.getlist("primary_keys")) | {str(each) for each in call.body.get("primary_keys", [])}
    with rows.WRITING:
        before = rows.load(call.sandbox, index["name"])
        kept = [row for row in before if str(row[index["primary_key"]]) not in gone]
        rows.save(call.sandbox, index["name"], kept)
    result = {"success_row_count": len(before) - len(kept), "failed_primary_keys": []}
    return {"status": "SUCCESS", "result": result}
