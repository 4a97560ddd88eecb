"""Vector search indexes, `/api/2.0/vector-search/indexes`: they follow a table, or are written directly."""

from __future__ import annotations

import json
import time
import uuid

from mlops_sandbox.databricks.shapes import shaped
from mlops_sandbox.databricks.unity.access import require
from mlops_sandbox.databricks.unity.securables import fetch, require_schema, split
from mlops_sandbox.databricks.unity.tables import describe, table_location
from mlops_sandbox.databricks.vector_search import rows
from mlops_sandbox.databricks.vector_search.endpoints import INDEX, endpoint, indexes_of
from mlops_sandbox.errors import ApiError, already_exists, invalid, not_found
from mlops_sandbox.server.routing import Call, Json, Routes
from mlops_sandbox.store import Document

routes = Routes()

API = "/api/2.0/vector-search/indexes"
_FEED = "delta.enableChangeDataFeed"
_SPECS = {"DELTA_SYNC": "delta_sync_index_spec", "DIRECT_ACCESS": "direct_access_index_spec"}
_SHAPES = {
    "delta_sync_index_spec": "vectorsearch.DeltaSyncVectorIndexSpecRequest",
    "direct_access_index_spec": "vectorsearch.DirectAccessVectorIndexSpec",
}


def token_of(call: Call) -> str:
    """The caller's own token."""
    return str(call.request.headers.get("authorization", "")).removeprefix("Bearer ")


def index_of(call: Call) -> Document:
    """The path's index, as its table is now if it follows that continuously; raises 404."""
    name = call.path["index"].lower()
    found = call.metastore.get(INDEX, name)
    if found is None:
        raise not_found(f"Vector index {name} does not exist.")
    if found["creator"] != call.user:
        require(call, "schema", name.rpartition(".")[0], "SELECT")
    if (found.get("delta_sync_index_spec") or {}).get("pipeline_type") == "CONTINUOUS":
        return _caught_up(call, found)
    return found


def _caught_up(call: Call, index: Document) -> Document:
    """The index after it has taken over its table; what keeps it from that becomes its message."""
    try:
        if rows.source_version(call.sandbox, index) == index.get("_version"):
            return index
        changes: Json = {"_version": rows.synchronise(call.sandbox, index, token_of(call)), "_message": ""}
    except ApiError as error:
        changes = {"_message": error.message}
    with call.metastore.transaction():
        if call.metastore.get(INDEX, index["name"]) is None:
            return index
        return call.metastore.put(INDEX, index["name"], {**index, **changes})


def _answer(call: Call, index: Document) -> Json:
    message = index.get("_message") or "Index is ready."
    status = {
        "ready": True,
        "indexed_row_count": len(rows.load(call.sandbox, index["name"])),
        "message": message,
        "index_url": f"{call.url}{API}/{index['name']}".removeprefix("http://"),
    }
    return {**{name: value for name, value in index.items() if not name.startswith("_")}, "status": status}


def _spec(call: Call, kind: str) -> tuple[str, Json]:
    """The specification's field and content, checked."""
    if kind not in _SPECS:
        raise invalid(f"index_type is {kind!r}; it can be {', '.join(_SPECS)}.")
    field = _SPECS[kind]
    spec = shaped(_SHAPES[field], call.body.get(field) or {}, field)
    vectors, texts = spec.get("embedding_vector_columns") or [], spec.get("embedding_source_columns") or []
    if len(vectors) + len(texts) != 1:
        raise invalid(f"{field} must have exactly one embedding_vector_columns or embedding_source_columns.")
    if vectors and not (vectors[0].get("name") and vectors[0].get("embedding_dimension", 0) > 0):
        raise invalid(f"{field}.embedding_vector_columns needs a name and a positive embedding_dimension.")
    if texts and not (texts[0].get("name") and texts[0].get("embedding_model_endpoint_name")):
        raise invalid(f"{field}.embedding_source_columns needs a name and an embedding_model_endpoint_name.")
    return field, spec


