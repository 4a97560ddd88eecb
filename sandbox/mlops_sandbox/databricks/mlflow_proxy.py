"""The way to MLflow: the workspace's paths (`/api/2.0/mlflow/…`) for clients, `/mlflow/` for people."""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import unquote

import httpx
from starlette.background import BackgroundTask
from starlette.concurrency import run_in_threadpool
from starlette.responses import JSONResponse, RedirectResponse, Response, StreamingResponse

from mlops_sandbox.context import DEFAULT_USER, DEFAULT_WORKSPACE
from mlops_sandbox.databricks.mlflow_access import Asked, check_space
from mlops_sandbox.databricks.mlflow_server import WORKSPACE_HEADER, MlflowServer, mlflow_name
from mlops_sandbox.databricks.unity.securables import require_schema, split
from mlops_sandbox.errors import ApiError
from mlops_sandbox.server.routing import Answer, Call, Routes

routes = Routes()

_METHODS = "GET POST PUT PATCH DELETE HEAD"
#: What ends at this hop, and what the gate has already used up.
_NOT_FORWARDED = {
    "authorization",
    "connection",
    "cookie",
    "keep-alive",
    "proxy-authenticate",
    "proxy-authorization",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
    # Whose experiments are meant is this side's to say.
    WORKSPACE_HEADER,
}
#: Artifacts of a workspace other than the sandbox's own, and of models, which the registry may share.
_ARTIFACT = re.compile(r"(?:^|[/=])workspaces/([a-z0-9]+)/(.*)")
_SHARED = re.compile(r"[^/]+/models/")


def _space(call: Call) -> str:
    """What MLflow calls the workspace whose things are asked for: the caller's, but for shared models."""
    if call.request.method in {"GET", "HEAD"} and "/mlflow-artifacts/" in call.request.url.path:
        asked = f"{call.request.url.path}?{unquote(call.request.url.query)}"
        found = _ARTIFACT.search(asked)
        if found and _SHARED.match(found[2]):
            return found[1]
        if not found and re.search(r"(?:artifacts/|=)\d+/models/", asked):
            return mlflow_name(DEFAULT_WORKSPACE)
    return mlflow_name(call.workspace)


async def _send(server: MlflowServer, call: Call, path: bytes) -> httpx.Response:
    request = call.request
    if not server.knows(call.workspace):
        await run_in_threadpool(server.know, call.workspace)
    headers = [(name, value) for name, value in request.headers.items() if name not in _NOT_FORWARDED]
    headers.append((WORKSPACE_HEADER, _space(call)))
    has_body = "content-length" in request.headers or "transfer-encoding" in request.headers
    content: AsyncIterator[bytes] | None = request.stream() if has_body else None
    target = path + b"?" + request.scope["query_string"] if request.scope["query_string"] else path
    url = server.async_client.base_url.copy_with(raw_path=target)
    sent = server.async_client.build_request(request.method, url, headers=headers, content=content)
    return await server.async_client.send(sent, stream=True)


async def _reach(server: MlflowServer, call: Call, path: bytes) -> httpx.Response:
    await server.wait_async()
    try:
        return await _send(server, call, path)
    except httpx.ConnectError:
        # It died just now: nothing was sent, and the next one is being started.
        await server.wait_async()
        return await _send(server, call, path)


async def _forward(call: Call, path: bytes) -> Response:
    """Pass the request on to MLflow's path, streaming both ways; what the caller may not do is refused."""
    check_space(call)
    # Files are passed on as they come; what is said in JSON is short.
    told = "json" in call.request.headers.get("content-type", "")
    body = await call.request.body() if told else b""
    asked = await run_in_threadpool(Asked, call, body) if call.user != DEFAULT_USER else None
    if asked is not None:
        await run_in_threadpool(asked.check)
    try:
        answer = await _reach(call.sandbox.get(MlflowServer), call, path)
    except httpx.TransportError as error:
        raise ApiError(503, "TEMPORARILY_UNAVAILABLE", f"MLflow ended before it answered: {error}") from None
    headers = {name: value for name, value in answer.headers.items() if name not in _NOT_FORWARDED}
    if asked is not None and answer.is_success and (asked.makes or asked.is_list):
        return JSONResponse(await _read(answer, asked))
    background = BackgroundTask(answer.aclose)
    return StreamingResponse(answer.aiter_raw(), answer.status_code, headers, background=background)


