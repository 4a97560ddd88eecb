"""The data-quality API, `/api/data-quality/v1/monitors`: the same monitors, by the ids of their tables."""

from __future__ import annotations

from dataclasses import replace

from mlops_sandbox.databricks.monitors import api, records
from mlops_sandbox.databricks.shapes import masked, shaped
from mlops_sandbox.errors import ApiError, invalid, not_found
from mlops_sandbox.server.routing import Call, Handler, Json, Routes

routes = Routes()

_API = "/api/data-quality/v1/monitors"
_ONE = f"{_API}/{{object_type}}/{{object_id}}"
_GRANULARITY = "AGGREGATION_GRANULARITY_"
_STATUS = "MONITOR_STATUS_"
#: Fields by their name here and their name in the tables' own API.
_SAME = ("assets_dir", "baseline_table_name", "slicing_exprs", "snapshot", "skip_builtin_dashboard")
_PROFILE = {
    "label_column": "label_col",
    "model_id_column": "model_id_col",
    "prediction_column": "prediction_col",
    "timestamp_column": "timestamp_col",
}
_TOLD = ("dashboard_id", "drift_metrics_table_name", "monitor_version", "profile_metrics_table_name")


def _asked(handler: Handler, call: Call) -> Json:
    """What the tables' own API answers."""
    answer = handler(call)
    assert isinstance(answer, dict)
    return answer


def _length(granularity: str) -> str:
    """`AGGREGATION_GRANULARITY_2_WEEKS` as `2 weeks`."""
    return granularity.removeprefix(_GRANULARITY).replace("_", " ").lower()


def _granularity(length: str) -> str:
    number, unit = length.split()
    unit = unit.rstrip("s") + ("" if number == "1" else "s")
    return f"{_GRANULARITY}{number}_{unit}".upper()


def _table_of(call: Call, kind: str, identity: str) -> str:
    """The full name of the table with that id; raises 404."""
    if kind != "table":
        message = "The sandbox profiles tables; it has no anomaly detection of schemas."
        raise ApiError(501, "NOT_IMPLEMENTED", message)
    for name, table in call.metastore.items("table"):
        if table["table_id"] == identity:
            return name
    raise not_found(f"There is no table with the id {identity}.")


def _schema_name(call: Call, identity: str) -> str:
    for name, schema in call.metastore.items("schema"):
        if schema["schema_id"] == identity:
            return name
    raise not_found(f"There is no schema with the id {identity}.")


def _definition(call: Call, config: Json) -> Json:
    """A profiling configuration as a table's monitor is defined."""
    told = {name: config[name] for name in _SAME if name in config}
    if "output_schema_id" not in config:
        raise invalid("Missing required field: data_profiling_config.output_schema_id")
    told["output_schema_name"] = _schema_name(call, config["output_schema_id"])
    for kind in ("inference_log", "time_series"):
        if kind in config:
            told[kind] = _profile(config[kind])
    if config.get("custom_metrics"):
        told["custom_metrics"] = [
            {**each, "type": str(each.get("type", "")).removeprefix("DATA_PROFILING_")}
            for each in config["custom_metrics"]
        ]
    if config.get("schedule"):
        paused = str(config["schedule"].get("pause_status") or "").removeprefix("CRON_SCHEDULE_PAUSE_STATUS_")
        told["schedule"] = {**config["schedule"], "pause_status": paused or "UNPAUSED"}
    if config.get("notification_settings"):
        told["notifications"] = config["notification_settings"]
    return told


def _profile(given: Json) -> Json:
    profile = {_PROFILE.get(name, name): value for name, value in given.items()}
    profile["granularities"] = [_length(each) for each in given.get("granularities") or []]
    if "problem_type" in given:
        profile["problem_type"] = given["problem_type"].removeprefix("INFERENCE_")
    return profile


def _config(call: Call, monitor: Json) -> Json:
    """A table's monitor as a profiling configuration."""
    config = {name: monitor[name] for name in (*_SAME, *_TOLD) if name in monitor}
    schema = call.metastore.get("schema", monitor["output_schema_name"]) or {}
    config |= {
        "output_schema_id": schema.get("schema_id", ""),
        "monitored_table_name": monitor["table_name"],
        "status": monitor["status"].replace(_STATUS, "DATA_PROFILING_STATUS_"),
    }
    for kind in ("inference_log", "time_series"):
        if kind in monitor:
            config[kind] = _shown_profile(monitor[kind])
    if monitor.get("custom_metrics"):
        config["custom_metrics"] = [
            {**each, "type": f"DATA_PROFILING_{each['type']}"} for each in monitor["custom_metrics"]
        ]
    if monitor.get("schedule"):
        paused = f"CRON_SCHEDULE_PAUSE_STATUS_{monitor['schedule'].get('pause_status', 'UNPAUSED')}"
        config["schedule"] = {**monitor["schedule"], "pause_status": paused}
    if monitor.get("notifications"):
        config["notification_settings"] = monitor["notifications"]
    if monitor.get("latest_monitor_failure_msg"):
        config["latest_monitor_failure_message"] = monitor["latest_monitor_failure_msg"]
    return config


