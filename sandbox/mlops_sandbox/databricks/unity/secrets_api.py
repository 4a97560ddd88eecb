"""Unity Catalog: secrets in schemas, `/api/2.1/unity-catalog/secrets`. Their values are kept encrypted."""

from __future__ import annotations

from datetime import UTC, datetime

from mlops_sandbox.databricks.unity import grants
from mlops_sandbox.databricks.unity.access import require
from mlops_sandbox.databricks.unity.securables import (
    METASTORE_ID,
    fetch,
    missing,
    new_name,
    page,
    require_schema,
    split,
    taken,
)
from mlops_sandbox.errors import invalid
from mlops_sandbox.server.routing import Call, Json, Routes
from mlops_sandbox.store import Document

routes = Routes()

_API = "/api/2.1/unity-catalog/secrets"
_KIND = "uc_secret"
_SETTABLE = ("comment", "expire_time", "owner")


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _sealed(call: Call) -> Json:
    value = call.body.get("value")
    if not isinstance(value, str) or not value:
        raise invalid("value must be a string that is not empty.")
    return {"_sealed": call.sandbox.cipher.encrypt(value.encode()).decode()}


def _shown(document: Document) -> Json:
    """What the service tells: who owns a secret in effect, not who was made its owner."""
    told = {name: value for name, value in document.items() if not name.startswith("_") and name != "owner"}
    return {**told, "effective_owner": document["owner"]}


def _secret(call: Call) -> Document:
    split(call.path["full_name"], 3)
    return fetch(call.metastore, _KIND, call.path["full_name"])


def _require(call: Call, document: Document, privilege: str) -> None:
    """Refuse who neither owns the secret nor holds the privilege on its schema with 403."""
    if document["owner"] != call.user:
        require(call, "schema", document["full_name"].rpartition(".")[0], privilege)


@routes.post(_API)
def create_secret(call: Call) -> Json:
    """Keep a value under a name in a schema."""
    catalog, schema = new_name(call, "catalog_name"), new_name(call, "schema_name")
    name = new_name(call)
    full_name, now = f"{catalog}.{schema}.{name}", _now()
    require(call, "schema", f"{catalog}.{schema}", "CREATE_SECRET", "MANAGE")
    document: Document = {
        "name": name,
        "catalog_name": catalog,
        "schema_name": schema,
        "full_name": full_name,
        "metastore_id": METASTORE_ID,
        "owner": call.user,
        "created_by": call.user,
        "create_time": now,
        "updated_by": call.user,
        "update_time": now,
        **{field: call.body[field] for field in _SETTABLE if call.body.get(field)},
        **_sealed(call),
    }
    with call.metastore.transaction():
        require_schema(call.metastore, catalog, schema)
        if call.metastore.get(_KIND, full_name) is not None:
            raise taken(_KIND, full_name)
        return _shown(call.metastore.put(_KIND, full_name, document))


@routes.get(_API)
def list_secrets(call: Call) -> Json:
    """The secrets of a schema, by name, without values."""
    catalog, schema = new_name(call, "catalog_name"), new_name(call, "schema_name")
    require_schema(call.metastore, catalog, schema)
    known = [_shown(each) for each in call.metastore.documents(_KIND, f"{catalog}.{schema}.")]
    return page(call, "secrets", known, lambda item: str(item["full_name"]))


@routes.get(f"{_API}/{{full_name}}")
def get_secret(call: Call) -> Json:
    """One secret; its value only with `include_value`."""
    found = _secret(call)
    if call.get("include_value") not in ("true", True):
        return _shown(found)
    _require(call, found, "READ_SECRET")
    value = call.sandbox.cipher.decrypt(found["_sealed"].encode()).decode()
    return {**_shown(found), "effective_value": value}


@routes.patch(f"{_API}/{{full_name}}")
def update_secret(call: Call) -> Json:
    """Change what `update_mask` names, or what is given."""
    names = [name for name in str(call.query.get("update_mask") or "*").split(",") if name != "*"]
    wanted = names or [name for name in (*_SETTABLE, "value") if name in call.body]
    unknown = sorted({*wanted} - {*_SETTABLE, "value"})
    if unknown:
        raise invalid(f"update_mask names {unknown[0]}, which can't be changed.")
    with call.metastore.transaction():
        before = _secret(call)
        _require(call, before, "MANAGE")
        after = {**before, "updated_by": call.user, "update_time": _now()}
        for name in _SETTABLE:
            if name in wanted and (call.body.get(name) or name != "owner"):
                after.pop(name, None)
                after |= {name: call.body[name]} if call.body.get(name) else {}
        # A mask may name a value that is not sent: it stays.
        after |= _sealed(call) if "value" in wanted and call.body.get("value") else {}
        return _shown(call.metastore.put(_KIND, before["full_name"], after))


@routes.delete(f"{_API}/{{full_name}}")
def delete_secret(call: Call) -> Json:
    """Delete a secret."""
    name = call.path["full_name"].lower()
    if call.metastore.get(_KIND, name) is None:
        raise missing(_KIND, name)
    _require(call, _secret(call), "MANAGE")
    with call.metastore.transaction():
        call.metastore.delete(_KIND, name)
        grants.forget(call.metastore, "secret", name)
    return {}
