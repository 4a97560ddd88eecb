"""The ASGI application: every route of every API, behind one gate."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Awaitable, Callable, Iterable, Mapping
from inspect import iscoroutinefunction
from typing import Any
from urllib.parse import urlsplit

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route as StarletteRoute

from mlops_sandbox.context import DEFAULT_USER, Sandbox
from mlops_sandbox.errors import ApiError, invalid, not_found
from mlops_sandbox.server import faults
from mlops_sandbox.server.refusal import refusal
from mlops_sandbox.server.routing import Answer, Call, Route
from mlops_sandbox.server.security import (
    WORKSPACE_HEADER,
    check_origin,
    check_token,
    cookie_name,
    is_account,
    is_databricks,
    names_account,
    same_tokens,
)
from mlops_sandbox.server.unexpected import explain

_log = logging.getLogger(__name__)
#: For each prefix of paths, how an error's body looks there; Databricks' form is everywhere else.
Dialects = Mapping[str, Callable[[ApiError], dict[str, Any]]]
#: Where the gate leaves for handlers who calls, and which workspace.
_USER = "mlops.user"
_WORKSPACE = "mlops.workspace"
#: Whose access token a token is at a workspace, or at an account (None).
SpeaksFor = Callable[[Sandbox, str, str | None], str | None]
#: Refuses a caller's address at a workspace.
CheckAddress = Callable[[Sandbox, str, str], None]
_METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"]


def _respond(answer: Answer) -> Response:
    if isinstance(answer, Response):
        return answer
    status, body = answer if isinstance(answer, tuple) else (200, answer)
    return JSONResponse(body, status_code=status)


async def _body(request: Request) -> dict[str, Any]:
    """The JSON body of a request that has one; other kinds of bodies are left to the handler."""
    kind = request.headers.get("content-type", "")
    # What `curl -d` says of any body, JSON too.
    form = "x-www-form-urlencoded" in kind
    if request.method in {"GET", "HEAD"} or (kind and "json" not in kind and not form):
        return {}
    raw = await request.body()
    if not raw.strip():
        return {}
    try:
        body = json.loads(raw)
    except ValueError as error:
        if not kind or form:
            return {}
        raise ApiError(400, "MALFORMED_REQUEST", f"Could not parse request object: {error}") from None
    if not isinstance(body, dict):
        raise invalid("The request body must be a JSON object.")
    return body


def _endpoint(sandbox: Sandbox, route: Route) -> Callable[[Request], Awaitable[Response]]:
    async def answer(request: Request) -> Response:
        call = Call(
            sandbox=sandbox,
            workspace=request.scope[_WORKSPACE],
            user=request.scope[_USER],
            path=request.path_params,
            query=request.query_params,
            body=await _body(request) if route.reads_body else {},
            request=request,
        )
        if iscoroutinefunction(route.handler):
            return _respond(await route.handler(call))
        return _respond(await run_in_threadpool(route.handler, call))  # type: ignore[arg-type]

    return answer


def _in_dialect(path: str, error: ApiError, dialects: Dialects) -> Response | None:
    for prefix, body in dialects.items():
        if path.startswith(prefix):
            # What makes git send the credentials that it has.
            ask = {"WWW-Authenticate": 'Basic realm="sandbox"'} if error.status == 401 else None
            return JSONResponse(body(error), status_code=error.status, headers=ask)
    return None


class Gate:
    """Security, faults and errors, around every route (pure ASGI: answers may stream)."""

    def __init__(
        self,
        app: Any,
        sandbox: Sandbox,
        dialects: Dialects,
        speaks_for: SpeaksFor,
        check_address: CheckAddress,
    ) -> None:
        self._app = app
        self._speaks_for = speaks_for
        self._check_address = check_address
        self._dialects = dialects
        self._sandbox = sandbox
        # Browsers share cookies between ports, so one login opens the page of every workspace.
        self._cookie_port = urlsplit(sandbox.url).port or 0

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Answer a request; the sandbox's end takes its connection: whether it was done nobody knows."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        begun = False

        async def note(message: Any) -> None:
            nonlocal begun
            begun = True
            await send(message)

        try:
            await self._answer(scope, receive, note)
        except asyncio.CancelledError:
            if not begun:
                await faults.Dropped()(scope, receive, send)
            raise

    async def _answer(self, scope: Any, receive: Any, send: Any) -> None:
        """Let a request through, or answer it with its error."""
        port: int = scope["server"][1]
        request = Request(scope, receive)
        try:
            check_origin(request, port)
            login = self._login(request)
            if login is None:
                workspace = self._workspace(request, port)
                at = None if names_account(request, self._sandbox) else workspace
                if at is not None and is_databricks(request.url.path):
                    self._check_address(self._sandbox, at, scope["client"][0])
                user = check_token(
                    request,
                    self._cookie_port,
                    self._sandbox.token,
                    lambda token: self._speaks_for(self._sandbox, token, at),
                )
                scope = {**scope, _USER: user or DEFAULT_USER, _WORKSPACE: workspace}
                login = await faults.apply(self._sandbox, request, self._app)
        except ApiError as error:
            login = _in_dialect(request.url.path, error, self._dialects) or refusal(request, error)
        await (login or self._app)(scope, receive, send)

    def _workspace(self, request: Request, port: int) -> str:
        """The workspace that is called: the port's, or at the account the one that the request names."""
        named = request.headers.get(WORKSPACE_HEADER)
        if named and is_account(request, self._sandbox):
            if named not in self._sandbox.workspaces.all():
                raise not_found(f"Workspace {named} does not exist.")
            return named
        found = self._sandbox.workspaces.at(port)
        if found is None:
            raise not_found("This workspace was deleted.")
        return found

    def _login(self, request: Request) -> Response | None:
        """`/login?token=…`, the address that a person opens: sets the page's cookie."""
        if request.url.path != "/login":
            return None
        if not same_tokens(request.query_params.get("token", ""), self._sandbox.token):
            raise ApiError(
                403, "PERMISSION_DENIED", "That link is not valid any more: `mlops sandbox status` prints it."
            )
        response = RedirectResponse("/", status_code=303, headers={"Referrer-Policy": "no-referrer"})
        response.set_cookie(
            cookie_name(self._cookie_port), self._sandbox.token, httponly=True, samesite="strict"
        )
        return response


