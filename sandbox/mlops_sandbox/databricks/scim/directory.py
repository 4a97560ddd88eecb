"""Who there is: the principals of a workspace and the groups that they are in."""

from __future__ import annotations

import uuid
from collections.abc import Iterator

from mlops_sandbox.databricks.scim import assigned
from mlops_sandbox.databricks.scim.kinds import (
    ACCOUNT_SCOPE,
    ASSIGNMENT,
    GROUPS,
    SERVICE_PRINCIPALS,
    TYPES,
    USERS,
    PrincipalType,
    own,
    standing,
)
from mlops_sandbox.errors import ScimError
from mlops_sandbox.store import Document, Store
from mlops_sandbox.workspaces import DEFAULT_WORKSPACE

__all__ = ["ACCOUNT_SCOPE", "ASSIGNMENT", "GROUPS", "SERVICE_PRINCIPALS", "TYPES", "USERS", "PrincipalType"]

_FIRST_ID = 200000000000001
#: What a workspace can't change about a principal of the account.
_ACCOUNTS_OWN = ("applicationId", "userName", "displayName", "members", "active")


def everyone(store: Store, kind: PrincipalType) -> list[Document]:
    """All resources of a type: those of the workspace, then those that accounts have assigned to it."""
    listed = own(store, kind)
    known = {each["id"] for each in listed}
    return listed + [each for each in assigned.principals(store, kind) if each["id"] not in known]


def find(store: Store, kind: PrincipalType, identity: str) -> Document:
    """One resource.

    Raises:
        ScimError: 404 when there is none of that id.
    """
    for each in everyone(store, kind):
        if each["id"] == identity:
            return each
    raise ScimError(404, f"{kind.label} with id {identity} not found.")


def _refuse_taken_name(store: Store, kind: PrincipalType, name: str, identity: str) -> None:
    for each in everyone(store, kind):
        if each["id"] != identity and str(each.get(kind.naming, "")).lower() == name.lower():
            raise ScimError(409, f"{kind.label} with {kind.naming} {name} already exists.", "uniqueness")


def cleaned(kind: PrincipalType, body: Document) -> Document:
    """What a caller sets, without the empty values that SDKs send along (`entitlements: [{}]`)."""
    kept: Document = {}
    for field in kind.fields:
        value = body.get(field)
        if isinstance(value, list):
            value = [each for each in value if each]
        if value not in (None, [], ""):
            kept[field] = value
    return kept


def create(store: Store, kind: PrincipalType, body: Document) -> Document:
    """Make a resource; a service principal gets an application id if none is given.

    Raises:
        ScimError: 400 without a name, 409 when it is taken.
    """
    made = cleaned(kind, body)
    if kind is not GROUPS:
        made.setdefault("active", True)
    if kind is SERVICE_PRINCIPALS:
        made.setdefault("applicationId", str(uuid.uuid4()))
    if kind.naming not in made:
        raise ScimError(400, f"Missing required field: {kind.naming}", "invalidValue")
    with store.transaction():
        _refuse_taken_name(store, kind, made[kind.naming], "")
        # One numbering: a workspace shows its accounts' principals beside its own.
        made["id"] = str(Store(store.database, DEFAULT_WORKSPACE).next_id("scim", _FIRST_ID))
        return store.put(kind.kind, made["id"], made)


def replace(store: Store, kind: PrincipalType, identity: str, body: Document) -> Document:
    """Set everything that a caller may set anew; of an account's principal, what it is entitled to here.

    Raises:
        ScimError: 404 when it is not there, 409 when the new name is taken, 403 for what is the account's.
    """
    with store.transaction():
        before = find(store, kind, identity)
        after = cleaned(kind, body)
        if assigned.is_of_account(store, kind, identity):
            if any(after.get(name, before.get(name)) != before.get(name) for name in _ACCOUNTS_OWN):
                raise ScimError(403, f"{kind.label} {before[kind.naming]} is managed by the account.")
            assigned.entitle(store, identity, after.get("entitlements", []))
            return find(store, kind, identity)
        after.setdefault(kind.naming, before[kind.naming])
        _refuse_taken_name(store, kind, after[kind.naming], identity)
        return store.put(kind.kind, identity, {**after, "id": identity})


def delete(store: Store, kind: PrincipalType, identity: str) -> None:
    """Delete a resource and take it out of its groups; an account's principal leaves the workspace.

    Raises:
        ScimError: 404 when it is not there, 403 for what every workspace has.
    """
    with store.transaction():
        gone = find(store, kind, identity)
        if assigned.is_of_account(store, kind, identity):
            assigned.unassign(store, identity)
            return
        if any(each["id"] == identity for each in standing(store, kind)):
            raise ScimError(403, f"{kind.label} {gone[kind.naming]} can't be deleted.")
        for group in groups_of(store, identity):
            members = [member for member in group["members"] if member["value"] != identity]
            store.put(GROUPS.kind, group["id"], {**group, "members": members})
        store.delete(ASSIGNMENT, identity)
        store.delete(kind.kind, identity)


def groups_of(store: Store, identity: str) -> Iterator[Document]:
    """The groups that a principal is directly in."""
    for group in everyone(store, GROUPS):
        if any(member["value"] == identity for member in group.get("members", [])):
            yield group


def names(store: Store) -> dict[str, tuple[str, str]]:
    """Every principal's display name and reference (`Users/1`), by id."""
    return {
        each["id"]: (each.get("displayName") or each[kind.naming], f"{kind.path}/{each['id']}")
        for kind in TYPES.values()
        for each in everyone(store, kind)
    }
