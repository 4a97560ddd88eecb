"""Branches, references, trees and blobs."""

from __future__ import annotations

from base64 import b64decode, b64encode
from hashlib import sha256

from mlops_sandbox.context import Sandbox
from mlops_sandbox.git.repository import GitError
from mlops_sandbox.github import commits, protection, pulls, repositories
from mlops_sandbox.github.api import (
    GitHubAnswer,
    GitHubError,
    GitHubRoutes,
    api_url,
    base_url,
    not_found,
    page,
    required,
)
from mlops_sandbox.server.routing import Call, Json

api = GitHubRoutes()


def _repository_url(sandbox: Sandbox, repository: Json) -> str:
    return f"{api_url(sandbox)}/repos/{repositories.brief(repository)['full_name']}"


def _reference(sandbox: Sandbox, repository: Json, name: str, sha: str) -> Json:
    url = f"{_repository_url(sandbox, repository)}/git"
    mark = sha256(f"{repository['id']}{name}".encode()).hexdigest()
    return {
        "ref": name,
        "node_id": f"REF_{mark[:12]}",
        "url": f"{url}/{name}",
        "object": {"sha": sha, "type": "commit", "url": f"{url}/commits/{sha}"},
    }


def _branch(sandbox: Sandbox, repository: Json, name: str, commit: Json) -> Json:
    url = f"{_repository_url(sandbox, repository)}/branches/{name}"
    full_name = repositories.brief(repository)["full_name"]
    return {
        "name": name,
        "commit": commit,
        "_links": {"self": url, "html": f"{base_url(sandbox)}/{full_name}/tree/{name}"},
        "protection_url": f"{url}/protection",
        "protected": protection.is_protected(sandbox, repository, name),
    }


@api.on("GET", "/repos/{owner}/{repo}/branches")
def list_branches(call: Call) -> GitHubAnswer:
    """All branches; `protected` narrows."""
    repository = repositories.called(call)
    found = repositories.git(call.sandbox, repository).references("refs/heads/")
    branches = [
        _branch(call.sandbox, repository, name.removeprefix("refs/heads/"), {"sha": sha})
        for name, sha in found
    ]
    wanted = call.query.get("protected")
    return page(
        call, [each for each in branches if wanted is None or each["protected"] == (wanted == "true")]
    )


@api.on("GET", "/repos/{owner}/{repo}/branches/{branch:path}")
def get_branch(call: Call) -> GitHubAnswer:
    """A branch and its newest commit."""
    repository = repositories.called(call)
    sha = repositories.git(call.sandbox, repository).branch(call.path["branch"])
    if sha is None:
        raise GitHubError(404, "Branch not found")
    commit = commits.shown(call.sandbox, repository, sha)
    return _branch(call.sandbox, repository, call.path["branch"], commit)


@api.on("POST", "/repos/{owner}/{repo}/branches/{branch:path}/rename")
def rename_branch(call: Call) -> GitHubAnswer:
    """Give a branch another name; a default branch stays the default."""
    repository = repositories.called(call)
    real, old = repositories.git(call.sandbox, repository), call.path["branch"]
    new = str(required(call, "Branch", "new_name"))
    with real.lock:
        sha = real.branch(old)
        if sha is None:
            raise not_found()
        if not real.valid_name(f"refs/heads/{new}") or real.branch(new) is not None:
            raise GitHubError(422, f"New branch name '{new}' is invalid or taken.")
        real.move(f"refs/heads/{new}", sha)
        if old == repository["default_branch"]:
            repository = repositories.keep(call.sandbox, {**repository, "default_branch": new})
            real.set_head(new)
        real.drop(f"refs/heads/{old}")
    return 201, _branch(call.sandbox, repository, new, commits.shown(call.sandbox, repository, sha))


@api.on("GET", "/repos/{owner}/{repo}/git/ref/{ref:path}")
def get_reference(call: Call) -> GitHubAnswer:
    """A reference by `heads/…` or `tags/…`."""
    repository, name = repositories.called(call), f"refs/{call.path['ref']}"
    sha = repositories.git(call.sandbox, repository).resolve(name)
    if sha is None:
        raise not_found()
    return _reference(call.sandbox, repository, name, sha)


@api.on(
    "GET",
    "/repos/{owner}/{repo}/git/matching-refs/{ref:path}",
    "/repos/{owner}/{repo}/git/refs",
)
def list_references(call: Call) -> GitHubAnswer:
    """The references that start with `heads/…`."""
    repository = repositories.called(call)
    found = repositories.git(call.sandbox, repository).references(f"refs/{call.path.get('ref', '')}")
    return page(call, [_reference(call.sandbox, repository, name, sha) for name, sha in found])


