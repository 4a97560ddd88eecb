"""Dashboards: `/api/2.0/lakeview/dashboards`. Definitions, drafts and publications; nothing is drawn."""

from __future__ import annotations

import json
import uuid
from datetime import UTC, datetime

from mlops_sandbox.databricks import permissions
from mlops_sandbox.databricks.shapes import shaped
from mlops_sandbox.databricks.workspace_files import tree
from mlops_sandbox.databricks.workspace_files.paths import normal_path
from mlops_sandbox.errors import ApiError, denied, invalid, not_found
from mlops_sandbox.server.routing import Call, Json, Routes
from mlops_sandbox.store import Document

routes = Routes()

_API = "/api/2.0/lakeview/dashboards"
_KIND = "dashboard"
_SETTABLE = ("display_name", "parent_path", "serialized_dashboard", "warehouse_id")


def _now() -> str:
    return datetime.now(UTC).isoformat().replace("+00:00", "Z")


def _definition(text: str) -> str:
    """The definition as the service keeps it: sorted JSON, pages with a type, a newline at the end."""
    try:
        found = json.loads(text or "{}")
    except ValueError as error:
        raise invalid(f"serialized_dashboard is not JSON: {error}") from None
    if not isinstance(found, dict):
        raise invalid("serialized_dashboard must be a JSON object.")
    for page in found.get("pages") or []:
        if not isinstance(page, dict) or not page.get("name"):
            raise invalid("Each page of serialized_dashboard must be an object with a name.")
        page.setdefault("pageType", "PAGE_TYPE_CANVAS")
    return json.dumps(found, sort_keys=True, separators=(",", ":")) + "\n"


def _placed(call: Call, document: Document) -> Document:
    """The dashboard with its path; its folder must be there, and no other dashboard at the path.

    Raises:
        ApiError: 404 as the workspace says of paths, 400 for a taken name.
    """
    folder = normal_path(document["parent_path"])
    tree.require(call.store, folder)
    path = f"{folder.rstrip('/')}/{document['display_name']}.lvdash.json"
    for other in call.store.documents(_KIND):
        if (
            other["path"] == path
            and other["dashboard_id"] != document["dashboard_id"]
            and other["lifecycle_state"] == "ACTIVE"
        ):
            raise ApiError(400, "ALREADY_EXISTS", f"Node with name {path} already exists")
    return {**document, "path": path}


def _stamped(document: Document) -> Document:
    # A new etag for each change, as a number in a string.
    return {**document, "etag": str(uuid.uuid4().int % 10**8), "update_time": _now()}


def _found(call: Call) -> Document:
    found = call.store.get(_KIND, call.path["id"])
    if found is None:
        raise not_found(f"Unable to find dashboard [dashboardId={call.path['id']}]")
    return found


def _active(call: Call) -> Document:
    found = _found(call)
    if found["lifecycle_state"] != "ACTIVE":
        raise denied(f"Dashboard {found['dashboard_id']} is in the trash.")
    return found


def _shown(document: Document) -> Json:
    return {name: value for name, value in document.items() if not name.startswith("_")}


@routes.post(_API)
def create_dashboard(call: Call) -> Json:
    """Make a draft."""
    given = {
        name: value for name, value in shaped("dashboards.Dashboard", call.body).items() if name in _SETTABLE
    }
    if not given.get("display_name"):
        raise invalid("Missing required field: display_name")
    identity, now = uuid.uuid4().hex, _now()
    document = {
        "parent_path": f"/Users/{call.user}",
        **given,
        "dashboard_id": identity,
        "create_time": now,
        "lifecycle_state": "ACTIVE",
        "serialized_dashboard": _definition(given.get("serialized_dashboard", "")),
        **_defaults(call),
    }
    with call.store.transaction():
        made = call.store.put(_KIND, identity, _stamped(_placed(call, document)))
        permissions.on_create(call.store, "dashboards", identity, call.user)
    return _shown(made)


