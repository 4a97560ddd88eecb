"""What an endpoint tells of itself: logs of its served entities, events, metrics."""

from __future__ import annotations

import threading
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

from starlette.responses import PlainTextResponse

from mlops_sandbox.databricks.serving import endpoint_document as documents
from mlops_sandbox.databricks.serving.core_config import Json
from mlops_sandbox.errors import not_found
from mlops_sandbox.server.routing import Answer, Call, Routes

routes = Routes()

_ONE = "/api/2.0/serving-endpoints/{name}"
_LONGEST_LOG = 256 << 10


@dataclass
class _Count:
    requests: int = 0
    client_errors: int = 0
    server_errors: int = 0
    latency_ms: float = 0.0


class Counters:
    """Requests by served entity since the sandbox started."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._counts: dict[tuple[str, str], dict[str, _Count]] = defaultdict(lambda: defaultdict(_Count))

    def count(self, workspace: str, endpoint: str, entity: str, status: int, latency_ms: float) -> None:
        """One more request."""
        with self._lock:
            count = self._counts[workspace, endpoint][entity]
            count.requests += 1
            count.client_errors += 400 <= status < 500
            count.server_errors += status >= 500
            count.latency_ms += latency_ms

    def exposition(self, workspace: str, endpoint: str) -> str:
        """The counts in Prometheus' text format."""
        with self._lock:
            counts = {name: _Count(**vars(one)) for name, one in self._counts[workspace, endpoint].items()}
        lines = []
        for metric, kind, attribute in (
            ("request_count_total", "counter", "requests"),
            ("request_4xx_count_total", "counter", "client_errors"),
            ("request_5xx_count_total", "counter", "server_errors"),
            ("request_latency_ms_sum", "untyped", "latency_ms"),
            ("request_latency_ms_count", "untyped", "requests"),
        ):
            lines.append(f"# TYPE {metric} {kind}")
            for name, one in sorted(counts.items()):
                labels = f'endpoint_name="{endpoint}",served_entity_name="{name}"'
                lines.append(f"{metric}{{{labels}}} {getattr(one, attribute)}")
        return "\n".join(lines) + "\n"


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
    # The API's other routes know the subsystem, which counts with this module's counters.
    from mlops_sandbox.databricks.serving.endpoints import endpoint

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
    from mlops_sandbox.databricks.serving.subsystem import Serving

    name = _endpoint(call)["name"]
    return PlainTextResponse(call.sandbox.get(Serving).counters.exposition(call.workspace, name))
