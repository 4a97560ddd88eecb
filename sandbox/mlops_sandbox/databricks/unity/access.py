"""Unity Catalog's privileges, enforced: what a caller holds on a securable, by grants and by ownership."""

from __future__ import annotations

from mlops_sandbox.context import Sandbox
from mlops_sandbox.databricks.principals import Principal, caller, principal_of
from mlops_sandbox.databricks.scim import assigned
from mlops_sandbox.databricks.scim.kinds import GROUPS, own
from mlops_sandbox.databricks.unity import grants
from mlops_sandbox.databricks.unity.securables import METASTORE_ID
from mlops_sandbox.errors import ApiError, denied
from mlops_sandbox.metastore import Metastore
from mlops_sandbox.server.routing import Call

#: What an owner holds beside every privilege.
_OWNER = "OWNER"
#: The grants' type of each kind whose grants are called otherwise.
_GRANTED_AS = {"registered_model": "function"}
_TITLES = {"registered_model": "Routine or Model"}
#: Privileges that read, or only look: a catalog that is bound for reading only allows no others.
_READS = {"BROWSE", "EXECUTE", "READ_VOLUME", "SELECT", "USE_CATALOG", "USE_SCHEMA"}
_USE = {"catalog": "USE_CATALOG", "schema": "USE_SCHEMA"}
_READS_OF = {
    "catalog": ("USE_CATALOG",),
    "schema": ("USE_SCHEMA",),
    "table": ("SELECT", "MODIFY"),
    "volume": ("READ_VOLUME", "WRITE_VOLUME"),
    "registered_model": ("EXECUTE", "CREATE_MODEL_VERSION"),
}
_IN_NO_CATALOG = {"storage_credential", "external_location"}
#: What ALL PRIVILEGES leaves out.
_NOT_IN_ALL = {"MANAGE", "EXTERNAL_USE_SCHEMA"}


def _chain(kind: str, full_name: str) -> list[tuple[str, str]]:
    """A securable and what it is in, the catalog first."""
    if kind in _IN_NO_CATALOG:
        return [(kind, full_name.lower())]
    parts = full_name.lower().split(".")
    kinds = ["catalog", "schema", kind][: len(parts)]
    return [(each, ".".join(parts[: number + 1])) for number, each in enumerate(kinds)]


def _held(store: Metastore, who: Principal, kind: str, name: str) -> set[str]:
    """What a caller holds on one securable itself."""
    found: set[str] = set()
    for principal, privileges in grants.held(store, _GRANTED_AS.get(kind, kind), name).items():
        if who.is_any_of([principal]):
            found |= set(privileges)
    if who.is_any_of([str((store.get(kind, name) or {}).get("owner", ""))]):
        found.add(_OWNER)
    return found


def _has(held: set[str], privilege: str) -> bool:
    everything = "ALL_PRIVILEGES" in held and privilege not in _NOT_IN_ALL
    return privilege in held or _OWNER in held or everything


def lacking(store: Metastore, who: Principal, kind: str, full_name: str, *privileges: str) -> ApiError | None:
    """Why a caller may not do something with a securable; None when it may.

    Args:
        store: the metastore, as the workspace sees it.
        who: the caller.
        kind: catalog, schema, table, volume or registered_model.
        full_name: the securable's name.
        privileges: one of these is enough; owners, of what it is in too, hold every one.
    """
    if who.metastore_admin:
        return None
    held: set[str] = set()
    chain = _chain(kind, full_name)
    for step, (each, name) in enumerate(chain):
        held |= _held(store, who, each, name)
        use = _USE.get(each)
        if use and step < len(chain) - 1 and not _has(held, use):
            return _refusal(use, each, name)
    if any(_has(held, privilege) for privilege in privileges):
        return None
    return _refusal(privileges[0], *chain[-1])


def _refusal(privilege: str, kind: str, name: str) -> ApiError:
    title = _TITLES.get(kind, kind.capitalize())
    return denied(f"User does not have {privilege.replace('_', ' ')} on {title} '{name}'.")


def require(call: Call, kind: str, full_name: str, *privileges: str) -> None:
    """Refuse a caller that holds none of the privileges on a securable, or may not use what it is in.

    Raises:
        ApiError: 403.
    """
    store = call.metastore
    if kind not in _IN_NO_CATALOG:
        store.check_binding(full_name.lower().partition(".")[0], writes=not _READS & set(privileges))
    problem = lacking(store, caller(call), kind, full_name, *privileges)
    if problem is not None:
        raise problem


def check(sandbox: Sandbox, workspace: str, user: str, kind: str, full_name: str, *privileges: str) -> None:
    """As :func:`require`, for a user by name."""
    store = sandbox.metastore(workspace)
    store.check_binding(full_name.lower().partition(".")[0], writes=not _READS & set(privileges))
    who = principal_of(sandbox, workspace, user)
    problem = denied(f"User {user} is not in this workspace.") if who is None else None
    problem = problem or (who and lacking(store, who, kind, full_name, *privileges)) or None
    if problem is not None:
        raise problem


def is_bound(call: Call, full_name: str) -> bool:
    """Whether the workspace may use the catalog of a name."""
    found = call.metastore.get("catalog", full_name.partition(".")[0])
    return found is None or call.metastore.binding(found) is not None


def hides(call: Call, kind: str, full_name: str) -> bool:
    """Whether a list leaves a securable out: the caller may neither use it nor hold anything on it."""
    privileges = _READS_OF[kind]
    problem = lacking(call.metastore, caller(call), kind, full_name, *privileges, "BROWSE", "MANAGE")
    return problem is not None


def require_on_metastore(call: Call, privilege: str) -> None:
    """Refuse who may not make something in the metastore with 403.

    Workspace admins may make catalogs, as where Unity Catalog came with the workspace.
    """
    who = caller(call)
    held = grants.held(call.metastore, "metastore", METASTORE_ID)
    named = [principal for principal, privileges in held.items() if privilege in privileges]
    if not (who.metastore_admin or who.admin or who.is_any_of(named)):
        raise denied(f"User does not have {privilege.replace('_', ' ')} on Metastore 'sandbox'.")


def require_change(call: Call, kind: str, full_name: str) -> None:
    """Refuse a caller who may not manage a securable, and an owner in the body that nobody knows."""
    require(call, kind, full_name, "MANAGE")
    require_known(call, call.body.get("owner"))


def require_known(call: Call, principal: object) -> None:
    """Refuse a workspace's own group, `users` and `admins` too: Unity Catalog knows the account's.

    A name that the sandbox has not heard of is taken for one of the account's.

    Raises:
        ApiError: 404 PRINCIPAL_DOES_NOT_EXIST.
    """
    if not any(group["displayName"] == principal for group in own(call.store, GROUPS)):
        return
    of_accounts = (group for account in assigned.accounts(call.store) for group in own(account, GROUPS))
    if not any(group["displayName"] == principal for group in of_accounts):
        told = f"Could not find principal with name {principal}."
        raise ApiError(404, "PRINCIPAL_DOES_NOT_EXIST", told)
