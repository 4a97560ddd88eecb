"""What is assigned to a workspace from the account: principals with permissions, and its metastore."""

from __future__ import annotations

from mlops_sandbox.databricks.account.scope import AccountRoutes
from mlops_sandbox.databricks.account.workspaces import workspace
from mlops_sandbox.databricks.scim.assigned import WORKSPACE_ASSIGNMENT
from mlops_sandbox.databricks.scim.assignments import checked_permissions, principals
from mlops_sandbox.errors import not_found
from mlops_sandbox.server.routing import Call, Json

api = AccountRoutes()

_METASTORE = "metastore_assignment"
_PRINCIPALS = "workspaces/{workspace}/permissionassignments"
_ONE = "workspaces/{workspace}/metastores/{metastore}"


@api.on("GET", _PRINCIPALS)
def list_assignments(call: Call) -> Json:
    """Every principal that is assigned to the workspace, with what it may."""
    prefix, known = f"{workspace(call)['workspace_id']}/", principals(call.store)
    held = [
        (key.removeprefix(prefix), value) for key, value in call.store.items(WORKSPACE_ASSIGNMENT, prefix)
    ]
    return {
        "permission_assignments": [
            {"permissions": value["permissions"], "principal": known[identity]}
            for identity, value in held
            if identity in known
        ]
    }


@api.on("PUT", _PRINCIPALS + "/principals/{id}")
def assign(call: Call) -> Json:
    """Set what a principal may in the workspace."""
    identity, known = call.path["id"], principals(call.store)
    workspace(call)
    if identity not in known:
        raise not_found(f"Principal {identity} does not exist.")
    permissions = checked_permissions(call.body.get("permissions"))
    call.store.put(WORKSPACE_ASSIGNMENT, f"{call.path['workspace']}/{identity}", {"permissions": permissions})
    return {"permissions": permissions, "principal": known[identity]}


@api.on("DELETE", _PRINCIPALS + "/principals/{id}")
def unassign(call: Call) -> Json:
    """Take a principal out of the workspace; one that is not in it is fine."""
    workspace(call)
    call.store.delete(WORKSPACE_ASSIGNMENT, f"{call.path['workspace']}/{call.path['id']}")
    return {}


@api.on("GET", "workspaces/{workspace}/metastore")
def get_metastore(call: Call) -> Json:
    """The workspace's metastore."""
    workspace(call)
    found = call.store.get(_METASTORE, call.path["workspace"])
    if found is None:
        raise not_found(f"Workspace {call.path['workspace']} has no metastore.")
    return {"metastore_assignment": found}


def set_metastore(call: Call) -> Json:
    """Give the workspace a metastore, instead of the one that it may have."""
    identity = workspace(call)["workspace_id"]
    given = call.body.get("metastore_assignment") or {}
    assigned = {
        "workspace_id": identity,
        "metastore_id": call.path["metastore"],
        "default_catalog_name": given.get("default_catalog_name", ""),
    }
    call.store.put(_METASTORE, call.path["workspace"], assigned)
    return {}


api.on("POST", _ONE)(set_metastore)
api.on("PUT", _ONE)(set_metastore)


@api.on("DELETE", _ONE)
def take_metastore(call: Call) -> Json:
    """Take the metastore away, unless the workspace has another one by now."""
    found = call.store.get(_METASTORE, call.path["workspace"])
    if found and found["metastore_id"] == call.path["metastore"]:
        call.store.delete(_METASTORE, call.path["workspace"])
    return {}