def _defaults(call: Call) -> Json:
    """Catalog and schema of queries that name none; kept and never answered."""
    names = ("dataset_catalog", "dataset_schema")
    return {f"_{name}": call.query[name] for name in names if call.query.get(name)}


@routes.get(_API)
def list_dashboards(call: Call) -> Json:
    """All dashboards, without their definitions; those in the trash only when asked for."""
    trash = call.query.get("show_trashed") == "true"
    known = [each for each in call.store.documents(_KIND) if trash or each["lifecycle_state"] == "ACTIVE"]
    fields = ("dashboard_id", "display_name", "lifecycle_state", "warehouse_id", "create_time", "update_time")
    return {"dashboards": [{name: each[name] for name in fields if name in each} for each in known]}


@routes.get(f"{_API}/{{id}}")
def get_dashboard(call: Call) -> Json:
    """The draft, also from the trash."""
    return _shown(_found(call))


@routes.patch(f"{_API}/{{id}}")
def update_dashboard(call: Call) -> Json:
    """Change the draft; with an `etag`, only when nobody else has."""
    given = shaped("dashboards.Dashboard", call.body)
    with call.store.transaction():
        before = _active(call)
        if given.get("etag") and given["etag"] != before["etag"]:
            raise ApiError(409, "ABORTED", f"Dashboard {before['dashboard_id']} was changed by another call.")
        changed = {name: value for name, value in given.items() if name in _SETTABLE} | _defaults(call)
        if "serialized_dashboard" in changed:
            changed["serialized_dashboard"] = _definition(changed["serialized_dashboard"])
        folder = str(changed.get("parent_path") or before["parent_path"])
        if normal_path(folder) != normal_path(before["parent_path"]):
            raise invalid("parent_path can't be changed.")
        after = _stamped(_placed(call, {**before, **changed}))
        return _shown(call.store.put(_KIND, before["dashboard_id"], after))


@routes.delete(f"{_API}/{{id}}")
def trash_dashboard(call: Call) -> Json:
    """Move the dashboard to the trash; its publication ends."""
    with call.store.transaction():
        gone = {**_active(call), "lifecycle_state": "TRASHED"}
        gone.pop("_published", None)
        call.store.put(_KIND, gone["dashboard_id"], gone)
    return _shown(gone)


def _published(document: Document) -> Json:
    found: Json | None = document.get("_published")
    if found is None:
        raise not_found(f"Dashboard {document['dashboard_id']} is not published.")
    return {name: value for name, value in found.items() if name != "definition"}


@routes.post(f"{_API}/{{id}}/published")
def publish_dashboard(call: Call) -> Json:
    """Publish the draft as it is now."""
    with call.store.transaction():
        draft = _active(call)
        published = {
            "display_name": draft["display_name"],
            "embed_credentials": bool(call.body.get("embed_credentials", True)),
            "revision_create_time": _now(),
            "definition": draft["serialized_dashboard"],
        }
        warehouse = call.body.get("warehouse_id") or draft.get("warehouse_id")
        if warehouse:
            published["warehouse_id"] = warehouse
        return _published(call.store.put(_KIND, draft["dashboard_id"], {**draft, "_published": published}))


@routes.get(f"{_API}/{{id}}/published")
def get_published(call: Call) -> Json:
    """The publication."""
    return _published(_active(call))


@routes.delete(f"{_API}/{{id}}/published")
def unpublish_dashboard(call: Call) -> Json:
    """End the publication; the draft stays."""
    with call.store.transaction():
        draft = _active(call)
        _published(draft)
        kept = {name: value for name, value in draft.items() if name != "_published"}
        call.store.put(_KIND, draft["dashboard_id"], kept)
    return {}


@routes.post(f"{_API}/{{id}}/revert")
def revert_dashboard(call: Call) -> Json:
    """Make the draft again what was published."""
    with call.store.transaction():
        draft = _active(call)
        _published(draft)
        reverted = _stamped({**draft, "serialized_dashboard": draft["_published"]["definition"]})
        return {"dashboard": _shown(call.store.put(_KIND, draft["dashboard_id"], reverted))}
