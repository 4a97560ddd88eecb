"""The token of a pipeline's job (`System.AccessToken`): good for its project, and while the job runs."""

from __future__ import annotations

import re
import secrets
from dataclasses import replace
from hashlib import sha256
from typing import Any

from starlette.concurrency import run_in_threadpool

from mlops_sandbox.azuredevops import project_documents
from mlops_sandbox.azuredevops.api import RUN_TOKEN_PREFIX, DevOpsError, presented, store
from mlops_sandbox.server.routing import Call, Json, Route

_PULLS = r"git/repositories/[^/]+/pullRequests"
#: What a job may call, behind its project's `_apis/`: methods and path. It reads code and runs, and speaks in
#: pull requests.
_ALLOWED: tuple[tuple[str, str], ...] = (
    ("GET", r"git/.*"),
    ("POST|PATCH", rf"{_PULLS}/\d+/(threads|statuses).*"),
    ("GET", r"build/(builds|definitions).*"),
    ("GET", r"pipelines/.*"),
    ("GET", r"distributedtask/(environments|variablegroups).*"),
    ("POST", r"distributedtask/hubs/.*/oidctoken"),
)


def issue(call: Call, job: Json) -> str:
    """A token for a job that begins."""
    token = f"{RUN_TOKEN_PREFIX}{secrets.token_urlsafe(33)}"
    store(call).put("run_token", sha256(token.encode()).hexdigest(), {"key": job["key"]})
    return token


def revoke(call: Call, job: Json) -> None:
    """Every token of a job that has ended."""
    for name, each in store(call).items("run_token"):
        if each["key"] == job["key"]:
            store(call).delete("run_token", name)


def job_of(call: Call) -> Json | None:
    """The job whose token calls; None for everybody else, 401 for a token that is over."""
    token = presented(call)
    if not token.startswith(RUN_TOKEN_PREFIX):
        return None
    held = store(call).get("run_token", sha256(token.encode()).hexdigest())
    job = store(call).get("run_job", held["key"]) if held else None
    if job is None:
        text = "TF400813: The user is not authorized to access this resource."
        raise DevOpsError(401, "UnauthorizedRequestException", text)
    return job


def check(call: Call) -> None:
    """Refuse (403) what a job may not call."""
    job = job_of(call)
    if job is None:
        return
    _, _, tail = call.request.url.path.partition("/_apis/")
    named = call.path.get("project")
    within = named is not None and project_documents.find(call, named)["id"] == job["project"]
    reads_code = named is None and tail.startswith("git/")
    for methods, pattern in _ALLOWED if within or reads_code else ():
        if re.fullmatch(methods, call.request.method) and re.fullmatch(pattern, tail):
            return
    text = "TF401027: The build service of the project needs permissions for that, which a job has not."
    raise DevOpsError(403, "AccessDeniedException", text)


def guarded(route: Route) -> Route:
    """The route, closed to jobs that may not call it."""
    handler: Any = route.handler

    async def answer(call: Call) -> Any:
        await run_in_threadpool(check, call)
        return await handler(call)

    return replace(route, handler=answer)
