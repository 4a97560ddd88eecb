"""The account's workspaces: each gets an address of its own, where it is empty at first."""

from __future__ import annotations

import time
import uuid

from starlette.responses import JSONResponse, Response

from mlops_sandbox.context import DEFAULT_USER, DEFAULT_WORKSPACE
from mlops_sandbox.databricks.account.scope import AccountRoutes, account_of
from mlops_sandbox.databricks.scim.assigned import WORKSPACE_ASSIGNMENT
from mlops_sandbox.databricks.scim.kinds import SERVICE_PRINCIPALS, USERS, own
from mlops_sandbox.errors import already_exists, denied, invalid, not_found
from mlops_sandbox.server.routing import Call, Json
from mlops_sandbox.store import Document

api = AccountRoutes()

_KIND = "workspace"
_FIRST_ID = 1000000000000100
_CREATED_WITH = (
    "aws_region",
    "cloud",
    "cloud_resource_container",
    "credentials_id",
    "custom_tags",
    "deployment_name",
    "location",
    "managed_services_customer_managed_key_id",
    "network_connectivity_config_id",
    "network_id",
    "private_access_settings_id",
    "storage_configuration_id",
    "storage_customer_managed_key_id",
)
_UPDATED_WITH = {*_CREATED_WITH, "workspace_name"} - {
    "cloud",
    "cloud_resource_container",
    "deployment_name",
    "location",
}


def workspaces(call: Call) -> list[Document]:
    """All workspaces of the account, the one that every sandbox has first."""
    standing: Document = {
        "account_id": account_of(call),
        "workspace_id": int(DEFAULT_WORKSPACE),
        "workspace_name": "sandbox",
        "deployment_name": "sandbox",
        "compute_mode": "SERVERLESS",
        "pricing_tier": "PREMIUM",
    }
    return [standing, *call.store.documents(_KIND)]


def workspace(call: Call) -> Document:
    """The workspace that the path names.

    Raises:
        ApiError: 404 when the account has none of that id.
    """
    for each in workspaces(call):
        if str(each["workspace_id"]) == call.path["workspace"]:
            return each
    raise not_found(f"Workspace {call.path['workspace']} does not exist.")


def _url(call: Call, document: Document) -> str:
    return call.sandbox.workspaces.url(str(document["workspace_id"]))


def _answer(call: Call, document: Document, status: str = "RUNNING", message: str = "") -> Json:
    told = {"workspace_status": status, "workspace_status_message": message or "Workspace is running."}
    return {**document, "workspace_url": _url(call, document), **told}


def _made_by_the_account(call: Call) -> Document:
    found = workspace(call)
    if str(found["workspace_id"]) == DEFAULT_WORKSPACE:
        raise denied("The sandbox's own workspace can't be changed or deleted.")
    return found


def _refuse_taken_name(call: Call, name: object, identity: int) -> None:
    if any(each["workspace_name"] == name and each["workspace_id"] != identity for each in workspaces(call)):
        raise already_exists(f"Workspace name {name} is already used in this account.")


def _make_admin(call: Call, identity: str) -> None:
    """Who makes a workspace administers it."""
    for kind in (SERVICE_PRINCIPALS, USERS):
        for each in own(call.store, kind):
            if each[kind.naming] == call.user and call.user != DEFAULT_USER:
                call.store.put(WORKSPACE_ASSIGNMENT, f"{identity}/{each['id']}", {"permissions": ["ADMIN"]})


@api.on("POST", "workspaces")
def create_workspace(call: Call) -> tuple[int, Json]:
    """Make a workspace: serverless, or classic with credentials and storage; it runs when asked next."""
    name = call.required("workspace_name")
    # Google's have a project instead of credentials and a bucket.
    classic = {"credentials_id", "storage_configuration_id"} <= call.body.keys()
    classic = classic or bool(call.body.get("cloud_resource_container"))
    mode = call.get("compute_mode") or ("HYBRID" if classic else "")
    if mode not in {"SERVERLESS", "HYBRID"} or (mode == "HYBRID" and not classic):
        raise invalid(
            "A workspace needs compute_mode SERVERLESS, or credentials and a storage configuration."
        )
    with call.store.transaction():
        _refuse_taken_name(call, name, 0)
        # One numbering for all accounts.
        identity = call.sandbox.store().next_id("workspace", _FIRST_ID)
        made: Document = {
            "account_id": account_of(call),
            "workspace_name": name,
            "workspace_id": identity,
            "deployment_name": f"dbc-{identity % 16**8:08x}-0001",
            "network_connectivity_config_id": str(uuid.uuid4()),
            **{field: call.body[field] for field in _CREATED_WITH if call.body.get(field) is not None},
            "compute_mode": mode,
            "pricing_tier": call.get("pricing_tier") or "PREMIUM",
            "creation_time": int(time.time() * 1000),
        }
        call.store.put(_KIND, str(identity), made)
        call.sandbox.workspaces.open(str(identity), account_of(call))
        _make_admin(call, str(identity))
    return 201, _answer(call, made, "PROVISIONING", "Workspace resources are being set up.")


@api.on("GET", "workspaces")
def list_workspaces(call: Call) -> Response:
    """All workspaces; the answer is a bare list."""
    return JSONResponse([_answer(call, each) for each in workspaces(call)])


@api.on("GET", "workspaces/{workspace}")
def get_workspace(call: Call) -> Json:
    """One workspace."""
    return _answer(call, workspace(call))


@api.on("PATCH", "workspaces/{workspace}")
def update_workspace(call: Call) -> Json:
    """Change the fields that `update_mask` names; without it, the ones that are sent."""
    named = [name for name in call.query.get("update_mask", "").split(",") if name] or list(call.body)
    unknown = sorted(set(named) - _UPDATED_WITH)
    if unknown:
        raise invalid(f"These fields of a workspace can't be changed: {', '.join(unknown)}.")
    with call.store.transaction():
        before = _made_by_the_account(call)
        after = {**before, **{name: call.body.get(name) for name in named}}
        after = {name: value for name, value in after.items() if value is not None}
        if not after.get("workspace_name"):
            raise invalid("A workspace must have a name.")
        _refuse_taken_name(call, after["workspace_name"], before["workspace_id"])
        call.store.put(_KIND, call.path["workspace"], after)
    return _answer(call, after, "PROVISIONING", "Workspace is being updated.")


@api.on("DELETE", "workspaces/{workspace}")
def delete_workspace(call: Call) -> Json:
    """Delete a workspace with everything in it; it is gone when asked next."""
    with call.store.transaction():
        gone = _made_by_the_account(call)
        call.store.delete(_KIND, call.path["workspace"])
        call.store.delete("metastore_assignment", call.path["workspace"])
        for key, _ in call.store.items(WORKSPACE_ASSIGNMENT, f"{call.path['workspace']}/"):
            call.store.delete(WORKSPACE_ASSIGNMENT, key)
    answer = _answer(call, gone, "CANCELLING", "Workspace is being deleted.")
    call.sandbox.delete_workspace(call.path["workspace"])
    return answer
