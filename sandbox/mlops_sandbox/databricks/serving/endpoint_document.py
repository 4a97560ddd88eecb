"""A serving endpoint in the store: its document, and every change of it.

The document holds what the API shows, less the states that only a running sandbox knows:
`config` is what is served, `pending_config` what an update is changing it to (or failed to),
`failures` why, by served entity, `events` what happened.
"""

from __future__ import annotations

import time
import uuid
from pathlib import Path

from mlops_sandbox.databricks.serving.core_config import Json
from mlops_sandbox.errors import ApiError, not_found
from mlops_sandbox.store import Store

KIND = "endpoint"
_MOST_EVENTS = 100


def now_ms() -> int:
    """Milliseconds since 1970."""
    return int(time.time() * 1000)


def log_file(folder: Path, endpoint: str, entity: str) -> Path:
    """Where the scoring server of a served entity writes, in its workspace's folder."""
    return folder / "logs" / "serving" / endpoint / f"{entity}.log"


def new(name: str, creator: str) -> Json:
    """The document of an endpoint that serves nothing yet."""
    now = now_ms()
    return {
        "name": name,
        "id": uuid.uuid4().hex,
        "creator": creator,
        "creation_timestamp": now,
        "last_updated_timestamp": now,
        "config_update": "NOT_UPDATING",
        "config_version": 0,
        "events": [],
    }


def get(store: Store, name: str) -> Json:
    """The document of an endpoint; raises 404."""
    document = store.get(KIND, name)
    if document is None:
        raise not_found(f"Endpoint with name '{name}' does not exist.")
    return document


def updating(document: Json) -> bool:
    """Whether a config update is in progress."""
    return bool(document["config_update"] == "IN_PROGRESS")


def add_event(document: Json, kind: str, message: str, entity: str = "") -> None:
    """Note what happened."""
    event: Json = {"id": uuid.uuid4().hex, "timestamp": now_ms(), "type": kind, "message": message}
    if entity:
        event["served_model_name"] = entity
    document["events"] = [*document["events"], event][-_MOST_EVENTS:]


def begin_update(document: Json, config: Json) -> None:
    """Make the config the pending one.

    Raises:
        ApiError: 409, an update is in progress.
    """
    if updating(document):
        raise ApiError(
            409,
            "RESOURCE_CONFLICT",
            f"Endpoint '{document['name']}' is being updated; wait until that update completes or fails.",
        )
    document["pending_config"] = config | {"start_time": now_ms()}
    document["config_version"] = config["config_version"]
    document["config_update"] = "IN_PROGRESS"
    document["last_updated_timestamp"] = now_ms()
    document.pop("failures", None)
    add_event(document, "ENDPOINT_UPDATE_STARTED", f"Updating to config version {config['config_version']}.")


def finish_update(store: Store, name: str, identity: str) -> bool:
    """The pending config is the one that is served; False when the endpoint is gone."""
    with store.transaction():
        document = store.get(KIND, name)
        if document is None or document["id"] != identity:
            return False
        config = {key: value for key, value in document.pop("pending_config").items() if key != "start_time"}
        document["config"] = config
        document["config_update"] = "NOT_UPDATING"
        add_event(
            document, "ENDPOINT_UPDATE_SUCCEEDED", f"Serving config version {config['config_version']}."
        )
        store.put(KIND, name, document)
    return True


def fail_update(store: Store, name: str, identity: str, failures: dict[str, str]) -> None:
    """The pending config could not be brought up.

    Args:
        store: the endpoint's workspace.
        name: the endpoint.
        identity: its id; nothing happens when the name has gone to another endpoint.
        failures: why, by served entity.
    """
    with store.transaction():
        document = store.get(KIND, name)
        if document is None or document["id"] != identity:
            return
        document["config_update"] = "UPDATE_FAILED"
        document["failures"] = failures
        for entity, reason in failures.items():
            add_event(document, "ENDPOINT_UPDATE_FAILED", reason, entity)
        store.put(KIND, name, document)
