"""The repository on the sandbox's GitHub, as docs/ci.md sets it up, through the vendors' APIs."""

from __future__ import annotations

import secrets
from base64 import b64decode, b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nacl.public import PublicKey, SealedBox
from running import RunningSandbox

from workflow_runner.checkout import Clone
from workflow_runner.github.host import GitHubHost
from workflow_runner.identities import ACCOUNT, account_url, deployer

ORGANIZATION = "acme"
_ENVIRONMENTS = {"staging": ["staging", "staging-preview", "integration"], "prod": ["prod", "prod-preview"]}
_RULES = [
    {"type": "pull_request", "parameters": {"required_approving_review_count": 1}},
    {
        "type": "required_status_checks",
        "parameters": {"required_status_checks": [{"context": "checks"}, {"context": "integration"}]},
    },
    {"type": "non_fast_forward"},
    {"type": "deletion"},
]


@dataclass
class Estate:
    """What a journey needs."""

    host: GitHubHost
    clone: Clone
    """A person's clone of the repository."""
    passphrase: str
    backend: str
    deployers: Mapping[str, str]
    """Application IDs, by environment."""

    def open_pull(self, branch: str, title: str = "Change", base: str = "main") -> int:
        body = {"title": title, "head": branch, "base": base}
        made = self.host.client.post(f"{self.host.path}/pulls", json=body)
        assert made.status_code == 201, made.text
        return int(made.json()["number"])

    def approve(self, number: int) -> None:
        """Carol approves a pull request."""
        auth = ("carol", self.host.sandbox.token)
        answer = self.host.client.post(
            f"{self.host.path}/pulls/{number}/reviews", json={"event": "APPROVE"}, auth=auth
        )
        assert answer.is_success, answer.text

    def merge(self, number: int) -> None:
        merged = self.host.client.put(
            f"{self.host.path}/pulls/{number}/merge", json={"merge_method": "squash"}
        )
        assert merged.status_code == 200, merged.text

    def comments(self, number: int) -> list[str]:
        return [each["body"] for each in self.host.get(f"/issues/{number}/comments")]


def _post(host: GitHubHost, path: str, body: Any) -> None:
    answer = host.client.post(path, json=body)
    assert answer.is_success, answer.text


def _secret(host: GitHubHost, environment: str, name: str, value: str) -> None:
    scope = f"{host.path}/environments/{environment}/secrets"
    key = host.client.get(f"{scope}/public-key").json()
    sealed = SealedBox(PublicKey(b64decode(key["key"]))).encrypt(value.encode())
    body = {"key_id": key["key_id"], "encrypted_value": b64encode(sealed).decode()}
    assert host.client.put(f"{scope}/{name}", json=body).is_success


def new_estate(sandbox: RunningSandbox, backend: Path, folder: Path, small: bool = False) -> Estate:
    """Make repository, environments, variables, secrets and identities.

    Args:
        sandbox: where.
        backend: the folder of the stacks' state.
        folder: of a person's clone.
        small: with a project of one short job, and without rules for merges.
    """
    host = GitHubHost(sandbox, f"{ORGANIZATION}/estate")
    for login in ("carol", "mallory"):
        _post(host, "/admin/users", {"login": login})
    _post(
        host, f"/orgs/{ORGANIZATION}/repos", {"name": "estate", "visibility": "private", "auto_init": False}
    )
    deployers = {
        stack: deployer(
            sandbox,
            f"{stack}-deployer",
            host.issuer,
            [f"repo:{host.repository}:environment:{each}" for each in environments],
        )
        for stack, environments in _ENVIRONMENTS.items()
    }
    clone = Clone(folder, f"{host.server}/{host.repository}.git", sandbox.token)
    runners = {stack: deployer(sandbox, f"{stack}-runner", host.issuer, []) for stack in _ENVIRONMENTS}
    clone.begin(runners, small, "main", "release")
    for branch in () if small else ("main", "release"):
        conditions = {"ref_name": {"include": [f"refs/heads/{branch}"], "exclude": []}}
        rules = _RULES if branch == "main" else _RULES[:1] + _RULES[2:]
        _post(
            host,
            f"{host.path}/rulesets",
            {"name": branch, "enforcement": "active", "conditions": conditions, "rules": rules},
        )
    passphrase = secrets.token_hex(12)
    carol = host.client.get("/users/carol").json()["id"]
    branches = {"staging": ["main"], "prod": ["release"]}
    for stack, environments in _ENVIRONMENTS.items():
        for environment in environments:
            _environment(
                host, environment, branches.get(environment), [carol] if environment == "prod" else []
            )
            values = {
                "DATABRICKS_HOST": sandbox.url,
                "DATABRICKS_ACCOUNT_HOST": account_url(sandbox),
                "DATABRICKS_ACCOUNT_ID": ACCOUNT,
                "DATABRICKS_AUTH_TYPE": "github-oidc",
                "DATABRICKS_CLIENT_ID": deployers[stack],
                "PULUMI_BACKEND_URL": f"file://{backend}",
            }
            for name, value in values.items():
                _post(
                    host, f"{host.path}/environments/{environment}/variables", {"name": name, "value": value}
                )
            _secret(host, environment, "PULUMI_CONFIG_PASSPHRASE", passphrase)
    return Estate(host, clone, passphrase, f"file://{backend}", deployers)


def _environment(host: GitHubHost, name: str, branches: list[str] | None, reviewers: list[int]) -> None:
    body: dict[str, Any] = {
        "reviewers": [{"type": "User", "id": each} for each in reviewers],
        "prevent_self_review": bool(reviewers),
        "deployment_branch_policy": None
        if branches is None
        else {"protected_branches": False, "custom_branch_policies": True},
    }
    assert host.client.put(f"{host.path}/environments/{name}", json=body).is_success
    for pattern in branches or []:
        _post(host, f"{host.path}/environments/{name}/deployment-branch-policies", {"name": pattern})
