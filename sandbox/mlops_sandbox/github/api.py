"""How GitHub's REST API speaks: errors, pages, ETags, times."""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Callable
from datetime import UTC, datetime
from functools import wraps
from hashlib import sha256
from math import ceil
from typing import Any, TypeVar
from urllib.parse import urlencode

from starlette.responses import Response

from mlops_sandbox.context import Sandbox
from mlops_sandbox.errors import ApiError
from mlops_sandbox.git.repository import GitError
from mlops_sandbox.server.routing import Call, Handler, Json, Route, Routes
from mlops_sandbox.store import Store

DOCUMENTATION = "https://docs.github.com/enterprise-server@3.17/rest"
VERSION = "3.17.0"
#: A GitHub handler answers with a body, a status and a body, None (204) or a whole response.
GitHubAnswer = Json | list[Any] | tuple[int, Any] | Response | None
GitHubHandler = Callable[[Call], GitHubAnswer]
H = TypeVar("H", bound=GitHubHandler)


class GitHubError(ApiError):
    """A refusal in GitHub's form: `message`, `documentation_url`, `status` and, of fields, `errors`."""

    def __init__(self, status: int, message: str, errors: list[Json] | None = None) -> None:
        super().__init__(status, "GITHUB", message)
        self.errors = errors

    def body(self) -> Json:
        """The JSON body that GitHub would answer with."""
        return error_body(self.status, self.message, self.errors)


def error_body(status: int, message: str, errors: list[Json] | None = None) -> Json:
    """GitHub's body of an error."""
    more = {"errors": errors} if errors else {}
    return {"message": message, **more, "documentation_url": DOCUMENTATION, "status": str(status)}


def not_found() -> GitHubError:
    """404, as GitHub says it of everything."""
    return GitHubError(404, "Not Found")


def unprocessable(resource: str, field: str, code: str, message: str = "") -> GitHubError:
    """422 about one field; the code is missing, missing_field, invalid, already_exists or custom."""
    error = {"resource": resource, "field": field, "code": code}
    return GitHubError(422, "Validation Failed", [{**error, **({"message": message} if message else {})}])


def required(call: Call, resource: str, field: str) -> Any:
    """A field of the body that must be there, else 422."""
    value = call.body.get(field)
    if value in (None, ""):
        raise unprocessable(resource, field, "missing_field")
    return value


def mappings(value: Any, resource: str, field: str) -> list[Json]:
    """A field that is a list of objects (or nothing, which is an empty one), else 422."""
    found = [] if value is None else value
    if not isinstance(found, list) or not all(isinstance(each, dict) for each in found):
        raise unprocessable(resource, field, "invalid")
    return found


def mapping(value: Any, resource: str, field: str) -> Json | None:
    """A field that is an object or nothing, else 422."""
    if value is not None and not isinstance(value, dict):
        raise unprocessable(resource, field, "invalid")
    return value


def integer(call: Call, name: str) -> int:
    """A number of the path; anything else is nothing that exists."""
    if not call.path[name].isdigit():
        raise not_found()
    return int(call.path[name])


def base_url(sandbox: Sandbox) -> str:
    """`http://127.0.0.1:PORT/github`: what a browser would open, and the provider's `baseUrl`."""
    return f"{sandbox.url}/github"


def api_url(sandbox: Sandbox) -> str:
    """Where the REST API starts."""
    return f"{base_url(sandbox)}/api/v3"


def store(sandbox: Sandbox) -> Store:
    """GitHub's documents."""
    return sandbox.store("github")


def next_id(sandbox: Sandbox) -> int:
    """A number for a new object of any kind."""
    return store(sandbox).next_id("id", 1000)


def node_id(kind: str, number: int) -> str:
    """The GraphQL id that REST answers carry."""
    return f"{kind}_{b64encode(number.to_bytes(6, 'big')).decode()}"


def now() -> str:
    """This second, as GitHub writes it."""
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def page(call: Call, items: list[Any], key: str = "") -> Response:
    """One page of a list with its Link header; with a key, inside `{total_count, key}`.

    Query parameters: `per_page` (30, at most 100) and `page` (from 1).
    """
    size = min(max(call.number("per_page", 30), 1), 100)
    number = max(call.number("page", 1), 1)
    last = max(ceil(len(items) / size), 1)
    shown = items[(number - 1) * size : number * size]
    targets = {"prev": number - 1, "next": number + 1, "last": last, "first": 1}
    if number <= 1:
        targets = {name: targets[name] for name in ("next", "last")}
    if number >= last:
        targets = {name: at for name, at in targets.items() if name in ("prev", "first")}
    address = f"{call.sandbox.url}{call.request.url.path}"
    given = {name: value for name, value in call.query.items() if name != "page"}
    links = [f'<{address}?{urlencode({**given, "page": at})}>; rel="{name}"' for name, at in targets.items()]
    body = {"total_count": len(items), key: shown} if key else shown
    return respond(call, 200, body, {"Link": ", ".join(links)} if links else {})


def respond(call: Call, status: int, body: Any, headers: dict[str, str] | None = None) -> Response:
    """A JSON answer with its ETag; 304 when the caller has it already."""
    more = {"X-GitHub-Enterprise-Version": VERSION, **(headers or {})}
    if body is None:
        return Response(status_code=status, headers=more)
    raw = json.dumps(body, separators=(",", ":"), ensure_ascii=False).encode()
    etag = f'W/"{sha256(raw).hexdigest()}"'
    if status < 300:
        more["ETag"] = etag
    if call.request.method in ("GET", "HEAD") and call.request.headers.get("if-none-match") == etag:
        return Response(status_code=304, headers=more)
    return Response(raw, status, more, media_type="application/json; charset=utf-8")


def _answering(handler: GitHubHandler) -> Handler:
    @wraps(handler)
    def answer(call: Call) -> Response:
        try:
            found = handler(call)
        except GitError as error:
            raise GitHubError(409, f"Git refused: {error}") from None
        if isinstance(found, Response):
            return found
        status, body = found if isinstance(found, tuple) else (204 if found is None else 200, found)
        return respond(call, status, body)

    return answer


class GitHubRoutes:
    """The routes of one API file, below `/github/api/v3` or another prefix."""

    def __init__(self, prefix: str = "/github/api/v3") -> None:
        self.routes = Routes()
        self._prefix = prefix

    def on(self, method: str, *paths: str) -> Callable[[H], H]:
        """Answer a method on these paths."""

        def register(handler: H) -> H:
            answering = _answering(handler)
            self.routes.table.extend(Route(method, f"{self._prefix}{path}", answering) for path in paths)
            return handler

        return register
