"""A serving endpoint's core config: what callers may send, and the same with every default filled in.

Pure functions over JSON, in the form of the API's `EndpointCoreConfigInput` and `EndpointCoreConfigOutput`.
"""

from __future__ import annotations

import re
import time
from typing import Any

from mlops_sandbox.errors import invalid

Json = dict[str, Any]

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,62}")
_MOST_ENTITIES = 10
_WORKLOAD_SIZES = {"Small", "Medium", "Large", "X-Large", "2X-Large", "3X-Large", "4X-Large"}
_ENTITY_FIELDS = {
    "burst_scaling_enabled",
    "entity_name",
    "entity_version",
    "environment_vars",
    "external_model",
    "foundation_model",
    "instance_profile_arn",
    "max_provisioned_concurrency",
    "max_provisioned_throughput",
    "min_provisioned_concurrency",
    "min_provisioned_throughput",
    "name",
    "provisioned_model_units",
    "scale_to_zero_enabled",
    "workload_size",
    "workload_type",
}
#: The deprecated `served_models` say the same with other names.
_MODEL_FIELDS = {"model_name": "entity_name", "model_version": "entity_version"}


def check_name(name: object, what: str) -> str:
    """The name, when it may be one: at most 63 alphanumeric characters, dashes and underscores."""
    if not isinstance(name, str) or not _NAME.fullmatch(name):
        raise invalid(
            f"{what} {name!r} is not valid: 1 to 63 alphanumeric characters, dashes and underscores, "
            "the first one alphanumeric."
        )
    return name


def is_model(entity: Json) -> bool:
    """Whether the entity is a registered model, which the sandbox can serve."""
    return "external_model" not in entity and "foundation_model" not in entity


def _listed(config: Json) -> list[Json]:
    """The entities as the caller sent them, under either name."""
    entities, models = config.get("served_entities"), config.get("served_models")
    if entities and models:
        raise invalid("Only one of served_entities and served_models can be given.")
    listed = entities or models
    if not isinstance(listed, list) or not listed or not all(isinstance(one, dict) for one in listed):
        raise invalid("The config must have served_entities: a list of one to ten entities.")
    if len(listed) > _MOST_ENTITIES:
        raise invalid(f"An endpoint can have at most {_MOST_ENTITIES} served entities, not {len(listed)}.")
    return [{_MODEL_FIELDS.get(key, key): value for key, value in one.items()} for one in listed]


def _default_name(entity: Json) -> str:
    if "external_model" in entity:
        return re.sub(r"[.:]", "-", str(entity["external_model"].get("name", "")))
    model = str(entity["entity_name"]).rpartition(".")[2]
    return f"{model}-{entity['entity_version']}" if "entity_version" in entity else model


def _check_compute(entity: Json) -> None:
    size = entity.get("workload_size")
    provisioned = "max_provisioned_concurrency" in entity
    if size and provisioned:
        raise invalid("workload_size can not be given together with max_provisioned_concurrency.")
    throughput = {"provisioned_model_units", "max_provisioned_throughput"} & set(entity)
    if not size and not provisioned and not throughput:
        raise invalid("workload_size is required: Small, Medium or Large.")
    if size and size not in _WORKLOAD_SIZES:
        raise invalid(f"workload_size {size!r} is not one of {', '.join(sorted(_WORKLOAD_SIZES))}.")


def _entity(sent: Json, user: str) -> Json:
    unknown = set(sent) - _ENTITY_FIELDS - {"state", "creator", "creation_timestamp"}
    if unknown:
        raise invalid(f"Unknown field of a served entity: {', '.join(sorted(unknown))}.")
    entity = {key: value for key, value in sent.items() if key in _ENTITY_FIELDS and value is not None}
    if is_model(entity):
        for field in ("entity_name", "entity_version"):
            if not entity.get(field):
                raise invalid(f"A served entity must have {field}.")
        entity["entity_version"] = str(entity["entity_version"])
        _check_compute(entity)
        entity.setdefault("workload_type", "CPU")
    variables = entity.get("environment_vars", {})
    if not isinstance(variables, dict) or not all(isinstance(value, str) for value in variables.values()):
        raise invalid("environment_vars must map names to strings.")
    entity["name"] = check_name(entity.get("name") or _default_name(entity), "Served entity name")
    return entity | {"creator": user, "creation_timestamp": int(time.time() * 1000)}


def _routes(config: Json, names: list[str]) -> list[Json]:
    routes = (config.get("traffic_config") or {}).get("routes") or []
    if not routes:
        if len(names) > 1:
            raise invalid("traffic_config is required when there is more than one served entity.")
        return [{"served_model_name": names[0], "traffic_percentage": 100}]
    for route in routes:
        target = route_target(route)
        if target not in names:
            raise invalid(
                f"The traffic route to {target!r} names no served entity; they are {', '.join(names)}."
            )
    shares = [route.get("traffic_percentage") for route in routes]
    if not all(isinstance(share, int) and 0 <= share <= 100 for share in shares) or sum(shares) != 100:
        raise invalid(f"The traffic percentages must be whole numbers that add up to 100, not {shares}.")
    return list(routes)


def route_target(route: Json) -> str:
    """The served entity that a route leads to."""
    return str(route.get("served_entity_name") or route.get("served_model_name") or "")


def core_config(sent: Json, version: int, user: str) -> Json:
    """The config with names, traffic and version filled in.

    Args:
        sent: the body of `PUT …/config`, or `config` of a create.
        version: the config version that this one becomes.
        user: whom the entities' `creator` names.

    Raises:
        ApiError: 400, with what is wrong and what would be right.
    """
    entities = [_entity(one, user) for one in _listed(sent)]
    names = [entity["name"] for entity in entities]
    if len(set(names)) != len(names):
        raise invalid(f"Served entity names must be unique, not {', '.join(names)}.")
    if not all(is_model(entity) for entity in entities) and any(is_model(entity) for entity in entities):
        raise invalid("External and foundation models can not be served beside registered models.")
    config: Json = {
        "served_entities": entities,
        "traffic_config": {"routes": _routes(sent, names)},
        "config_version": version,
    }
    if sent.get("served_models"):
        config["as_served_models"] = True
    if sent.get("auto_capture_config"):
        config["auto_capture_config"] = dict(sent["auto_capture_config"])
    return config


def shown(config: Json, states: dict[str, Json]) -> Json:
    """The config as the API answers it.

    Args:
        config: a result of :func:`core_config`.
        states: the state of each served entity, by name.
    """
    body = {key: value for key, value in config.items() if key not in {"as_served_models", "served_entities"}}
    entities = [entity | {"state": states[entity["name"]]} for entity in config["served_entities"]]
    if config.get("as_served_models"):
        back = {value: key for key, value in _MODEL_FIELDS.items()}
        body["served_models"] = [
            {back.get(key, key): value for key, value in one.items()} for one in entities
        ]
    else:
        body["served_entities"] = entities
    capture = config.get("auto_capture_config")
    if capture:
        table = {"name": f"{capture['table_name_prefix']}_payload", "status": "READY"}
        body["auto_capture_config"] = capture | {"state": {"payload_table": table}}
    return body
