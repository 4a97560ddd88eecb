"""Contents: files of a branch, read and written as real commits."""

from __future__ import annotations

from base64 import b64decode, encodebytes
from typing import Any
from urllib.parse import quote

from starlette.responses import Response

from mlops_sandbox.context import Sandbox
from mlops_sandbox.git.objects import Entry, Signature
from mlops_sandbox.git.repository import Change, GitRepository
from mlops_sandbox.github import accounts, commits, protection, pulls, repositories
from mlops_sandbox.github.api import (
    GitHubAnswer,
    GitHubError,
    GitHubRoutes,
    api_url,
    base_url,
    not_found,
    required,
)
from mlops_sandbox.server.routing import Call, Json

api = GitHubRoutes()

_PATH = "/repos/{owner}/{repo}/contents/{path:path}"


def _shown(sandbox: Sandbox, repository: Json, branch: str, path: str, entry: Entry) -> Json:
    name = repositories.brief(repository)["full_name"]
    api_page, web = f"{api_url(sandbox)}/repos/{name}", f"{base_url(sandbox)}/{name}"
    folder, quoted = entry.kind == "tree", quote(path)
    url = f"{api_page}/contents/{quoted}?ref={quote(branch, safe='')}"
    html = f"{web}/{entry.kind}/{branch}/{quoted}"
    git = f"{api_page}/git/{entry.kind}s/{entry.sha}"
    return {
        "name": path.rpartition("/")[2],
        "path": path,
        "sha": entry.sha,
        "size": entry.size,
        "url": url,
        "html_url": html,
        "git_url": git,
        "download_url": None if folder else f"{base_url(sandbox)}/raw/{name}/{branch}/{quoted}",
        "type": "dir" if folder else "file",
        "_links": {"self": url, "git": git, "html": html},
    }


def _wants_raw(call: Call) -> bool:
    return ".raw" in call.request.headers.get("accept", "")


@api.on("GET", _PATH, "/repos/{owner}/{repo}/contents")
def get_contents(call: Call) -> GitHubAnswer:
    """A file with its content in base64, or a folder's list; `ref` names branch, tag or commit."""
    repository = repositories.called(call)
    real = repositories.git(call.sandbox, repository)
    branch = call.query.get("ref") or repository["default_branch"]
    sha = real.branch(branch) or real.resolve(branch)
    if sha is None:
        raise GitHubError(404, f"No commit found for the ref {branch}")
    path = call.path.get("path", "").strip("/")
    entry = real.entry(sha, path) if path else None
    if path and entry is None:
        raise not_found()
    if entry is None or entry.kind == "tree":
        inside = real.entries(sha, path)
        prefix = f"{path}/" if path else ""
        return [_shown(call.sandbox, repository, branch, prefix + each.path, each) for each in inside]
    content = real.blob(entry.sha)
    if _wants_raw(call):
        return Response(content, media_type="application/vnd.github.raw")
    body = _shown(call.sandbox, repository, branch, path, entry)
    return {**body, "content": encodebytes(content).decode(), "encoding": "base64"}


@api.on("GET", "/repos/{owner}/{repo}/readme")
def get_readme(call: Call) -> GitHubAnswer:
    """The README of the default branch."""
    repository = repositories.called(call)
    real, branch = repositories.git(call.sandbox, repository), repository["default_branch"]
    for entry in real.entries(branch) if real.branch(branch) else []:
        if entry.path.lower() in ("readme.md", "readme"):
            content = encodebytes(real.blob(entry.sha)).decode()
            shown = _shown(call.sandbox, repository, branch, entry.path, entry)
            return {**shown, "content": content, "encoding": "base64"}
    raise not_found()


def _signature(call: Call, given: Any) -> Signature:
    if isinstance(given, dict) and given.get("name") and given.get("email"):
        return Signature.now(str(given["name"]), str(given["email"]))
    return accounts.signature(call)


def _check_current(entry: Entry | None, given: Any, path: str) -> None:
    """Refuse a change that was made from another state of the file."""
    if entry is None:
        return
    if not given:
        raise GitHubError(422, 'Invalid request.\n\n"sha" wasn\'t supplied.')
    if given != entry.sha:
        raise GitHubError(409, f"{path} does not match {given}")


def _commit(call: Call, real: GitRepository, branch: str, parent: str | None, change: Change) -> str:
    committer = _signature(call, call.body.get("committer"))
    author = _signature(call, call.body["author"]) if call.body.get("author") else committer
    tree = real.write_tree(parent, [change])
    parents = [parent] if parent else []
    sha = real.write_commit(tree, parents, str(call.body["message"]), author, committer)
    real.move(f"refs/heads/{branch}", sha, parent or "0" * 40)
    return sha


def _target(call: Call) -> tuple[Json, GitRepository, str]:
    required(call, "Content", "message")
    repository = repositories.called(call)
    real = repositories.git(call.sandbox, repository)
    branch = str(call.get("branch") or repository["default_branch"])
    empty = not real.references("refs/heads/")
    if real.branch(branch) is None and not (empty and branch == repository["default_branch"]):
        raise GitHubError(404, f"Branch {branch} not found")
    if not empty:
        protection.check_push(call, repository, protection.Push(branch, ""))
    return repository, real, branch


def _checked_path(call: Call) -> str:
    path = call.path["path"]
    if any(part in ("", ".", "..", ".git") for part in path.split("/")):
        raise GitHubError(422, "path contains a malformed path component")
    return path


@api.on("PUT", _PATH)
def put_contents(call: Call) -> GitHubAnswer:
    """Create or change a file: one commit on the branch. `sha` must be that of the file changed."""
    repository, real, branch = _target(call)
    path = _checked_path(call)
    try:
        content = b64decode(str(call.body.get("content", "")), validate=True)
    except ValueError:
        raise GitHubError(422, "content is not valid Base64") from None
    with real.lock:
        parent = real.branch(branch)
        there = real.entry(parent, path) if parent else None
        _check_current(there, call.body.get("sha"), path)
        mode = there.mode if there is not None and there.kind == "blob" else "100644"
        sha = _commit(call, real, branch, parent, Change(path, content, mode))
    repositories.touch_pushed(call.sandbox, repository)
    pulls.follow(call.sandbox, repository)
    entry = real.entry(sha, path)
    assert entry is not None
    return (200 if there else 201), {
        "content": _shown(call.sandbox, repository, branch, path, entry),
        "commit": commits.written(call.sandbox, repository, sha),
    }


@api.on("DELETE", _PATH)
def delete_contents(call: Call) -> GitHubAnswer:
    """Delete a file: one commit on the branch."""
    repository, real, branch = _target(call)
    path = _checked_path(call)
    with real.lock:
        parent = real.branch(branch)
        there = real.entry(parent, path) if parent else None
        if there is None:
            raise not_found()
        _check_current(there, call.get("sha"), path)
        sha = _commit(call, real, branch, parent, Change(path, None))
    repositories.touch_pushed(call.sandbox, repository)
    pulls.follow(call.sandbox, repository)
    return {"content": None, "commit": commits.written(call.sandbox, repository, sha)}