def _shown_profile(profile: Json) -> Json:
    names = {there: here for here, there in _PROFILE.items()}
    told = {names.get(name, name): value for name, value in profile.items()}
    told["granularities"] = [_granularity(each) for each in profile.get("granularities", [])]
    if "problem_type" in profile:
        told["problem_type"] = f"INFERENCE_{profile['problem_type']}"
    return told


def _at_table(call: Call, body: Json | None = None) -> Call:
    """The same call, to the monitor's own API."""
    kind = call.path.get("object_type") or call.body.get("object_type") or ""
    identity = call.path.get("object_id") or call.body.get("object_id") or ""
    table = _table_of(call, kind, identity)
    return replace(call, path={**call.path, "table": table}, body=call.body if body is None else body)


def _answer(call: Call, table: str, monitor: Json) -> Json:
    identity = (call.metastore.get("table", table) or {}).get("table_id", "")
    return {"object_type": "table", "object_id": identity, "data_profiling_config": _config(call, monitor)}


def _given(call: Call) -> Json:
    given = shaped("dataquality.Monitor", call.body)
    if given.get("anomaly_detection_config"):
        raise ApiError(501, "NOT_IMPLEMENTED", "The sandbox has no anomaly detection.")
    config: Json | None = given.get("data_profiling_config")
    if config is None:
        raise invalid("Missing required field: data_profiling_config")
    return config


@routes.post(_API)
def create_monitor(call: Call) -> Json:
    """Profile a table; the first refresh begins by itself."""
    there = _at_table(call, _definition(call, _given(call)))
    return _answer(call, there.path["table"], _asked(api.create, there))


@routes.get(_API)
def list_monitors(call: Call) -> Json:
    """All monitors of tables."""
    return {"monitors": [_answer(call, table, each) for table, each in call.metastore.items(records.KIND)]}


@routes.get(_ONE)
def get_monitor(call: Call) -> Json:
    """One monitor."""
    there = _at_table(call)
    return _answer(call, there.path["table"], _asked(api.get, there))


@routes.patch(_ONE)
def update_monitor(call: Call) -> Json:
    """Change what `update_mask` names; a configuration is replaced as a whole."""
    there = _at_table(call)
    before = {"data_profiling_config": _config(call, _asked(api.get, there))}
    given = {"data_profiling_config": _given(call)}
    config = masked(before, given, str(call.query.get("update_mask") or ""))["data_profiling_config"]
    changed = _asked(api.update, replace(there, body=_definition(call, config)))
    return _answer(call, there.path["table"], changed)


@routes.delete(_ONE)
def delete_monitor(call: Call) -> Json:
    """Stop to profile the table; its metric tables stay."""
    return _asked(api.delete, _at_table(call))


def _refresh(call: Call, record: Json) -> Json:
    prefixed = {
        "state": f"MONITOR_REFRESH_STATE_{record['state']}",
        "trigger": f"MONITOR_REFRESH_TRIGGER_{record['trigger']}",
    }
    return {**record, **prefixed, "object_type": "table", "object_id": call.path["object_id"]}


@routes.post(f"{_ONE}/refreshes")
def create_refresh(call: Call) -> Json:
    """Queue a refresh."""
    return _refresh(call, _asked(api.run_refresh, _at_table(call)))


@routes.get(f"{_ONE}/refreshes")
def list_refreshes(call: Call) -> Json:
    """The monitor's refreshes, the newest first."""
    found = _asked(api.list_refreshes, _at_table(call))["refreshes"]
    return {"refreshes": [_refresh(call, each) for each in found]}


@routes.get(f"{_ONE}/refreshes/{{refresh_id}}")
def get_refresh(call: Call) -> Json:
    """One refresh."""
    return _refresh(call, _asked(api.get_refresh, _at_table(call)))


@routes.post(f"{_ONE}/refreshes/{{refresh_id}}/cancel")
def cancel_refresh(call: Call) -> Json:
    """End a refresh that waits or runs."""
    there = _at_table(call)
    _asked(api.cancel_refresh, there)
    return {"refresh": _refresh(call, _asked(api.get_refresh, there))}
