"""Unity Catalog: catalogs, their bindings to workspaces, and the metastore above them."""

from __future__ import annotations

from mlops_sandbox.context import DEFAULT_USER
from mlops_sandbox.databricks.principals import ACCOUNT_USERS, caller
from mlops_sandbox.databricks.unity import access, grants, schemas
from mlops_sandbox.databricks.unity.securables import (
    DEFAULT_CATALOG,
    METASTORE_ID,
    METASTORE_NAME,
    fetch,
    made_by,
    missing,
    new_name,
    page,
    patch,
    taken,
    touched_by,
)
from mlops_sandbox.errors import ApiError, invalid
from mlops_sandbox.metastore import BINDINGS, Metastore
from mlops_sandbox.server.routing import Call, Json, Routes

routes = Routes()

_KIND = "catalog"
_API = "/api/2.1/unity-catalog"
_FIELDS = ("comment", "properties", "options", "owner", "isolation_mode", "enable_predictive_optimization")
_EVERYONES = ["CREATE_FUNCTION", "CREATE_MODEL", "CREATE_TABLE", "CREATE_VOLUME", "USE_SCHEMA"]
_ISOLATION = {"OPEN", "ISOLATED"}
_BINDING_TYPES = {"BINDING_TYPE_READ_WRITE", "BINDING_TYPE_READ_ONLY"}


def _check(body: Json) -> None:
    if body.get("isolation_mode", "OPEN") not in _ISOLATION:
        raise invalid(f"isolation_mode must be OPEN or ISOLATED, not {body['isolation_mode']!r}.")


def make(store: Metastore, name: str, user: str, given: Json) -> Json:
    """Make a catalog with its `default` and `information_schema` schemas."""
    document = {
        **made_by(user),
        "name": name,
        "full_name": name,
        "catalog_type": "MANAGED_CATALOG",
        "isolation_mode": "OPEN",
        "securable_type": "CATALOG",
        "browse_only": False,
        "effective_predictive_optimization_flag": {
            "value": "DISABLE",
            "inherited_from_type": "METASTORE",
            "inherited_from_name": METASTORE_NAME,
        },
        **{field: given[field] for field in (*_FIELDS, "storage_root") if given.get(field)},
    }
    with store.transaction():
        if store.get(_KIND, name) is not None:
            raise taken(_KIND, name)
        store.put(_KIND, name, document)
        schemas.make(store, name, "default", user, {})
        schemas.make(store, name, "information_schema", "System user", {})
    return document


def ensure_default(store: Metastore) -> None:
    """Make the catalog that every new workspace has, and let everyone work in its default schema."""
    if store.get(_KIND, DEFAULT_CATALOG) is None:
        make(store, DEFAULT_CATALOG, DEFAULT_USER, {})
    for kind, name, privileges in (
        ("catalog", DEFAULT_CATALOG, ["USE_CATALOG"]),
        ("schema", f"{DEFAULT_CATALOG}.default", _EVERYONES),
    ):
        if store.get(kind, name) and store.get(grants.KIND, f"{kind}/{name}") is None:
            store.put(grants.KIND, f"{kind}/{name}", {"held": {ACCOUNT_USERS: privileges}})


@routes.post(f"{_API}/catalogs")
def create_catalog(call: Call) -> Json:
    """A new catalog."""
    _check(call.body)
    access.require_on_metastore(call, "CREATE_CATALOG")
    return make(call.metastore, new_name(call), call.user, call.body)


@routes.get(f"{_API}/catalogs")
def list_catalogs(call: Call) -> Json:
    """The catalogs that the workspace may use, by name; with `include_unbound` all of the metastore."""
    store, every = call.metastore, call.query.get("include_unbound") == "true"
    bound = [each for each in store.documents(_KIND) if every or store.binding(each) is not None]
    seen = [each for each in bound if not access.hides(call, _KIND, each["name"])]
    return page(call, "catalogs", seen, lambda item: str(item["name"]))


@routes.get(f"{_API}/catalogs/{{name}}")
def get_catalog(call: Call) -> Json:
    """One catalog."""
    found = fetch(call.metastore, _KIND, call.path["name"])
    access.require(call, _KIND, found["name"], "USE_CATALOG", "BROWSE", "MANAGE")
    return found


@routes.patch(f"{_API}/catalogs/{{name}}")
def update_catalog(call: Call) -> Json:
    """Change what may change: everything but the name and the storage."""
    _check(call.body)
    with call.metastore.transaction():
        before = fetch(call.metastore, _KIND, call.path["name"])
        access.require_change(call, _KIND, before["name"])
        changed = patch(before, call.body, _FIELDS)
        return call.metastore.put(_KIND, changed["name"], {**changed, **touched_by(call.user)})


