"""Deployment environments: reviewers, wait timer, and the branches that may deploy to them."""

from __future__ import annotations

from mlops_sandbox.context import Sandbox
from mlops_sandbox.github import accounts, repositories, teams
from mlops_sandbox.github.api import (
    GitHubAnswer,
    GitHubError,
    GitHubRoutes,
    api_url,
    base_url,
    integer,
    mapping,
    mappings,
    next_id,
    node_id,
    not_found,
    now,
    page,
    required,
    store,
    unprocessable,
)
from mlops_sandbox.server.routing import Call, Json

api = GitHubRoutes()

_ROOT = "/repos/{owner}/{repo}/environments"
_ONE = f"{_ROOT}/{{environment:path}}"
_POLICIES = f"{_ONE}/deployment-branch-policies"
_MAX_WAIT_MINUTES = 43200
_MAX_REVIEWERS = 6


def key(repository: Json, name: str) -> str:
    """The document key of an environment; names are the same in any case."""
    return f"{repository['id']}/{name.lower()}"


def find(call: Call, repository: Json) -> Json:
    """The environment that a path names, else 404."""
    found = store(call.sandbox).get("environment", key(repository, call.path["environment"]))
    if found is None:
        raise not_found()
    return found


def _reviewer(sandbox: Sandbox, given: Json) -> Json:
    if given["type"] == "Team":
        return teams.brief(sandbox, teams.by_id(sandbox, given["id"]))
    return accounts.simple(sandbox, accounts.by_id(sandbox, given["id"])["login"])


def shown(sandbox: Sandbox, repository: Json, environment: Json) -> Json:
    """An environment as GitHub answers with it: its settings as protection rules."""
    name, number = repositories.brief(repository)["full_name"], environment["id"]
    page_url = f"{base_url(sandbox)}/{name}/deployments/activity_log"
    rules: list[Json] = []
    if environment["wait_timer"]:
        rules.append({"type": "wait_timer", "wait_timer": environment["wait_timer"]})
    if environment["reviewers"]:
        reviewers = [
            {"type": each["type"], "reviewer": _reviewer(sandbox, each)} for each in environment["reviewers"]
        ]
        own = environment["prevent_self_review"]
        rules.append({"type": "required_reviewers", "prevent_self_review": own, "reviewers": reviewers})
    if environment["deployment_branch_policy"] is not None:
        rules.append({"type": "branch_policy"})
    numbered = [
        {"id": number * 10 + at, "node_id": node_id("GA", number * 10 + at), **rule}
        for at, rule in enumerate(rules)
    ]
    return {
        "id": number,
        "node_id": node_id("EN", number),
        "name": environment["name"],
        "url": f"{api_url(sandbox)}/repos/{name}/environments/{environment['name']}",
        "html_url": f"{page_url}?environments_filter={environment['name']}",
        "created_at": environment["created_at"],
        "updated_at": environment["updated_at"],
        "can_admins_bypass": environment["can_admins_bypass"],
        "protection_rules": numbered,
        "deployment_branch_policy": environment["deployment_branch_policy"],
    }


def _reviewers(call: Call) -> list[Json]:
    given = mappings(call.body.get("reviewers"), "Environment", "reviewers")
    if len(given) > _MAX_REVIEWERS:
        raise unprocessable("Environment", "reviewers", "invalid", "At most 6 reviewers.")
    found = []
    for each in given:
        kind, number = each.get("type"), each.get("id")
        if kind not in ("User", "Team") or not isinstance(number, int):
            raise unprocessable("Environment", "reviewers", "invalid")
        try:
            _reviewer(call.sandbox, each)
        except GitHubError:
            raise unprocessable(
                "Environment", "reviewers", "invalid", f"No {kind} with id {number}."
            ) from None
        found.append({"type": kind, "id": number})
    return found


def _settings(call: Call) -> Json:
    wait = call.body.get("wait_timer") or 0
    if not isinstance(wait, int) or not 0 <= wait <= _MAX_WAIT_MINUTES:
        raise unprocessable("Environment", "wait_timer", "invalid")
    field = "deployment_branch_policy"
    policy = mapping(call.body.get(field), "Environment", field)
    if policy is not None and policy.get("protected_branches") == policy.get("custom_branch_policies"):
        text = "protected_branches and custom_branch_policies must be different."
        raise unprocessable("Environment", field, "invalid", text)
    return {
        "wait_timer": wait,
        "reviewers": _reviewers(call),
        "prevent_self_review": bool(call.body.get("prevent_self_review", False)),
        "can_admins_bypass": bool(call.body.get("can_admins_bypass", True)),
        "deployment_branch_policy": policy,
    }


