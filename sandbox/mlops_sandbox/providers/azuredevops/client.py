"""Azure DevOps' REST API with one provider resource's settings."""

from __future__ import annotations

import os
from base64 import b64encode
from collections.abc import Mapping
from functools import cached_property
from typing import Any
from urllib.parse import quote

from mlops_sandbox.providers.bridge.errors import ResourceError
from mlops_sandbox.providers.bridge.http import Answer, JsonClient
from mlops_sandbox.providers.bridge.values import Values

#: Preview resources answer to nothing else, and released ones to it too.
_VERSION = "7.1-preview"


class DevOpsError(Exception):
    """Azure DevOps refused a request."""

    def __init__(self, asked: str, answer: Answer) -> None:
        self.status = answer.status
        told = answer.body.get("message") if isinstance(answer.body, dict) else None
        super().__init__(f"{asked}: {answer.status} {told or 'no reason is given'}")


def path_part(value: object) -> str:
    """A name as one part of a URL path."""
    return quote(str(value), safe="")


class DevOpsApi:
    """An organization; nothing is asked before it is needed."""

    def __init__(self, settings: Values) -> None:
        self._settings = settings

    def _setting(self, name: str, variable: str) -> str:
        return str(self._settings.get(name) or os.environ.get(variable) or "")

    @cached_property
    def _client(self) -> JsonClient:
        token = self._setting("personalAccessToken", "AZDO_PERSONAL_ACCESS_TOKEN")
        if not token:
            raise ResourceError(
                "the Azure DevOps provider has no token: set AZDO_PERSONAL_ACCESS_TOKEN"
                " (other ways to sign in need the real provider plugin)"
            )
        credentials = b64encode(f"_:{token}".encode()).decode()
        accept = f"application/json;api-version={_VERSION}"
        return JsonClient(self.url, {"Authorization": f"Basic {credentials}", "Accept": accept})

    @property
    def url(self) -> str:
        """The organization's address, without a trailing slash."""
        found = self._setting("orgServiceUrl", "AZDO_ORG_SERVICE_URL")
        if not found:
            raise ResourceError("the Azure DevOps provider has no organization: set AZDO_ORG_SERVICE_URL")
        return found.rstrip("/").lower()

    def graph(self, path: str) -> str:
        """A path of the graph of users and groups, which the service has at an address of its own."""
        if self.url.startswith("https://dev.azure.com/"):
            return self.url.replace("https://", "https://vssps.", 1) + f"/_apis/graph/{path}"
        return f"_apis/graph/{path}"

    def _asked(
        self,
        method: str,
        path: str,
        body: Any = None,
        query: Mapping[str, Any] | None = None,
        fine: tuple[int, ...] = (),
    ) -> Answer:
        found = self._client.send(method, path, body, query)
        # A page to sign in is Azure DevOps' way to refuse a token.
        if found.status == 203:
            raise ResourceError(f"{self.url} does not accept the token")
        if found.status >= 400 and found.status not in fine:
            raise DevOpsError(f"{method} {path}", found)
        return found

    def call(self, method: str, path: str, body: Any = None, query: Mapping[str, Any] | None = None) -> Any:
        """One request; the body. Raises DevOpsError for every refusal."""
        return self._asked(method, path, body, query).body

    def get(self, path: str, query: Mapping[str, Any] | None = None) -> Any:
        """GET."""
        return self.call("GET", path, query=query)

    def look(self, path: str, query: Mapping[str, Any] | None = None) -> Any:
        """GET; None when there is nothing: some resources say so with 404, others with `null`."""
        found = self._asked("GET", path, query=query, fine=(404,))
        return None if found.status == 404 else found.body

    def remove(self, path: str, query: Mapping[str, Any] | None = None) -> Any:
        """DELETE; what is gone already is fine."""
        found = self._asked("DELETE", path, query=query, fine=(404,))
        return None if found.status == 404 else found.body

    def explain(self, error: Exception) -> str | None:
        """Azure DevOps' own message."""
        return str(error) if isinstance(error, DevOpsError | ResourceError) else None


def configure(settings: Values) -> DevOpsApi:
    """An API for a provider resource's settings; calls nothing yet."""
    return DevOpsApi(settings)
