"""Quality monitors of tables: create, read, update, delete, refresh."""

from __future__ import annotations

import uuid
from typing import Any

from deltalake import DeltaTable

from mlops_sandbox.databricks.arrow_columns import columns
from mlops_sandbox.databricks.monitors import records
from mlops_sandbox.databricks.monitors.definition import definition
from mlops_sandbox.databricks.monitors.metric_tables import drift_schema, profile_schema, table_names
from mlops_sandbox.databricks.monitors.subsystem import Monitors
from mlops_sandbox.databricks.unity.tables import register_table, table_location
from mlops_sandbox.errors import ApiError, invalid, not_found
from mlops_sandbox.server.routing import Call, Json, Routes

routes = Routes()

_ONE = "/api/2.1/unity-catalog/tables/{table}/monitor"


def _monitor(call: Call) -> Json:
    """The monitor of the path's table; raises 404, also when the table is not there."""
    table_location(call.sandbox, call.workspace, call.path["table"])
    document = call.metastore.get(records.KIND, call.path["table"].lower())
    if document is None:
        raise not_found(f"Cannot find Monitor with ID: {call.path['table']}.")
    return document


def _view(document: Json) -> Json:
    return {key: value for key, value in document.items() if not key.startswith("_")}


def _columns(call: Call, table: str) -> list[str]:
    delta = DeltaTable(table_location(call.sandbox, call.workspace, table))
    return [field.name for field in delta.schema().fields]


def _defined(call: Call, table: str) -> Json:
    """The definition in the body, with the metric tables' names; those tables are there afterwards."""
    told: Json = definition(call.body, _columns(call, table))
    if told.get("baseline_table_name"):
        table_location(call.sandbox, call.workspace, told["baseline_table_name"])
    profile, drift = table_names(table, told["output_schema_name"])
    for name, schema in ((profile, profile_schema(told)), (drift, drift_schema(told))):
        _ensure_table(call, name, columns(schema))
    return told | {"profile_metrics_table_name": profile, "drift_metrics_table_name": drift}


def _ensure_table(call: Call, name: str, wanted: list[dict[str, Any]]) -> None:
    try:
        register_table(call.sandbox, call.workspace, name, wanted, user=call.user)
    except ApiError as error:
        # Left by an earlier monitor of this table, whose deletion keeps them.
        if error.status != 409:
            raise


@routes.post(_ONE)
def create(call: Call) -> Json:
    """Monitor a table; the first refresh begins by itself."""
    table = call.path["table"].lower()
    table_location(call.sandbox, call.workspace, table)
    if call.metastore.get(records.KIND, table) is not None:
        raise ApiError(409, "ALREADY_EXISTS", f"Table '{table}' has a monitor already.")
    if not call.body.get("assets_dir"):
        raise invalid("assets_dir is required.")
    document = _defined(call, table) | {
        "table_name": table,
        "assets_dir": call.body["assets_dir"],
        "monitor_version": 0,
        "status": "MONITOR_STATUS_ACTIVE",
        # Its refreshes see the tables that this workspace sees.
        "_workspace": call.workspace,
        "_user": call.user,
    }
    if not call.body.get("skip_builtin_dashboard"):
        document["dashboard_id"] = uuid.uuid4().hex
    call.metastore.put(records.KIND, table, document)
    call.sandbox.get(Monitors).refresh(table)
    return _view(document)


@routes.get(_ONE)
def get(call: Call) -> Json:
    """The monitor of a table."""
    return _view(_monitor(call))


@routes.put(_ONE)
def update(call: Call) -> Json:
    """Replace the definition; what the body leaves out is cleared."""
    old = _monitor(call)
    document = _defined(call, old["table_name"]) | {
        "table_name": old["table_name"],
        "assets_dir": old["assets_dir"],
        "monitor_version": old["monitor_version"] + 1,
        "status": old["status"],
        "_workspace": call.workspace,
        "_user": call.user,
    }
    dashboard = call.body.get("dashboard_id") or old.get("dashboard_id")
    if dashboard:
        document["dashboard_id"] = dashboard
    call.metastore.put(records.KIND, old["table_name"], document)
    call.sandbox.get(Monitors).look_again()
    return _view(document)


@routes.delete(_ONE)
def delete(call: Call) -> Json:
    """Stop to monitor the table; its metric tables stay."""
    table = _monitor(call)["table_name"]
    with call.metastore.transaction():
        call.metastore.delete(records.KIND, table)
        records.forget(call.metastore, table)
    return {}


@routes.post(_ONE + "/refreshes")
def run_refresh(call: Call) -> Json:
    """Queue a refresh."""
    return call.sandbox.get(Monitors).refresh(_monitor(call)["table_name"])


@routes.get(_ONE + "/refreshes")
def list_refreshes(call: Call) -> Json:
    """The monitor's refreshes, the newest first."""
    return {"refreshes": records.refreshes(call.metastore, _monitor(call)["table_name"])}


def _refresh(call: Call) -> tuple[str, Json]:
    table = _monitor(call)["table_name"]
    number = call.path["refresh_id"]
    if not number.isdecimal():
        raise invalid(f"Refresh id {number!r} is not a number.")
    return table, records.get_refresh(call.metastore, table, int(number))


@routes.get(_ONE + "/refreshes/{refresh_id}")
def get_refresh(call: Call) -> Json:
    """One refresh."""
    return _refresh(call)[1]


@routes.post(_ONE + "/refreshes/{refresh_id}/cancel")
def cancel_refresh(call: Call) -> Json:
    """End a refresh that waits or runs."""
    table, record = _refresh(call)
    call.sandbox.get(Monitors).cancel(table, record["refresh_id"])
    return {}


@routes.post("/api/2.1/quality-monitoring/tables/{table}/monitor/dashboard")
def regenerate_dashboard(call: Call) -> Json:
    """Give the monitor a new dashboard id; the sandbox's page draws the metrics."""
    document = _monitor(call) | {"dashboard_id": uuid.uuid4().hex}
    call.metastore.put(records.KIND, document["table_name"], document)

    return {"dashboard_id": document["dashboard_id"], "parent_folder": document["assets_dir"]}
