"""Unity Catalog: volumes, each a folder `volumes/<catalog>/<schema>/<volume>` of the sandbox."""

from __future__ import annotations

import shutil
from pathlib import Path

from mlops_sandbox.context import Sandbox
from mlops_sandbox.databricks.unity import access, grants
from mlops_sandbox.databricks.unity.securables import (
    fetch,
    made_by,
    new_id,
    new_name,
    page,
    patch,
    require_schema,
    split,
    taken,
    touched_by,
)
from mlops_sandbox.errors import invalid
from mlops_sandbox.server.routing import Call, Json, Routes

routes = Routes()

_KIND = "volume"
_API = "/api/2.1/unity-catalog/volumes"
_TYPES = {"MANAGED", "EXTERNAL"}


def folder(sandbox: Sandbox, workspace: str, full_name: str) -> Path:
    """Where a volume's files are; 404 when there is no such volume."""
    catalog, schema, name = split(full_name, 3)
    fetch(sandbox.metastore(workspace), _KIND, full_name)
    return sandbox.home / "volumes" / catalog / schema / name


def remove(sandbox: Sandbox, workspace: str, full_name: str) -> None:
    """Delete a volume with its files."""
    store = sandbox.metastore(workspace)
    place = folder(sandbox, workspace, full_name)
    with store.transaction():
        store.delete(_KIND, full_name.lower())
        grants.forget(store, "volume", full_name.lower())
    shutil.rmtree(place, ignore_errors=True)


@routes.post(_API)
def create_volume(call: Call) -> Json:
    """A new volume; its folder is made at once."""
    catalog, schema, name = new_name(call, "catalog_name"), new_name(call, "schema_name"), new_name(call)
    kind = call.get("volume_type", "MANAGED")
    if kind not in _TYPES:
        raise invalid(f"volume_type must be MANAGED or EXTERNAL, not {kind!r}.")
    full_name = f"{catalog}.{schema}.{name}"
    place = call.sandbox.home / "volumes" / catalog / schema / name
    document = {
        **made_by(call.user),
        "name": name,
        "catalog_name": catalog,
        "schema_name": schema,
        "full_name": full_name,
        "volume_id": new_id(),
        "volume_type": kind,
        "storage_location": call.body.get("storage_location") or place.as_uri(),
    }
    if call.body.get("comment"):
        document["comment"] = call.body["comment"]
    with call.metastore.transaction():
        require_schema(call.metastore, catalog, schema)
        access.require(call, "schema", f"{catalog}.{schema}", "USE_SCHEMA")
        access.require(call, "schema", f"{catalog}.{schema}", "CREATE_VOLUME")
        if call.metastore.get(_KIND, full_name) is not None:
            raise taken(_KIND, full_name)
        place.mkdir(parents=True, exist_ok=True)
        return call.metastore.put(_KIND, full_name, document)


@routes.get(_API)
def list_volumes(call: Call) -> Json:
    """The volumes of a schema, by name."""
    catalog, schema = new_name(call, "catalog_name"), new_name(call, "schema_name")
    require_schema(call.metastore, catalog, schema)
    access.require(call, "schema", f"{catalog}.{schema}", "USE_SCHEMA", "BROWSE")
    inside = call.metastore.documents(_KIND, f"{catalog}.{schema}.")
    found = [each for each in inside if not access.hides(call, _KIND, each["full_name"])]
    return page(call, "volumes", found, lambda item: str(item["full_name"]))


@routes.get(f"{_API}/{{full_name}}")
def get_volume(call: Call) -> Json:
    """One volume."""
    split(call.path["full_name"], 3)
    found = fetch(call.metastore, _KIND, call.path["full_name"])
    access.require(call, _KIND, found["full_name"], "READ_VOLUME", "WRITE_VOLUME", "BROWSE", "MANAGE")
    return found


@routes.patch(f"{_API}/{{full_name}}")
def update_volume(call: Call) -> Json:
    """Change a volume's comment, owner or name."""
    store = call.metastore
    with store.transaction():
        old = fetch(store, _KIND, call.path["full_name"])
        access.require_change(call, _KIND, old["full_name"])
        changed = {**patch(old, call.body, ("comment", "owner")), **touched_by(call.user)}
        if call.body.get("new_name"):
            changed["name"] = new_name(call, "new_name")
            changed["full_name"] = f"{old['catalog_name']}.{old['schema_name']}.{changed['name']}"
        if changed["full_name"] != old["full_name"]:
            _move(call, old, changed)
        return store.put(_KIND, changed["full_name"], changed)


def _move(call: Call, old: Json, changed: Json) -> None:
    if call.metastore.get(_KIND, changed["full_name"]) is not None:
        raise taken(_KIND, changed["full_name"])
    place = folder(call.sandbox, call.workspace, old["full_name"])
    target = place.with_name(changed["name"])
    place.rename(target)
    if old["volume_type"] == "MANAGED":
        changed["storage_location"] = target.as_uri()
    call.metastore.delete(_KIND, old["full_name"])
    grants.move(call.metastore, "volume", old["full_name"], changed["full_name"])


@routes.delete(f"{_API}/{{full_name}}")
def delete_volume(call: Call) -> Json:
    """Delete a volume with its files."""
    name = fetch(call.metastore, _KIND, call.path["full_name"])["full_name"]
    access.require(call, _KIND, name, "MANAGE")
    remove(call.sandbox, call.workspace, name)
    return {}
