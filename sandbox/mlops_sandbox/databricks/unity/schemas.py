"""Unity Catalog: schemas, and what goes with them when they are deleted by force."""

from __future__ import annotations

from mlops_sandbox.context import Sandbox
from mlops_sandbox.databricks.unity import access, grants, models, tables, volumes
from mlops_sandbox.databricks.unity.securables import (
    METASTORE_NAME,
    fetch,
    made_by,
    new_id,
    new_name,
    page,
    patch,
    split,
    taken,
    touched_by,
)
from mlops_sandbox.errors import ApiError
from mlops_sandbox.metastore import Metastore
from mlops_sandbox.server.routing import Call, Json, Routes

routes = Routes()

_KIND = "schema"
_API = "/api/2.1/unity-catalog/schemas"
#: Kinds of documents that live in a schema and are nothing but documents.
_KEPT_INSIDE = ("vector_index", "uc_secret")
_FIELDS = ("comment", "properties", "owner", "enable_predictive_optimization")


def make(store: Metastore, catalog: str, name: str, user: str, given: Json) -> Json:
    """Make a schema in a catalog that exists."""
    full_name = f"{catalog}.{name}"
    document = {
        **made_by(user),
        "name": name,
        "catalog_name": catalog,
        "full_name": full_name,
        "schema_id": new_id(),
        "catalog_type": "MANAGED_CATALOG",
        "browse_only": False,
        "enable_predictive_optimization": "INHERIT",
        "effective_predictive_optimization_flag": {
            "value": "DISABLE",
            "inherited_from_type": "METASTORE",
            "inherited_from_name": METASTORE_NAME,
        },
        **{field: given[field] for field in (*_FIELDS, "storage_root") if given.get(field)},
    }
    with store.transaction():
        fetch(store, "catalog", catalog)
        if store.get(_KIND, full_name) is not None:
            raise taken(_KIND, full_name)
        return store.put(_KIND, full_name, document)


def forget(store: Metastore, full_name: str) -> None:
    """Strike a schema and its grants."""
    store.delete(_KIND, full_name)
    grants.forget(store, "schema", full_name)


def remove(sandbox: Sandbox, workspace: str, full_name: str, force: bool) -> None:
    """Delete a schema: an empty one, or by force with its tables, volumes and models."""
    store = sandbox.metastore(workspace)
    name = fetch(store, _KIND, full_name)["full_name"]
    inside_tables = [table["full_name"] for table in store.documents("table", f"{name}.")]
    inside_volumes = [volume["full_name"] for volume in store.documents("volume", f"{name}.")]
    inside_models = models.names(sandbox, f"{name}.")
    inside_more = [(kind, key) for kind in _KEPT_INSIDE for key, _ in store.items(kind, f"{name}.")]
    if not force and (inside_tables or inside_volumes or inside_models or inside_more):
        raise ApiError(
            400,
            "INVALID_STATE",
            f"Schema '{name}' is not empty. The schema has {len(inside_tables)} tables(s), "
            f"{len(inside_models)} functions(s), {len(inside_volumes)} volumes(s)",
        )
    for table in inside_tables:
        tables.drop_table(sandbox, workspace, table)
    for volume in inside_volumes:
        volumes.remove(sandbox, workspace, volume)
    for model in inside_models:
        models.remove(sandbox, workspace, model)
    for kind, key in inside_more:
        store.delete(kind, key)
    forget(store, name)


@routes.post(_API)
def create_schema(call: Call) -> Json:
    """A new schema."""
    catalog = new_name(call, "catalog_name")
    fetch(call.metastore, "catalog", catalog)
    access.require(call, "catalog", catalog, "USE_CATALOG")
    access.require(call, "catalog", catalog, "CREATE_SCHEMA")
    return make(call.metastore, catalog, new_name(call), call.user, call.body)


@routes.get(_API)
def list_schemas(call: Call) -> Json:
    """The schemas of a catalog, by name."""
    catalog = new_name(call, "catalog_name")
    fetch(call.metastore, "catalog", catalog)
    access.require(call, "catalog", catalog, "USE_CATALOG", "BROWSE", "MANAGE")
    inside = call.metastore.documents(_KIND, f"{catalog}.")
    seen = [each for each in inside if not access.hides(call, _KIND, each["full_name"])]
    return page(call, "schemas", seen, lambda item: str(item["full_name"]))


@routes.get(f"{_API}/{{full_name}}")
def get_schema(call: Call) -> Json:
    """One schema."""
    catalog, _ = split(call.path["full_name"], 2)
    fetch(call.metastore, "catalog", catalog)
    found = fetch(call.metastore, _KIND, call.path["full_name"])
    access.require(call, _KIND, found["full_name"], "USE_SCHEMA", "BROWSE", "MANAGE")
    return found


@routes.patch(f"{_API}/{{full_name}}")
def update_schema(call: Call) -> Json:
    """Change a schema's comment, properties or owner."""
    with call.metastore.transaction():
        before = fetch(call.metastore, _KIND, call.path["full_name"])
        access.require_change(call, _KIND, before["full_name"])
        changed = patch(before, call.body, _FIELDS)
        return call.metastore.put(_KIND, changed["full_name"], {**changed, **touched_by(call.user)})


@routes.delete(f"{_API}/{{full_name}}")
def delete_schema(call: Call) -> Json:
    """Delete a schema, with `force` and everything in it."""
    name = fetch(call.metastore, _KIND, call.path["full_name"])["full_name"]
    access.require(call, _KIND, name, "MANAGE")
    remove(call.sandbox, call.workspace, name, force=call.get("force") == "true")
    return {}
