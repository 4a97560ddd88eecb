"""Permissions of workspace objects, enforced: held by a caller itself, by a group, on a folder above."""

from __future__ import annotations

from pathlib import PurePosixPath

from mlops_sandbox.databricks.object_types import KIND, TYPES
from mlops_sandbox.databricks.principals import Principal, caller
from mlops_sandbox.errors import ApiError, denied
from mlops_sandbox.server.routing import Call
from mlops_sandbox.store import Store

_PRINCIPALS = ("user_name", "group_name", "service_principal_name")
_FILES = {"DIRECTORY": "directories", "NOTEBOOK": "notebooks", "FILE": "files"}
_OBJECT = "workspace_object"
Object = tuple[str, str]
"""A type and an id, as the permissions API's path has them."""


def _holds(store: Store, who: Principal, found: Object, level: str) -> bool:
    """Whether a caller has at least a level directly on an object."""
    levels = TYPES[found[0]].levels
    if level not in levels:
        return False
    # An owner may do what anyone may.
    order = sorted(levels, key=lambda each: (each == "IS_OWNER", levels.index(each)))
    enough = order[order.index(level) :]
    controls = (store.get(KIND, "/".join(found)) or {}).get("access_control_list", [])
    return any(
        entry["permission_level"] in enough
        and who.is_any_of(entry[field] for field in _PRINCIPALS if field in entry)
        for entry in controls
    )


def may(store: Store, who: Principal, found: Object, level: str) -> bool:
    """Whether a caller has at least a level on an object; workspace admins have every one.

    Args:
        store: the workspace's documents.
        who: the caller.
        found: the object; of a workspace file or folder, permissions of the folders above count too.
        level: the level that is needed.
    """
    if who.admin or _holds(store, who, found, level):
        return True
    if found[0] in _FILES.values():
        path = _path_of(store, found[1])
        return path is not None and may_at(store, who, path, level)
    return False


def _path_of(store: Store, object_id: str) -> str | None:
    return next((key for key, each in store.items(_OBJECT) if each["resource_id"] == object_id), None)


def may_at(store: Store, who: Principal, path: str, level: str) -> bool:
    """Whether a caller has at least a level on what is at a workspace path, or would be there."""
    if who.admin or path == f"/Users/{who.name}" or path.startswith(f"/Users/{who.name}/"):
        return True
    # Everyone manages what is in Shared, as in every new workspace, and may look at the tree's own folders.
    if path == "/Shared" or path.startswith("/Shared/"):
        return True
    if path in {"/", "/Users"}:
        return level == "CAN_READ"
    for step in (path, *map(str, PurePosixPath(path).parents)):
        found = store.get(_OBJECT, step)
        if found and _holds(store, who, (_FILES[found["object_type"]], found["resource_id"]), level):
            return True
    return False


def refusal(who: Principal, title: str, level: str) -> ApiError:
    """403, as the workspace says it."""
    words = level.replace("CAN_", "").replace("IS_", "").replace("_", " ").title()
    return denied(
        f"{who.name} does not have {words} permissions on {title}. "
        "Please contact the owner or an administrator for access."
    )


def require(call: Call, object_type: str, object_id: int | str, level: str, title: str = "") -> None:
    """Refuse a caller that has less than a level on an object.

    Args:
        call: the request.
        object_type: the type as the permissions API's path has it (`jobs`, `sql/warehouses`).
        object_id: the object's id there.
        level: the level that is needed.
        title: what the message calls the object.

    Raises:
        ApiError: 403.
    """
    who = caller(call)
    if not may(call.store, who, (object_type, str(object_id)), level):
        raise refusal(who, title or f"{TYPES[object_type].name} {object_id}", level)


def require_at(call: Call, path: str, level: str) -> None:
    """Refuse a caller that has less than a level on what is at a workspace path with 403."""
    who = caller(call)
    if not may_at(call.store, who, path, level):
        raise refusal(who, path, level)
