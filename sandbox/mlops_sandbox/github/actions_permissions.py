"""Which actions may run in a repository, and whether Dependabot opens pull requests there."""

from __future__ import annotations

from mlops_sandbox.github import repositories
from mlops_sandbox.github.api import (
    GitHubAnswer,
    GitHubError,
    GitHubRoutes,
    api_url,
    store,
    unprocessable,
)
from mlops_sandbox.server.routing import Call, Json

api = GitHubRoutes()

_PERMISSIONS = "/repos/{owner}/{repo}/actions/permissions"
_FIXES = "/repos/{owner}/{repo}/automated-security-fixes"
_POLICIES = ("all", "local_only", "selected")
_DEFAULT: Json = {"enabled": True, "allowed_actions": "all", "sha_pinning_required": False}
_NOTHING: Json = {"github_owned_allowed": False, "verified_allowed": False, "patterns_allowed": []}


def _kept(call: Call) -> Json:
    found = store(call.sandbox).get("actions_permissions", f"{repositories.called(call)['id']}/")
    return found or _DEFAULT


def _keep(call: Call, document: Json) -> None:
    store(call.sandbox).put("actions_permissions", f"{repositories.called(call)['id']}/", document)


@api.on("GET", _PERMISSIONS)
def get_permissions(call: Call) -> GitHubAnswer:
    """Whether actions run at all, and which."""
    kept, name = _kept(call), repositories.brief(repositories.called(call))["full_name"]
    told = {key: value for key, value in kept.items() if key != "selected"}
    if not kept["enabled"]:
        told.pop("allowed_actions")
    elif kept["allowed_actions"] == "selected":
        url = f"{api_url(call.sandbox)}/repos/{name}/actions/permissions/selected-actions"
        told["selected_actions_url"] = url
    return told


@api.on("PUT", _PERMISSIONS)
def put_permissions(call: Call) -> GitHubAnswer:
    """Change whether actions run, and which."""
    if not isinstance(call.body.get("enabled"), bool):
        raise unprocessable("ActionsPermissions", "enabled", "missing_field")
    kept = _kept(call)
    allowed = call.body.get("allowed_actions") or kept["allowed_actions"]
    if allowed not in _POLICIES:
        raise unprocessable("ActionsPermissions", "allowed_actions", "invalid")
    pinned = call.body.get("sha_pinning_required", kept["sha_pinning_required"])
    changed = {"enabled": call.body["enabled"], "allowed_actions": allowed, "sha_pinning_required": pinned}
    _keep(call, {**kept, **changed})
    return None


def _selected(call: Call) -> Json:
    kept = _kept(call)
    if kept["allowed_actions"] != "selected":
        raise GitHubError(409, "Actions are not restricted to selected ones in this repository.")
    return kept


@api.on("GET", f"{_PERMISSIONS}/selected-actions")
def get_selected(call: Call) -> GitHubAnswer:
    """The actions that may run."""
    found: Json = _selected(call).get("selected", _NOTHING)
    return found


@api.on("PUT", f"{_PERMISSIONS}/selected-actions")
def put_selected(call: Call) -> GitHubAnswer:
    """Change the actions that may run."""
    kept = _selected(call)
    chosen = {name: call.body.get(name, unset) for name, unset in _NOTHING.items()}
    _keep(call, {**kept, "selected": chosen})
    return None


@api.on("GET", _FIXES)
def get_security_fixes(call: Call) -> GitHubAnswer:
    """Whether Dependabot opens pull requests that fix vulnerabilities."""
    return {"enabled": bool(repositories.called(call).get("automated_security_fixes")), "paused": False}


@api.on("PUT", _FIXES)
def enable_security_fixes(call: Call) -> GitHubAnswer:
    """Turn them on."""
    repositories.keep(call.sandbox, {**repositories.called(call), "automated_security_fixes": True})
    return None


@api.on("DELETE", _FIXES)
def disable_security_fixes(call: Call) -> GitHubAnswer:
    """Turn them off."""
    repositories.keep(call.sandbox, {**repositories.called(call), "automated_security_fixes": False})
    return None
