"""The repository on the sandbox's Azure DevOps, as docs/ci.md sets it up, through the vendors' APIs."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from running import RunningSandbox

from workflow_runner.azure.host import AzureHost
from workflow_runner.checkout import Clone
from workflow_runner.identities import ACCOUNT, account_url, deployer

APPROVER = "carol@example.com"
#: Pipelines by name, and whose identities trust each.
PIPELINES = {
    "mlops-pull-request": ("staging", "prod"),
    "mlops-staging": ("staging",),
    "mlops-release": ("prod",),
    "mlops-drift": ("staging", "prod"),
    "mlops-operate": ("staging", "prod"),
}
_GROUPS = {
    "staging": ["mlops-staging", "mlops-staging-preview", "mlops-integration"],
    "prod": ["mlops-prod", "mlops-prod-preview"],
}
_AUDIENCE = "api://AzureADTokenExchange"
_APPROVAL = "8c6f20a7-a545-4486-9777-f762fafe0d4d"
_LOCK = "2ef31ad6-baa0-403a-8b45-2cbc9b4e5563"
_TASK = "fe1de3ee-a436-41b4-bb20-f6eb4cb879a7"
_BUILD = "0609b952-1397-4640-95ec-e00a01b2c241"
_REVIEWERS = "fa4e907d-c16b-4a4c-9dfa-4906e5d171dd"


@dataclass
class AzureEstate:
    """What a journey needs."""

    host: AzureHost
    clone: Clone
    passphrase: str
    definitions: dict[str, tuple[int, str]]
    """Number and file of each pipeline, by name."""
    reviewer: str
    """Carol's ID."""

    def open_pull(self, branch: str, title: str = "Change", base: str = "main") -> int:
        asked = {
            "title": title,
            "sourceRefName": f"refs/heads/{branch}",
            "targetRefName": f"refs/heads/{base}",
        }
        return int(self.host.post(f"{self.host.root}/pullRequests", asked)["pullRequestId"])

    def approve(self, number: int) -> None:
        """Carol votes for a pull request."""
        path = f"{self.host.root}/pullRequests/{number}/reviewers/{self.reviewer}"
        auth = (APPROVER, self.host.sandbox.token)
        answer = self.host.client.put(path, json={"vote": 10}, auth=auth)
        assert answer.is_success, answer.text

    def merge(self, number: int) -> None:
        path = f"{self.host.root}/pullRequests/{number}"
        body = {
            "status": "completed",
            "lastMergeSourceCommit": self.host.get(path)["lastMergeSourceCommit"],
            "completionOptions": {"mergeStrategy": "squash"},
        }
        answer = self.host.client.patch(path, json=body)
        assert answer.is_success, answer.text

    def comments(self, number: int) -> list[str]:
        threads = self.host.get(f"{self.host.root}/pullRequests/{number}/threads")["value"]
        return [thread["comments"][0]["content"] for thread in threads]


def _group(host: AzureHost, name: str, values: dict[str, str], passphrase: str) -> int:
    """A variable group; returns its number."""
    project = host.get(f"/_apis/projects/{host.project}")["id"]
    variables: dict[str, Any] = {key: {"value": value} for key, value in values.items()}
    variables["PULUMI_CONFIG_PASSPHRASE"] = {"value": passphrase, "isSecret": True}
    reference = {"projectReference": {"id": project, "name": host.project}, "name": name}
    body = {"name": name, "variables": variables, "variableGroupProjectReferences": [reference]}
    return int(host.post("/_apis/distributedtask/variablegroups", body)["id"])


def _environment(host: AzureHost, name: str, branch: str, approvers: list[str]) -> int:
    """An environment with its checks; returns its number."""
    root = f"/{host.project}/_apis"
    number = host.post(f"{root}/distributedtask/environments", {"name": name})["id"]
    resource = {"type": "environment", "id": str(number)}
    inputs = {"allowedBranches": f"refs/heads/{branch}", "ensureProtectionOfBranch": "false"}
    definition = {
        "id": "86b05a0c-73e6-4f7d-b3cf-e38f3b39a75b",
        "name": "evaluatebranchProtection",
        "version": "0.0.1",
    }
    checks: list[tuple[str, dict[str, Any]]] = [
        (_LOCK, {}),
        (_TASK, {"displayName": "Branches", "definitionRef": definition, "inputs": inputs}),
    ]
    if approvers:
        people = [{"id": each} for each in approvers]
        checks.append((_APPROVAL, {"approvers": people, "requesterCannotBeApprover": True}))
    for kind, settings in checks:
        body = {"type": {"id": kind}, "resource": resource, "settings": settings}
        host.post(f"{root}/pipelines/checks/configurations", body)
    return int(number)


