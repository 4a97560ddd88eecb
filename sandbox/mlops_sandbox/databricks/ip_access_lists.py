"""IP access lists: `/api/2.0/ip-access-lists`, of a workspace and of the account.

A workspace's decide who may call it, once its switch `enableIpAccessLists` is on. A sandbox is called from
this machine alone: MLOPS_SANDBOX_CALLER_ADDRESS says as which address it counts. The account's are kept.
"""

from __future__ import annotations

import os
import time
import uuid
from ipaddress import AddressValueError, IPv4Address, IPv4Network, NetmaskValueError

from mlops_sandbox.context import Sandbox
from mlops_sandbox.databricks.account.scope import AccountRoutes
from mlops_sandbox.databricks.principals import admins_only
from mlops_sandbox.databricks.scim.kinds import ACCOUNT_SCOPE
from mlops_sandbox.errors import ApiError, already_exists, denied, invalid, not_found
from mlops_sandbox.server.routing import Call, Json, Routes
from mlops_sandbox.store import Document, Store

routes = Routes()
_account = AccountRoutes()

#: The variable with the address that calls from this machine (127.0.0.1) count as.
CALLER_ADDRESS = "MLOPS_SANDBOX_CALLER_ADDRESS"
#: The document with a workspace's switches.
CONF_KIND, CONF = "workspace_conf", "switches"
_SWITCH = "enableIpAccessLists"
_HERE = "127.0.0.1"
_KIND = "ip_access_list"
_API = "/api/2.0/ip-access-lists"
_TYPES = ("ALLOW", "BLOCK")
#: How many addresses and ranges all lists together may have.
_MOST = 1000
#: The API tells who it was by number; the sandbox's user has this one.
_CALLER = 100000000000001
_FIELDS = ("label", "list_type", "ip_addresses", "enabled")


def _lets_in(store: Store, address: str) -> bool:
    """Whether a workspace's lists let an address in: no BLOCK list has it; one of any ALLOW lists has."""
    if ((store.get(CONF_KIND, CONF) or {}).get(_SWITCH) or "").lower() != "true":
        return True
    caller = IPv4Address(address)
    lists = [each for each in store.documents(_KIND) if each["enabled"]]
    has = {
        kind: [
            any(caller in IPv4Network(each, strict=False) for each in one["ip_addresses"])
            for one in lists
            if one["list_type"] == kind
        ]
        for kind in _TYPES
    }
    return not any(has["BLOCK"]) and (any(has["ALLOW"]) or not has["ALLOW"])


def _seen_as(address: str) -> str:
    return os.environ.get(CALLER_ADDRESS, address) if address == _HERE else address


def check_address(sandbox: Sandbox, workspace: str, address: str) -> None:
    """Refuse a caller whose address a workspace's lists do not let in with 403."""
    seen = _seen_as(address)
    if not _lets_in(sandbox.store(workspace), seen):
        raise denied(f"Source IP address: {seen} is blocked by Databricks IP ACL for workspace: {workspace}")


def keep_caller_in(call: Call) -> None:
    """Refuse, within a transaction, what would lock out who calls with 400 INVALID_STATE."""
    address = _seen_as(call.request.client.host if call.request.client else _HERE)
    if not call.workspace.startswith(ACCOUNT_SCOPE) and not _lets_in(call.store, address):
        raise ApiError(
            400, "INVALID_STATE", f"Your current IP {address} will not be allowed to access the workspace."
        )


def _kept(call: Call, document: Document) -> Json:
    """Keep a list that is right, unless it would lock out who calls."""
    kept = call.store.put(_KIND, document["list_id"], _checked(call, document))
    keep_caller_in(call)
    return {"ip_access_list": kept}


def _checked(call: Call, document: Document) -> Document:
    if document["list_type"] not in _TYPES:
        raise invalid(f"list_type is {document['list_type']!r}; it can be ALLOW or BLOCK.")
    addresses = document["ip_addresses"]
    if not isinstance(addresses, list) or not addresses:
        raise invalid("ip_addresses must be a list with at least one address or CIDR range.")
    for address in addresses:
        try:
            IPv4Network(address, strict=False)
        except (AddressValueError, NetmaskValueError, ValueError):
            raise invalid(f"{address!r} is not an IPv4 address or CIDR range.") from None
    others = [each for each in call.store.documents(_KIND) if each["list_id"] != document["list_id"]]
    if any(each["label"] == document["label"] for each in others):
        raise already_exists(f"An IP access list with the label {document['label']} already exists.")
    if len(addresses) + sum(each["address_count"] for each in others) > _MOST:
        message = f"All IP access lists together can have {_MOST} addresses."
        raise ApiError(400, "QUOTA_EXCEEDED", message)
    changed = {"address_count": len(addresses), "updated_at": int(time.time() * 1000)}
    return {**document, **changed, "updated_by": _CALLER}


def create_list(call: Call) -> Json:
    """Make a list; it is enabled."""
    document = {
        "list_id": str(uuid.uuid4()),
        **{name: call.required(name) for name in ("label", "list_type", "ip_addresses")},
        "enabled": True,
        "created_at": int(time.time() * 1000),
        "created_by": _CALLER,
    }
    with call.store.transaction():
        return _kept(call, document)


def list_lists(call: Call) -> Json:
    """All lists."""
    return {"ip_access_lists": call.store.documents(_KIND)}


def get_list(call: Call) -> Json:
    """One list."""
    found = call.store.get(_KIND, call.path["id"])
    if found is None:
        raise not_found(f"IP access list {call.path['id']} does not exist.")
    return {"ip_access_list": found}


def update_list(call: Call) -> Json:
    """Change what is given."""
    with call.store.transaction():
        before = get_list(call)["ip_access_list"]
        given = {name: call.body[name] for name in _FIELDS if call.body.get(name) is not None}
        return _kept(call, {**before, **given})


def replace_list(call: Call) -> Json:
    """Replace all of a list."""
    for name in _FIELDS:
        if name not in call.body:
            raise invalid(f"Missing required field: {name}")
    return update_list(call)


def delete_list(call: Call) -> Json:
    """Delete a list."""
    call.store.delete(_KIND, get_list(call)["ip_access_list"]["list_id"])
    return {}


for _method, _path, _answer in (
    ("POST", "", create_list),
    ("GET", "", list_lists),
    ("GET", "/{id}", get_list),
    ("PATCH", "/{id}", update_list),
    ("PUT", "/{id}", replace_list),
    ("DELETE", "/{id}", delete_list),
):
    getattr(routes, _method.lower())(f"{_API}{_path}")(admins_only(_answer))
    _account.on(_method, f"ip-access-lists{_path}")(_answer)
routes.table += _account.routes.table
