"""Alerts: `/api/2.0/alerts`. Each evaluates its query on its schedule; how is told in its `evaluation`."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from mlops_sandbox.databricks import permissions, warehouses
from mlops_sandbox.databricks.alerts.subsystem import KIND, Alerts, shown
from mlops_sandbox.databricks.jobs import cron
from mlops_sandbox.databricks.shapes import masked, shaped
from mlops_sandbox.errors import invalid, not_found
from mlops_sandbox.server.routing import Call, Json, Routes
from mlops_sandbox.store import Document

routes = Routes()

_API = "/api/2.0/alerts"
_NEEDED = ("display_name", "query_text", "warehouse_id", "evaluation", "schedule")
#: What callers can't set: the workspace does.
_OWN = ("id", "create_time", "update_time", "effective_run_as", "lifecycle_state", "owner_user_name")
_WITHOUT_THRESHOLD = ("IS_NULL", "IS_NOT_NULL")


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _given(call: Call) -> Json:
    given = shaped("sql.AlertV2", call.body)
    given = {name: value for name, value in given.items() if name not in _OWN}
    for name in ("state", "last_evaluated_at"):
        given.get("evaluation", {}).pop(name, None)
    return given


def _checked(call: Call, alert: Document) -> Document:
    """The alert, complete.

    Raises:
        ApiError: 400 with what is missing or wrong.
    """
    for name in _NEEDED:
        if not alert.get(name):
            raise invalid(f"Missing required field: {name}")
    warehouses.warehouse(call.store, alert["warehouse_id"])
    evaluation, schedule = alert["evaluation"], alert["schedule"]
    for name, place in (("source", evaluation), ("comparison_operator", evaluation)):
        if not place.get(name):
            raise invalid(f"Missing required field: evaluation.{name}")
    if not evaluation["source"].get("name"):
        raise invalid("Missing required field: evaluation.source.name")
    if not evaluation.get("threshold") and evaluation["comparison_operator"] not in _WITHOUT_THRESHOLD:
        raise invalid(f"{evaluation['comparison_operator']} needs evaluation.threshold.")
    try:
        cron.parse(schedule.get("quartz_cron_schedule", ""))
        ZoneInfo(schedule.get("timezone_id", ""))
    except (cron.CronError, ZoneInfoNotFoundError, ValueError) as error:
        raise invalid(f"schedule: {error}") from None
    schedule.setdefault("pause_status", "UNPAUSED")
    # The older field is answered to those who set it: in a plan of the others it would be a change.
    named = {"user_name": alert.get("run_as_user_name") or alert["owner_user_name"]}
    return {**alert, "effective_run_as": alert.get("run_as") or named}


def _found(call: Call) -> Document:
    found = call.store.get(KIND, call.path["id"])
    if found is None:
        raise not_found(f"Alert {call.path['id']} does not exist.")
    return found


@routes.post(_API)
def create_alert(call: Call) -> Json:
    """Make an alert; its first evaluation is at the schedule's next time."""
    identity, now = str(uuid.uuid4()), _now()
    alert = {
        "parent_path": f"/Users/{call.user}",
        **_given(call),
        "id": identity,
        "owner_user_name": call.user,
        "create_time": now,
        "update_time": now,
        "lifecycle_state": "ACTIVE",
    }
    with call.store.transaction():
        made = _checked(call, alert)
        made["evaluation"] = {**made["evaluation"], "state": "UNKNOWN"}
        call.store.put(KIND, identity, made)
        permissions.on_create(call.store, "alertsv2", identity, call.user)
    call.sandbox.get(Alerts).look_again()
    return shown(made)


@routes.get(_API)
def list_alerts(call: Call) -> Json:
    """All alerts that are not in the trash, by id."""
    alive = [each for each in call.store.documents(KIND) if each["lifecycle_state"] == "ACTIVE"]
    size, after = call.number("page_size", 100) or 100, call.get("page_token") or ""
    rest = [each for each in alive if each["id"] > after]
    more = {"next_page_token": rest[size - 1]["id"]} if len(rest) > size else {}
    return {"alerts": [shown(each) for each in rest[:size]], **more}


@routes.get(f"{_API}/{{id}}")
def get_alert(call: Call) -> Json:
    """One alert, also from the trash."""
    return shown(_found(call))


@routes.patch(f"{_API}/{{id}}")
def update_alert(call: Call) -> Json:
    """Change what `update_mask` names; what was evaluated stays known."""
    given = _given(call)
    with call.store.transaction():
        before = _found(call)
        if before["lifecycle_state"] != "ACTIVE":
            raise invalid(f"Alert {before['id']} is in the trash.")
        after = masked(before, given, str(call.query.get("update_mask") or call.get("update_mask") or ""))
        known = {name: before["evaluation"].get(name) for name in ("state", "last_evaluated_at")}
        after = _checked(call, {**after, "update_time": _now(), "parent_path": before["parent_path"]})
        after["evaluation"] |= {name: value for name, value in known.items() if value is not None}
        call.store.put(KIND, before["id"], after)
    call.sandbox.get(Alerts).look_again()
    return shown(after)


@routes.delete(f"{_API}/{{id}}")
def trash_alert(call: Call) -> Json:
    """Move an alert to the trash, where it is evaluated no more; with `purge`, delete it."""
    with call.store.transaction():
        gone = _found(call)
        if call.get("purge") in ("true", True):
            call.store.delete(KIND, gone["id"])
            permissions.on_delete(call.store, "alertsv2", gone["id"])
        else:
            call.store.put(KIND, gone["id"], {**gone, "lifecycle_state": "DELETED", "update_time": _now()})
    return {}
