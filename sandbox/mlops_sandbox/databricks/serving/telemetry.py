"""What an endpoint tells of itself: logs of its served entities, events, metrics."""

from __future__ import annotations

from pathlib import Path

from starlette.responses import PlainTextResponse

from mlops_sandbox.databricks.serving import endpoint_document as documents
from mlops_sandbox.databricks.serving.core_config import Json
from mlops_sandbox.databricks.serving.endpoints import endpoint
from mlops_sandbox.databricks.serving.subsystem import Serving
from mlops_sandbox.errors import not_found
from mlops_sandbox.server.routing import Answer, Call, Routes

routes = Routes()

_ONE = "/api/2.0/serving-endpoints/{name}"
_LONGEST_LOG = 256 << 10


def _tail(file: Path) -> str:
    if not file.exists():
        return ""
    with file.open("rb") as log:
        log.seek(max(0, file.stat().st_size - _LONGEST_LOG))
        return log.read().decode(errors="replace")


def _known(call: Call) -> tuple[Json, str]:
    """The endpoint's document, and a served entity of it by the path's name."""
    document = _endpoint(call)
    name = call.path["entity"]
    configs = [document[key] for key in ("config", "pending_config") if key in document]
    if not any(one["name"] == name for config in configs for one in config["served_entities"]):
        raise not_found(f"Endpoint '{document['name']}' has no served entity '{name}'.")
    return document, name


def _endpoint(call: Call) -> Json:
    return endpoint(call, "CAN_VIEW")


@routes.get(_ONE + "/served-models/{entity}/logs")
def logs(call: Call) -> Json:
    """What the entity's scoring server wrote, the last 256 KiB."""
    document, name = _known(call)
    return {"logs": _tail(documents.log_file(call.sandbox.folder(call.workspace), document["name"], name))}


@routes.get(_ONE + "/served-models/{entity}/build-logs")
def build_logs(call: Call) -> Json:
    """What happened to the entity; there is no image to build: it runs in the sandbox's own environment."""
    document, name = _known(call)
    happened = [event for event in document["events"] if event.get("served_model_name", name) == name]
    return {"logs": "".join(f"{event['type']}: {event['message']}\n" for event in happened)}


@routes.get(_ONE + "/events")
def events(call: Call) -> Json:
    """The endpoint's last updates and failures, the newest first."""
    return {"events": _endpoint(call)["events"][::-1]}


@routes.get(_ONE + "/metrics")
def metrics(call: Call) -> Answer:
    """The endpoint's metrics in Prometheus' text format."""
    name = _endpoint(call)["name"]
    return PlainTextResponse(call.sandbox.get(Serving).counters.exposition(call.workspace, name))
