"""Unity Catalog: registered models, their versions and aliases.

A document keeps what MLflow's registry has no place for: the owner and who made it.
"""

from __future__ import annotations

from mlops_sandbox.context import DEFAULT_USER
from mlops_sandbox.databricks.unity import access, grants, models
from mlops_sandbox.databricks.unity.securables import (
    made_by,
    new_id,
    new_name,
    page,
    require_schema,
    split,
    taken,
    touched_by,
)
from mlops_sandbox.errors import ApiError
from mlops_sandbox.server.routing import Call, Json, Routes

routes = Routes()

_KIND = "registered_model"
_API = "/api/2.1/unity-catalog/models"
_READ = ("EXECUTE", "CREATE_MODEL_VERSION", "BROWSE", "MANAGE")


def _model(call: Call, *privileges: str) -> Json:
    """The model that the path names, if the caller holds one of the privileges on it."""
    full_name = call.path["full_name"]
    split(full_name, 3)
    call.metastore.check_binding(full_name.lower().partition(".")[0])
    found = models.require(call.sandbox, full_name)
    access.require(call, _KIND, full_name, *privileges)
    return found


def _describe(call: Call, model: Json, aliases: bool = True) -> Json:
    """A model as this API answers it."""
    name = model["name"]
    kept = call.metastore.get(_KIND, name)
    if kept is None:
        # Made through the MLflow client.
        kept = call.metastore.put(_KIND, name, {**made_by(DEFAULT_USER), "id": new_id()})
    catalog, schema, last = split(name, 3)
    answer = {
        **{field: value for field, value in kept.items() if field != "id"},
        "name": last,
        "catalog_name": catalog,
        "schema_name": schema,
        "full_name": name,
        "created_at": int(model["creation_timestamp"]),
        "updated_at": int(model["last_updated_timestamp"]),
    }
    if model.get("description"):
        answer["comment"] = model["description"]
    if aliases and model.get("aliases"):
        answer["aliases"] = [
            {"alias_name": alias["alias"], "version_num": int(alias["version"])} for alias in model["aliases"]
        ]
    return answer


def _describe_version(call: Call, known: Json) -> Json:
    """A version as this API answers it."""
    catalog, schema, last = split(known["name"], 3)
    answer = {
        "model_name": last,
        "catalog_name": catalog,
        "schema_name": schema,
        "version": int(known["version"]),
        "status": {"READY": "READY", "FAILED_REGISTRATION": "FAILED_REGISTRATION"}.get(
            known.get("status", "READY"), "PENDING_REGISTRATION"
        ),
        "source": known.get("source", ""),
        "run_id": known.get("run_id", ""),
        "created_at": int(known["creation_timestamp"]),
        "updated_at": int(known["last_updated_timestamp"]),
        "created_by": call.user,
        "updated_by": call.user,
    }
    if known.get("description"):
        answer["comment"] = known["description"]
    aliases = known.get("aliases", [])
    if aliases:
        answer["aliases"] = [{"alias_name": alias, "version_num": answer["version"]} for alias in aliases]
    return answer


@routes.post(_API)
def create_model(call: Call) -> Json:
    """A new registered model."""
    catalog, schema, name = new_name(call, "catalog_name"), new_name(call, "schema_name"), new_name(call)
    require_schema(call.metastore, catalog, schema)
    full_name = f"{catalog}.{schema}.{name}"
    access.require(call, "schema", f"{catalog}.{schema}", "USE_SCHEMA")
    access.require(call, "schema", f"{catalog}.{schema}", "CREATE_MODEL")
    sent = {"name": full_name, "description": call.body.get("comment") or ""}
    try:
        made = models.ask(call.sandbox, "POST", "registered-models/create", json=sent)
    except ApiError as error:
        if error.error_code == "RESOURCE_ALREADY_EXISTS":
            raise taken(_KIND, full_name) from None
        raise
    call.metastore.put(_KIND, full_name, {**made_by(call.user), "id": new_id()})
    return _describe(call, made["registered_model"])


@routes.get(_API)
def list_models(call: Call) -> Json:
    """The models of a schema, a catalog or all, by name."""
    parts = [new_name(call, part) for part in ("catalog_name", "schema_name") if part in call.query]
    found = models.names(call.sandbox, "".join(f"{part}." for part in parts))
    named = [name for name in found if name.count(".") == 2]
    bound = [name for name in named if access.is_bound(call, name)]
    listed = [{"full_name": name} for name in bound if not access.hides(call, _KIND, name)]
    answer = page(call, "registered_models", listed, lambda item: str(item["full_name"]))
    answer["registered_models"] = [
        _describe(call, models.require(call.sandbox, item["full_name"]), aliases=False)
        for item in answer["registered_models"]
    ]
    return answer


@routes.get(f"{_API}/{{full_name}}")
def get_model(call: Call) -> Json:
    """One model; its aliases only if they are asked for."""
    return _describe(call, _model(call, *_READ), aliases=call.query.get("include_aliases") == "true")


