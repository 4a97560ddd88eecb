"""Unity Catalog: grants, the privileges that principals hold on securables."""

from __future__ import annotations

from mlops_sandbox.databricks.principals import caller
from mlops_sandbox.databricks.unity import access, grants, models
from mlops_sandbox.databricks.unity.securables import METASTORE_ID, fetch, missing, split
from mlops_sandbox.errors import ApiError, denied, invalid
from mlops_sandbox.server.routing import Call, Json, Routes

routes = Routes()

_API = "/api/2.1/unity-catalog"

_TABLE = {"ALL_PRIVILEGES", "APPLY_TAG", "BROWSE", "MANAGE", "MODIFY", "SELECT"}
_VOLUME = {"ALL_PRIVILEGES", "APPLY_TAG", "BROWSE", "MANAGE", "READ_VOLUME", "WRITE_VOLUME"}
_FUNCTION = {"ALL_PRIVILEGES", "APPLY_TAG", "BROWSE", "CREATE_MODEL_VERSION", "EXECUTE", "MANAGE"}
_SCHEMA = (
    _TABLE
    | _VOLUME
    | _FUNCTION
    | {
        "CREATE_FUNCTION",
        "CREATE_MATERIALIZED_VIEW",
        "CREATE_MODEL",
        "CREATE_TABLE",
        "CREATE_VOLUME",
        "EXTERNAL_USE_SCHEMA",
        "REFRESH",
        "USE_SCHEMA",
    }
)
_CATALOG = _SCHEMA | {"CREATE_SCHEMA", "USE_CATALOG"}
_METASTORE = {
    "CREATE_CATALOG", "CREATE_CLEAN_ROOM", "CREATE_CONNECTION", "CREATE_EXTERNAL_LOCATION", "CREATE_PROVIDER",
    "CREATE_RECIPIENT", "CREATE_SERVICE_CREDENTIAL", "CREATE_SHARE", "CREATE_STORAGE_CREDENTIAL",
    "MANAGE_ALLOWLIST", "SET_SHARE_PERMISSION", "USE_CONNECTION", "USE_MARKETPLACE_ASSETS", "USE_PROVIDER",
    "USE_RECIPIENT", "USE_SHARE",
}  # fmt: skip
#: By the type in the path: what can be granted on it. Registered models are functions to the API.
_PRIVILEGES = {
    "metastore": _METASTORE,
    "catalog": _CATALOG,
    "schema": _SCHEMA,
    "table": _TABLE,
    "volume": _VOLUME,
    "function": _FUNCTION,
    "model": _FUNCTION,
    "storage_credential": {
        "ALL_PRIVILEGES",
        "CREATE_EXTERNAL_LOCATION",
        "CREATE_EXTERNAL_TABLE",
        "MANAGE",
        "READ_FILES",
        "WRITE_FILES",
    },
    "external_location": {
        "ALL_PRIVILEGES",
        "BROWSE",
        "CREATE_EXTERNAL_TABLE",
        "CREATE_EXTERNAL_VOLUME",
        "CREATE_FOREIGN_SECURABLE",
        "CREATE_MANAGED_STORAGE",
        "EXTERNAL_USE_LOCATION",
        "MANAGE",
        "READ_FILES",
        "WRITE_FILES",
    },
}
#: How many parts a full name has; 3 where nothing is said.
_PARTS = {"catalog": 1, "schema": 2, "storage_credential": 1, "external_location": 1}
_PARENTS = {"schema": "catalog", "table": "schema", "volume": "schema", "function": "schema"}