@routes.delete(f"{_API}/catalogs/{{name}}")
def delete_catalog(call: Call) -> Json:
    """Delete a catalog: an empty one, or with `force` all that is in it."""
    name = fetch(call.metastore, _KIND, call.path["name"])["name"]
    access.require(call, _KIND, name, "MANAGE")
    inside = [
        schema["full_name"]
        for schema in call.metastore.documents("schema", f"{name}.")
        if schema["name"] != "information_schema"
    ]
    force = call.get("force") == "true"
    if inside and not force:
        raise ApiError(
            400, "INVALID_STATE", f"Catalog '{name}' is not empty. The catalog has {len(inside)} schemas(s)."
        )
    for schema in inside:
        schemas.remove(call.sandbox, call.workspace, schema, force=True)
    with call.metastore.transaction():
        schemas.forget(call.metastore, f"{name}.information_schema")
        call.metastore.delete(_KIND, name)
        call.metastore.delete(BINDINGS, name)
        grants.forget(call.metastore, "catalog", name)
    return {}


def _bindings(call: Call) -> list[Json]:
    name = call.path["name"].lower()
    # Not `fetch`: a catalog that is bound to no workspace must be bound from somewhere.
    if call.metastore.get(_KIND, name) is None:
        raise missing(_KIND, name)
    kept = call.metastore.get(BINDINGS, name) or {}
    bindings: list[Json] = kept.get("bindings", [])
    return bindings


def _bind(call: Call, add: list[Json], remove: list[Json]) -> list[Json]:
    """Change the bindings; adding another type for a bound workspace replaces the type."""
    for binding in add:
        binding.setdefault("binding_type", "BINDING_TYPE_READ_WRITE")
        if binding["binding_type"] not in _BINDING_TYPES:
            raise invalid(f"{binding['binding_type']!r} is not a binding type.")
    with call.metastore.transaction():
        problem = access.lacking(call.metastore, caller(call), _KIND, call.path["name"], "MANAGE")
        if problem is not None:
            raise problem
        bound = {binding["workspace_id"]: binding for binding in _bindings(call)}
        for binding in remove:
            held = bound.get(binding["workspace_id"])
            # The provider replaces create-first: what it then removes has another type already.
            if held and binding.get("binding_type", held["binding_type"]) == held["binding_type"]:
                del bound[binding["workspace_id"]]
        for binding in add:
            bound[binding["workspace_id"]] = binding
        bindings = list(bound.values())
        call.metastore.put(BINDINGS, call.path["name"].lower(), {"bindings": bindings})
    return bindings


@routes.get(f"{_API}/bindings/catalog/{{name}}")
def get_bindings(call: Call) -> Json:
    """The workspaces that an isolated catalog can be used from."""
    return {"bindings": _bindings(call)}


@routes.patch(f"{_API}/bindings/catalog/{{name}}")
def update_bindings(call: Call) -> Json:
    """Add and remove workspaces."""
    return {"bindings": _bind(call, call.body.get("add", []), call.body.get("remove", []))}


@routes.get(f"{_API}/workspace-bindings/catalogs/{{name}}")
def get_workspaces(call: Call) -> Json:
    """As the bindings, in the older form: ids alone."""
    return {"workspaces": [binding["workspace_id"] for binding in _bindings(call)]}


@routes.patch(f"{_API}/workspace-bindings/catalogs/{{name}}")
def update_workspaces(call: Call) -> Json:
    """Assign and unassign workspaces by id."""
    add = [{"workspace_id": number} for number in call.body.get("assign_workspaces", [])]
    remove = [{"workspace_id": number} for number in call.body.get("unassign_workspaces", [])]
    return {"workspaces": [binding["workspace_id"] for binding in _bind(call, add, remove)]}


@routes.get(f"{_API}/current-metastore-assignment")
def current_assignment(call: Call) -> Json:
    """The metastore of this workspace."""
    return {
        "metastore_id": METASTORE_ID,
        "workspace_id": int(call.workspace),
        "default_catalog_name": DEFAULT_CATALOG,
    }


@routes.get(f"{_API}/metastore_summary")
def metastore_summary(_call: Call) -> Json:
    """What the metastore is called and where it is."""
    return {
        "metastore_id": METASTORE_ID,
        "name": METASTORE_NAME,
        "owner": DEFAULT_USER,
        "cloud": "local",
        "region": "local",
        "global_metastore_id": f"local:local:{METASTORE_ID}",
        "privilege_model_version": "1.0",
    }
