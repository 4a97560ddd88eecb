"""Who of the account may use the workspace: `/api/2.0/preview/permissionassignments`."""

from __future__ import annotations

from mlops_sandbox.databricks.principals import admins_only
from mlops_sandbox.databricks.scim import assigned
from mlops_sandbox.databricks.scim.directory import ASSIGNMENT, TYPES, everyone
from mlops_sandbox.errors import invalid, not_found
from mlops_sandbox.server.routing import Call, Json, Routes
from mlops_sandbox.store import Store

routes = Routes()

_ROOT = "/api/2.0/preview/permissionassignments"
_LEVELS = {"USER", "ADMIN"}
#: The field that names a principal of each type, and the attribute that it holds.
_NAMES = {
    "Users": ("user_name", "userName"),
    "Groups": ("group_name", "displayName"),
    "ServicePrincipals": ("service_principal_name", "applicationId"),
}


def principals(store: Store) -> dict[str, Json]:
    """Every principal as assignments name it, by id."""
    found: dict[str, Json] = {}
    for path, kind in TYPES.items():
        field, attribute = _NAMES[path]
        for each in everyone(store, kind):
            shown = each.get("displayName") or each[attribute]
            found[each["id"]] = {
                "principal_id": int(each["id"]),
                "display_name": shown,
                field: each[attribute],
            }
    return found


def checked_permissions(permissions: object) -> list[str]:
    """What a principal may in a workspace: USER, ADMIN or both.

    Raises:
        ApiError: 400 for anything else.
    """
    if not isinstance(permissions, list) or not permissions or not _LEVELS.issuperset(permissions):
        raise invalid(f"permissions must be a list of {' and '.join(sorted(_LEVELS))}.")
    return permissions


def _known(store: Store) -> dict[str, Json]:
    """Everyone who is in the workspace or may be assigned to it, by id."""
    accounts = [principals(account) for account in assigned.accounts(store)]
    return {key: value for known in [*accounts, principals(store)] for key, value in known.items()}


def _assign(call: Call, identity: str, permissions: object) -> Json:
    principal = _known(call.store).get(identity)
    if principal is None:
        raise not_found(f"Principal {identity} does not exist.")
    held = {"permissions": checked_permissions(permissions)}
    account = assigned.home(call.store, identity)
    if account is None:
        call.store.put(ASSIGNMENT, identity, held)
    else:
        account.put(assigned.WORKSPACE_ASSIGNMENT, f"{call.workspace}/{identity}", held)
    return {**held, "principal": principal}


def _identity_of(store: Store, wanted: Json) -> str:
    """The id of the principal that a body names."""
    for identity, principal in _known(store).items():
        if any(field in wanted and wanted[field] == principal.get(field) for field, _ in _NAMES.values()):
            return identity
    named = {field: wanted[field] for field, _ in _NAMES.values() if field in wanted}
    raise not_found(f"No principal is {named}.")


@routes.get(_ROOT)
def list_assignments(call: Call) -> Json:
    """Every assigned principal with what it may."""
    known, prefix = _known(call.store), f"{call.workspace}/"
    held = call.store.items(ASSIGNMENT)
    for account in assigned.accounts(call.store):
        of_account = account.items(assigned.WORKSPACE_ASSIGNMENT, prefix)
        held += [(key.removeprefix(prefix), value) for key, value in of_account]
    return {
        "permission_assignments": [
            {"permissions": assignment["permissions"], "principal": known[identity]}
            for identity, assignment in held
            if identity in known
        ]
    }


@routes.post(_ROOT)
@admins_only
def assign_by_name(call: Call) -> Json:
    """Assign principals by their names."""
    wanted = call.body.get("permission_assignments", [])
    with call.store.transaction():
        made = [_assign(call, _identity_of(call.store, each), each.get("permissions")) for each in wanted]
    return {"permission_assignments": made}


@routes.put(f"{_ROOT}/principals/{{id}}")
@admins_only
def assign(call: Call) -> Json:
    """Set what a principal may."""
    return _assign(call, call.path["id"], call.body.get("permissions"))


@routes.delete(f"{_ROOT}/principals/{{id}}")
@admins_only
def unassign(call: Call) -> Json:
    """Take a principal out of the workspace."""
    identity = call.path["id"]
    if not (call.store.delete(ASSIGNMENT, identity) or assigned.unassign(call.store, identity)):
        raise not_found(f"Principal {call.path['id']} is not assigned to the workspace.")
    return {}
