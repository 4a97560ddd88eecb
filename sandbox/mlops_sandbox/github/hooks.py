"""Webhooks of a repository: kept and shown. The sandbox calls nobody."""

from __future__ import annotations

from mlops_sandbox.github import repositories
from mlops_sandbox.github.api import (
    GitHubAnswer,
    GitHubRoutes,
    api_url,
    integer,
    mapping,
    next_id,
    not_found,
    now,
    page,
    required,
    store,
    unprocessable,
)
from mlops_sandbox.server.routing import Call, Json

api = GitHubRoutes()

_ALL = "/repos/{owner}/{repo}/hooks"
_ONE = f"{_ALL}/{{hook}}"
_HIDDEN = "********"


def _shown(call: Call, repository: Json, hook: Json) -> Json:
    name = repositories.brief(repository)["full_name"]
    url = f"{api_url(call.sandbox)}/repos/{name}/hooks/{hook['id']}"
    settings = {key: value for key, value in hook["config"].items() if key != "secret"}
    if hook["config"].get("secret"):
        settings["secret"] = _HIDDEN
    return {**hook, "config": settings, "url": url, "test_url": f"{url}/test", "ping_url": f"{url}/pings"}


def _described(call: Call, before: Json) -> Json:
    given = mapping(call.body.get("config"), "Hook", "config") or {}
    settings = {**before.get("config", {}), **given}
    if not settings.get("url"):
        raise unprocessable("Hook", "config", "missing_field", "config.url is missing")
    secret = given.get("secret")
    if secret and secret != _HIDDEN:
        settings["secret"] = call.sandbox.cipher.encrypt(str(secret).encode()).decode()
    events = call.body.get("events") or before.get("events") or ["push"]
    return {
        **before,
        "type": "Repository",
        "name": "web",
        "active": bool(call.body.get("active", before.get("active", True))),
        "events": events,
        "config": {"content_type": "form", "insecure_ssl": "0", **settings},
        "updated_at": now(),
    }


def _found(call: Call) -> tuple[Json, str, Json]:
    repository = repositories.called(call)
    key = f"{repository['id']}/{integer(call, 'hook'):012d}"
    found = store(call.sandbox).get("hook", key)
    if found is None:
        raise not_found()
    return repository, key, found


@api.on("GET", _ALL)
def list_hooks(call: Call) -> GitHubAnswer:
    """A repository's webhooks."""
    repository = repositories.called(call)
    found = store(call.sandbox).documents("hook", f"{repository['id']}/")
    return page(call, [_shown(call, repository, each) for each in found])


@api.on("POST", _ALL)
def create_hook(call: Call) -> GitHubAnswer:
    """Make a webhook."""
    repository = repositories.called(call)
    required(call, "Hook", "config")
    hook = _described(call, {"id": next_id(call.sandbox), "created_at": now()})
    store(call.sandbox).put("hook", f"{repository['id']}/{hook['id']:012d}", hook)
    return 201, _shown(call, repository, hook)


@api.on("GET", _ONE)
def get_hook(call: Call) -> GitHubAnswer:
    """A webhook by id; its secret is hidden."""
    repository, _, found = _found(call)
    return _shown(call, repository, found)


@api.on("PATCH", _ONE)
def update_hook(call: Call) -> GitHubAnswer:
    """Change a webhook."""
    repository, key, found = _found(call)
    return _shown(call, repository, store(call.sandbox).put("hook", key, _described(call, found)))


@api.on("DELETE", _ONE)
def delete_hook(call: Call) -> GitHubAnswer:
    """Delete a webhook."""
    store(call.sandbox).delete("hook", _found(call)[1])
    return None
