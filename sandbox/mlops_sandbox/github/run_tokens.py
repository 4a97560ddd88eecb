"""The token of a workflow's job (`GITHUB_TOKEN`): good for its repository, its permissions, its time."""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable
from dataclasses import replace
from hashlib import sha256

from starlette.responses import Response

from mlops_sandbox.context import Sandbox
from mlops_sandbox.github import repositories
from mlops_sandbox.github.accounts import RUN_TOKEN_PREFIX, presented
from mlops_sandbox.github.api import GitHubError, not_found, store
from mlops_sandbox.server.routing import Call, Json, Route

#: What a call needs, by the first row that fits: methods, path behind the repository, one of the permissions.
_NEEDS: tuple[tuple[str, str, tuple[str, ...]], ...] = (
    ("GET", r"", ("metadata: read", "contents: read")),
    ("GET", r"/commits/.+/check-runs", ("checks: read",)),
    ("GET", r"/commits/.+/status(es)?", ("statuses: read",)),
    ("GET", r"/(contents|branches|commits|compare|git|readme|topics).*", ("contents: read",)),
    ("PUT|DELETE", r"/contents/.*", ("contents: write",)),
    ("POST|PATCH|DELETE", r"/git/.*", ("contents: write",)),
    ("PUT", r"/pulls/\d+/merge", ("contents: write",)),
    ("GET", r"/issues/(comments/\d+|\d+/comments)", ("issues: read", "pull-requests: read")),
    ("POST", r"/issues/\d+/comments", ("issues: write", "pull-requests: write")),
    ("PATCH|DELETE", r"/issues/comments/\d+", ("issues: write", "pull-requests: write")),
    ("GET", r"(/issues/\d+)?/labels.*", ("issues: read", "pull-requests: read")),
    ("POST|PATCH|PUT|DELETE", r"(/issues/\d+)?/labels.*", ("issues: write", "pull-requests: write")),
    ("GET", r"/issues.*", ("issues: read",)),
    ("POST|PATCH|PUT|DELETE", r"/issues.*", ("issues: write",)),
    ("GET", r"/pulls.*", ("pull-requests: read",)),
    ("POST|PATCH|PUT|DELETE", r"/pulls.*", ("pull-requests: write",)),
    ("GET", r"/check-runs.*", ("checks: read",)),
    ("POST|PATCH", r"/check-runs.*", ("checks: write",)),
    ("POST", r"/statuses/.*", ("statuses: write",)),
    ("GET", r"/(actions/runs|actions/jobs|environments).*", ("actions: read",)),
    ("POST", r"/actions/runs/.*", ("actions: write",)),
)
_REPOSITORY = re.compile(r"^/github/api/v3/repos/([^/]+)/([^/]+)(/.*)?$")


def issue(sandbox: Sandbox, job: Json) -> str:
    """A token for a job that begins."""
    token = f"{RUN_TOKEN_PREFIX}{secrets.token_urlsafe(27)}"
    store(sandbox).put("run_token", _digest(token), {"job": job["id"], "key": job["key"]})
    return token


def revoke(sandbox: Sandbox, job: Json) -> None:
    """Every token of a job that has ended."""
    for key, each in store(sandbox).items("run_token"):
        if each["job"] == job["id"]:
            store(sandbox).delete("run_token", key)


def _digest(token: str) -> str:
    return sha256(token.encode()).hexdigest()


def job_of(call: Call) -> Json | None:
    """The job whose token calls; None for everybody else, 401 for a token that is over."""
    token = presented(call)[1]
    if not token.startswith(RUN_TOKEN_PREFIX):
        return None
    held = store(call.sandbox).get("run_token", _digest(token))
    job = store(call.sandbox).get("job", held["key"]) if held else None
    if job is None:
        raise GitHubError(401, "Bad credentials")
    return job


def _grants(permissions: Json, wanted: str) -> bool:
    name, _, level = wanted.partition(": ")
    given = permissions.get(name, "read" if name == "metadata" else "none")
    return bool(given in ("write", level))


def _check(call: Call) -> None:
    """Refuse a job's call outside of its repository (404) or its permissions (403)."""
    job = job_of(call)
    if job is None:
        return
    refused = GitHubError(403, "Resource not accessible by integration")
    named = _REPOSITORY.match(call.request.url.path)
    if named is None:
        raise refused
    if repositories.find(call.sandbox, named[1], named[2])["id"] != job["repository"]:
        raise not_found()
    for methods, pattern, permissions in _NEEDS:
        if re.fullmatch(methods, call.request.method) and re.fullmatch(pattern, named[3] or ""):
            if any(_grants(job["permissions"], each) for each in permissions):
                return
            break
    raise refused


def check_git(call: Call) -> None:
    """Refuse a job's git and files outside of its repository (404) or its `contents` permission (403)."""
    job = job_of(call)
    if job is None:
        return
    if repositories.called(call)["id"] != job["repository"]:
        raise not_found()
    pushes = "git-receive-pack" in f"{call.path.get('service', '')}?{call.request.url.query}"
    if not _grants(job["permissions"], f"contents: {'write' if pushes else 'read'}"):
        raise GitHubError(403, "Resource not accessible by integration")


def guarded(route: Route) -> Route:
    """The route, closed to jobs that may not call it."""
    handler: Callable[[Call], Response] = route.handler  # type: ignore[assignment]

    def answer(call: Call) -> Response:
        _check(call)
        return handler(call)

    return replace(route, handler=answer)
