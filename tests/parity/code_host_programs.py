"""Small programs with the code hosts' types that a CiRepository does not use; they need no provider SDK."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pulumi

CANARY = "canary-41c7"


def _make(package: str, kind: str, name: str, inputs: dict[str, Any], **options: Any) -> Any:
    token = f"{package}:index/{kind[0].lower()}{kind[1:]}:{kind}"
    # Outputs are read by name, as an SDK's class would declare them.
    declared = {**dict.fromkeys(("descriptor", "fullName", "slug", "originId")), **inputs}
    return pulumi.CustomResource(token, name, declared, pulumi.ResourceOptions(**options))


def _github(name: str, text: str) -> None:
    def make(kind: str, inputs: dict[str, Any], **options: Any) -> Any:
        return _make("github", kind, kind, inputs, **options)

    made = make("Repository", {"name": name, "visibility": "private", "autoInit": True})
    here = {"repository": made.id}
    make("IssueLabel", {**here, "name": "drift", "color": "b60205", "description": text})
    hook = {"url": "https://example.com", "contentType": "json", "secret": pulumi.Output.secret(CANARY)}
    make("RepositoryWebhook", {**here, "configuration": hook, "events": ["push"]})
    make("RepositoryTopics", {**here, "topics": ["mlops", text]})
    make("RepositoryDependabotSecurityUpdates", {**here, "enabled": text == "second"})
    allowed = {"githubOwnedAllowed": True, "patternsAlloweds": [f"pulumi/{text}@*"]}
    selected = {"allowedActions": "selected", "allowedActionsConfig": allowed}
    make("ActionsRepositoryPermissions", {**here, **selected})
    team = make("Team", {"name": name, "description": text, "privacy": "closed"})
    make("TeamMembership", {"teamId": team.id, "username": "developer", "role": "maintainer"})
    make("TeamRepository", {"teamId": team.id, **here, "permission": "push"})
    checks = {"strict": True, "contexts": ["checks", text]}
    reviews = {"requiredApprovingReviewCount": 2, "requireCodeOwnerReviews": True}
    protected = {"requiredStatusChecks": checks, "requiredPullRequestReviews": reviews}
    make("BranchProtectionV3", {**here, "branch": "main", "enforceAdmins": True, **protected})
    make("ActionsSecret", {**here, "secretName": "TOKEN", "value": pulumi.Output.secret(CANARY)})


def _azuredevops(name: str, text: str) -> None:
    def make(kind: str, inputs: dict[str, Any], **options: Any) -> Any:
        return _make("azuredevops", kind, kind, inputs, **options)

    project = make("Project", {"name": name, "description": text})
    here = {"projectId": project.id}
    repository = make("Git", {**here, "name": "code", "initialization": {"initType": "Clean"}})
    file = {"repositoryId": repository.id, "file": "a.txt", "content": text, "commitMessage": text}
    make("GitRepositoryFile", {**file, "branch": "refs/heads/master"})
    # Policies would refuse the file's commits.
    scopes = [{"repositoryId": repository.id, "repositoryRef": "refs/heads/release", "matchType": "Exact"}]
    make("BranchPolicyCommentResolution", {**here, "settings": {"scopes": scopes}})
    status = {"name": "integration", "genre": "mlops", "displayName": text, "scopes": scopes}
    make("BranchPolicyStatusCheck", {**here, "settings": status})
    group = make("Group", {"scope": project.id, "displayName": "approvers", "description": text})
    reviewers = {"autoReviewerIds": [group.originId], "message": text, "scopes": scopes}
    make("BranchPolicyAutoReviewers", {**here, "settings": reviewers})
    make("RepositoryPolicyMaxFileSize", {**here, "maxFileSize": 5, "repositoryIds": [repository.id]})
    password = {"username": "bot", "password": pulumi.Output.secret(CANARY)}
    address = {"serverUrl": "https://example.com", "serviceEndpointName": "there", "description": text}
    endpoint = make("ServiceEndpointGeneric", {**here, **address, **password})
    template = {"repositoryName": f"{name}/code", "repositoryRef": "refs/heads/main", "templatePath": "a.yml"}
    target = {"targetResourceId": endpoint.id, "targetResourceType": "endpoint"}
    make("CheckRequiredTemplate", {**here, **target, "requiredTemplates": [template]})


PROGRAMS: dict[str, Callable[[str, str], None]] = {"github": _github, "azuredevops": _azuredevops}
