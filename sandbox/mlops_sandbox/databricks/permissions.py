"""Permissions of workspace objects: `/api/2.0/permissions/{type}/{id}`.

An object has one list of direct permissions, kept as the document `permissions` with the key
`<type>/<id>` (`jobs/123`, `sql/warehouses/abc`). Administrators' rights are inherited and never stored.
"""

from __future__ import annotations

from typing import Any

from mlops_sandbox.context import DEFAULT_USER
from mlops_sandbox.databricks import object_access
from mlops_sandbox.databricks.object_types import KIND, TYPES, ObjectType
from mlops_sandbox.databricks.principals import ACCOUNT_USERS, field_of, require_admin
from mlops_sandbox.errors import invalid, not_found
from mlops_sandbox.server.routing import Call, Json, Routes
from mlops_sandbox.store import Store

routes = Routes()

_PRINCIPALS = ("user_name", "group_name", "service_principal_name")
#: The SDK's warehouse client leaves the first segment out.
_ALIASES = {"warehouses": "sql/warehouses"}


def on_create(store: Store, object_type: str, object_id: int | str, owner: str) -> None:
    """Give a new object its creator's permission: IS_OWNER where there are owners, else CAN_MANAGE.

    Args:
        store: the documents of the object's workspace.
        object_type: the type as the API's path has it (`jobs`, `sql/warehouses`).
        object_id: the object's id as the API's path has it.
        owner: the creator's user name.
    """
    kind = TYPES[object_type]
    # A policy has no level that its creator would need: administrators alone manage policies.
    level = "IS_OWNER" if kind.owned else kind.highest
    direct = [] if kind.highest == "CAN_USE" else [{field_of(owner): owner, "permission_level": level}]
    store.put(KIND, f"{object_type}/{object_id}", {"access_control_list": direct})


def on_delete(store: Store, object_type: str, object_id: int | str) -> None:
    """Forget the permissions of an object that is gone."""
    store.delete(KIND, f"{object_type}/{object_id}")


def _object(call: Call) -> tuple[str, ObjectType, str]:
    """The path's type (its name in the API and what it allows) and id."""
    area = call.path.get("area")
    name = f"{area}/{call.path['type']}" if area else call.path["type"]
    name = _ALIASES.get(name, name)
    if name not in TYPES:
        raise invalid(f"'{name}' is not a supported object type of the permissions API.")
    return name, TYPES[name], call.path["id"]


def _direct(call: Call) -> list[Json]:
    """The object's own permissions: `{principal kind: name, "permission_level": …}`."""
    name, kind, object_id = _object(call)
    document = call.store.get(KIND, f"{name}/{object_id}")
    if document is None and kind.made_elsewhere:
        on_create(call.store, name, object_id, DEFAULT_USER)
        document = call.store.get(KIND, f"{name}/{object_id}")
    if document is None:
        raise not_found(f"{kind.name} {object_id} does not exist.")
    direct: list[Json] = document["access_control_list"]
    return direct


def _principal(entry: Json) -> tuple[str, str]:
    named = [(kind, str(entry[kind])) for kind in _PRINCIPALS if entry.get(kind)]
    if len(named) != 1:
        raise invalid("Each access control needs one of user_name, group_name, service_principal_name.")
    return named[0]


def _requested(call: Call, kind: ObjectType) -> list[Json]:
    """The body's permissions, each checked."""
    entries = call.body.get("access_control_list", [])
    if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        raise invalid("access_control_list must be a list of objects.")
    wanted: list[Json] = []
    for entry in entries:
        who, name = _principal(entry)
        level = entry.get("permission_level")
        if level not in kind.levels:
            allowed = ", ".join(kind.levels)
            raise invalid(f"Permission level {level!r} is not one of a {kind.name}'s: {allowed}.")
        if (who, name) == ("group_name", ACCOUNT_USERS):
            # The account's group of everyone; here that is `users`.
            raise not_found(f"Principal: GroupName({name}) does not exist")
        if level == "IS_OWNER" and who == "group_name":
            raise invalid("Groups can not be owners.")
        granted = {who: name, "permission_level": level}
        if granted not in wanted:
            wanted.append(granted)
    return wanted


