"""Repositories: what is kept of one, and how it is shown."""

from __future__ import annotations

import re
from pathlib import Path

from mlops_sandbox.context import Sandbox
from mlops_sandbox.git.repository import GitRepository
from mlops_sandbox.github import accounts
from mlops_sandbox.github.api import (
    GitHubError,
    api_url,
    base_url,
    node_id,
    not_found,
    now,
    store,
    unprocessable,
)
from mlops_sandbox.server.routing import Call, Json

#: What a caller may set, with what it is when nobody does.
SETTINGS: Json = {
    "description": None,
    "homepage": None,
    "has_issues": True,
    "has_discussions": False,
    "has_projects": True,
    "has_wiki": True,
    "has_downloads": True,
    "is_template": False,
    "allow_merge_commit": True,
    "allow_squash_merge": True,
    "allow_rebase_merge": True,
    "allow_auto_merge": False,
    "allow_update_branch": False,
    "delete_branch_on_merge": False,
    "allow_forking": False,
    "web_commit_signoff_required": False,
    "merge_commit_title": "MERGE_MESSAGE",
    "merge_commit_message": "PR_TITLE",
    "squash_merge_commit_title": "COMMIT_OR_PR_TITLE",
    "squash_merge_commit_message": "COMMIT_MESSAGES",
    "archived": False,
}
VISIBILITIES = ("public", "private", "internal")
_NAME = re.compile(r"^(?!\.{1,2}$)[A-Za-z0-9._-]{1,100}$")
_SECURITY = (
    "dependabot_security_updates",
    "secret_scanning",
    "secret_scanning_push_protection",
    "secret_scanning_non_provider_patterns",
    "secret_scanning_validity_checks",
)


def key(owner: str, name: str) -> str:
    """The document key of a repository; GitHub's names are the same in any case."""
    return f"{owner}/{name}".lower()


def find(sandbox: Sandbox, owner: str, name: str) -> Json:
    """The stored repository, else 404."""
    found = store(sandbox).get("repository", key(owner, name.removesuffix(".git")))
    if found is None:
        raise not_found()
    return found


def still_there(sandbox: Sandbox, number: int) -> Json | None:
    """The stored repository of that id, or None when it was deleted."""
    found = [each for each in store(sandbox).documents("repository") if each["id"] == number]
    return found[0] if found else None


def by_id(sandbox: Sandbox, number: int) -> Json:
    """The stored repository of that id, else 404."""
    found = still_there(sandbox, number)
    if found is None:
        raise not_found()
    return found


def called(call: Call) -> Json:
    """The repository that a path names, by `owner` and `repo` or by `repository_id`."""
    if "repository_id" in call.path:
        number = call.path["repository_id"]
        return by_id(call.sandbox, int(number) if number.isdigit() else 0)
    return find(call.sandbox, call.path["owner"], call.path["repo"])


def keep(sandbox: Sandbox, repository: Json) -> Json:
    """Store a repository."""
    return store(sandbox).put("repository", key(repository["owner"], repository["name"]), repository)


def folder(sandbox: Sandbox, number: int) -> Path:
    """Where a repository's git is; by id, so a new name moves nothing."""
    return sandbox.home / "github" / f"{number}.git"


def git(sandbox: Sandbox, repository: Json) -> GitRepository:
    """The real repository."""
    return GitRepository(folder(sandbox, repository["id"]))


def checked_name(name: object) -> str:
    """A repository's name, or 422."""
    if not isinstance(name, str) or not _NAME.match(name):
        raise unprocessable("Repository", "name", "invalid", "name is invalid")
    return name


def apply_settings(repository: Json, body: Json) -> Json:
    """A repository with a body's settings; empty texts are none."""
    given = {name: body[name] for name in SETTINGS if name in body and body[name] is not None}
    for name in ("description", "homepage"):
        if given.get(name) == "":
            given[name] = None
    for name, value in given.items():
        if isinstance(SETTINGS[name], bool) and not isinstance(value, bool):
            raise unprocessable("Repository", name, "invalid")
    return {**repository, **given}


def change_visibility(repository: Json, body: Json) -> Json:
    """A repository with a body's visibility; 422 when it has that already, as GitHub answers."""
    wanted = body.get("visibility")
    if wanted is None and isinstance(body.get("private"), bool):
        wanted = "private" if body["private"] else "public"
        if (wanted == "private") == (repository["visibility"] != "public"):
            return repository
    if wanted is None:
        return repository
    if wanted not in VISIBILITIES:
        raise unprocessable("Repository", "visibility", "invalid")
    if wanted == repository["visibility"]:
        raise GitHubError(422, f"Visibility is already {wanted}.")
    return {**repository, "visibility": wanted}


def touch_pushed(sandbox: Sandbox, repository: Json) -> None:
    """Note that a branch moved."""
    with store(sandbox).transaction():
        current = by_id(sandbox, repository["id"])
        keep(sandbox, {**current, "pushed_at": now(), "updated_at": now()})


def brief(repository: Json) -> Json:
    """The three fields that name a repository inside other objects."""
    full_name = f"{repository['owner']}/{repository['name']}"
    return {"id": repository["id"], "name": repository["name"], "full_name": full_name}


def _addresses(sandbox: Sandbox, full_name: str) -> Json:
    page, host = f"{base_url(sandbox)}/{full_name}", "127.0.0.1"
    return {
        "html_url": page,
        "url": f"{api_url(sandbox)}/repos/{full_name}",
        "git_url": f"git://{host}/{full_name}.git",
        "ssh_url": f"git@{host}:{full_name}.git",
        "clone_url": f"{page}.git",
        "svn_url": page,
    }


def shown(sandbox: Sandbox, repository: Json, permissions: Json | None = None) -> Json:
    """A repository as GitHub answers with it.

    Args:
        sandbox: the running sandbox.
        repository: the stored repository.
        permissions: what the asker may do; the token's user may do everything.
    """
    everything = dict.fromkeys(("admin", "maintain", "push", "triage", "pull"), True)
    issues = store(sandbox).documents("issue", f"{repository['id']}/")
    owner = accounts.simple(sandbox, repository["owner"])
    body = {
        **brief(repository),
        "node_id": node_id("R", repository["id"]),
        "owner": owner,
        **{name: repository[name] for name in ("created_at", "updated_at", "pushed_at")},
        "language": None,
        "topics": repository["topics"],
        "disabled": False,
        "default_branch": repository["default_branch"],
        "visibility": repository["visibility"],
        "private": repository["visibility"] != "public",
        **{name: repository[name] for name in SETTINGS},
        **_addresses(sandbox, f"{repository['owner']}/{repository['name']}"),
        "fork": repository.get("parent") is not None,
        "size": 0,
        "stargazers_count": 0,
        "watchers_count": 0,
        "forks_count": 0,
        "open_issues_count": sum(issue["state"] == "open" for issue in issues),
        "has_pages": False,
        "permissions": permissions or everything,
    }
    if owner["type"] == "Organization":
        body["organization"] = owner
    if repository["visibility"] != "public":
        body["security_and_analysis"] = {name: {"status": "disabled"} for name in _SECURITY}
    parent = still_there(sandbox, repository["parent"]) if repository.get("parent") else None
    if parent is not None:
        body["parent"] = brief(parent)
    return body
