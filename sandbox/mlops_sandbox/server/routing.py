"""Routes: a method and a path, and the function that answers."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

from starlette.datastructures import QueryParams
from starlette.requests import Request
from starlette.responses import Response

from mlops_sandbox.context import Sandbox
from mlops_sandbox.errors import invalid
from mlops_sandbox.metastore import Metastore
from mlops_sandbox.store import Store

Json = dict[str, Any]
#: A handler answers with a JSON object, a status and an object, or a whole response.
Answer = Json | tuple[int, Json] | Response
Handler = Callable[["Call"], Answer] | Callable[["Call"], Awaitable[Answer]]


@dataclass(frozen=True)
class Call:
    """One request, as a handler sees it."""

    sandbox: Sandbox
    workspace: str
    user: str
    """The caller's user name, or a service principal's application ID."""
    path: Mapping[str, str]
    """The values of the path's `{names}`, percent-decoded."""
    query: QueryParams
    body: Json
    """The JSON body; empty when there is none."""
    request: Request

    @property
    def store(self) -> Store:
        """The documents of the workspace that was called."""
        return self.sandbox.store(self.workspace)

    @property
    def metastore(self) -> Metastore:
        """The documents of Unity Catalog, as the workspace that was called sees them."""
        return self.sandbox.metastore(self.workspace)

    @property
    def url(self) -> str:
        """The address of the workspace that was called."""
        return self.sandbox.workspaces.url(self.workspace)

    def required(self, name: str) -> Any:
        """A field of the body or of the query that must be there."""
        value = self.body.get(name, self.query.get(name))
        if value in (None, ""):
            raise invalid(f"Missing required field: {name}")
        return value

    def get(self, name: str, default: Any = None) -> Any:
        """A field of the body, else of the query, else the default."""
        return self.body.get(name, self.query.get(name, default))

    def number(self, name: str, default: int) -> int:
        """A whole number of the body or the query."""
        value = self.get(name, default)
        try:
            return int(value)
        except (TypeError, ValueError):
            raise invalid(f"Could not parse {name} as a number: {value!r}") from None


@dataclass(frozen=True)
class Route:
    """A method and a path pattern in Starlette's form (`/jobs/{job_id}`, `/files/{path:path}`)."""

    method: str
    path: str
    handler: Handler
    reads_body: bool = True
    """False leaves the request's body to the handler, unread: proxies, uploads of any content."""


class Routes:
    """The routes of one API file, in the order in which they are tried."""

    def __init__(self) -> None:
        self.table: list[Route] = []

    def _add(self, method: str, paths: tuple[str, ...]) -> Callable[[Handler], Handler]:
        def register(handler: Handler) -> Handler:
            self.table.extend(Route(method, path, handler) for path in paths)
            return handler

        return register

    def raw(self, methods: str, *paths: str) -> Callable[[Handler], Handler]:
        """Answer these methods ("GET PUT") and leave the request's body unread."""

        def register(handler: Handler) -> Handler:
            self.table.extend(
                Route(method, path, handler, reads_body=False) for method in methods.split() for path in paths
            )
            return handler

        return register

    def get(self, *paths: str) -> Callable[[Handler], Handler]:
        """Answer GET on these paths."""
        return self._add("GET", paths)

    def post(self, *paths: str) -> Callable[[Handler], Handler]:
        """Answer POST on these paths."""
        return self._add("POST", paths)

    def put(self, *paths: str) -> Callable[[Handler], Handler]:
        """Answer PUT on these paths."""
        return self._add("PUT", paths)

    def patch(self, *paths: str) -> Callable[[Handler], Handler]:
        """Answer PATCH on these paths."""
        return self._add("PATCH", paths)

    def delete(self, *paths: str) -> Callable[[Handler], Handler]:
        """Answer DELETE on these paths."""
        return self._add("DELETE", paths)

    def head(self, *paths: str) -> Callable[[Handler], Handler]:
        """Answer HEAD on these paths."""
        return self._add("HEAD", paths)