def _check_columns(call: Call, key: str, spec: Json, endpoint_type: str) -> None:
    """Whether the followed table has what the index needs."""
    table = spec.get("source_table")
    if not table or not spec.get("pipeline_type"):
        raise invalid("delta_sync_index_spec needs source_table and pipeline_type.")
    table_location(call.sandbox, call.workspace, table)
    followed = describe(fetch(call.metastore, "table", table))
    if endpoint_type == "STANDARD" and str((followed.get("properties") or {}).get(_FEED)).lower() != "true":
        raise invalid(
            f"The table {table} has no change data feed, which an index of a STANDARD endpoint follows: "
            f"ALTER TABLE {table} SET TBLPROPERTIES ({_FEED} = true)."
        )
    known = {each["name"] for each in followed["columns"]}
    embedded = (spec.get("embedding_vector_columns") or []) + (spec.get("embedding_source_columns") or [])
    for name in (key, *(each["name"] for each in embedded), *(spec.get("columns_to_sync") or [])):
        if name not in known:
            raise invalid(f"The table {table} has no column {name}; it has {', '.join(sorted(known))}.")


def _check_schema(key: str, spec: Json) -> None:
    """Whether an index that is written directly says what its rows look like."""
    try:
        columns = json.loads(spec.get("schema_json") or "")
    except ValueError as error:
        raise invalid(f"direct_access_index_spec.schema_json is not JSON: {error}") from None
    if not isinstance(columns, dict) or key not in columns:
        raise invalid(f"direct_access_index_spec.schema_json must be an object with the primary key {key}.")


@routes.post(API)
def create_index(call: Call) -> Json:
    """Make an index; one that follows a table takes over what is there."""
    name = ".".join(split(str(call.required("name")), 3))
    key, kind = str(call.required("primary_key")), str(call.required("index_type"))
    serving = endpoint(call, str(call.required("endpoint_name")))
    require_schema(call.metastore, *split(name, 3)[:2])
    field, spec = _spec(call, kind)
    require(call, "schema", name.rpartition(".")[0], "CREATE_TABLE")
    if kind == "DELTA_SYNC":
        require(call, "table", str(spec.get("source_table")).lower(), "SELECT")
        _check_columns(call, key, spec, serving["endpoint_type"])
        spec |= {"pipeline_id": str(uuid.uuid4()), "source_table": spec["source_table"].lower()}
    else:
        _check_schema(key, spec)
    index: Document = {
        "name": name,
        "endpoint_name": serving["name"],
        "endpoint_id": serving["id"],
        "primary_key": key,
        "index_type": kind,
        "index_subtype": call.body.get("index_subtype") or "HYBRID",
        field: spec,
        "creator": call.user,
        "_workspace": call.workspace,
        "_made": time.time(),
    }
    with call.metastore.transaction():
        taken = call.metastore.get(INDEX, name) or call.metastore.get("table", name)
        if taken is not None:
            raise already_exists(f"{name} already exists.")
        call.metastore.put(INDEX, name, index)
    rows.save(call.sandbox, name, [])
    return _answer(call, _caught_up(call, index) if kind == "DELTA_SYNC" else index)


@routes.get(API)
def list_indexes(call: Call) -> Json:
    """The indexes of an endpoint."""
    named = endpoint(call, str(call.required("endpoint_name")))["name"]
    fields = ("name", "endpoint_name", "endpoint_id", "index_type", "index_subtype", "primary_key", "creator")
    found = indexes_of(call, named)
    return {"vector_indexes": [{field: each[field] for field in fields} for each in found]}


@routes.get(f"{API}/{{index}}")
def get_index(call: Call) -> Json:
    """One index."""
    return _answer(call, index_of(call))


@routes.delete(f"{API}/{{index}}")
def delete_index(call: Call) -> Json:
    """Delete an index with its rows."""
    name = index_of(call)["name"]
    call.metastore.delete(INDEX, name)
    rows.save(call.sandbox, name, [])
    return {}


@routes.post(f"{API}/{{index}}/sync")
def sync_index(call: Call) -> Json:
    """Take over the table as it is now."""
    index = index_of(call)
    if index["index_type"] != "DELTA_SYNC":
        raise invalid(f"{index['name']} follows no table: its rows are written directly.")
    version = rows.synchronise(call.sandbox, index, token_of(call))
    with call.metastore.transaction():
        if call.metastore.get(INDEX, index["name"]) is not None:
            call.metastore.put(INDEX, index["name"], {**index, "_version": version, "_message": ""})
    return {}