def _policies(host: AzureHost, definition: int) -> None:
    repository = host.get(host.root)["id"]
    for branch in ("main", "release"):
        scope = [{"repositoryId": repository, "refName": f"refs/heads/{branch}", "matchKind": "Exact"}]
        reviewers = {"minimumApproverCount": 1, "creatorVoteCounts": False, "scope": scope}
        wanted: list[tuple[str, dict[str, Any]]] = [(_REVIEWERS, reviewers)]
        if branch == "main":
            wanted.append(
                (_BUILD, {"buildDefinitionId": definition, "displayName": "checks", "scope": scope})
            )
        for kind, settings in wanted:
            body = {"type": {"id": kind}, "isEnabled": True, "isBlocking": True, "settings": settings}
            host.post(f"/{host.project}/_apis/policy/configurations", body)


def new_estate(sandbox: RunningSandbox, backend: Path, folder: Path, small: bool = False) -> AzureEstate:
    """Make project, pipelines, environments, variable groups, policies and identities.

    Args:
        sandbox: where.
        backend: the folder of the stacks' state.
        folder: of a person's clone.
        small: with a project of one short job, and without policies for merges.
    """
    host = AzureHost(sandbox, "acme", "flights")
    host.post("/_apis/projects", {"name": host.project})
    deployers = {
        stack: deployer(
            sandbox,
            f"{stack}-azure-deployer",
            host.issuer,
            [
                f"p://{host.organization}/{host.project}/{name}"
                for name in PIPELINES
                if stack in PIPELINES[name]
            ],
            [_AUDIENCE],
        )
        for stack in _GROUPS
    }
    clone = Clone(folder, f"{host.url}/{host.project}/_git/{host.project}", sandbox.token)
    runners = {stack: deployer(sandbox, f"{stack}-azure-runner", host.issuer, []) for stack in _GROUPS}
    clone.begin(runners, small, "main", "release")
    passphrase = secrets.token_hex(12)
    carol = str(host.post("/_apis/graph/users", {"principalName": APPROVER})["originId"])
    used: list[tuple[str, str, int]] = []
    for stack, groups in _GROUPS.items():
        values = {
            "DATABRICKS_HOST": sandbox.url,
            "DATABRICKS_ACCOUNT_HOST": account_url(sandbox),
            "DATABRICKS_ACCOUNT_ID": ACCOUNT,
            "DATABRICKS_AUTH_TYPE": "azure-devops-oidc",
            "DATABRICKS_CLIENT_ID": deployers[stack],
            "PULUMI_BACKEND_URL": f"file://{backend}",
        }
        used += [(stack, "variablegroup", _group(host, each, values, passphrase)) for each in groups]
        branch, approvers = ("release", [carol]) if stack == "prod" else ("main", [])
        used.append((stack, "environment", _environment(host, stack, branch, approvers)))
    definitions = {}
    for name in PIPELINES:
        path = f".azure/{name.removeprefix('mlops-')}.yml"
        body = {
            "name": name,
            "repository": {"type": "TfsGit", "id": host.get(host.root)["id"]},
            "process": {"type": 2, "yamlFilename": path},
        }
        number = host.post(f"/{host.project}/_apis/build/definitions", body)["id"]
        definitions[name] = (int(number), path)
    for stack, kind, resource in used:
        trusted = [definitions[name][0] for name, stacks in PIPELINES.items() if stack in stacks]
        body = {"pipelines": [{"id": each, "authorized": True} for each in trusted]}
        host.call("PATCH", f"/{host.project}/_apis/pipelines/pipelinePermissions/{kind}/{resource}", body)
    if not small:
        _policies(host, definitions["mlops-pull-request"][0])
    return AzureEstate(host, clone, passphrase, definitions, carol)
