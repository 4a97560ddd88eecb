"""What rulesets and branch protection allow: asked before a branch moves and before a merge."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fnmatch import fnmatchcase

from mlops_sandbox.context import Sandbox
from mlops_sandbox.github import accounts, checks, repositories
from mlops_sandbox.github.api import GitHubError, store
from mlops_sandbox.server.routing import Call, Json

#: The id of the role "admin" among a ruleset's bypass actors.
_ADMIN_ROLE = 5


@dataclass(frozen=True)
class Push:
    """A change of a branch that does not come from a merged pull request."""

    branch: str
    new: str | None
    """The commit that it will point at; None deletes the branch, empty is a commit to be made."""
    forced: bool = False


def _names(ruleset: Json, repository: Json, branch: str) -> bool:
    names = (ruleset.get("conditions") or {}).get("ref_name") or {}

    def fits(pattern: str) -> bool:
        if pattern == "~DEFAULT_BRANCH":
            return bool(branch == repository["default_branch"])
        if pattern == "~ALL":
            return True
        return fnmatchcase(f"refs/heads/{branch}", pattern)

    return any(map(fits, names.get("include", []))) and not any(map(fits, names.get("exclude", [])))


def _is_admin(sandbox: Sandbox, repository: Json, login: str) -> bool:
    owner = accounts.account(sandbox, repository["owner"])
    return bool(owner.get("members", {owner["login"]: "admin"}).get(login) == "admin")


def _bypasses(sandbox: Sandbox, repository: Json, ruleset: Json, login: str) -> bool:
    for actor in ruleset.get("bypass_actors") or []:
        kind, number = actor.get("actor_type"), actor.get("actor_id")
        if kind == "OrganizationAdmin" or (kind == "RepositoryRole" and number == _ADMIN_ROLE):
            if _is_admin(sandbox, repository, login):
                return True
        elif kind == "Team" and login in (store(sandbox).get("team", str(number)) or {}).get("members", {}):
            return True
    return False


def _protection_as_ruleset(sandbox: Sandbox, repository: Json, branch: str) -> Json | None:
    found = store(sandbox).get("protection", f"{repository['id']}/{branch}")
    if found is None:
        return None
    rules: list[Json] = []
    if not found.get("allow_force_pushes"):
        rules.append({"type": "non_fast_forward"})
    if not found.get("allow_deletions"):
        rules.append({"type": "deletion"})
    if found.get("required_pull_request_reviews"):
        rules.append({"type": "pull_request", "parameters": found["required_pull_request_reviews"]})
    if found.get("required_status_checks"):
        asked = found["required_status_checks"]
        contexts = [*asked.get("contexts", []), *(each["context"] for each in asked.get("checks", []))]
        listed = [{"context": context} for context in dict.fromkeys(contexts)]
        rules.append({"type": "required_status_checks", "parameters": {"required_status_checks": listed}})
    bypass = [] if found.get("enforce_admins") else [{"actor_type": "OrganizationAdmin"}]
    return {"rules": rules, "bypass_actors": bypass, "name": "branch protection", "id": 0}


def rulesets_of(sandbox: Sandbox, repository: Json, branch: str) -> list[Json]:
    """The active rulesets, branch protection as one of them, that hold for a branch."""
    found = [
        ruleset
        for ruleset in store(sandbox).documents("ruleset", f"{repository['id']}/")
        if ruleset["enforcement"] == "active"
        and ruleset["target"] == "branch"
        and _names(ruleset, repository, branch)
    ]
    protected = _protection_as_ruleset(sandbox, repository, branch)
    return [*found, protected] if protected is not None else found


def is_protected(sandbox: Sandbox, repository: Json, branch: str) -> bool:
    """Whether any active rule holds for a branch."""
    return bool(rulesets_of(sandbox, repository, branch))


def _rules(sandbox: Sandbox, repository: Json, branch: str, login: str) -> Iterator[tuple[str, Json]]:
    for ruleset in rulesets_of(sandbox, repository, branch):
        if not _bypasses(sandbox, repository, ruleset, login):
            for rule in ruleset["rules"]:
                yield rule["type"], rule.get("parameters") or {}


def push_violations(sandbox: Sandbox, repository: Json, push: Push, login: str) -> list[str]:
    """Why a branch may not be changed that way by that user; empty when it may."""
    found = []
    for kind, _ in _rules(sandbox, repository, push.branch, login):
        if push.new is None:
            if kind == "deletion":
                found.append("Cannot delete this branch")
        elif kind == "non_fast_forward" and push.forced:
            found.append("Cannot force-push to this branch")
        elif kind == "pull_request":
            found.append("Changes must be made through a pull request.")
        elif kind == "required_status_checks" and not push.new:
            found.append("Required status checks are expected.")
    return list(dict.fromkeys(found))


def check_push(call: Call, repository: Json, push: Push) -> None:
    """Refuse (409) a change that the branch's rules forbid."""
    found = push_violations(call.sandbox, repository, push, accounts.caller(call))
    if found:
        raise GitHubError(409, "\n\n".join(["Repository rule violations found", *found]))


def merge_violations(sandbox: Sandbox, pull: Json, login: str) -> list[str]:
    """Why a pull request may not be merged yet; empty when it may."""
    repository = repositories.by_id(sandbox, pull["pull"]["base"]["repository"])
    head = pull["pull"]["head"]["sha"]
    good = checks.passed(sandbox, repository, head)
    approvals = [each for each in pull["pull"]["reviews"] if each["state"] == "APPROVED"]
    found = []
    for kind, parameters in _rules(sandbox, repository, pull["pull"]["base"]["ref"], login):
        if kind == "required_status_checks":
            expected = [each["context"] for each in parameters["required_status_checks"]]
            found += [f'Required status check "{name}" is expected.' for name in expected if name not in good]
        if kind == "pull_request":
            wanted = int(parameters.get("required_approving_review_count") or 0)
            stale = parameters.get("dismiss_stale_reviews_on_push") or parameters.get("dismiss_stale_reviews")
            valid = [each for each in approvals if not stale or each["commit_id"] == head]
            if len(valid) < wanted:
                found.append(
                    f"At least {wanted} approving review is required by reviewers with write access."
                )
    return list(dict.fromkeys(found))
