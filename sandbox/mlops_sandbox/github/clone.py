"""Clone, fetch and push of GitHub repositories over HTTP, and files as they are under `/raw/`."""

from __future__ import annotations

from dataclasses import replace

from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from mlops_sandbox.git import smart_http
from mlops_sandbox.git.packets import Pushed
from mlops_sandbox.git.smart_http import Refusal
from mlops_sandbox.github import accounts, protection, pulls, repositories, run_tokens
from mlops_sandbox.github.api import not_found
from mlops_sandbox.server.routing import Call, Json, Routes

routes = Routes()


@routes.get("/github/raw/{owner}/{repo}/{rest:path}")
def raw(call: Call) -> Response:
    """A file's content; the branch is the shortest prefix of the path that is one."""
    run_tokens.check_git(call)
    real = repositories.git(call.sandbox, repositories.called(call))
    parts = call.path["rest"].split("/")
    for at in range(1, len(parts)):
        name, path = "/".join(parts[:at]), "/".join(parts[at:])
        sha = real.branch(name) or real.resolve(name)
        entry = real.entry(sha, path) if sha else None
        if entry is not None and entry.kind == "blob":
            return Response(real.blob(entry.sha), media_type="text/plain; charset=utf-8")
    raise not_found()


def _refusals(call: Call, repository: Json, asked: Pushed, login: str) -> list[Refusal]:
    """What the branch's rules say to one reference of a push."""
    prefix, branch = "refs/heads/", asked.reference.removeprefix("refs/heads/")
    if not asked.reference.startswith(prefix):
        return []
    new = None if asked.deletes else asked.new
    plain = protection.Push(branch, new)
    always = protection.push_violations(call.sandbox, repository, plain, login)
    forced = protection.push_violations(call.sandbox, repository, replace(plain, forced=True), login)
    found = [Refusal(asked.reference, f"GH013: {text}") for text in always]
    if not asked.deletes and asked.old.strip("0"):
        lost = [text for text in forced if text not in always]
        found += [Refusal(asked.reference, f"GH013: {text}", forced_only=True) for text in lost]
    return found


@routes.raw("GET POST", "/github/{owner}/{repo}.git/{service:path}")
async def git(call: Call) -> Response:
    """Git's smart HTTP protocol."""
    await run_in_threadpool(run_tokens.check_git, call)
    repository = await run_in_threadpool(repositories.called, call)
    real = repositories.git(call.sandbox, repository)

    login = accounts.caller(call)

    def check(asked: list[Pushed]) -> list[Refusal]:
        return [refusal for each in asked for refusal in _refusals(call, repository, each, login)]

    def pushed() -> None:
        repositories.touch_pushed(call.sandbox, repository)
        pulls.follow(call.sandbox, repository)

    return await smart_http.serve(call.request, real, call.path["service"], login, check, pushed)
