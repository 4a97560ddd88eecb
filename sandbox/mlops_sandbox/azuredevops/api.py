"""How Azure DevOps' REST API speaks: errors, lists, times, identities."""

from __future__ import annotations

import json
from base64 import b64decode
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from functools import wraps
from typing import Any, TypeVar
from uuid import NAMESPACE_URL, uuid5

from starlette.concurrency import run_in_threadpool
from starlette.responses import JSONResponse, Response

from mlops_sandbox.context import DEFAULT_USER, Sandbox
from mlops_sandbox.errors import ApiError
from mlops_sandbox.git.repository import GitError
from mlops_sandbox.server.routing import Call, Json, Route, Routes
from mlops_sandbox.store import Store

#: A handler answers with a body, a status and a body, None (204) or a whole response.
DevOpsAnswer = Json | tuple[int, Any] | Response | None
DevOpsHandler = Callable[[Call], DevOpsAnswer]
H = TypeVar("H", bound=DevOpsHandler)

ZEROS = "0" * 40
#: How the token of a pipeline's job begins.
RUN_TOKEN_PREFIX = "ado_"  # noqa: S105


class DevOpsError(ApiError):
    """A refusal in Azure DevOps' form: a `message` and the exception's `typeKey`."""

    def __init__(self, status: int, type_key: str, message: str) -> None:
        super().__init__(status, type_key, message)

    def body(self) -> Json:
        """The JSON body that Azure DevOps would answer with."""
        return error_body(self.error_code, self.message)


def error_body(type_key: str, message: str) -> Json:
    """Azure DevOps' body of an error."""
    return {
        "$id": "1",
        "innerException": None,
        "message": message,
        "typeName": f"Microsoft.TeamFoundation.{type_key}, Microsoft.TeamFoundation",
        "typeKey": type_key,
        "errorCode": 0,
        "eventId": 3000,
    }


def invalid(message: str) -> DevOpsError:
    """400: a field is missing or has a wrong value."""
    return DevOpsError(400, "InvalidArgumentValueException", message)


def required(call: Call, field: str) -> Any:
    """A field of the body that must be there, else 400."""
    value = call.body.get(field)
    if value in (None, ""):
        raise invalid(f"Value cannot be null.\nParameter name: {field}")
    return value


def mapping(value: Any, field: str) -> Json:
    """A field that is an object (or nothing, which is an empty one), else 400."""
    found = {} if value is None else value
    if not isinstance(found, dict):
        raise invalid(f"The value of {field} is not an object.")
    return found


def mappings(value: Any, field: str) -> list[Json]:
    """A field that is a list of objects (or nothing, which is an empty one), else 400."""
    found = [] if value is None else value
    if not isinstance(found, list):
        raise invalid(f"The value of {field} is not a list.")
    return [mapping(each, field) for each in found]


def base_url(call: Call) -> str:
    """An organization's address: `http://127.0.0.1:PORT/azuredevops/ORG`."""
    return f"{call.sandbox.url}/azuredevops/{call.path['org']}"


def organization_store(sandbox: Sandbox, organization: str) -> Store:
    """An organization's documents; its name is the same in any case."""
    return sandbox.store(f"azuredevops/{organization.lower()}")


def store(call: Call) -> Store:
    """The documents of the organization that was called. Any name is an organization's."""
    return organization_store(call.sandbox, call.path["org"])


def now() -> str:
    """This moment, to the millisecond."""
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"


def values(items: list[Any]) -> Json:
    """A list as Azure DevOps wraps it."""
    return {"count": len(items), "value": items}


def presented(call: Call) -> str:
    """The token that calls: a bearer token, or the password of Basic credentials."""
    scheme, _, value = call.request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "basic":
        return value.strip()
    return b64decode(value).decode("utf-8", "replace").partition(":")[2]


def caller(call: Call) -> str:
    """The e-mail address of who calls; for a pipeline's job the build service's."""
    if presented(call).startswith(RUN_TOKEN_PREFIX):
        return f"build-service@{call.path['org']}"
    scheme, _, value = call.request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "basic":
        return DEFAULT_USER
    name = b64decode(value).decode("utf-8", "replace").partition(":")[0]
    return name if "@" in name else DEFAULT_USER


def identity(call: Call) -> Json:
    """Who calls: the e-mail address in Basic credentials, where there is one, else the token's user."""
    return user_identity(call, caller(call))


def user_identity(call: Call, user: str) -> Json:
    """A user, by e-mail address, as objects name one."""
    number = str(uuid5(NAMESPACE_URL, f"azuredevops/{user}"))
    return {
        "displayName": user.partition("@")[0],
        "id": number,
        "uniqueName": user,
        "descriptor": f"aad.{number.replace('-', '')}",
        "url": f"{base_url(call)}/_apis/Identities/{number}",
    }


def _payload(raw: bytes) -> Json:
    if not raw.strip():
        return {}
    try:
        body = json.loads(raw)
    except ValueError as error:
        raise invalid(f"The request's body is not JSON: {error}") from None
    return body if isinstance(body, dict) else {"items": body}


def _answering(handler: DevOpsHandler) -> Callable[[Call], Any]:
    @wraps(handler)
    async def answer(call: Call) -> Response:
        body = _payload(await call.request.body())
        try:
            found = await run_in_threadpool(handler, replace(call, body=body))
        except GitError as error:
            raise DevOpsError(409, "GitException", f"Git refused: {error}") from None
        if isinstance(found, Response):
            return found
        status, content = found if isinstance(found, tuple) else (204 if found is None else 200, found)
        return Response(status_code=204) if status == 204 else JSONResponse(content, status_code=status)

    return answer


class DevOpsRoutes:
    """The routes of one API file, below `/azuredevops/{org}`. A list as body arrives as `items`."""

    def __init__(self) -> None:
        self.routes = Routes()

    def on(self, method: str, *paths: str) -> Callable[[H], H]:
        """Answer a method on these paths."""

        def register(handler: H) -> H:
            answering = _answering(handler)
            for path in paths:
                route = Route(method, f"/azuredevops/{{org}}{path}", answering, reads_body=False)
                self.routes.table.append(route)
            return handler

        return register