def _policy_key(repository: Json, environment: Json, number: int) -> str:
    return f"{repository['id']}/{environment['id']}/{number:012d}"


def _policy(call: Call) -> tuple[str, Json]:
    repository = repositories.called(call)
    name = _policy_key(repository, find(call, repository), integer(call, "policy"))
    found = store(call.sandbox).get("branch_policy", name)
    if found is None:
        raise not_found()
    return name, found


@api.on("GET", _POLICIES)
def list_policies(call: Call) -> GitHubAnswer:
    """The name patterns of branches and tags that may deploy."""
    repository = repositories.called(call)
    prefix = f"{repository['id']}/{find(call, repository)['id']}/"
    return page(call, store(call.sandbox).documents("branch_policy", prefix), "branch_policies")


@api.on("POST", _POLICIES)
def create_policy(call: Call) -> GitHubAnswer:
    """Let branches (or tags) of a name pattern deploy."""
    repository = repositories.called(call)
    environment = find(call, repository)
    if not (environment["deployment_branch_policy"] or {}).get("custom_branch_policies"):
        raise not_found()
    pattern, number = str(required(call, "DeploymentBranchPolicy", "name")), next_id(call.sandbox)
    kind = call.body.get("type", "branch")
    document = {"id": number, "node_id": node_id("GP", number), "name": pattern, "type": kind}
    store(call.sandbox).put("branch_policy", _policy_key(repository, environment, number), document)
    return document


@api.on("GET", f"{_POLICIES}/{{policy}}")
def get_policy(call: Call) -> GitHubAnswer:
    """A name pattern by id."""
    return _policy(call)[1]


@api.on("PUT", f"{_POLICIES}/{{policy}}")
def update_policy(call: Call) -> GitHubAnswer:
    """Change a name pattern."""
    name, found = _policy(call)
    pattern = str(required(call, "DeploymentBranchPolicy", "name"))
    return store(call.sandbox).put("branch_policy", name, {**found, "name": pattern})


@api.on("DELETE", f"{_POLICIES}/{{policy}}")
def delete_policy(call: Call) -> GitHubAnswer:
    """Delete a name pattern."""
    store(call.sandbox).delete("branch_policy", _policy(call)[0])
    return None


@api.on("GET", _ROOT)
def list_environments(call: Call) -> GitHubAnswer:
    """A repository's environments."""
    repository = repositories.called(call)
    found = store(call.sandbox).documents("environment", f"{repository['id']}/")
    return page(call, [shown(call.sandbox, repository, each) for each in found], "environments")


@api.on("GET", _ONE)
def get_environment(call: Call) -> GitHubAnswer:
    """An environment by name."""
    repository = repositories.called(call)
    return shown(call.sandbox, repository, find(call, repository))


@api.on("PUT", _ONE)
def put_environment(call: Call) -> GitHubAnswer:
    """Make an environment or replace its settings; what is not sent is off."""
    settings, time = _settings(call), now()
    with store(call.sandbox).transaction():
        repository = repositories.called(call)
        name = key(repository, call.path["environment"])
        there = store(call.sandbox).get("environment", name)
        fresh = {"name": call.path["environment"], "created_at": time}
        first = there or {**fresh, "id": next_id(call.sandbox)}
        kept = store(call.sandbox).put("environment", name, {**first, **settings, "updated_at": time})
    return shown(call.sandbox, repository, kept)


@api.on("DELETE", _ONE)
def delete_environment(call: Call) -> GitHubAnswer:
    """Delete an environment with its secrets, variables and branch policies."""
    documents = store(call.sandbox)
    with documents.transaction():
        repository = repositories.called(call)
        found = find(call, repository)
        documents.delete("environment", key(repository, call.path["environment"]))
        for kind in ("secret", "secret_key", "variable", "branch_policy"):
            for name, _ in documents.items(kind, f"{repository['id']}/{found['id']}/"):
                documents.delete(kind, name)
    return None
