"""Faults on request, by route: what a real network and a busy workspace do to their callers.

`POST /sandbox/faults` with `{"faults": [{"method": "PUT", "path": "/api/2.0/serving-endpoints/*",
"status": 503, "times": 2}]}`;
`latency` (seconds), `drop` (the connection is lost before anything is done), `lose_answer` (it is done,
then the connection is lost, after the latency) and `after` (let that many calls pass first) are the other
fields. An empty list clears them.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from mlops_sandbox.context import Sandbox
from mlops_sandbox.errors import invalid
from mlops_sandbox.server.routing import Call, Json, Routes

routes = Routes()


@dataclass
class Fault:
    """One disturbance and how often it still happens."""

    path: str
    method: str = "*"
    status: int = 0
    error_code: str = "TEMPORARILY_UNAVAILABLE"
    message: str = "Injected by the sandbox."
    latency: float = 0.0
    drop: bool = False
    lose_answer: bool = False
    times: int = 1
    after: int = 0


_faults: dict[int, list[Fault]] = {}


class Dropped(Response):
    """A connection that is lost before the answer."""

    async def __call__(self, _scope: Any, _receive: Any, send: Any) -> None:
        """Begin an answer."""
        # Headers that promise a body, and then nothing: the server closes the connection.
        await send(
            {"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"1048576")]}
        )


@dataclass(frozen=True)
class _LostAnswer:
    """The application, whose answer never arrives."""

    app: Any
    latency: float

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        async def unsent(_message: Any) -> None:
            """Nobody hears it."""

        await self.app(scope, receive, unsent)
        await asyncio.sleep(self.latency)
        await Dropped()(scope, receive, send)


async def apply(sandbox: Sandbox, request: Request, app: Any) -> Any:
    """What answers this request instead of the application if a fault fits; None lets it through."""
    if request.url.path.startswith("/sandbox/"):
        # Else a fault of every path could not be taken back.
        return None
    for fault in _faults.get(id(sandbox), []):
        fits = fault.method in ("*", request.method) and fnmatchcase(request.url.path, fault.path)
        if not fits or fault.times <= 0:
            continue
        if fault.after > 0:
            fault.after -= 1
            continue
        fault.times -= 1
        if fault.lose_answer:
            return _LostAnswer(app, fault.latency)
        if fault.latency:
            await asyncio.sleep(fault.latency)
        if fault.drop:
            return Dropped()
        if fault.status:
            body = {"error_code": fault.error_code, "message": fault.message}
            return JSONResponse(body, status_code=fault.status, headers={"Retry-After": "1"})
    return None


@routes.get("/sandbox/faults")
def list_faults(call: Call) -> Json:
    """The faults that are set."""
    return {"faults": [vars(fault) for fault in _faults.get(id(call.sandbox), [])]}


@routes.post("/sandbox/faults")
def set_faults(call: Call) -> Json:
    """Replace the faults that are set."""
    try:
        wanted = [Fault(**fault) for fault in call.body.get("faults", [])]
    except TypeError as error:
        raise invalid(f"Not a fault: {error}") from None
    _faults[id(call.sandbox)] = wanted
    return {"faults": [vars(fault) for fault in wanted]}