async def _unknown_route(request: Request) -> Response:
    message = f"The sandbox does not know {request.method} {request.url.path}."
    return JSONResponse({"error_code": "NOT_IMPLEMENTED", "message": message}, status_code=501)


def _nobody(_sandbox: Sandbox, _token: str, _workspace: str | None) -> None:
    return None


def _anywhere(_sandbox: Sandbox, _workspace: str, _address: str) -> None:
    return None


def build_app(
    sandbox: Sandbox,
    routes: Iterable[Route],
    dialects: Dialects | None = None,
    speaks_for: SpeaksFor = _nobody,
    check_address: CheckAddress = _anywhere,
) -> Any:
    """The whole application, for all addresses of the sandbox.

    Args:
        sandbox: the running sandbox.
        routes: every API's routes; the first that fits answers.
        dialects: how errors look below other vendors' prefixes.
        speaks_for: whose access token a token is, None when it is not one.
        check_address: refuses an address that a workspace does not let in.
    """
    forms = dialects or {}

    async def api_error(request: Request, error: Exception) -> Response:
        assert isinstance(error, ApiError)
        known = _in_dialect(request.url.path, error, forms)
        return known or JSONResponse(error.body(), status_code=error.status)

    async def unexpected(request: Request, error: Exception) -> Response:
        asked = f"{request.method} {request.url.path}"
        _log.exception("%s", asked, exc_info=error)
        message = explain(asked, error, sandbox.home)
        return JSONResponse({"error_code": "INTERNAL_ERROR", "message": message}, status_code=500)

    table = [
        StarletteRoute(route.path, _endpoint(sandbox, route), methods=[route.method]) for route in routes
    ]
    table.append(StarletteRoute("/{rest:path}", _unknown_route, methods=_METHODS))
    app = Starlette(routes=table, exception_handlers={ApiError: api_error, Exception: unexpected})
    return Gate(app, sandbox, forms, speaks_for, check_address)
