"""JSON over HTTP for the vendors whose Python SDK is none of their own."""

from __future__ import annotations

import threading
import time
import weakref
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from mlops_sandbox.providers.bridge.errors import ResourceError

if TYPE_CHECKING:
    import httpx

#: How long a call is tried again while the server can't be reached or is busy.
_RETRY_SECONDS = 15
_TIMEOUT_SECONDS = 60
_BUSY = (429, 502, 503, 504)


@dataclass(frozen=True)
class Answer:
    """What a server said."""

    status: int
    body: Any
    """Parsed JSON; None when there is none."""
    headers: Mapping[str, str]

    @property
    def etag(self) -> str:
        """The version of what was asked for; empty when the server gives none."""
        return self.headers.get("etag", "")


class JsonClient:
    """One server with one credential; httpx is imported at the first call only."""

    def __init__(self, root: str, headers: Mapping[str, str]) -> None:
        self._root = root
        self._headers = dict(headers)
        # Code hosts refuse writes that cross each other, and ask for one at a time.
        self._writing = threading.Lock()

    @cached_property
    def _client(self) -> httpx.Client:
        import httpx

        client = httpx.Client(base_url=self._root, headers=self._headers, timeout=_TIMEOUT_SECONDS)
        weakref.finalize(self, client.close)
        return client

    def send(
        self,
        method: str,
        path: str,
        body: Any = None,
        query: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        """One request; whatever status comes back is an answer.

        Raises:
            ResourceError: the server can't be reached, or closed the connection before it answered.
        """
        if method in ("GET", "OPTIONS"):
            return self._tried(method, path, body, query, headers)
        with self._writing:
            return self._tried(method, path, body, query, headers)

    def _tried(
        self,
        method: str,
        path: str,
        body: Any,
        query: Mapping[str, Any] | None,
        headers: Mapping[str, str] | None,
    ) -> Answer:
        import httpx

        deadline, pause = time.monotonic() + _RETRY_SECONDS, 0.1
        while True:
            try:
                found = self._client.request(
                    method,
                    path,
                    params=dict(query) if query else None,
                    headers=dict(headers or {}),
                    **({} if body is None else {"json": body}),
                )
            except httpx.ConnectError as error:
                if time.monotonic() > deadline:
                    raise ResourceError(
                        f"{self._root} gave no answer for {_RETRY_SECONDS} s: {error}"
                    ) from None
            except httpx.TransportError as error:
                # A write that was done would be done twice.
                if method != "GET" or time.monotonic() > deadline:
                    doubt = "; it may have been done: look before you try again" if method != "GET" else ""
                    raise ResourceError(
                        f"{self._root} closed the connection before it answered {method} {path}{doubt}"
                        f" ({type(error).__name__})"
                    ) from None
            else:
                if found.status_code not in _BUSY or time.monotonic() > deadline:
                    return _answer(found)
                pause = min(float(found.headers.get("retry-after", pause)), _RETRY_SECONDS)
            time.sleep(pause)
            pause = min(pause * 2, 3.0)


def _answer(found: httpx.Response) -> Answer:
    try:
        body = found.json() if found.content else None
    except ValueError:
        body = found.text
    return Answer(found.status_code, body, found.headers)
