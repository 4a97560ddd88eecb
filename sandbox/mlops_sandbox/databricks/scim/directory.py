"""Who there is: the principals of a workspace and the groups that they are in."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from dataclasses import dataclass

from mlops_sandbox.context import DEFAULT_USER
from mlops_sandbox.errors import ScimError
from mlops_sandbox.store import Document, Store

_SCHEMA = "urn:ietf:params:scim:schemas:core:2.0"
_FIRST_ID = 200000000000001
#: The kind of the documents that say what a principal may in the workspace.
ASSIGNMENT = "permission_assignment"
#: How the names of the accounts' stores begin.
ACCOUNT_SCOPE = "account-"


@dataclass(frozen=True)
class PrincipalType:
    """One of SCIM's resource types."""

    path: str
    kind: str
    label: str
    naming: str
    """The attribute that must be unique."""
    fields: tuple[str, ...]
    """What a caller may set."""

    @property
    def schema(self) -> str:
        """The schema that every resource of the type names."""
        return f"{_SCHEMA}:{self.label}"


GROUPS = PrincipalType(
    "Groups",
    "group",
    "Group",
    "displayName",
    ("displayName", "externalId", "entitlements", "roles", "members"),
)
SERVICE_PRINCIPALS = PrincipalType(
    "ServicePrincipals",
    "service_principal",
    "ServicePrincipal",
    "applicationId",
    ("applicationId", "displayName", "externalId", "active", "entitlements", "roles"),
)
USERS = PrincipalType(
    "Users",
    "user",
    "User",
    "userName",
    ("userName", "displayName", "name", "emails", "externalId", "active", "entitlements", "roles"),
)
TYPES = {kind.path: kind for kind in (GROUPS, SERVICE_PRINCIPALS, USERS)}

_STANDING: dict[str, list[Document]] = {
    "user": [
        {"id": "100000000000001", "userName": DEFAULT_USER, "displayName": DEFAULT_USER, "active": True},
    ],
    "group": [
        {
            "id": "100000000000002",
            "displayName": "admins",
            "members": [{"value": "100000000000001"}],
        },
        {
            "id": "100000000000003",
            "displayName": "users",
            "members": [{"value": "100000000000001"}],
        },
    ],
    "service_principal": [],
}


def _standing(store: Store, kind: PrincipalType) -> list[Document]:
    """What is there from the start; an account has no groups like a workspace's."""
    return [] if kind is GROUPS and store.workspace.startswith(ACCOUNT_SCOPE) else _STANDING[kind.kind]


def everyone(store: Store, kind: PrincipalType) -> list[Document]:
    """All resources of a type, the ones that every workspace has first."""
    stored = dict(store.items(kind.kind))
    standing = [stored.pop(each["id"], each) for each in _standing(store, kind)]
    return standing + list(stored.values())


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
        made["id"] = str(store.next_id("scim", _FIRST_ID))
        return store.put(kind.kind, made["id"], made)


def replace(store: Store, kind: PrincipalType, identity: str, body: Document) -> Document:
    """Set everything that a caller may set anew.

    Raises:
        ScimError: 404 when it is not there, 409 when the new name is taken.
    """
    with store.transaction():
        before = find(store, kind, identity)
        after = cleaned(kind, body)
        after.setdefault(kind.naming, before[kind.naming])
        _refuse_taken_name(store, kind, after[kind.naming], identity)
        return store.put(kind.kind, identity, {**after, "id": identity})


def delete(store: Store, kind: PrincipalType, identity: str) -> None:
    """Delete a resource and take it out of its groups.

    Raises:
        ScimError: 404 when it is not there, 403 for what every workspace has.
    """
    with store.transaction():
        gone = find(store, kind, identity)
        if any(each["id"] == identity for each in _standing(store, kind)):
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