@api.on("POST", "/repos/{owner}/{repo}/git/refs")
def create_reference(call: Call) -> GitHubAnswer:
    """Make a branch or a tag at a commit."""
    name, sha = str(required(call, "Reference", "ref")), str(required(call, "Reference", "sha"))
    repository = repositories.called(call)
    real = repositories.git(call.sandbox, repository)
    if not name.startswith("refs/") or name.count("/") < 2 or not real.valid_name(name):
        raise GitHubError(422, f"{name} is not a valid ref name.")
    with real.lock:
        if real.resolve(name) is not None:
            raise GitHubError(422, "Reference already exists")
        commit = real.resolve(sha)
        if commit is None:
            raise GitHubError(422, "Object does not exist")
        real.move(name, commit)
    return 201, _reference(call.sandbox, repository, name, commit)


@api.on("PATCH", "/repos/{owner}/{repo}/git/refs/{ref:path}")
def update_reference(call: Call) -> GitHubAnswer:
    """Move a reference; backwards only with `force`."""
    repository, name = repositories.called(call), f"refs/{call.path['ref']}"
    real = repositories.git(call.sandbox, repository)
    sha = real.resolve(str(required(call, "Reference", "sha")))
    with real.lock:
        old = real.resolve(name)
        if old is None:
            raise GitHubError(422, "Reference does not exist")
        if sha is None:
            raise GitHubError(422, "Object does not exist")
        forced = not real.contains(old, sha)
        if forced and call.body.get("force") is not True:
            raise GitHubError(422, "Update is not a fast forward")
        if name.startswith("refs/heads/"):
            change = protection.Push(name.removeprefix("refs/heads/"), sha, forced=forced)
            protection.check_push(call, repository, change)
        real.move(name, sha, old)
    pulls.follow(call.sandbox, repository)
    return _reference(call.sandbox, repository, name, sha)


@api.on("DELETE", "/repos/{owner}/{repo}/git/refs/{ref:path}")
def delete_reference(call: Call) -> GitHubAnswer:
    """Delete a branch or a tag; the default branch stays."""
    repository, name = repositories.called(call), f"refs/{call.path['ref']}"
    real = repositories.git(call.sandbox, repository)
    if name == f"refs/heads/{repository['default_branch']}":
        raise GitHubError(422, "Cannot delete the default branch")
    if real.resolve(name) is None:
        raise GitHubError(422, "Reference does not exist")
    if name.startswith("refs/heads/"):
        change = protection.Push(name.removeprefix("refs/heads/"), None)
        protection.check_push(call, repository, change)
    real.drop(name)
    pulls.follow(call.sandbox, repository)
    return None


@api.on("GET", "/repos/{owner}/{repo}/git/commits/{sha}")
def get_git_commit(call: Call) -> GitHubAnswer:
    """A commit as git has it."""
    repository, _, sha = commits.revision(call, call.path["sha"])
    return commits.written(call.sandbox, repository, sha)


@api.on("GET", "/repos/{owner}/{repo}/git/trees/{sha:path}")
def get_tree(call: Call) -> GitHubAnswer:
    """A tree's entries; `recursive` with all below."""
    repository = repositories.called(call)
    real = repositories.git(call.sandbox, repository)
    tree = real.resolve(call.path["sha"], "tree")
    if tree is None:
        raise not_found()
    url = f"{_repository_url(call.sandbox, repository)}/git"
    entries = [
        {
            "path": entry.path,
            "mode": entry.mode,
            "type": entry.kind,
            "sha": entry.sha,
            **({"size": entry.size} if entry.kind == "blob" else {}),
            "url": f"{url}/{entry.kind}s/{entry.sha}",
        }
        for entry in real.entries(tree, recursive=call.query.get("recursive") is not None)
    ]
    return {"sha": tree, "url": f"{url}/trees/{tree}", "tree": entries, "truncated": False}


@api.on("GET", "/repos/{owner}/{repo}/git/blobs/{sha}")
def get_blob(call: Call) -> GitHubAnswer:
    """A blob's content in base64."""
    real = repositories.git(call.sandbox, repositories.called(call))
    try:
        content = real.blob(call.path["sha"])
    except GitError:
        raise not_found() from None
    text = b64encode(content).decode()
    return {"sha": call.path["sha"], "size": len(content), "content": text, "encoding": "base64"}


@api.on("POST", "/repos/{owner}/{repo}/git/blobs")
def create_blob(call: Call) -> GitHubAnswer:
    """Keep a content, text or base64."""
    content = str(call.body.get("content", ""))
    raw = b64decode(content) if call.body.get("encoding") == "base64" else content.encode()
    return 201, {"sha": repositories.git(call.sandbox, repositories.called(call)).write_blob(raw)}
