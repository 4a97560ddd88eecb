"""Clone, fetch and push of Azure DevOps repositories over HTTP."""

from __future__ import annotations

from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from mlops_sandbox.azuredevops import commits, policies, project_documents, repositories, run_tokens
from mlops_sandbox.azuredevops.api import DevOpsError
from mlops_sandbox.git import smart_http
from mlops_sandbox.git.packets import Pushed
from mlops_sandbox.git.smart_http import Refusal
from mlops_sandbox.server.routing import Call, Routes

routes = Routes()


def _check_job(call: Call) -> None:
    """A pipeline's job may read its project's repositories with its token."""
    job = run_tokens.job_of(call)
    pushes = "git-receive-pack" in f"{call.path['service']}?{call.request.url.query}"
    if job is not None and (pushes or project_documents.called(call)["id"] != job["project"]):
        raise DevOpsError(403, "AccessDeniedException", "A job may read its own project's code alone.")


@routes.raw("GET POST", "/azuredevops/{org}/{project}/_git/{repository}/{service:path}")
async def git(call: Call) -> Response:
    """Git's smart HTTP protocol."""
    await run_in_threadpool(_check_job, call)
    repository = await run_in_threadpool(repositories.called, call)
    real = repositories.git(call.sandbox, repository)

    def check(asked: list[Pushed]) -> list[Refusal]:
        changed = [each.reference for each in asked if each.old.strip("0")]
        held = [name for name in changed if policies.protects(call, repository, name)]
        return [Refusal(name, policies.REFUSAL) for name in held]

    def pushed() -> None:
        commits.settle(call, repository)

    return await smart_http.serve(call.request, real, call.path["service"], call.user, check, pushed)