def _lowest(kind: ObjectType) -> str:
    return next(level for level in kind.levels if level != "IS_OWNER")


def _require_manager(call: Call, name: str, kind: ObjectType, object_id: str) -> None:
    """Who manages an object says who may do what with it; of cluster policies, only admins do."""
    if kind.highest == "CAN_USE":
        require_admin(call)
    else:
        object_access.require(call, name, object_id, kind.highest)


def _owners(direct: list[Json]) -> list[Json]:
    return [entry for entry in direct if entry["permission_level"] == "IS_OWNER"]


def _write(call: Call, direct: list[Json]) -> Json:
    name, kind, object_id = _object(call)
    if kind.owned and len(_owners(direct)) != 1:
        raise invalid(f"The {kind.name} must have exactly one owner.")
    call.store.put(KIND, f"{name}/{object_id}", {"access_control_list": direct})
    return _answer(name, kind, object_id, direct)


def _answer(name: str, kind: ObjectType, object_id: str, direct: list[Json]) -> Json:
    listed: dict[tuple[str, str], list[Json]] = {}
    for entry in direct:
        held = listed.setdefault(_principal(entry), [])
        held.append({"inherited": False, "permission_level": entry["permission_level"]})
    inherited = {
        "inherited": True,
        "inherited_from_object": [kind.inherits_from],
        "permission_level": kind.highest,
    }
    listed.setdefault(("group_name", "admins"), []).append(inherited)
    controls: list[Json] = []
    for (who, principal), permissions in listed.items():
        control: dict[str, Any] = {"all_permissions": permissions, who: principal}
        if who != "group_name":
            control["display_name"] = principal
        controls.append(control)
    return {"access_control_list": controls, "object_id": f"/{name}/{object_id}", "object_type": kind.name}


@routes.get(
    "/api/2.0/permissions/{type}/{id}/permissionLevels",
    "/api/2.0/permissions/{area}/{type}/{id}/permissionLevels",
)
def permission_levels(call: Call) -> Json:
    """The levels that may be given on the object."""
    _, kind, _ = _object(call)
    _direct(call)
    levels = [
        {"permission_level": level, "description": level.replace("_", " ").capitalize()}
        for level in kind.levels
    ]
    return {"permission_levels": levels}


@routes.get("/api/2.0/permissions/{type}/{id}", "/api/2.0/permissions/{area}/{type}/{id}")
def get_permissions(call: Call) -> Json:
    """Everyone's permissions on the object, inherited ones too."""
    name, kind, object_id = _object(call)
    direct = _direct(call)
    object_access.require(call, name, object_id, _lowest(kind))
    return _answer(name, kind, object_id, direct)


@routes.put("/api/2.0/permissions/{type}/{id}", "/api/2.0/permissions/{area}/{type}/{id}")
def set_permissions(call: Call) -> Json:
    """Replace all direct permissions."""
    with call.store.transaction():
        current = _direct(call)
        name, kind, object_id = _object(call)
        _require_manager(call, name, kind, object_id)
        direct = _requested(call, kind)
        if name != "jobs" and not _owners(direct):
            # A job refuses to be without an owner, everything else keeps the one it has.
            direct += _owners(current)
        return _write(call, direct)


@routes.patch("/api/2.0/permissions/{type}/{id}", "/api/2.0/permissions/{area}/{type}/{id}")
def update_permissions(call: Call) -> Json:
    """Change the direct permissions of the principals that the body names."""
    with call.store.transaction():
        current = _direct(call)
        name, kind, object_id = _object(call)
        _require_manager(call, name, kind, object_id)
        wanted = _requested(call, kind)
        named = {_principal(entry) for entry in wanted}
        if _owners(wanted):
            named |= {_principal(entry) for entry in _owners(current)}
        kept = [entry for entry in current if _principal(entry) not in named]
        return _write(call, kept + wanted)
