"""Unity Catalog: tags of securables and columns, `/api/2.1/unity-catalog/entity-tag-assignments`."""

from __future__ import annotations

from datetime import UTC, datetime

from mlops_sandbox.databricks.shapes import masked, shaped
from mlops_sandbox.databricks.unity import models
from mlops_sandbox.databricks.unity.securables import fetch
from mlops_sandbox.databricks.unity.tables import describe
from mlops_sandbox.errors import ApiError, invalid, not_found
from mlops_sandbox.server.routing import Call, Json, Routes

routes = Routes()

_API = "/api/2.1/unity-catalog/entity-tag-assignments"
_ONE = f"{_API}/{{type}}/{{name}}/tags"
_KIND = "entity_tag"
_TYPES = {"catalogs": "catalog", "schemas": "schema", "tables": "table", "volumes": "volume"}


def _entity(call: Call, kind: str, name: str) -> str:
    """The key's beginning for an entity that is there; raises 404."""
    name = name.lower()
    if kind == "columns":
        table, _, column = name.rpartition(".")
        known = {each["name"].lower() for each in describe(fetch(call.metastore, "table", table))["columns"]}
        if column not in known:
            raise not_found(f"Column '{name}' does not exist.", "COLUMN_DOES_NOT_EXIST")
    elif kind in ("functions", "models", "registered_models"):
        models.require(call.sandbox, name)
    elif kind in _TYPES:
        fetch(call.metastore, _TYPES[kind], name)
    else:
        raise invalid(f"entity_type is {kind!r}; it can be columns, models, {', '.join(_TYPES)}.")
    return f"{kind}/{name}/"


def _stamp(call: Call) -> Json:
    now = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return {"updated_by": call.user, "update_time": now}


def _found(call: Call) -> tuple[str, Json]:
    key = _entity(call, call.path["type"], call.path["name"]) + call.path["key"]
    found = call.metastore.get(_KIND, key)
    if found is None:
        raise not_found(f"{call.path['name']} has no tag {call.path['key']}.")
    return key, found


@routes.post(_API)
def create_tag(call: Call) -> Json:
    """Give an entity a tag."""
    given = shaped("catalog.EntityTagAssignment", {**call.body, "update_time": None})
    for field in ("entity_name", "entity_type", "tag_key"):
        call.required(field)
    key = _entity(call, given["entity_type"], given["entity_name"]) + given["tag_key"]
    with call.metastore.transaction():
        if call.metastore.get(_KIND, key) is not None:
            message = f"{given['entity_name']} has the tag {given['tag_key']} already."
            raise ApiError(409, "ALREADY_EXISTS", message)
        return call.metastore.put(_KIND, key, {**given, **_stamp(call)})


@routes.get(_ONE)
def list_tags(call: Call) -> Json:
    """An entity's tags, by key."""
    prefix = _entity(call, call.path["type"], call.path["name"])
    return {"tag_assignments": call.metastore.documents(_KIND, prefix)}


@routes.get(f"{_ONE}/{{key}}")
def get_tag(call: Call) -> Json:
    """One tag."""
    return _found(call)[1]


@routes.patch(f"{_ONE}/{{key}}")
def update_tag(call: Call) -> Json:
    """Change a tag's value."""
    given = {name: call.body[name] for name in ("tag_value",) if call.body.get(name) is not None}
    with call.metastore.transaction():
        key, before = _found(call)
        after = masked(before, given, str(call.query.get("update_mask") or "*"))
        return call.metastore.put(_KIND, key, {**after, **_stamp(call)})


@routes.delete(f"{_ONE}/{{key}}")
def delete_tag(call: Call) -> Json:
    """Take a tag away."""
    call.metastore.delete(_KIND, _found(call)[0])
    return {}
