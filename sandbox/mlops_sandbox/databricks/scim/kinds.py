"""SCIM's resource types, and what is there from the start."""

from __future__ import annotations

from dataclasses import dataclass

from mlops_sandbox.context import DEFAULT_USER
from mlops_sandbox.store import Document, Store

_SCHEMA = "urn:ietf:params:scim:schemas:core:2.0"
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


def standing(store: Store, kind: PrincipalType) -> list[Document]:
    """What is there from the start; an account has no groups like a workspace's."""
    return [] if kind is GROUPS and store.workspace.startswith(ACCOUNT_SCOPE) else _STANDING[kind.kind]


def own(store: Store, kind: PrincipalType) -> list[Document]:
    """The resources of a type that a workspace or an account has itself, the standing ones first."""
    stored = dict(store.items(kind.kind))
    first = [stored.pop(each["id"], each) for each in standing(store, kind)]
    return first + list(stored.values())
