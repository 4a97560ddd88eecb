"""Online feature stores: `/api/2.0/feature-store`. A published table is a copy, as a table beside its source.

The copy is made when the table is published, and made again when it is published again; the API itself has
no look-ups: who wants a row asks the copy by its primary key.
"""

from __future__ import annotations

import uuid
from datetime import UTC, datetime

from mlops_sandbox.databricks.shapes import masked, shaped
from mlops_sandbox.databricks.unity import tables
from mlops_sandbox.databricks.unity.access import require
from mlops_sandbox.databricks.unity.securables import fetch, split
from mlops_sandbox.errors import already_exists, invalid, not_found
from mlops_sandbox.server.routing import Call, Json, Routes
from mlops_sandbox.store import Document

routes = Routes()

_API = "/api/2.0/feature-store/online-stores"
_KIND, _TABLE = "online_store", "online_table"
_CAPACITIES = ("CU_1", "CU_2", "CU_4", "CU_8")
_SETTABLE = ("name", "capacity", "read_replica_count", "usage_policy_id")


def _checked(document: Document) -> Document:
    if document.get("capacity") not in _CAPACITIES:
        raise invalid(f"capacity is {document.get('capacity')!r}; it can be {', '.join(_CAPACITIES)}.")
    if document.get("read_replica_count", 0) < 0:
        raise invalid("read_replica_count must not be negative.")
    return document


def _store(call: Call, name: str) -> Document:
    found = call.store.get(_KIND, name)
    if found is None:
        raise not_found(f"Online store {name} does not exist.")
    return found


def _given(call: Call) -> Json:
    return {name: value for name, value in shaped("ml.OnlineStore", call.body).items() if name in _SETTABLE}


@routes.post(_API)
def create_store(call: Call) -> Json:
    """Make a store; it is available at once."""
    name = str(call.required("name"))
    document = {
        **_given(call),
        "creator": call.user,
        "creation_time": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "state": "AVAILABLE",
    }
    with call.store.transaction():
        if call.store.get(_KIND, name) is not None:
            raise already_exists(f"Online store {name} already exists.")
        return call.store.put(_KIND, name, _checked(document))


@routes.get(_API)
def list_stores(call: Call) -> Json:
    """All stores."""
    return {"online_stores": call.store.documents(_KIND)}


@routes.get(f"{_API}/{{name}}")
def get_store(call: Call) -> Json:
    """One store."""
    return _store(call, call.path["name"])


@routes.patch(f"{_API}/{{name}}")
def update_store(call: Call) -> Json:
    """Change what `update_mask` names."""
    with call.store.transaction():
        before = _store(call, call.path["name"])
        given = {**_given(call), "name": before["name"]}
        after = masked(before, given, str(call.query.get("update_mask") or ""))
        return call.store.put(_KIND, before["name"], _checked({**after, "name": before["name"]}))


@routes.delete(f"{_API}/{{name}}")
def delete_store(call: Call) -> Json:
    """Delete a store that has no tables."""
    with call.store.transaction():
        gone = _store(call, call.path["name"])
        held = [key for key, each in call.store.items(_TABLE) if each["online_store"] == gone["name"]]
        if held:
            raise invalid(f"Online store {gone['name']} still has {len(held)} tables, as {held[0]}.")
        call.store.delete(_KIND, gone["name"])
    return {}


@routes.post("/api/2.0/feature-store/tables/{table}/publish")
def publish_table(call: Call) -> Json:
    """Copy a feature table as it is now; its primary key is the copy's."""
    source = fetch(call.metastore, "table", call.path["table"])
    require(call, "table", source["full_name"], "SELECT")
    spec = shaped("ml.PublishSpec", call.body.get("publish_spec") or {}, "publish_spec")
    for field in ("online_store", "online_table_name", "publish_mode"):
        if not spec.get(field):
            raise invalid(f"Missing required field: publish_spec.{field}")
    _store(call, spec["online_store"])
    keys = [each for each in source.get("table_constraints") or [] if each.get("primary_key_constraint")]
    if not keys:
        raise invalid(f"{source['full_name']} has no primary key, so it is no feature table.")
    name = ".".join(split(spec["online_table_name"], 3))
    require(call, "schema", name.rpartition(".")[0], "CREATE_TABLE")
    known = call.store.get(_TABLE, name)
    if known is not None and known["source"] != source["full_name"]:
        raise already_exists(f"{name} is published from {known['source']} already.")
    _copy(call, source, name, new=known is None)
    pipeline = known["pipeline_id"] if known else str(uuid.uuid4())
    kept = {"online_store": spec["online_store"], "source": source["full_name"], "pipeline_id": pipeline}
    call.store.put(_TABLE, name, {**kept, "publish_mode": spec["publish_mode"]})
    return {"online_table_name": name, "pipeline_id": pipeline}


def _copy(call: Call, source: Document, name: str, *, new: bool) -> None:
    from deltalake import DeltaTable, write_deltalake

    if new:
        columns = tables.describe(source)["columns"]
        tables.register_table(call.sandbox, call.workspace, name, columns, user=call.user)
        constraints = source["table_constraints"]
        tables.update_table(call.metastore, name, call.user, table_constraints=constraints)
    rows = DeltaTable(tables.table_location(call.sandbox, call.workspace, source["full_name"]))
    target = tables.table_location(call.sandbox, call.workspace, name)
    write_deltalake(target, rows.to_pyarrow_table(), mode="overwrite")


@routes.delete("/api/2.0/feature-store/online-tables/{table}")
def delete_online_table(call: Call) -> Json:
    """Take a published table back; its source stays."""
    name = call.path["table"].lower()
    if not call.store.delete(_TABLE, name):
        raise not_found(f"Online table {name} does not exist.")
    tables.drop_table(call.sandbox, call.workspace, name)
    return {}