def _securable(call: Call) -> tuple[str, str]:
    """The path's securable: its type in lower case and its full name; 404 when it is not there."""
    kind = call.path["kind"].lower()
    if kind not in _PRIVILEGES:
        raise invalid(f"'{call.path['kind']}' is not a securable type that takes grants here.")
    name = call.path["full_name"]
    if kind == "metastore":
        if name != METASTORE_ID:
            raise ApiError(404, "METASTORE_DOES_NOT_EXIST", f"Metastore '{name}' does not exist.")
        return kind, name
    if kind in {"function", "model"}:
        models.require(call.sandbox, name)
        return "function", name.lower()
    split(name, _PARTS.get(kind, 3))
    if kind in ("storage_credential", "external_location"):
        # Not a catalog: nothing is bound above it.
        if call.metastore.get(kind, name.lower()) is None:
            raise missing(kind, name)
        return kind, name.lower()
    fetch(call.metastore, kind, name)
    return kind, name.lower()


def _require_manager(call: Call, kind: str, name: str) -> None:
    """Owners, who holds MANAGE, and metastore admins say who holds what."""
    if kind != "metastore":
        access.require(call, "registered_model" if kind == "function" else kind, name, "MANAGE")
    elif not caller(call).metastore_admin:
        raise denied("User is not an owner of Metastore 'sandbox'.")


def _names(kind: str, privileges: list[str]) -> set[str]:
    """The privileges in the API's spelling, each one possible on the type."""
    names = {str(privilege).upper().replace(" ", "_") for privilege in privileges}
    wrong = sorted(names - _PRIVILEGES[kind])
    if wrong:
        raise invalid(f"Privilege {wrong[0]} is not applicable to this entity [{kind.upper()}].")
    return names


def _listed(held: dict[str, list[str]], only: str = "") -> Json:
    assignments = [
        {"principal": principal, "privileges": privileges}
        for principal, privileges in held.items()
        if only in {"", principal}
    ]
    return {"privilege_assignments": assignments} if assignments else {}


@routes.get(f"{_API}/permissions/{{kind}}/{{full_name}}")
def get_grants(call: Call) -> Json:
    """The direct grants; an empty object when there are none."""
    kind, name = _securable(call)
    # Everyone may ask for what is its own.
    if not caller(call).is_any_of([call.get("principal") or ""]):
        _require_manager(call, kind, name)
    return _listed(grants.held(call.metastore, kind, name), call.get("principal") or "")


@routes.patch(f"{_API}/permissions/{{kind}}/{{full_name}}")
def change_grants(call: Call) -> Json:
    """Add and remove privileges of principals; all changes, or none when one is wrong."""
    kind, name = _securable(call)
    _require_manager(call, kind, name)
    with call.metastore.transaction():
        held = {
            principal: set(privileges)
            for principal, privileges in grants.held(call.metastore, kind, name).items()
        }
        for change in call.body.get("changes", []):
            principal = change.get("principal")
            if not principal:
                raise invalid("Each change must name a principal.")
            if change.get("add"):
                access.require_known(call, principal)
            own = held.setdefault(principal, set())
            own |= _names(kind, change.get("add") or [])
            removed = _names(kind, change.get("remove") or [])
            own -= own if "ALL_PRIVILEGES" in removed else removed
        kept = {principal: sorted(own) for principal, own in held.items() if own}
        call.metastore.put(grants.KIND, f"{kind}/{name}", {"held": kept})
    return _listed(kept)


@routes.get(f"{_API}/effective-permissions/{{kind}}/{{full_name}}")
def effective_grants(call: Call) -> Json:
    """Direct grants and those that come from the schema and the catalog above."""
    kind, name = _securable(call)
    only = call.get("principal") or ""
    found: dict[str, list[Json]] = {}
    level: str | None = kind
    at = name
    while level is not None:
        for principal, privileges in grants.held(call.metastore, level, at).items():
            for privilege in privileges:
                if only not in {"", principal} or privilege not in _PRIVILEGES[kind]:
                    continue
                entry: Json = {"privilege": privilege}
                if level != kind:
                    entry |= {"inherited_from_name": at, "inherited_from_type": level.upper()}
                found.setdefault(principal, []).append(entry)
        level = _PARENTS.get(level)
        at = at.rpartition(".")[0]
    assignments = [{"principal": principal, "privileges": entries} for principal, entries in found.items()]
    return {"privilege_assignments": assignments} if assignments else {}
