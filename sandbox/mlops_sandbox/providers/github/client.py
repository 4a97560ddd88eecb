"""GitHub's REST API with one provider resource's settings."""

from __future__ import annotations

import os
import threading
from collections.abc import Mapping
from functools import cached_property
from typing import Any
from urllib.parse import quote, urlsplit

from mlops_sandbox.providers.bridge.errors import ResourceError
from mlops_sandbox.providers.bridge.http import Answer, JsonClient
from mlops_sandbox.providers.bridge.values import Values

_PUBLIC = "https://api.github.com/"
_MANY = 100


class GitHubError(Exception):
    """GitHub refused a request."""

    def __init__(self, asked: str, answer: Answer) -> None:
        self.status = answer.status
        body = answer.body if isinstance(answer.body, dict) else {}
        told = [body.get("message") or f"status {answer.status}"]
        told += [_detail(each) for each in body.get("errors") or []]
        self.message = "; ".join(told)
        super().__init__(f"{asked}: {answer.status} {self.message}")


def _detail(error: Any) -> str:
    if not isinstance(error, dict):
        return str(error)
    return str(error.get("message") or " ".join(str(error.get(part, "")) for part in ("field", "code")))


def path_part(value: object) -> str:
    """A name as one part of a URL path."""
    return quote(str(value), safe="")


def path_tail(value: object) -> str:
    """A name of several parts, as `feature/x` or a file's path, at the end of a URL path."""
    return quote(str(value), safe="/")


def _rest_root(base_url: str) -> str:
    """Where REST starts: every host but GitHub's own is an Enterprise Server, with `api/v3/` behind it."""
    base = base_url.rstrip("/") + "/"
    host = urlsplit(base).hostname or ""
    if host in ("github.com", "api.github.com"):
        return _PUBLIC
    if host.endswith(".ghe.com"):
        return base if host.startswith("api.") else f"https://api.{host}/"
    return base if base.endswith("api/v3/") else f"{base}api/v3/"


class GitHubApi:
    """An owner's repositories and teams; nothing is asked before it is needed."""

    def __init__(self, settings: Values) -> None:
        self._settings = settings
        self._lock = threading.Lock()

    def _setting(self, name: str, variable: str) -> str:
        return str(self._settings.get(name) or os.environ.get(variable) or "")

    @cached_property
    def _client(self) -> JsonClient:
        token = self._setting("token", "GITHUB_TOKEN")
        if not token:
            raise ResourceError("the GitHub provider has no token: set GITHUB_TOKEN")
        if self._settings.get("appAuth"):
            raise ResourceError("appAuth needs the real provider plugin; give the stand-in a token")
        root = _rest_root(self._setting("baseUrl", "GITHUB_BASE_URL") or _PUBLIC)
        return JsonClient(root, {"Authorization": f"Bearer {token}", "Accept": "application/vnd.github+json"})

    @cached_property
    def _account(self) -> Values:
        """The owner: an organization with its number, or a user without one."""
        name = self._setting("owner", "GITHUB_OWNER") or self._setting("organization", "GITHUB_ORGANIZATION")
        if not name:
            name = str(self._asked("GET", "user").body["login"])
        found = self._client.send("GET", f"orgs/{path_part(name)}")
        if found.status == 404:
            return {"login": name}
        if found.status >= 400:
            raise GitHubError(f"the owner {name}", found)
        return {"login": name, "id": found.body["id"]}

    def _owning(self) -> Values:
        with self._lock:
            return self._account

    @property
    def owner(self) -> str:
        """The login whose repositories these are."""
        return str(self._owning()["login"])

    @property
    def is_organization(self) -> bool:
        """Whether the owner is an organization."""
        return "id" in self._owning()

    @property
    def organization_id(self) -> int:
        """The organization's number.

        Raises:
            ResourceError: the owner is a user.
        """
        if not self.is_organization:
            raise ResourceError(f"{self.owner} is a user: this resource needs an organization as owner")
        return int(self._owning()["id"])

    def repository(self, name: object, owner: object = None) -> str:
        """The path of a repository."""
        return f"repos/{path_part(owner or self.owner)}/{path_part(name)}"

    def team(self, number: object) -> str:
        """The path of a team, by its number or slug."""
        if str(number).isdigit():
            return f"organizations/{self.organization_id}/team/{number}"
        return f"orgs/{path_part(self.owner)}/teams/{path_part(number)}"

    def _asked(
        self,
        method: str,
        path: str,
        body: Any = None,
        query: Mapping[str, Any] | None = None,
        etag: str = "",
        fine: tuple[int, ...] = (),
    ) -> Answer:
        found = self._client.send(method, path, body, query, {"If-None-Match": etag} if etag else None)
        if found.status >= 400 and found.status not in fine:
            raise GitHubError(f"{method} {path}", found)
        return found

    def call(
        self, method: str, path: str, body: Any = None, query: Mapping[str, Any] | None = None
    ) -> Answer:
        """One request; raises GitHubError for every refusal."""
        return self._asked(method, path, body, query)

    def get(self, path: str, query: Mapping[str, Any] | None = None) -> Any:
        """GET; the body."""
        return self._asked("GET", path, query=query).body

    def look(self, path: str, query: Mapping[str, Any] | None = None, etag: object = None) -> Answer | None:
        """GET of something that may be gone (None) or the same as before (304, when there is an etag)."""
        found = self._asked("GET", path, query=query, etag=str(etag or ""), fine=(404,))
        return None if found.status == 404 else found

    def every(self, path: str, query: Mapping[str, Any] | None = None, key: str = "") -> list[Any]:
        """All items of a list, page by page; with a key, from inside `{key: […]}`."""
        items: list[Any] = []
        number = 1
        while True:
            more = {"page": number} if number > 1 else {}
            found = self._asked("GET", path, query={**(query or {}), "per_page": _MANY, **more})
            items += found.body[key] if key else found.body
            if 'rel="next"' not in found.headers.get("link", ""):
                return items
            number += 1

    def remove(self, path: str, body: Any = None) -> None:
        """DELETE; what is gone already is fine."""
        self._asked("DELETE", path, body, fine=(404,))

    def explain(self, error: Exception) -> str | None:
        """GitHub's own message."""
        return str(error) if isinstance(error, GitHubError | ResourceError) else None


def configure(settings: Values) -> GitHubApi:
    """An API for a provider resource's settings; calls nothing yet."""
    return GitHubApi(settings)
