"""Labels of a repository's issues and pull requests."""

from __future__ import annotations

import re

from mlops_sandbox.github import repositories
from mlops_sandbox.github.api import (
    GitHubAnswer,
    GitHubRoutes,
    api_url,
    next_id,
    node_id,
    not_found,
    page,
    required,
    store,
    unprocessable,
)
from mlops_sandbox.server.routing import Call, Json

api = GitHubRoutes()

_ALL = "/repos/{owner}/{repo}/labels"
_ONE = f"{_ALL}/{{name}}"
_COLOR = re.compile(r"[0-9a-fA-F]{6}")


def _key(repository: Json, name: str) -> str:
    return f"{repository['id']}/{name.lower()}"


def _shown(call: Call, repository: Json, label: Json) -> Json:
    name = repositories.brief(repository)["full_name"]
    url = f"{api_url(call.sandbox)}/repos/{name}/labels/{label['name']}"
    return {**label, "node_id": node_id("LA", label["id"]), "url": url, "default": False}


def _described(call: Call, before: Json) -> Json:
    color = str(call.body.get("color") or before.get("color") or "ededed").removeprefix("#")
    if not _COLOR.fullmatch(color):
        raise unprocessable("Label", "color", "invalid")
    description = call.body.get("description", before.get("description"))
    return {**before, "color": color.lower(), "description": description}


def _found(call: Call) -> tuple[Json, Json]:
    repository = repositories.called(call)
    found = store(call.sandbox).get("label", _key(repository, call.path["name"]))
    if found is None:
        raise not_found()
    return repository, found


@api.on("GET", _ALL)
def list_labels(call: Call) -> GitHubAnswer:
    """A repository's labels."""
    repository = repositories.called(call)
    found = store(call.sandbox).documents("label", f"{repository['id']}/")
    return page(call, [_shown(call, repository, each) for each in found])


@api.on("POST", _ALL)
def create_label(call: Call) -> GitHubAnswer:
    """Make a label."""
    repository, name = repositories.called(call), str(required(call, "Label", "name"))
    key = _key(repository, name)
    with store(call.sandbox).transaction():
        if store(call.sandbox).get("label", key) is not None:
            raise unprocessable("Label", "name", "already_exists")
        label = _described(call, {"id": next_id(call.sandbox), "name": name})
        store(call.sandbox).put("label", key, label)
    return 201, _shown(call, repository, label)


@api.on("GET", _ONE)
def get_label(call: Call) -> GitHubAnswer:
    """A label by name."""
    return _shown(call, *_found(call))


@api.on("PATCH", _ONE)
def update_label(call: Call) -> GitHubAnswer:
    """Change a label; `new_name` (or `name`) renames it."""
    documents = store(call.sandbox)
    with documents.transaction():
        repository, found = _found(call)
        name = str(call.body.get("new_name") or call.body.get("name") or found["name"])
        changed = {**_described(call, found), "name": name}
        documents.delete("label", _key(repository, found["name"]))
        documents.put("label", _key(repository, name), changed)
    return _shown(call, repository, changed)


@api.on("DELETE", _ONE)
def delete_label(call: Call) -> GitHubAnswer:
    """Delete a label."""
    repository, found = _found(call)
    store(call.sandbox).delete("label", _key(repository, found["name"]))
    return None