async def _read(answer: httpx.Response, asked: Asked) -> dict[str, Any]:
    """An answer that is looked into on its way."""
    try:
        told: dict[str, Any] = json.loads(await answer.aread())
    finally:
        await answer.aclose()
    if asked.makes:
        await run_in_threadpool(asked.remember, told)
        return told
    return await run_in_threadpool(asked.shown, told)


@routes.get("/api/3.0/mlflow/server-info", "/mlflow/ajax-api/3.0/mlflow/server-info")
async def server_info(call: Call) -> Answer:
    """What MLflow's clients may ask for; that it keeps workspaces apart is not for them to see."""
    path = call.request.scope["raw_path"].removeprefix(b"/mlflow")
    answer = await _reach(call.sandbox.get(MlflowServer), call, path)
    try:
        told = json.loads(await answer.aread())
    finally:
        await answer.aclose()
    return answer.status_code, {**told, "workspaces_enabled": False}


@routes.get("/api/2.0/mlflow/experiments/list")
async def list_experiments(call: Call) -> Answer | Response:
    """All experiments; MLflow's own server has only the search, which wants to know how many."""
    query = call.request.scope["query_string"]
    if b"max_results=" not in query:
        call.request.scope["query_string"] = b"&".join(filter(None, (query, b"max_results=1000")))
    return await _forward(call, b"/api/2.0/mlflow/experiments/search")


@routes.post("/api/2.0/mlflow/experiments/delete")
def delete_experiment(call: Call) -> Answer:
    """Delete an experiment; unlike MLflow's own server, a workspace then gives its name away again."""
    experiment = {"experiment_id": call.required("experiment_id")}
    Asked(call, json.dumps(experiment).encode()).check()
    server = call.sandbox.get(MlflowServer)
    server.wait()
    server.know(call.workspace)
    with server.client(call.workspace) as mlflow:
        found = mlflow.get("/api/2.0/mlflow/experiments/get", params=experiment)
        if found.status_code != 200:
            return found.status_code, found.json()
        name = found.json()["experiment"]["name"]
        kept = {**experiment, "new_name": f"{name} (deleted {experiment['experiment_id']})"}
        renamed = mlflow.post("/api/2.0/mlflow/experiments/update", json=kept)
        if renamed.status_code != 200:
            return renamed.status_code, renamed.json()
        answer = mlflow.post("/api/2.0/mlflow/experiments/delete", json=experiment)
        return answer.status_code, answer.json()


@routes.post("/api/2.0/mlflow/registered-models/create")
async def create_registered_model(call: Call) -> Answer:
    """A new model; `catalog.schema.model` needs its schema, as in Unity Catalog."""
    name = str(call.required("name"))
    if name.count(".") == 2:
        catalog, schema, _ = split(name, 3)
        await run_in_threadpool(require_schema, call.metastore, catalog, schema)
    return await _forward(call, call.request.scope["raw_path"])


@routes.raw(
    _METHODS,
    "/api/2.0/mlflow/{rest:path}",
    "/api/3.0/mlflow/{rest:path}",
    "/api/2.0/mlflow-artifacts/{rest:path}",
)
async def api(call: Call) -> Answer:
    """Tracking, registry and artifacts, at MLflow's own paths."""
    return await _forward(call, call.request.scope["raw_path"])


@routes.get("/mlflow")
def ui_without_slash(_call: Call) -> Answer:
    """The UI's links are relative to its folder."""
    return RedirectResponse("/mlflow/", status_code=308)


@routes.raw(_METHODS, "/mlflow/{rest:path}")
async def ui(call: Call) -> Answer:
    """MLflow's web page and what it asks; all its links are relative."""
    return await _forward(call, call.request.scope["raw_path"].removeprefix(b"/mlflow"))
