"""Serving endpoints: create, read, update and delete."""

from __future__ import annotations

from mlops_sandbox.databricks import permissions, secrets
from mlops_sandbox.databricks.object_access import may, require
from mlops_sandbox.databricks.principals import caller
from mlops_sandbox.databricks.serving import endpoint_document as documents
from mlops_sandbox.databricks.serving.core_config import Json, check_name, core_config, is_model, shown
from mlops_sandbox.databricks.serving.environment import resolve, scopes_of
from mlops_sandbox.databricks.serving.payload_table import Target, location
from mlops_sandbox.databricks.serving.subsystem import Serving
from mlops_sandbox.databricks.unity import access
from mlops_sandbox.databricks.unity.models import model_version_artifact
from mlops_sandbox.errors import already_exists, invalid
from mlops_sandbox.server.routing import Call, Routes

routes = Routes()

_ROOT = "/api/2.0/serving-endpoints"
_ONE = _ROOT + "/{name}"
_SHOWN = (
    "name",
    "id",
    "creator",
    "creation_timestamp",
    "last_updated_timestamp",
    "ai_gateway",
    "budget_policy_id",
    "email_notifications",
    "rate_limits",
    "tags",
    "telemetry_config",
)


def endpoint(call: Call, level: str) -> Json:
    """The endpoint that the path names, if the caller has the level on it.

    Raises:
        ApiError: 404 when there is none, 403 when the caller may not.
    """
    document = documents.get(call.store, call.path["name"])
    require(call, "serving-endpoints", document["id"], level, f"serving endpoint {document['name']}")
    return document


def _pending_states(document: Json) -> dict[str, Json]:
    states: dict[str, Json] = {}
    for entity in document["pending_config"]["served_entities"]:
        name = entity["name"]
        if documents.updating(document):
            state = {"deployment": "DEPLOYMENT_CREATING", "deployment_state_message": "Starting."}
        elif name in document["failures"]:
            reason = document["failures"][name]
            state = {"deployment": "DEPLOYMENT_FAILED", "deployment_state_message": reason}
        else:
            state = {"deployment": "DEPLOYMENT_ABORTED", "deployment_state_message": "Another entity failed."}
        states[name] = state
    return states


def _view(call: Call, document: Json) -> Json:
    """The endpoint as the API shows it (`ServingEndpointDetailed`)."""
    serving = call.sandbox.get(Serving)
    body = {key: document[key] for key in _SHOWN if key in document}
    body |= {
        "description": document.get("description", ""),
        "permission_level": "CAN_MANAGE",
        "route_optimized": bool(document.get("route_optimized")),
    }
    ready = False
    if "config" in document:
        entities = document["config"]["served_entities"]
        states = {
            one["name"]: serving.entity_state(call.workspace, document["name"], one) for one in entities
        }
        ready = all(state["deployment"] == "DEPLOYMENT_READY" for state in states.values())
        body["config"] = shown(document["config"], states)
    if "pending_config" in document:
        body["pending_config"] = shown(document["pending_config"], _pending_states(document))
    elif "config" not in document:
        # The provider's read looks into `config` without asking whether there is one.
        body["config"] = {}
    body["state"] = {"ready": "READY" if ready else "NOT_READY", "config_update": document["config_update"]}
    return body


def _check_entities(call: Call, config: Json) -> None:
    """Refuse at once what could never come up: a version or a secret that is not there."""
    for entity in config["served_entities"]:
        if is_model(entity):
            if entity["entity_name"].count(".") == 2:
                access.require(call, "registered_model", entity["entity_name"], "EXECUTE")
            model_version_artifact(
                call.sandbox, call.workspace, entity["entity_name"], entity["entity_version"]
            )
        for scope in scopes_of(entity.get("environment_vars", {})):
            secrets.require(call, scope, "READ")
        resolve(call.sandbox, call.workspace, entity.get("environment_vars", {}))


def _check_capture(call: Call, document: Json, config: Json) -> None:
    capture = config.get("auto_capture_config")
    if capture is None:
        return
    capture.setdefault("enabled", True)
    capture.setdefault("table_name_prefix", document["name"])
    target = inference_target(call.workspace, document | {"config": config, "ai_gateway": {}})
    if target is not None:
        location(call.sandbox, target)


def _new_config(call: Call, document: Json, sent: Json) -> Json:
    config = core_config(sent, document["config_version"] + 1, call.user)
    _check_entities(call, config)
    _check_capture(call, document, config)
    return config


def inference_target(workspace: str, document: Json) -> Target | None:
    """The inference table that the endpoint's requests go to, if it has one switched on."""
    gateway = (document.get("ai_gateway") or {}).get("inference_table_config") or {}
    capture = document.get("config", {}).get("auto_capture_config") or {}
    for table, legacy in ((gateway, False), (capture, True)):
        if table.get("enabled"):
            prefix = table.get("table_name_prefix") or document["name"]
            name = f"{table['catalog_name']}.{table['schema_name']}.{prefix}_payload"
            return Target(workspace, name, legacy)
    return None


