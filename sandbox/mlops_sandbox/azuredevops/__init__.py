"""Azure DevOps' REST API over real git repositories, under `/azuredevops/{organization}/`."""

from __future__ import annotations

from mlops_sandbox.azuredevops import (
    agent,
    approvals,
    builds,
    clone,
    commits,
    definitions,
    endpoints,
    environments,
    graph,
    identities,
    job_identities,
    library,
    locations,
    policies,
    projects,
    pull_requests,
    pushes,
    repositories,
    run_tokens,
    threads,
)
from mlops_sandbox.azuredevops.api import DevOpsError, error_body
from mlops_sandbox.errors import ApiError
from mlops_sandbox.server.routing import Call, Json, Routes

_APIS = [
    locations,
    projects,
    commits,
    pushes,
    pull_requests,
    threads,
    repositories,
    definitions,
    library,
    policies,
    environments,
    endpoints,
    graph,
    approvals,
    builds,
    agent,
    job_identities,
]
_METHODS = "GET POST PUT PATCH DELETE HEAD OPTIONS"

routes = Routes()
routes.table.extend(identities.routes.table)
for _api in _APIS:
    routes.table.extend(run_tokens.guarded(route) for route in _api.api.routes.table)
routes.table.extend(clone.routes.table)


@routes.raw(_METHODS, "/azuredevops/{rest:path}")
async def unknown(call: Call) -> tuple[int, Json]:
    """Whatever else Azure DevOps has."""
    message = f"The sandbox does not know {call.request.method} {call.request.url.path}."
    return 501, error_body("NotImplementedException", message)


def refusal(error: ApiError) -> Json:
    """The body of an error on a path of Azure DevOps', whoever raised it."""
    if isinstance(error, DevOpsError):
        return error.body()
    return error_body(
        "UnauthorizedRequestException" if error.status == 401 else error.error_code, error.message
    )
