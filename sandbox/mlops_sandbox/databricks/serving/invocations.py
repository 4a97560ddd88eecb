"""Asking an endpoint: one of its scoring servers answers, and the inference table keeps both."""

from __future__ import annotations

import json
import time
import uuid
from dataclasses import dataclass, field

import anyio
import httpx
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from mlops_sandbox.databricks.serving import endpoint_document as documents
from mlops_sandbox.databricks.serving.core_config import Json
from mlops_sandbox.databricks.serving.deployment import Lease
from mlops_sandbox.databricks.serving.endpoints import endpoint, inference_target
from mlops_sandbox.databricks.serving.payload_table import Entry
from mlops_sandbox.databricks.serving.scoring_server import REQUEST_TIMEOUT, ScoringServer
from mlops_sandbox.databricks.serving.subsystem import Serving
from mlops_sandbox.errors import ApiError, invalid
from mlops_sandbox.server.routing import Answer, Call, Routes

routes = Routes()

#: Seconds that a request waits for a scoring server that starts or comes back.
_PATIENCE = 120.0


@dataclass
class _Question:
    """One request to an endpoint."""

    call: Call
    content: bytes
    received: float = field(default_factory=time.time)
    request_id: str = field(default_factory=lambda: str(uuid.uuid4()))

    @property
    def headers(self) -> dict[str, str]:
        return {"content-type": self.call.request.headers.get("content-type", "application/json")}


def _unavailable(message: str) -> ApiError:
    return ApiError(503, "TEMPORARILY_UNAVAILABLE", message)


async def _until(wait: object, *arguments: object) -> bool:
    """Wait in a thread of its own, so that waiting requests never keep the API from answering."""
    return await anyio.to_thread.run_sync(wait, *arguments, limiter=anyio.CapacityLimiter(1))  # type: ignore[arg-type]


async def _send(server: ScoringServer, question: _Question) -> httpx.Response:
    """Ask the scoring server, which may be starting or may have just died."""
    deadline = time.monotonic() + _PATIENCE
    while True:
        if server.state != "ready":
            left = max(0.0, deadline - time.monotonic())
            if not await _until(server.wait_ready, left):
                raise _unavailable(f"The scoring server of {server.served.name} is not up: {server.message}")
        try:
            return await server.client().post(
                "/invocations", content=question.content, headers=question.headers
            )
        except httpx.ConnectError:
            server.suspect()
            await anyio.sleep(0.05)
        except httpx.TimeoutException:
            raise ApiError(
                504, "DEADLINE_EXCEEDED", f"The model did not answer within {REQUEST_TIMEOUT} s."
            ) from None
        except httpx.TransportError:
            raise _unavailable(
                f"The scoring server of {server.served.name} ended while it answered; it is started again."
            ) from None


def _with_output(body: Json, question: _Question, answer: httpx.Response) -> bytes:
    """The answer's bytes; with `databricks_output`, if the request asked for it."""
    if not (body.get("databricks_options") or {}).get("return_trace") or not answer.is_success:
        return answer.content
    told = answer.json()
    if not isinstance(told, dict):
        return answer.content
    return json.dumps(told | {"databricks_output": {"databricks_request_id": question.request_id}}).encode()


async def _record(
    question: _Question, document: Json, lease: Lease, answer: Response, started: float
) -> None:
    call = question.call
    serving = call.sandbox.get(Serving)
    duration = 1000 * (time.monotonic() - started)
    serving.counters.count(
        call.workspace, document["name"], lease.entity["name"], answer.status_code, duration
    )
    target = inference_target(call.workspace, document)
    if target is None:
        return
    entity = lease.entity
    entry = Entry(
        request_id=question.request_id,
        client_request_id=call.body.get("client_request_id"),
        received_ms=int(question.received * 1000),
        status=answer.status_code,
        duration_ms=round(duration),
        request=question.content.decode(errors="replace"),
        response=bytes(answer.body).decode(errors="replace"),
        entity_id=uuid.uuid5(uuid.NAMESPACE_OID, f"{document['id']}/{entity['name']}").hex,
        requester=call.user,
        metadata={
            "endpoint_name": document["name"],
            "model_name": str(entity["entity_name"]),
            "model_version": str(entity["entity_version"]),
        },
    )
    await run_in_threadpool(serving.inference_log.add, target, entry)


async def _ask(question: _Question, document: Json, lease: Lease) -> Response:
    entity = lease.entity
    if lease.server is None:
        provider = (entity.get("external_model") or {}).get("provider", "foundation models")
        message = f"Served entity '{entity['name']}' can't be asked: the sandbox has no provider {provider}."
        raise ApiError(501, "NOT_IMPLEMENTED", message)
    headers = {"served-model-name": entity["name"], "x-request-id": question.request_id}
    started = time.monotonic()
    try:
        answered = await _send(lease.server, question)
    except ApiError as error:
        body = json.dumps(error.body()).encode()
        answer = Response(body, error.status, headers, media_type="application/json")
    else:
        content = _with_output(question.call.body, question, answered)
        kind = answered.headers.get("content-type", "application/json")
        answer = Response(content, answered.status_code, headers, media_type=kind)
    await _record(question, document, lease, answer, started)
    return answer


@routes.post(
    "/serving-endpoints/{name}/invocations",
    "/api/2.0/serving-endpoints/{name}/invocations",
    "/serving-endpoints/{name}/served-models/{entity}/invocations",
    "/api/2.0/serving-endpoints/{name}/served-models/{entity}/invocations",
)
async def invoke(call: Call) -> Answer:
    """Ask the endpoint, or one of its served entities, for predictions."""
    name = call.path["name"]
    document = await run_in_threadpool(endpoint, call, "CAN_QUERY")
    if "config" not in document:
        raise invalid(f"Endpoint '{name}' serves nothing yet: {_why_nothing(document)}")
    serving = call.sandbox.get(Serving)
    serving.rate_limits.check(call.workspace, document, call.user)
    question = _Question(call, await call.request.body())
    if not serving.is_active(call.workspace, name) and not await _until(
        serving.wait_active, call.workspace, name, _PATIENCE
    ):
        raise _unavailable(f"Endpoint '{name}' is starting.")
    with serving.lease(call.workspace, name, call.path.get("entity")) as lease:
        return await _ask(question, document, lease)


def _why_nothing(document: Json) -> str:
    if documents.updating(document):
        return "its first config is coming up."
    failures = document.get("failures")
    if failures:
        return "its config failed: " + " ".join(failures.values())
    return "it has no config. Set one with PUT /api/2.0/serving-endpoints/{name}/config."
