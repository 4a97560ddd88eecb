"""Who calls: a user or service principal with its groups, and whether it administers the workspace."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from mlops_sandbox.context import DEFAULT_USER, Sandbox
from mlops_sandbox.databricks.scim import assigned
from mlops_sandbox.databricks.scim.directory import ASSIGNMENT, everyone
from mlops_sandbox.databricks.scim.kinds import GROUPS, SERVICE_PRINCIPALS, USERS, own
from mlops_sandbox.errors import ApiError, denied
from mlops_sandbox.server.routing import Answer, Call
from mlops_sandbox.store import Document, Store

#: The account's group of everyone, as Unity Catalog knows it; permissions in a workspace don't.
ACCOUNT_USERS = "account users"
#: Groups that everyone is in, in a workspace and in an account.
_EVERYONE = {"users", ACCOUNT_USERS}
_APPLICATION = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_CALLER = "mlops.caller"
#: The role in SCIM of who administers an account.
_ACCOUNT_ADMIN = "account_admin"


@dataclass(frozen=True)
class Principal:
    """A caller, as permissions and grants name it."""

    name: str
    names: frozenset[str]
    """Its own name and those of all its groups."""
    admin: bool
    """Administers the workspace, or the account."""
    metastore_admin: bool = False

    def is_any_of(self, named: Iterable[str]) -> bool:
        """Whether one of the names is its own or a group's that it is in."""
        return not self.names.isdisjoint(named)


def field_of(name: str) -> str:
    """The field in which permissions have a caller: service principals are called by application ids."""
    return "service_principal_name" if _APPLICATION.fullmatch(name) else "user_name"


def _find(store: Store, user: str) -> Document | None:
    for kind in (SERVICE_PRINCIPALS, USERS):
        for each in everyone(store, kind):
            if each[kind.naming] == user and each.get("active", True):
                return each
    return None


def _groups(groups: list[Document], identity: str) -> set[str]:
    """The names of the groups that someone is in, through other groups too."""
    found: set[str] = set()
    waiting = [identity]
    while waiting:
        member = waiting.pop()
        for group in groups:
            inside = any(each["value"] == member for each in group.get("members", []))
            if inside and group["displayName"] not in found:
                found.add(group["displayName"])
                waiting.append(group["id"])
    return found


def principal_of(sandbox: Sandbox, workspace: str, user: str) -> Principal | None:
    """A user or service principal in a workspace; None when it is not in it, or not active."""
    if user == DEFAULT_USER:
        return Principal(user, frozenset({user, "admins", *_EVERYONE}), admin=True, metastore_admin=True)
    store = sandbox.store(workspace)
    found = _find(store, user)
    if found is None:
        return None
    groups = _groups(everyone(store, GROUPS), found["id"])
    levels = set((store.get(ASSIGNMENT, found["id"]) or {}).get("permissions", []))
    for account in assigned.accounts(store):
        # Grants may name groups of the account that are not in the workspace.
        groups |= _groups(own(account, GROUPS), found["id"])
        levels |= assigned.levels(account, workspace).get(found["id"], set())
    admin = "admins" in groups or "ADMIN" in levels
    return Principal(user, frozenset({user, *groups, *_EVERYONE}), admin=admin)


def principal_of_account(account: Store, user: str) -> Principal | None:
    """A user or service principal of an account; None when it is not in it, or not active.

    Args:
        account: the account's documents.
        user: its user name or application ID.
    """
    if user == DEFAULT_USER:
        return Principal(user, frozenset({user, *_EVERYONE}), admin=True, metastore_admin=True)
    found = _find(account, user)
    if found is None:
        return None
    groups = own(account, GROUPS)
    inside = _groups(groups, found["id"])
    holders = [found, *(each for each in groups if each["displayName"] in inside)]
    roles = {role["value"] for each in holders for role in each.get("roles", [])}
    return Principal(user, frozenset({user, *inside, *_EVERYONE}), admin=_ACCOUNT_ADMIN in roles)


def caller(call: Call) -> Principal:
    """Who calls.

    Raises:
        ApiError: 403, it is not in the workspace.
    """
    scope = call.request.scope
    known: Principal | None = scope.get(_CALLER)
    if known is None:
        known = principal_of(call.sandbox, call.workspace, call.user)
        if known is None:
            raise ApiError(403, "PERMISSION_DENIED", f"Unauthorized access to Org: {call.workspace}")
        scope[_CALLER] = known
    return known


def admins_only(handler: Callable[[Call], Answer]) -> Callable[[Call], Answer]:
    """The same handler, for workspace admins alone."""

    def answer(call: Call) -> Answer:
        require_admin(call)
        return handler(call)

    answer.__doc__ = handler.__doc__
    return answer


def require_admin(call: Call) -> None:
    """Refuse who does not administer the workspace with 403."""
    if not caller(call).admin:
        raise denied("Only workspace admins may do this.")