def _check_gateway(call: Call, document: Json) -> None:
    """Refuse an inference table without a place; make it when it has one."""
    table = (document.get("ai_gateway") or {}).get("inference_table_config") or {}
    if not table.get("enabled"):
        return
    for field in ("catalog_name", "schema_name"):
        if not table.get(field):
            raise invalid(f"inference_table_config.{field} is required to enable inference tables.")
    target = inference_target(call.workspace, document)
    if target is not None:
        location(call.sandbox, target)


@routes.post(_ROOT)
def create(call: Call) -> Json:
    """Create an endpoint; without a config it serves nothing until it gets one."""
    name = check_name(call.required("name"), "Endpoint name")
    if call.store.get(documents.KIND, name) is not None:
        raise already_exists(f"Endpoint with name '{name}' already exists.")
    document = documents.new(name, call.user)
    for field in (*_SHOWN[5:], "description", "route_optimized"):
        if call.body.get(field) not in (None, ""):
            document[field] = call.body[field]
    _check_gateway(call, document)
    config = _new_config(call, document, call.body["config"]) if call.body.get("config") else None
    with call.store.transaction():
        if call.store.get(documents.KIND, name) is not None:
            raise already_exists(f"Endpoint with name '{name}' already exists.")
        if config is not None:
            documents.begin_update(document, config)
        call.store.put(documents.KIND, name, document)
        permissions.on_create(call.store, "serving-endpoints", document["id"], call.user)
    if config is not None:
        call.sandbox.get(Serving).apply_pending(call.workspace, name)
    return _view(call, document)


@routes.get(_ROOT)
def list_endpoints(call: Call) -> Json:
    """The endpoints that the caller may see."""
    who = caller(call)
    seen = [
        document
        for document in call.store.documents(documents.KIND)
        if may(call.store, who, ("serving-endpoints", document["id"]), "CAN_VIEW")
    ]
    return {"endpoints": [_view(call, document) for document in seen]}


@routes.get(_ONE)
def get(call: Call) -> Json:
    """One endpoint."""
    return _view(call, endpoint(call, "CAN_VIEW"))


@routes.delete(_ONE)
def delete(call: Call) -> Json:
    """Delete an endpoint; its inference table stays."""
    name = call.path["name"]
    with call.store.transaction():
        document = endpoint(call, "CAN_MANAGE")
        call.store.delete(documents.KIND, name)
        permissions.on_delete(call.store, "serving-endpoints", document["id"])
    call.sandbox.get(Serving).remove(call.workspace, name)
    return {}


@routes.put(_ONE + "/config")
def update_config(call: Call) -> Json:
    """Serve other entities, or with another traffic split; the answer comes before they do."""
    name = call.path["name"]
    config = _new_config(call, endpoint(call, "CAN_MANAGE"), call.body)
    with call.store.transaction():
        document = endpoint(call, "CAN_MANAGE")
        documents.begin_update(document, config | {"config_version": document["config_version"] + 1})
        call.store.put(documents.KIND, name, document)
    call.sandbox.get(Serving).apply_pending(call.workspace, name)
    return _view(call, document)


@routes.put(_ONE + "/ai-gateway")
def put_ai_gateway(call: Call) -> Json:
    """Replace the AI Gateway's settings."""
    with call.store.transaction():
        document = endpoint(call, "CAN_MANAGE")
        document["ai_gateway"] = {key: value for key, value in call.body.items() if key != "name"}
        _check_gateway(call, document)
        call.store.put(documents.KIND, document["name"], document)
    answer: Json = document["ai_gateway"]
    return answer


@routes.patch(_ONE + "/tags")
def patch_tags(call: Call) -> Json:
    """Add, change and remove tags."""
    with call.store.transaction():
        document = endpoint(call, "CAN_MANAGE")
        tags = {tag["key"]: tag for tag in document.get("tags", [])}
        for key in call.get("delete_tags") or []:
            tags.pop(key, None)
        for tag in call.get("add_tags") or []:
            tags[tag["key"]] = tag
        document["tags"] = [tags[key] for key in sorted(tags)]
        call.store.put(documents.KIND, document["name"], document)
    return {"tags": document["tags"]}


@routes.put(_ONE + "/rate-limits")
def put_rate_limits(call: Call) -> Json:
    """Replace the (deprecated) rate limits."""
    return _replace(call, "rate_limits", call.body.get("rate_limits") or [])


@routes.patch(_ONE + "/notifications")
def patch_notifications(call: Call) -> Json:
    """Replace whom an update's result is mailed to (the sandbox sends no mail)."""
    return {"name": call.path["name"]} | _replace(
        call, "email_notifications", call.body.get("email_notifications") or {}
    )


@routes.patch(_ONE + "/telemetry-config")
def patch_telemetry(call: Call) -> Json:
    """Replace the telemetry settings."""
    _replace(call, "telemetry_config", call.body.get("telemetry_config") or {})
    return _view(call, documents.get(call.store, call.path["name"]))


def _replace(call: Call, field: str, value: object) -> Json:
    with call.store.transaction():
        document = endpoint(call, "CAN_MANAGE")
        document[field] = value
        call.store.put(documents.KIND, document["name"], document)
    return {field: value}
