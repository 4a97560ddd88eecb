"""Unity Catalog: the tables API, which Spark asks too."""

from __future__ import annotations

from mlops_sandbox.databricks.principals import caller
from mlops_sandbox.databricks.unity import access, table_storage, tables
from mlops_sandbox.databricks.unity.securables import (
    fetch,
    new_id,
    new_name,
    page,
    require_schema,
    split,
    taken,
)
from mlops_sandbox.errors import invalid
from mlops_sandbox.server.routing import Call, Json, Routes

routes = Routes()

_KIND = "table"
_API = "/api/2.1/unity-catalog/tables"
_INDEX_FORMAT = "VECTOR_INDEX_FORMAT"


def _by_spark(call: Call) -> bool:
    """Whether Spark's server asks, to which a few things must be said differently."""
    return call.request.headers.get("user-agent", "").startswith("Sail/")


def _for_caller(call: Call, table: Json) -> Json:
    """The table as the caller can use it.

    Spark asks the catalog for the commits of a MANAGED table; here every table commits to its own log. And it
    says nothing of whether it will write, so who must not gets a place that takes nothing.
    """
    if not _by_spark(call):
        return table
    name, store = table["full_name"], call.metastore
    writes = store.may_write(table["catalog_name"]) and not access.lacking(
        store, caller(call), _KIND, name, "MODIFY"
    )
    place = {} if writes else {"storage_location": table_storage.readable(name)}
    return {**table, "table_type": "EXTERNAL", **place}


@routes.post("/api/2.1/unity-catalog/staging-tables")
def stage_table(call: Call) -> Json:
    """A place for a managed table that is about to be made."""
    catalog, schema, name = new_name(call, "catalog_name"), new_name(call, "schema_name"), new_name(call)
    full_name = f"{catalog}.{schema}.{name}"
    require_schema(call.metastore, catalog, schema)
    _require_create(call, catalog, schema)
    if call.metastore.get(_KIND, full_name) is not None:
        raise taken(_KIND, full_name)
    place = tables.managed_location(call.sandbox, full_name)
    return {
        "id": new_id(),
        "name": name,
        "catalog_name": catalog,
        "schema_name": schema,
        "staging_location": place.as_uri(),
    }


def _require_create(call: Call, catalog: str, schema: str) -> None:
    access.require(call, "schema", f"{catalog}.{schema}", "USE_SCHEMA")
    access.require(call, "schema", f"{catalog}.{schema}", "CREATE_TABLE")


@routes.post(_API)
def create_table(call: Call) -> Json:
    """Register a table; where there is no Delta log yet, an empty one is written from the columns."""
    names = [new_name(call, field) for field in ("catalog_name", "schema_name", "name")]
    _require_create(call, names[0], names[1])
    # A managed table is always Delta's: PARQUET is what Spark outside Databricks says when nothing was said.
    managed = str(call.get("table_type", "EXTERNAL")) == "MANAGED"
    form = str(call.get("data_source_format", "DELTA")).upper()
    if form != "DELTA" and not (managed and form == "PARQUET"):
        raise invalid(f"Only tables in Delta's format are kept here, not in {form}.")
    columns = call.body.get("columns") or []
    partitions = sorted(
        (column for column in columns if column.get("partition_index") is not None),
        key=lambda column: int(column["partition_index"]),
    )
    made = tables.register_table(
        call.sandbox,
        call.workspace,
        ".".join(names),
        columns,
        user=call.user,
        partition_by=[column["name"] for column in partitions],
        comment=call.body.get("comment") or "",
        properties=call.body.get("properties"),
        location=call.body.get("storage_location") or "",
    )
    # Spark compares columns that it is told with those of the log, and gets partition columns wrong.
    return {**made, "table_type": "EXTERNAL", "columns": []} if _by_spark(call) else made


@routes.get(_API)
def list_tables(call: Call) -> Json:
    """The tables of a schema, by name; with their columns unless `omit_columns`."""
    catalog, schema = new_name(call, "catalog_name"), new_name(call, "schema_name")
    require_schema(call.metastore, catalog, schema)
    access.require(call, "schema", f"{catalog}.{schema}", "USE_SCHEMA", "BROWSE")
    inside = call.metastore.documents(_KIND, f"{catalog}.{schema}.") + _indexes(call, f"{catalog}.{schema}.")
    found = [each for each in inside if not access.hides(call, _KIND, each["full_name"])]
    answer = page(call, "tables", found, lambda item: str(item["full_name"]))
    if call.get("omit_columns") != "true":
        answer["tables"] = [
            table
            if table["data_source_format"] == _INDEX_FORMAT
            else _for_caller(call, tables.describe(table))
            for table in answer["tables"]
        ]
    return answer


def _indexes(call: Call, place: str) -> list[Json]:
    """The vector search indexes of a schema, which are tables to Unity Catalog, though not to Spark here."""
    found = [] if _by_spark(call) else call.metastore.documents("vector_index", place)
    return [
        {
            "name": each["name"].rpartition(".")[2],
            "catalog_name": place.split(".")[0],
            "schema_name": place.split(".")[1],
            "full_name": each["name"],
            "owner": each["creator"],
            "data_source_format": _INDEX_FORMAT,
        }
        for each in found
    ]


@routes.get(f"{_API}/{{full_name}}/exists")
def table_exists(call: Call) -> Json:
    """Whether there is a table of that name."""
    catalog, schema, _ = split(call.path["full_name"], 3)
    require_schema(call.metastore, catalog, schema)
    access.require(call, "schema", f"{catalog}.{schema}", "USE_SCHEMA", "BROWSE")
    return {"table_exists": call.metastore.get(_KIND, call.path["full_name"].lower()) is not None}


@routes.get(f"{_API}/{{full_name}}")
def get_table(call: Call) -> Json:
    """One table."""
    catalog, schema, _ = split(call.path["full_name"], 3)
    require_schema(call.metastore, catalog, schema)
    found = fetch(call.metastore, _KIND, call.path["full_name"])
    # Spark reads by this answer, so there who may only look, or only write, gets none.
    others = () if _by_spark(call) else ("MODIFY", "BROWSE", "MANAGE")
    access.require(call, _KIND, found["full_name"], "SELECT", *others)
    return _for_caller(call, tables.describe(found))


@routes.patch(f"{_API}/{{full_name}}")
def change_owner(call: Call) -> Json:
    """Change a table's owner, the only thing that the API changes; the rest is SQL."""
    fetch(call.metastore, _KIND, call.path["full_name"])
    access.require_change(call, _KIND, call.path["full_name"])
    tables.update_table(call.metastore, call.path["full_name"], call.user, owner=str(call.required("owner")))
    return {}


@routes.delete(f"{_API}/{{full_name}}")
def delete_table(call: Call) -> Json:
    """Drop a table; a managed one with its rows."""
    split(call.path["full_name"], 3)
    fetch(call.metastore, _KIND, call.path["full_name"])
    access.require(call, _KIND, call.path["full_name"], "MANAGE")
    tables.drop_table(call.sandbox, call.workspace, call.path["full_name"])
    return {}
