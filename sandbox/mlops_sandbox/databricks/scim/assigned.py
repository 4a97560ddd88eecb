"""The accounts' principals in a workspace: who is assigned to it, alone or in a group, and as what."""

from __future__ import annotations

from mlops_sandbox.databricks.scim.kinds import ACCOUNT_SCOPE, GROUPS, TYPES, PrincipalType, own
from mlops_sandbox.store import Document, Store
from mlops_sandbox.workspaces import DEFAULT_WORKSPACE, account_of

#: The kind of an account's documents `<workspace>/<principal>`, and of a workspace's about entitlements.
WORKSPACE_ASSIGNMENT = "workspace_assignment"
_ENTITLEMENTS = "workspace_entitlements"


def all_accounts(store: Store) -> list[Store]:
    """The documents of every account that has any."""
    scopes = store.database.execute(
        "SELECT DISTINCT workspace FROM documents WHERE substr(workspace, 1, ?) = ? ORDER BY workspace",
        len(ACCOUNT_SCOPE),
        ACCOUNT_SCOPE,
    )
    return [Store(store.database, str(scope)) for (scope,) in scopes]


def accounts(store: Store) -> list[Store]:
    """The accounts that may assign principals to a workspace: its own; the sandbox's workspace is in all."""
    if store.workspace == DEFAULT_WORKSPACE:
        return all_accounts(store)
    account = account_of(store.database, store.workspace)
    return [] if account is None else [Store(store.database, ACCOUNT_SCOPE + account)]


def levels(account: Store, workspace: str) -> dict[str, set[str]]:
    """What each of an account's principals is in a workspace (USER, ADMIN), by id; groups pass it on."""
    direct = account.items(WORKSPACE_ASSIGNMENT, f"{workspace}/")
    held = {key.partition("/")[2]: set(value["permissions"]) for key, value in direct}
    members = {
        group["id"]: [each["value"] for each in group.get("members", [])] for group in own(account, GROUPS)
    }
    waiting = [identity for identity in held if identity in members]
    while waiting:
        group = waiting.pop()
        for member in members[group]:
            has = held.setdefault(member, set())
            if not held[group] <= has:
                has |= held[group]
                waiting += [member] if member in members else []
    return held


def principals(store: Store, kind: PrincipalType) -> list[Document]:
    """The accounts' principals of a type that are in the workspace."""
    found = []
    for account in accounts(store):
        inside = levels(account, store.workspace)
        found += [
            _as_seen(store, each) for each in (own(account, kind) if inside else []) if each["id"] in inside
        ]
    return found


def _as_seen(store: Store, principal: Document) -> Document:
    """An account's principal with what it is entitled to in the workspace."""
    kept = store.get(_ENTITLEMENTS, principal["id"]) or {}
    shown = {name: value for name, value in principal.items() if name not in {"entitlements", "roles"}}
    return {**shown, **({"entitlements": kept["entitlements"]} if kept.get("entitlements") else {})}


def is_of_account(store: Store, kind: PrincipalType, identity: str) -> bool:
    """Whether a principal that a workspace shows is an account's, not its own."""
    if any(each["id"] == identity for each in own(store, kind)):
        return False
    return any(each["id"] == identity for each in principals(store, kind))


def entitle(store: Store, identity: str, entitlements: list[Document]) -> None:
    """Set what an account's principal is entitled to in a workspace."""
    store.put(_ENTITLEMENTS, identity, {"entitlements": entitlements})


def home(store: Store, identity: str) -> Store | None:
    """The account of a principal that may be assigned to the workspace; None when no account has it."""
    for account in accounts(store):
        if any(account.get(kind.kind, identity) for kind in TYPES.values()):
            return account
    return None


def unassign(store: Store, identity: str) -> bool:
    """Take an account's principal out of the workspace; False when it is not assigned itself."""
    account = home(store, identity)
    key = f"{store.workspace}/{identity}"
    return account is not None and account.delete(WORKSPACE_ASSIGNMENT, key)
