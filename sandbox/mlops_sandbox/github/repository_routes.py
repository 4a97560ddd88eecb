"""Repositories: create, list, change, rename, fork, delete; topics."""

from __future__ import annotations

import shutil

from mlops_sandbox.git.repository import Change, GitRepository
from mlops_sandbox.github import accounts, repositories
from mlops_sandbox.github.api import (
    GitHubAnswer,
    GitHubError,
    GitHubRoutes,
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

#: Kinds of documents that belong to a repository, their keys starting with its id.
_OWNED = (
    "issue",
    "comment",
    "status",
    "check_run",
    "environment",
    "branch_policy",
    "secret",
    "secret_key",
    "variable",
    "ruleset",
    "protection",
    "collaborator",
    "invitation",
    "team_repository",
    "oidc_subject",
)


def _free(call: Call, owner: str, name: str) -> None:
    if store(call.sandbox).get("repository", repositories.key(owner, name)) is not None:
        message = "name already exists on this account"
        error = {"resource": "Repository", "code": "custom", "field": "name", "message": message}
        raise GitHubError(422, "Repository creation failed.", [error])


def _new(call: Call, owner: str, body: Json) -> Json:
    name = repositories.checked_name(body.get("name"))
    _free(call, owner, name)
    visibility = body.get("visibility") or ("private" if body.get("private") else "public")
    if visibility not in repositories.VISIBILITIES:
        raise unprocessable("Repository", "visibility", "invalid")
    time = now()
    document = {
        **repositories.SETTINGS,
        "id": next_id(call.sandbox),
        "name": name,
        "owner": owner,
        "visibility": visibility,
        "topics": [],
        "default_branch": "main",
        "parent": None,
        **dict.fromkeys(("created_at", "updated_at", "pushed_at"), time),
    }
    return repositories.apply_settings(document, body)


def _create(call: Call, owner: str) -> GitHubAnswer:
    required(call, "Repository", "name")
    document = _new(call, owner, call.body)
    real = GitRepository.create(repositories.folder(call.sandbox, document["id"]), "main")
    if call.body.get("auto_init"):
        text = f"# {document['name']}\n" + (f"{document['description']}\n" if document["description"] else "")
        tree = real.write_tree(None, [Change("README.md", text.encode())])
        author = accounts.signature(call)
        real.move("refs/heads/main", real.write_commit(tree, [], "Initial commit", author, author))
    # The name is taken last: a sandbox that dies before it leaves a folder that nobody names.
    repositories.keep(call.sandbox, document)
    return 201, repositories.shown(call.sandbox, document)


@api.on("POST", "/orgs/{org}/repos")
def create_in_organization(call: Call) -> GitHubAnswer:
    """Make an organization's repository."""
    return _create(call, accounts.account(call.sandbox, call.path["org"], "Organization")["login"])


@api.on("POST", "/user/repos")
def create_mine(call: Call) -> GitHubAnswer:
    """Make a repository of the token's user."""
    return _create(call, accounts.caller(call))


@api.on("GET", "/orgs/{owner}/repos", "/users/{owner}/repos")
def list_of_account(call: Call) -> GitHubAnswer:
    """An account's repositories."""
    owner = accounts.account(call.sandbox, call.path["owner"])["login"]
    found = store(call.sandbox).documents("repository", f"{owner.lower()}/")
    return page(call, [repositories.shown(call.sandbox, each) for each in found])


@api.on("GET", "/user/repos")
def list_mine(call: Call) -> GitHubAnswer:
    """Every repository that the token's user sees: all."""
    return page(
        call, [repositories.shown(call.sandbox, each) for each in store(call.sandbox).documents("repository")]
    )


@api.on("GET", "/repos/{owner}/{repo}", "/repositories/{repository_id}")
def get_repository(call: Call) -> GitHubAnswer:
    """A repository by name or id."""
    return repositories.shown(call.sandbox, repositories.called(call))


@api.on("PATCH", "/repos/{owner}/{repo}")
def update_repository(call: Call) -> GitHubAnswer:
    """Change settings, visibility, default branch or name."""
    with store(call.sandbox).transaction():
        current = repositories.called(call)
        changed = repositories.apply_settings(repositories.change_visibility(current, call.body), call.body)
        branch = call.body.get("default_branch")
        real = repositories.git(call.sandbox, current)
        if branch and branch != current["default_branch"]:
            if real.branch(str(branch)) is None:
                raise unprocessable("Repository", "default_branch", "invalid", "The branch was not found.")
            changed["default_branch"] = branch
            real.set_head(str(branch))
        name = repositories.checked_name(call.body.get("name") or current["name"])
        if name.lower() != current["name"].lower():
            _free(call, current["owner"], name)
            store(call.sandbox).delete("repository", repositories.key(current["owner"], current["name"]))
        changed = {**changed, "name": name}
        if changed != current:
            changed["updated_at"] = now()
        repositories.keep(call.sandbox, changed)
    return repositories.shown(call.sandbox, changed)


@api.on("DELETE", "/repos/{owner}/{repo}")
def delete_repository(call: Call) -> GitHubAnswer:
    """Delete a repository with everything in it."""
    documents = store(call.sandbox)
    with documents.transaction():
        found = repositories.called(call)
        documents.delete("repository", repositories.key(found["owner"], found["name"]))
        for kind in _OWNED:
            for name, _ in documents.items(kind, f"{found['id']}/"):
                documents.delete(kind, name)
    shutil.rmtree(repositories.folder(call.sandbox, found["id"]), ignore_errors=True)
    return None


@api.on("POST", "/repos/{owner}/{repo}/forks")
def fork(call: Call) -> GitHubAnswer:
    """Copy a repository into another account (`organization`, else the token's user)."""
    source = repositories.called(call)
    wanted = call.body.get("organization") or accounts.caller(call)
    owner = accounts.account(call.sandbox, str(wanted))["login"]
    name = call.body.get("name") or source["name"]
    if owner == source["owner"]:
        raise GitHubError(403, "A repository can't be forked into its own account.")
    body = {"name": name, "visibility": source["visibility"], "description": source["description"]}
    made = {
        **_new(call, owner, body),
        "parent": source["id"],
        "default_branch": source["default_branch"],
    }
    real = GitRepository.create(repositories.folder(call.sandbox, made["id"]), made["default_branch"])
    real.fetch(repositories.git(call.sandbox, source), "+refs/heads/*:refs/heads/*")
    repositories.keep(call.sandbox, made)
    return 202, repositories.shown(call.sandbox, made)


@api.on("GET", "/repos/{owner}/{repo}/topics")
def get_topics(call: Call) -> GitHubAnswer:
    """A repository's topics."""
    return {"names": repositories.called(call)["topics"]}


@api.on("PUT", "/repos/{owner}/{repo}/topics")
def replace_topics(call: Call) -> GitHubAnswer:
    """Replace a repository's topics."""
    names = call.body.get("names")
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        raise unprocessable("Repository", "names", "invalid")
    with store(call.sandbox).transaction():
        found = repositories.called(call)
        repositories.keep(call.sandbox, {**found, "topics": [name.lower() for name in names]})
    return {"names": [name.lower() for name in names]}


@api.on("GET", "/repos/{owner}/{repo}/vulnerability-alerts")
def get_vulnerability_alerts(call: Call) -> GitHubAnswer:
    """204 when they are on, 404 when they are off."""
    if not repositories.called(call).get("vulnerability_alerts"):
        raise not_found()
    return None


@api.on("PUT", "/repos/{owner}/{repo}/vulnerability-alerts")
def enable_vulnerability_alerts(call: Call) -> GitHubAnswer:
    """Turn vulnerability alerts on."""
    repositories.keep(call.sandbox, {**repositories.called(call), "vulnerability_alerts": True})
    return None


@api.on("DELETE", "/repos/{owner}/{repo}/vulnerability-alerts")
def disable_vulnerability_alerts(call: Call) -> GitHubAnswer:
    """Turn vulnerability alerts off."""
    repositories.keep(call.sandbox, {**repositories.called(call), "vulnerability_alerts": False})
    return None
