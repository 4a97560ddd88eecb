"""Commits: shown, listed, compared."""

from __future__ import annotations

from typing import Any

from starlette.responses import Response

from mlops_sandbox.context import Sandbox
from mlops_sandbox.git.objects import EMPTY_TREE, Commit, Signature
from mlops_sandbox.git.repository import GitRepository
from mlops_sandbox.github import accounts, repositories
from mlops_sandbox.github.api import (
    GitHubAnswer,
    GitHubError,
    GitHubRoutes,
    api_url,
    base_url,
    not_found,
    page,
)
from mlops_sandbox.server.routing import Call, Json

api = GitHubRoutes()

_STATUSES = {"A": "added", "M": "modified", "D": "removed", "R": "renamed", "C": "copied", "T": "changed"}


def revision(call: Call, name: str) -> tuple[Json, GitRepository, str]:
    """The repository of a call and the commit that a name (branch, tag or id) stands for.

    Raises:
        GitHubError: 404 without such a repository, 422 without such a commit.
    """
    repository = repositories.called(call)
    real = repositories.git(call.sandbox, repository)
    sha = real.branch(name) or real.resolve(name)
    if sha is None:
        raise GitHubError(422, f"No commit found for SHA: {name}")
    return repository, real, sha


def person(signature: Signature) -> Json:
    """A git author or committer."""
    return {"name": signature.name, "email": signature.email, "date": signature.date}


def account_of(sandbox: Sandbox, signature: Signature) -> Json | None:
    """The account behind a git author, if there is one of that e-mail address."""
    found = accounts.by_email(sandbox, signature.email)
    return accounts.simple(sandbox, found["login"]) if found is not None else None


def git_fields(commit: Commit) -> Json:
    """What git itself knows of a commit."""
    return {
        "author": person(commit.author),
        "committer": person(commit.committer),
        "message": commit.message,
        "tree": {"sha": commit.tree},
        "verification": {"verified": False, "reason": "unsigned", "signature": None, "payload": None},
    }


def addresses(sandbox: Sandbox, repository: Json, sha: str) -> Json:
    """A commit's id and where it is shown."""
    name = repositories.brief(repository)["full_name"]
    return {
        "sha": sha,
        "node_id": f"C_{sha[:20]}",
        "url": f"{api_url(sandbox)}/repos/{name}/commits/{sha}",
        "html_url": f"{base_url(sandbox)}/{name}/commit/{sha}",
    }


def written(sandbox: Sandbox, repository: Json, sha: str) -> Json:
    """A commit as the calls that made it answer."""
    commit = repositories.git(sandbox, repository).commit(sha)
    parents = [{"sha": parent} for parent in commit.parents]
    return {**git_fields(commit), **addresses(sandbox, repository, sha), "parents": parents}


def shown(sandbox: Sandbox, repository: Json, sha: str) -> Json:
    """A commit in a list."""
    commit = repositories.git(sandbox, repository).commit(sha)
    return {
        **addresses(sandbox, repository, sha),
        "commit": {**git_fields(commit), "url": addresses(sandbox, repository, sha)["url"]},
        "author": account_of(sandbox, commit.author),
        "committer": account_of(sandbox, commit.committer),
        "parents": [{"sha": parent} for parent in commit.parents],
    }


def changed_files(real: GitRepository, old: str, new: str) -> list[Json]:
    """What differs between two trees or commits, with counts of lines and patches."""
    raw = real.diff(old, new, "--raw", "-z", "--abbrev=40").decode("utf-8", "replace").split("\0")
    files: list[Json] = []
    fields = iter(raw)
    for head in fields:
        if not head:
            continue
        _, _, _, sha, status = head.removeprefix(":").split()
        path = next(fields)
        entry: dict[str, Any] = {"filename": path, "status": _STATUSES[status[0]], "sha": sha}
        if status[0] in "RC":
            entry["previous_filename"], entry["filename"] = path, next(fields)
        files.append({**entry, **_lines(real, old, new, entry)})
    return files


def _lines(real: GitRepository, old: str, new: str, entry: Json) -> Json:
    paths = [path for path in (entry.get("previous_filename"), entry["filename"]) if path]
    text = real.diff_of(old, new, paths)
    body = text[at:] if (at := text.find("@@ ")) >= 0 else ""
    lines = body.splitlines()
    added = sum(line.startswith("+") for line in lines)
    removed = sum(line.startswith("-") for line in lines)
    counts = {"additions": added, "deletions": removed, "changes": added + removed}
    return {**counts, **({"patch": body.rstrip("\n")} if body else {})}


@api.on("GET", "/repos/{owner}/{repo}/commits")
def list_commits(call: Call) -> GitHubAnswer:
    """Commits from a branch or id (`sha`) backwards, of one `path` when it is given."""
    repository = repositories.called(call)
    start = call.query.get("sha") or repository["default_branch"]
    real = repositories.git(call.sandbox, repository)
    if not real.references("refs/heads/"):
        raise GitHubError(409, "Git Repository is empty.")
    sha = real.branch(start) or real.resolve(start)
    if sha is None:
        raise not_found()
    found = real.log(sha, path=call.query.get("path", ""))
    return page(call, [shown(call.sandbox, repository, each) for each in found])


def _plain(call: Call, text: bytes) -> Response | None:
    accepted = call.request.headers.get("accept", "")
    return Response(text, media_type="text/plain; charset=utf-8") if "diff" in accepted else None


@api.on("GET", "/repos/{owner}/{repo}/commits/{ref:path}")
def get_commit(call: Call) -> GitHubAnswer:
    """A commit with its files; as a diff when `Accept` asks for one."""
    repository, real, sha = revision(call, call.path["ref"])
    parents = real.commit(sha).parents
    before = parents[0] if parents else EMPTY_TREE
    files = changed_files(real, before, sha)
    stats = {name: sum(each[name] for each in files) for name in ("additions", "deletions")}
    return _plain(call, real.diff(before, sha)) or {
        **shown(call.sandbox, repository, sha),
        "stats": {**stats, "total": sum(stats.values())},
        "files": files,
    }


@api.on("GET", "/repos/{owner}/{repo}/compare/{basehead:path}")
def compare(call: Call) -> GitHubAnswer:
    """Two commits, `base...head`: what the second has that the first has not."""
    first, dots, second = call.path["basehead"].partition("...")
    if not dots:
        raise not_found()
    repository, real, base = revision(call, first)
    _, _, head = revision(call, second)
    middle = real.merge_base(base, head)
    if middle is None:
        raise GitHubError(404, "No common ancestor between the two commits.")
    ahead, behind = real.log(f"{base}..{head}"), real.log(f"{head}..{base}")
    states = {(True, True): "diverged", (True, False): "ahead", (False, True): "behind"}
    return _plain(call, real.diff(middle, head)) or {
        "status": states.get((bool(ahead), bool(behind)), "identical"),
        "ahead_by": len(ahead),
        "behind_by": len(behind),
        "total_commits": len(ahead),
        "base_commit": shown(call.sandbox, repository, base),
        "merge_base_commit": shown(call.sandbox, repository, middle),
        "commits": [shown(call.sandbox, repository, each) for each in reversed(ahead)],
        "files": changed_files(real, middle, head),
    }
