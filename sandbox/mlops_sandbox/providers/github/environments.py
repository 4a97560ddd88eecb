"""Deployment environments and the branches that may deploy to them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from mlops_sandbox.providers.bridge.values import Values
from mlops_sandbox.providers.github.client import path_part
from mlops_sandbox.providers.github.kinds import GitHubType, Instance, RepositoryPart, named, repository_id


def _path(it: Instance, repository: object, environment: object) -> str:
    return f"{it.api.repository(repository)}/environments/{path_part(environment)}"


class RepositoryEnvironment(RepositoryPart):
    """An environment; its ID is `repository:environment`."""

    token = "github:index/repositoryEnvironment:RepositoryEnvironment"  # noqa: S105
    drifting = frozenset({"wait_timer", "reviewers", "deployment_branch_policy"})
    absent = frozenset({"wait_timer"})

    def create(self, it: Instance) -> str:
        """Make it with all its rules."""
        identifier = self._put(it)
        it.answer = {**it.fields, "repository_id": repository_id(it, it.fields["repository"])}
        return identifier

    def update(self, it: Instance) -> None:
        """Set all its rules again."""
        it.exists(self._put(it))
        it.answer = {"wait_timer": 0, **it.fields}

    def _put(self, it: Instance) -> str:
        repository, environment = str(it.fields["repository"]), str(it.fields["environment"])
        body = {
            "wait_timer": it.fields.get("wait_timer", 0),
            "reviewers": _reviewers(it.fields.get("reviewers") or []) or None,
            "can_admins_bypass": it.fields.get("can_admins_bypass", True),
            "deployment_branch_policy": it.fields.get("deployment_branch_policy"),
            "prevent_self_review": it.fields.get("prevent_self_review", False),
        }
        it.api.call("PUT", _path(it, repository, environment), body)
        return f"{repository}:{environment}"

    def read(self, it: Instance) -> Values | None:
        """Its rules; reviewers that were all taken away outside stay as they were known."""
        repository, environment = named(it, "repository", "environment")
        found = it.api.look(_path(it, repository, environment))
        if found is None:
            return None
        state = {
            "repository": repository,
            "repository_id": repository_id(it, repository),
            "environment": environment,
            "can_admins_bypass": found.body.get("can_admins_bypass", True),
            "deployment_branch_policy": found.body.get("deployment_branch_policy"),
            "reviewers": it.state.get("reviewers"),
            "prevent_self_review": it.state.get("prevent_self_review", False),
            "wait_timer": 0,
        }
        for rule in found.body.get("protection_rules") or []:
            if rule["type"] == "wait_timer":
                state["wait_timer"] = rule["wait_timer"]
            if rule["type"] == "required_reviewers":
                state["prevent_self_review"] = rule.get("prevent_self_review", False)
                state["reviewers"] = [_told_reviewers(rule["reviewers"])]
        return state

    def delete(self, it: Instance) -> None:
        """Remove it with its secrets and variables."""
        it.api.remove(_path(it, *named(it, "repository", "environment")))


def _reviewers(given: Iterable[Values]) -> list[Values]:
    found: list[Values] = []
    for each in given:
        found += [{"type": "Team", "id": int(number)} for number in each.get("teams") or []]
        found += [{"type": "User", "id": int(number)} for number in each.get("users") or []]
    return found


def _told_reviewers(told: Iterable[Any]) -> Values:
    sorted_out: dict[str, list[int]] = {"teams": [], "users": []}
    for each in told:
        sorted_out["teams" if each["type"] == "Team" else "users"].append(each["reviewer"]["id"])
    return {kind: sorted(numbers) for kind, numbers in sorted_out.items()}


class RepositoryEnvironmentDeploymentPolicy(RepositoryPart):
    """One pattern of branches or tags; its ID is `repository:environment:number`."""

    token = "github:index/repositoryEnvironmentDeploymentPolicy:RepositoryEnvironmentDeploymentPolicy"  # noqa: S105

    def _policies(self, it: Instance, repository: object, environment: object) -> str:
        return f"{_path(it, repository, environment)}/deployment-branch-policies"

    def replaces(self, it: Instance) -> frozenset[str]:
        """A pattern that changes from branches to tags or back; another repository."""
        patterns = ("branch_pattern", "tag_pattern")
        kinds = [{name for name in patterns if fields.get(name)} for fields in (it.fields, it.state)]
        return super().replaces(it) | (frozenset(patterns) if kinds[0] != kinds[1] else frozenset())

    def create(self, it: Instance) -> str:
        """Add the pattern."""
        repository, environment = it.fields["repository"], it.fields["environment"]
        branch = it.fields.get("branch_pattern")
        body = {"name": branch or it.fields["tag_pattern"], "type": "branch" if branch else "tag"}
        made = it.api.call("POST", self._policies(it, repository, environment), body).body
        number = repository_id(it, repository)
        it.answer = {**it.fields, "policy_id": made["id"], "repository_id": number}
        return f"{repository}:{environment}:{made['id']}"

    def update(self, it: Instance) -> None:
        """Change the pattern."""
        repository, environment = it.fields["repository"], it.fields["environment"]
        name = it.fields.get("branch_pattern") or it.fields["tag_pattern"]
        path = f"{self._policies(it, repository, environment)}/{it.state['policy_id']}"
        it.api.call("PUT", path, {"name": name})
        it.answer = {**it.fields}

    def read(self, it: Instance) -> Values | None:
        """The pattern."""
        repository, environment, number = named(it, "repository", "environment", "policy_id")
        found = it.api.look(f"{self._policies(it, repository, environment)}/{number}")
        if found is None:
            return None
        pattern = "tag_pattern" if found.body.get("type") == "tag" else "branch_pattern"
        return {
            "repository": repository,
            "repository_id": repository_id(it, repository),
            "environment": environment,
            "policy_id": int(number),
            pattern: found.body["name"],
        }

    def delete(self, it: Instance) -> None:
        """Remove the pattern."""
        repository, environment, number = named(it, "repository", "environment", "policy_id")
        it.api.remove(f"{self._policies(it, repository, environment)}/{number}")


TYPES: tuple[GitHubType, ...] = (RepositoryEnvironment(), RepositoryEnvironmentDeploymentPolicy())
