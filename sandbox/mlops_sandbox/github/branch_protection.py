"""Branch protection: made, read, changed, deleted."""

from __future__ import annotations

from mlops_sandbox.github import accounts, repositories, teams
from mlops_sandbox.github.api import (
    GitHubAnswer,
    GitHubError,
    GitHubRoutes,
    api_url,
    store,
)
from mlops_sandbox.server.routing import Call, Json

api = GitHubRoutes()

_PROTECTION = "/repos/{owner}/{repo}/branches/{branch:path}/protection"


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
