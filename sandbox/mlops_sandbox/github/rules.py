"""Rulesets: made, read, changed, deleted; and the rules of a branch."""

from __future__ import annotations

from mlops_sandbox.context import Sandbox
from mlops_sandbox.github import protection, repositories
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

_RULES = {
    "creation",
    "update",
    "deletion",
    "required_linear_history",
    "required_deployments",
    "required_signatures",
    "pull_request",
    "required_status_checks",
    "non_fast_forward",
    "commit_message_pattern",
    "commit_author_email_pattern",
    "committer_email_pattern",
    "branch_name_pattern",
    "tag_name_pattern",
    "file_path_restriction",
    "max_file_path_length",
    "file_extension_restriction",
    "max_file_size",
    "workflows",
    "code_scanning",
    "merge_queue",
}
_PULL_REQUEST = {"allowed_merge_methods": ["merge", "squash", "rebase"], "required_reviewers": []}


def _rule(given: Json) -> Json:
    kind = given.get("type")
    if kind not in _RULES:
        raise GitHubError(422, "Invalid request.\n\nInvalid property /rules: data matches no possible input.")
    if kind == "pull_request":
        return {"type": kind, "parameters": {**_PULL_REQUEST, **given.get("parameters", {})}}
    return given


def _ruleset(call: Call, current: Json, repository: Json) -> Json:
    name = call.body.get("name") or current.get("name")
    enforcement = call.body.get("enforcement") or current.get("enforcement")
    if not name:
        raise unprocessable("Ruleset", "name", "missing_field")
    if enforcement not in ("active", "disabled", "evaluate"):
        raise unprocessable("Ruleset", "enforcement", "invalid")
    rules = mappings(call.body.get("rules", current.get("rules")), "Ruleset", "rules")
    conditions = call.body.get("conditions", current.get("conditions"))
    target = call.body.get("target") or current.get("target") or "branch"
    return {
        **current,
        "name": name,
        "target": target,
        "source_type": "Repository",
        "source": repositories.brief(repository)["full_name"],
        "enforcement": enforcement,
        "conditions": mapping(conditions, "Ruleset", "conditions"),
        "rules": [_rule(each) for each in rules],
        "bypass_actors": mappings(call.body.get("bypass_actors"), "Ruleset", "bypass_actors"),
        "updated_at": now(),
    }


def _shown(sandbox: Sandbox, repository: Json, ruleset: Json) -> Json:
    name, number = repositories.brief(repository)["full_name"], ruleset["id"]
    links = {
        "self": {"href": f"{api_url(sandbox)}/repos/{name}/rulesets/{number}"},
        "html": {"href": f"{base_url(sandbox)}/{name}/rules/{number}"},
    }
    more = {"node_id": node_id("RRS", number), "current_user_can_bypass": "never", "_links": links}
    return {**ruleset, **more}


def _found(call: Call) -> tuple[Json, str, Json]:
    repository = repositories.called(call)
    key = f"{repository['id']}/{integer(call, 'ruleset'):012d}"
    ruleset = store(call.sandbox).get("ruleset", key)
    if ruleset is None:
        raise not_found()
    return repository, key, ruleset


@api.on("GET", "/repos/{owner}/{repo}/rulesets")
def list_rulesets(call: Call) -> GitHubAnswer:
    """A repository's rulesets."""
    repository = repositories.called(call)
    found = store(call.sandbox).documents("ruleset", f"{repository['id']}/")
    return page(call, [_shown(call.sandbox, repository, each) for each in found])


@api.on("POST", "/repos/{owner}/{repo}/rulesets")
def create_ruleset(call: Call) -> GitHubAnswer:
    """Make a ruleset."""
    repository = repositories.called(call)
    required(call, "Ruleset", "name")
    ruleset = _ruleset(call, {"id": next_id(call.sandbox), "created_at": now()}, repository)
    store(call.sandbox).put("ruleset", f"{repository['id']}/{ruleset['id']:012d}", ruleset)
    return 201, _shown(call.sandbox, repository, ruleset)


@api.on("GET", "/repos/{owner}/{repo}/rulesets/{ruleset}")
def get_ruleset(call: Call) -> GitHubAnswer:
    """A ruleset by id."""
    repository, _, ruleset = _found(call)
    return _shown(call.sandbox, repository, ruleset)


@api.on("PUT", "/repos/{owner}/{repo}/rulesets/{ruleset}")
def update_ruleset(call: Call) -> GitHubAnswer:
    """Replace a ruleset's settings."""
    repository, key, ruleset = _found(call)
    changed = store(call.sandbox).put("ruleset", key, _ruleset(call, ruleset, repository))
    return _shown(call.sandbox, repository, changed)


@api.on("DELETE", "/repos/{owner}/{repo}/rulesets/{ruleset}")
def delete_ruleset(call: Call) -> GitHubAnswer:
    """Delete a ruleset."""
    store(call.sandbox).delete("ruleset", _found(call)[1])
    return None


@api.on("GET", "/repos/{owner}/{repo}/rules/branches/{branch:path}")
def list_branch_rules(call: Call) -> GitHubAnswer:
    """The active rules of a branch, each with the ruleset that it comes from."""
    repository = repositories.called(call)
    found = protection.rulesets_of(call.sandbox, repository, call.path["branch"])
    source = {
        "ruleset_source_type": "Repository",
        "ruleset_source": repositories.brief(repository)["full_name"],
    }
    rules = [
        {**rule, **source, "ruleset_id": ruleset["id"]}
        for ruleset in found
        if ruleset["id"]
        for rule in ruleset["rules"]
    ]
    return page(call, rules)
