"""SQL warehouses: `/api/2.0/sql/warehouses`. They have a state and a shape, and share one Spark."""

from __future__ import annotations

import secrets
from urllib.parse import urlsplit

from starlette.responses import JSONResponse, Response

from mlops_sandbox.context import DEFAULT_USER
from mlops_sandbox.databricks import permissions
from mlops_sandbox.databricks.object_access import may, require
from mlops_sandbox.databricks.principals import caller
from mlops_sandbox.errors import invalid, not_found
from mlops_sandbox.server.routing import Call, Json, Routes
from mlops_sandbox.store import Document, Store

routes = Routes()

_KIND, _TYPE = "warehouse", "sql/warehouses"
_SIZES = (
    "2X-Small",
    "X-Small",
    "Small",
    "Medium",
    "Large",
    "X-Large",
    "2X-Large",
    "3X-Large",
    "4X-Large",
    "5X-Large",
)
_FIELDS = (
    "name",
    "cluster_size",
    "min_num_clusters",
    "max_num_clusters",
    "auto_stop_mins",
    "enable_photon",
    "enable_serverless_compute",
    "spot_instance_policy",
    "warehouse_type",
    "tags",
    "channel",
    "instance_profile_arn",
)
_DEFAULTS: Json = {
    "cluster_size": "X-Small",
    "min_num_clusters": 1,
    "max_num_clusters": 1,
    "auto_stop_mins": 120,
    "enable_photon": True,
    "enable_serverless_compute": False,
    "spot_instance_policy": "COST_OPTIMIZED",
}
#: Every new workspace comes with this one.
_STARTER = "00000000000000a1"


def warehouses(store: Store) -> list[Document]:
    """All warehouses, the workspace's starter among them, ordered by name."""
    with store.transaction():
        if store.get("marker", "starter_warehouse") is None:
            store.put("marker", "starter_warehouse", {})
            settings = {"name": "Serverless Starter Warehouse", "enable_serverless_compute": True}
            _make(store, _STARTER, {**_DEFAULTS, **settings, "warehouse_type": "PRO"}, DEFAULT_USER)
    return sorted(store.documents(_KIND), key=lambda warehouse: str(warehouse["name"]))


def warehouse(store: Store, warehouse_id: str) -> Document:
    """One warehouse.

    Raises:
        ApiError: 404 when there is none of that id.
    """
    for each in warehouses(store):
        if each["id"] == warehouse_id:
            return each
    raise not_found(f"SQL warehouse {warehouse_id} does not exist.")


def _make(store: Store, warehouse_id: str, settings: Json, creator: str) -> Document:
    permissions.on_create(store, _TYPE, warehouse_id, creator)
    made = {**settings, "id": warehouse_id, "creator_name": creator, "state": "RUNNING"}
    return store.put(_KIND, warehouse_id, made)


def _given(call: Call, before: Json) -> Json:
    """The settings after the body's changes, checked."""
    given = {field: call.body[field] for field in _FIELDS if call.body.get(field) is not None}
    settings = {**before, **given}
    if not settings.get("name"):
        raise invalid("Missing required field: name")
    if settings["cluster_size"] not in _SIZES:
        raise invalid(f"Cluster size {settings['cluster_size']!r} is not one of {', '.join(_SIZES)}.")
    for field in ("min_num_clusters", "max_num_clusters", "auto_stop_mins"):
        if not isinstance(settings[field], int):
            raise invalid(f"{field} must be a whole number, not {settings[field]!r}.")
    if settings["min_num_clusters"] > settings["max_num_clusters"]:
        raise invalid("min_num_clusters must not be larger than max_num_clusters.")
    settings.setdefault("warehouse_type", "PRO" if settings["enable_serverless_compute"] else "CLASSIC")
    return settings


def _free_name(call: Call, name: str, warehouse_id: str) -> None:
    if any(each["name"] == name and each["id"] != warehouse_id for each in warehouses(call.store)):
        raise invalid(f"SQL warehouse with name `{name}` already exists")


def _answer(call: Call, document: Document) -> Json:
    running = document["state"] == "RUNNING"
    address = urlsplit(call.url)
    path = f"/sql/1.0/warehouses/{document['id']}"
    return {
        **document,
        "num_clusters": document["min_num_clusters"] if running else 0,
        "health": {"status": "HEALTHY"} if running else {},
        "odbc_params": {
            "hostname": address.hostname,
            "port": address.port,
            "path": path,
            "protocol": "http",
        },
        "jdbc_url": f"jdbc:databricks://{address.netloc}/default;httpPath={path}",
    }


@routes.post("/api/2.0/sql/warehouses")
def create_warehouse(call: Call) -> Json:
    """Make a warehouse; it runs at once."""
    settings = _given(call, _DEFAULTS)
    warehouse_id = secrets.token_hex(8)
    with call.store.transaction():
        _free_name(call, settings["name"], warehouse_id)
        return _answer(call, _make(call.store, warehouse_id, settings, call.user))


@routes.get("/api/2.0/sql/warehouses")
def list_warehouses(call: Call) -> Json:
    """The warehouses that the caller may see."""
    who = caller(call)
    seen = [each for each in warehouses(call.store) if may(call.store, who, (_TYPE, each["id"]), "CAN_VIEW")]
    return {"warehouses": [_answer(call, each) for each in seen]}


@routes.get("/api/2.0/sql/warehouses/{id}")
def get_warehouse(call: Call) -> Json:
    """One warehouse."""
    found = warehouse(call.store, call.path["id"])
    require(call, _TYPE, found["id"], "CAN_VIEW")
    return _answer(call, found)


@routes.post("/api/2.0/sql/warehouses/{id}/edit")
def edit_warehouse(call: Call) -> Json:
    """Change a warehouse; what the body leaves out stays."""
    with call.store.transaction():
        before = warehouse(call.store, call.path["id"])
        require(call, _TYPE, before["id"], "CAN_MANAGE")
        settings = _given(call, before)
        _free_name(call, settings["name"], before["id"])
        return _answer(call, call.store.put(_KIND, before["id"], settings))


@routes.delete("/api/2.0/sql/warehouses/{id}")
def delete_warehouse(call: Call) -> Json:
    """Delete a warehouse."""
    with call.store.transaction():
        gone = warehouse(call.store, call.path["id"])
        require(call, _TYPE, gone["id"], "CAN_MANAGE")
        call.store.delete(_KIND, gone["id"])
        permissions.on_delete(call.store, _TYPE, gone["id"])
    return {}


def _set_state(call: Call, state: str) -> Json:
    with call.store.transaction():
        found = warehouse(call.store, call.path["id"])
        require(call, _TYPE, found["id"], "CAN_MONITOR")
        call.store.put(_KIND, found["id"], {**found, "state": state})
    return {}


@routes.post("/api/2.0/sql/warehouses/{id}/start")
def start_warehouse(call: Call) -> Json:
    """Start a warehouse."""
    return _set_state(call, "RUNNING")


@routes.post("/api/2.0/sql/warehouses/{id}/stop")
def stop_warehouse(call: Call) -> Json:
    """Stop a warehouse."""
    return _set_state(call, "STOPPED")


@routes.get("/api/2.0/preview/sql/data_sources")
def list_data_sources(call: Call) -> Response:
    """One data source for each warehouse; the answer is a bare list."""
    sources = [
        {"id": each["id"], "name": each["name"], "warehouse_id": each["id"], "type": "databricks_internal"}
        for each in warehouses(call.store)
    ]
    return JSONResponse(sources)