@routes.patch(f"{_API}/{{full_name}}")
def update_model(call: Call) -> Json:
    """Change a model's comment, owner or name."""
    model = _model(call, "MANAGE")
    access.require_known(call, call.body.get("owner"))
    kept = {**_describe(call, model), **touched_by(call.user)}
    if "comment" in call.body:
        sent = {"name": model["name"], "description": call.body["comment"] or ""}
        model = models.ask(call.sandbox, "PATCH", "registered-models/update", json=sent)["registered_model"]
    own = {field: kept[field] for field in ("metastore_id", "created_by", "updated_by", "owner")}
    if call.body.get("owner"):
        own["owner"] = call.body["owner"]
    name = model["name"]
    if call.body.get("new_name"):
        target = f"{name.rpartition('.')[0]}.{new_name(call, 'new_name')}"
        sent = {"name": name, "new_name": target}
        model = models.ask(call.sandbox, "POST", "registered-models/rename", json=sent)["registered_model"]
        call.metastore.delete(_KIND, name)
        grants.move(call.metastore, "function", name, target)
    call.metastore.put(_KIND, model["name"], own)
    return _describe(call, model)


@routes.delete(f"{_API}/{{full_name}}")
def delete_model(call: Call) -> Json:
    """Delete a model with all its versions."""
    models.remove(call.sandbox, call.workspace, _model(call, "MANAGE")["name"])
    return {}


@routes.get(f"{_API}/{{full_name}}/versions")
def list_versions(call: Call) -> Json:
    """A model's versions, the newest first."""
    name = _model(call, *_READ)["name"]
    asked = {
        "filter": f"name='{name}'",
        "max_results": call.number("max_results", 0) or 1000,
        "page_token": call.get("page_token", ""),
        "order_by": "version_number DESC",
    }
    found = models.ask(call.sandbox, "GET", "model-versions/search", params=asked)
    answer: Json = {
        "model_versions": [_describe_version(call, known) for known in found.get("model_versions", [])]
    }
    if found.get("next_page_token"):
        answer["next_page_token"] = found["next_page_token"]
    return answer


@routes.get(f"{_API}/{{full_name}}/versions/{{version}}")
def get_version(call: Call) -> Json:
    """One version."""
    name, version = call.path["full_name"], call.path["version"]
    _model(call, *_READ)
    place = models.model_version_artifact(call.sandbox, call.workspace, name, version)
    return {
        **_describe_version(call, models.version_of(call.sandbox, name, version)),
        "storage_location": place.as_uri(),
    }


@routes.patch(f"{_API}/{{full_name}}/versions/{{version}}")
def update_version(call: Call) -> Json:
    """Change a version's comment."""
    _model(call, "MANAGE")
    known = models.version_of(call.sandbox, call.path["full_name"], call.path["version"])
    if "comment" in call.body:
        sent = {"name": known["name"], "version": known["version"], "description": call.body["comment"] or ""}
        known = models.ask(call.sandbox, "PATCH", "model-versions/update", json=sent)["model_version"]
    return _describe_version(call, known)


@routes.delete(f"{_API}/{{full_name}}/versions/{{version}}")
def delete_version(call: Call) -> Json:
    """Delete a version."""
    _model(call, "MANAGE")
    known = models.version_of(call.sandbox, call.path["full_name"], call.path["version"])
    sent = {"name": known["name"], "version": known["version"]}
    models.ask(call.sandbox, "DELETE", "model-versions/delete", json=sent)
    return {}


@routes.get(f"{_API}/{{full_name}}/aliases/{{alias}}")
def get_by_alias(call: Call) -> Json:
    """The version that an alias points to."""
    name, alias = call.path["full_name"], call.path["alias"]
    _model(call, *_READ)
    version = models.alias_version(call.sandbox, call.workspace, name, alias)
    return _describe_version(call, models.version_of(call.sandbox, name, version))


@routes.put(f"{_API}/{{full_name}}/aliases/{{alias}}")
def set_alias(call: Call) -> Json:
    """Point an alias to a version."""
    name, alias = _model(call, "MANAGE")["name"], call.path["alias"]
    version = call.number("version_num", 0)
    models.version_of(call.sandbox, name, version)
    sent = {"name": name, "alias": alias, "version": str(version)}
    models.ask(call.sandbox, "POST", "registered-models/alias", json=sent)
    catalog, schema, last = split(name, 3)
    return {
        "alias_name": alias,
        "version_num": version,
        "catalog_name": catalog,
        "schema_name": schema,
        "model_name": last,
    }


@routes.delete(f"{_API}/{{full_name}}/aliases/{{alias}}")
def delete_alias(call: Call) -> Json:
    """Remove an alias."""
    name, alias = call.path["full_name"], call.path["alias"]
    _model(call, "MANAGE")
    models.alias_version(call.sandbox, call.workspace, name, alias)
    models.ask(call.sandbox, "DELETE", "registered-models/alias", json={"name": name.lower(), "alias": alias})
    return {}
