"""Rulesets and branch protection: made, read, changed, deleted."""

from __future__ import annotations

from mlops_sandbox.context import Sandbox
from mlops_sandbox.github import accounts, protection, repositories, teams
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

_PROTECTION = "/repos/{owner}/{repo}/branches/{branch:path}/protection"
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


def _protection(call: Call) -> tuple[str, Json]:
    repository = repositories.called(call)
    key = f"{repository['id']}/{call.path['branch']}"
    found = store(call.sandbox).get("protection", key)
    if found is None:
        raise GitHubError(404, "Branch not protected")
    return key, found


def _protection_shown(call: Call, settings: Json) -> Json:
    repository = repositories.called(call)
    name = repositories.brief(repository)["full_name"]
    url = f"{api_url(call.sandbox)}/repos/{name}/branches/{call.path['branch']}/protection"
    switches = (
        "allow_force_pushes",
        "allow_deletions",
        "required_linear_history",
        "block_creations",
        "required_conversation_resolution",
        "required_signatures",
    )
    body: Json = {
        "url": url,
        "enforce_admins": {"url": f"{url}/enforce_admins", "enabled": bool(settings.get("enforce_admins"))},
        **{name: {"enabled": bool(settings.get(name))} for name in switches},
    }
    if settings.get("required_status_checks"):
        body["required_status_checks"] = _checks_shown(url, settings["required_status_checks"])
    if settings.get("required_pull_request_reviews"):
        asked = dict(settings["required_pull_request_reviews"])
        for part in ("dismissal_restrictions", "bypass_pull_request_allowances"):
            if part in asked:
                asked[part] = _people_shown(call, asked[part] or {})
        body["required_pull_request_reviews"] = {"url": f"{url}/required_pull_request_reviews", **asked}
    if settings.get("restrictions"):
        people = _people_shown(call, settings["restrictions"])
        body["restrictions"] = {"url": f"{url}/restrictions", **people}
    return body


def _checks_shown(url: str, asked: Json) -> Json:
    checks = [{"context": name, "app_id": None} for name in asked.get("contexts") or []]
    checks += [{"app_id": None, **each} for each in asked.get("checks") or []]
    named = {each["context"]: each for each in checks}
    listed = {"contexts": list(named), "checks": list(named.values())}
    return {"url": f"{url}/required_status_checks", "strict": bool(asked.get("strict")), **listed}


def _people_shown(call: Call, asked: Json) -> Json:
    named = [teams.by_slug(call.sandbox, call.path["owner"], slug) for slug in asked.get("teams") or []]
    return {
        "users": [accounts.simple(call.sandbox, login) for login in asked.get("users") or []],
        "teams": [teams.brief(call.sandbox, team) for team in named if team is not None],
        "apps": [{"slug": slug} for slug in asked.get("apps") or []],
    }


@api.on("DELETE", f"{_PROTECTION}/required_pull_request_reviews")
def delete_review_protection(call: Call) -> GitHubAnswer:
    """Ask for no reviews any longer."""
    key, found = _protection(call)
    changed = {name: value for name, value in found.items() if name != "required_pull_request_reviews"}
    store(call.sandbox).put("protection", key, changed)
    return None


@api.on("GET", f"{_PROTECTION}/required_signatures")
def get_signature_protection(call: Call) -> GitHubAnswer:
    """Whether commits must be signed."""
    shown: Json = _protection_shown(call, _protection(call)[1])["required_signatures"]
    return shown


@api.on("POST", f"{_PROTECTION}/required_signatures")
def create_signature_protection(call: Call) -> GitHubAnswer:
    """Commits must be signed."""
    key, found = _protection(call)
    store(call.sandbox).put("protection", key, {**found, "required_signatures": True})
    return get_signature_protection(call)


@api.on("DELETE", f"{_PROTECTION}/required_signatures")
def delete_signature_protection(call: Call) -> GitHubAnswer:
    """Commits need not be signed."""
    key, found = _protection(call)
    store(call.sandbox).put("protection", key, {**found, "required_signatures": False})
    return None


@api.on("PUT", _PROTECTION)
def put_protection(call: Call) -> GitHubAnswer:
    """Protect a branch, replacing what protected it."""
    repository = repositories.called(call)
    if repositories.git(call.sandbox, repository).branch(call.path["branch"]) is None:
        raise GitHubError(404, "Branch not found")
    store(call.sandbox).put("protection", f"{repository['id']}/{call.path['branch']}", call.body)
    return _protection_shown(call, call.body)


@api.on("GET", _PROTECTION)
def get_protection(call: Call) -> GitHubAnswer:
    """How a branch is protected."""
    return _protection_shown(call, _protection(call)[1])


@api.on("DELETE", _PROTECTION)
def delete_protection(call: Call) -> GitHubAnswer:
    """Protect a branch no more."""
    store(call.sandbox).delete("protection", _protection(call)[0])
    return None
