"""Notification destinations: `/api/2.0/notification-destinations`, and what was sent to them.

Secrets of a destination (URLs, tokens, keys) are kept encrypted and never answered. What was sent is at
`/sandbox/notifications`, the newest first.
"""

from __future__ import annotations

import json
import uuid

from mlops_sandbox.databricks.notifications import delivery
from mlops_sandbox.databricks.principals import require_admin
from mlops_sandbox.databricks.shapes import shaped
from mlops_sandbox.errors import already_exists, invalid, not_found
from mlops_sandbox.server.routing import Call, Json, Routes
from mlops_sandbox.store import Document

routes = Routes()

_API = "/api/2.0/notification-destinations"
_TYPES = {
    "email": "EMAIL",
    "generic_webhook": "WEBHOOK",
    "microsoft_teams": "MICROSOFT_TEAMS",
    "pagerduty": "PAGERDUTY",
    "slack": "SLACK",
}
#: What each kind of destination can't do without.
_NEEDED = {
    "email": "addresses",
    "generic_webhook": "url",
    "microsoft_teams": "url",
    "pagerduty": "integration_key",
    "slack": "url",
}
_SECRET = (
    "url",
    "password",
    "username",
    "integration_key",
    "channel_id",
    "oauth_token",
    "app_id",
    "auth_secret",
    "channel_url",
    "tenant_id",
)


def _config(call: Call) -> tuple[str, Json]:
    """The kind and the settings of the body's destination."""
    given = shaped("settings.Config", call.body["config"], "config")
    if len(given) != 1:
        raise invalid(f"config must have exactly one of {', '.join(_TYPES)}; it has {len(given)}.")
    kind, settings = next(iter(given.items()))
    # A Teams destination may be an app's instead of a URL's.
    if not settings.get(_NEEDED[kind]) and not (kind == "microsoft_teams" and settings.get("app_id")):
        raise invalid(f"config.{kind}.{_NEEDED[kind]} is missing.")
    return kind, settings


def _kept(call: Call, kind: str, settings: Json) -> Document:
    sealed = call.sandbox.cipher.encrypt(json.dumps(settings).encode()).decode()
    return {"destination_type": _TYPES[kind], "kind": kind, "sealed": sealed}


def _answer(call: Call, document: Document) -> Json:
    """The destination; of a secret, whether it is set."""
    settings = delivery.opened(call.sandbox, document)
    shown: Json = {name: value for name, value in settings.items() if name == "addresses"}
    shown |= {f"{name}_set": True for name in _SECRET if settings.get(name)}
    named = {name: document[name] for name in ("id", "display_name", "destination_type")}
    return {**named, "config": {document["kind"]: shown}}


def _found(call: Call) -> Document:
    found = call.store.get(delivery.KIND, call.path["id"])
    if found is None:
        raise not_found(f"Notification destination {call.path['id']} does not exist.")
    return found


def _free_name(call: Call, name: str, identity: str) -> None:
    if any(
        each["display_name"] == name and each["id"] != identity
        for each in call.store.documents(delivery.KIND)
    ):
        raise already_exists(f"Notification destination with name {name} already exists.")


@routes.post(_API)
def create_destination(call: Call) -> Json:
    """Make a destination."""
    require_admin(call)
    name = str(call.required("display_name"))
    call.required("config")
    identity = str(uuid.uuid4())
    with call.store.transaction():
        _free_name(call, name, identity)
        document = {"id": identity, "display_name": name, **_kept(call, *_config(call))}
        return _answer(call, call.store.put(delivery.KIND, identity, document))


@routes.get(_API)
def list_destinations(call: Call) -> Json:
    """All destinations, without their settings."""
    fields = ("id", "display_name", "destination_type")
    return {
        "results": [{name: each[name] for name in fields} for each in call.store.documents(delivery.KIND)]
    }


@routes.get(f"{_API}/{{id}}")
def get_destination(call: Call) -> Json:
    """One destination."""
    return _answer(call, _found(call))


@routes.patch(f"{_API}/{{id}}")
def update_destination(call: Call) -> Json:
    """Change the name, the settings, or both; the type stays."""
    require_admin(call)
    with call.store.transaction():
        document = _found(call)
        name = str(call.body.get("display_name") or document["display_name"])
        _free_name(call, name, document["id"])
        changed = {**document, "display_name": name}
        if call.body.get("config"):
            changed |= _kept(call, *_config(call))
        if changed["destination_type"] != document["destination_type"]:
            raise invalid("The type of a notification destination can't be changed.")
        return _answer(call, call.store.put(delivery.KIND, document["id"], changed))


@routes.delete(f"{_API}/{{id}}")
def delete_destination(call: Call) -> Json:
    """Delete a destination."""
    require_admin(call)
    call.store.delete(delivery.KIND, _found(call)["id"])
    return {}


@routes.get("/sandbox/notifications")
def sent_notifications(call: Call) -> Json:
    """What was sent from this workspace, the newest first: to whom, what about, and what became of it."""
    return {"notifications": call.store.documents(delivery.SENT)[::-1]}
