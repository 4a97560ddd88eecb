"""GitHub Enterprise Server's REST API over real git repositories, under `/github/`."""

from __future__ import annotations

from mlops_sandbox.errors import ApiError
from mlops_sandbox.github import (
    account_routes,
    actions,
    actions_permissions,
    branch_protection,
    checks,
    clone,
    collaborators,
    commits,
    contents,
    deployments,
    environments,
    hooks,
    issues,
    labels,
    merges,
    oidc,
    pull_routes,
    references,
    repository_routes,
    rules,
    run_tokens,
    runner,
    runs,
    team_members,
    teams,
)
from mlops_sandbox.github.api import GitHubError, error_body
from mlops_sandbox.server.routing import Call, Json, Routes

#: A path that ends in a name of any depth must come after those that go on behind it.
_APIS = [
    account_routes,
    checks,
    commits,
    contents,
    actions,
    actions_permissions,
    deployments,
    runs,
    environments,
    hooks,
    issues,
    labels,
    merges,
    oidc,
    rules,
    branch_protection,
    pull_routes,
    references,
    teams,
    team_members,
    collaborators,
    repository_routes,
    runner,
]
_METHODS = "GET POST PUT PATCH DELETE HEAD OPTIONS"

routes = Routes()
for _api in _APIS:
    routes.table.extend(run_tokens.guarded(route) for route in _api.api.routes.table)
routes.table.extend(runner.open_routes.table)
routes.table.extend(oidc.open_routes.table)
routes.table.extend(clone.routes.table)


@routes.raw(_METHODS, "/github/{rest:path}")
async def unknown(call: Call) -> tuple[int, Json]:
    """Whatever else GitHub has."""
    message = f"The sandbox does not know {call.request.method} {call.request.url.path}."
    return 501, error_body(501, message)


def refusal(error: ApiError) -> Json:
    """The body of an error on a path of GitHub's, whoever raised it."""
    if isinstance(error, GitHubError):
        return error.body()
    return error_body(error.status, "Bad credentials" if error.status == 401 else error.message)
