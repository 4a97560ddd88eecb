"""The repository on the sandbox's GitHub, as docs/ci.md sets it up, through the vendors' APIs."""

from __future__ import annotations

import secrets
import shutil
import subprocess
from base64 import b64decode, b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from databricks.sdk import AccountClient
from databricks.sdk.service.iam import WorkspacePermission
from databricks.sdk.service.oauth2 import FederationPolicy, OidcFederationPolicy
from nacl.public import PublicKey, SealedBox
from running import RunningSandbox

from workflow_runner.github.host import GitHubHost
from workflow_runner.machine import CHECKOUT

ACCOUNT = "a0000000-5555-2222-3333-444444444444"
WORKSPACE = 1000000000000001
ORGANIZATION = "acme"
_RULES = [
    {"type": "pull_request", "parameters": {"required_approving_review_count": 1}},
    {
        "type": "required_status_checks",
        "parameters": {"required_status_checks": [{"context": "checks"}, {"context": "integration"}]},
    },
    {"type": "non_fast_forward"},
    {"type": "deletion"},
]


def git(folder: Path, *arguments: str) -> str:
    """Run git; returns what it printed."""
    identity = ["-c", "user.name=developer", "-c", "user.email=developer@example.com"]
    done = subprocess.run(
        ["git", *identity, *arguments], cwd=folder, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


@dataclass
class Estate:
    """What a journey needs."""

    host: GitHubHost
    clone: Path
    """A person's clone of the repository."""
    passphrase: str
    backend: str
    deployers: Mapping[str, str]
    """Application IDs, by environment."""

    def push(self, branch: str, files: Mapping[str, str], message: str = "Change", base: str = "main") -> str:
        """Commit files on a branch that begins at another, and push it; returns the commit."""
        folder = self.clone
        git(folder, *self.header, "fetch", "-q", "origin")
        git(folder, "checkout", "-q", "-B", branch, f"origin/{base}")
        for path, text in files.items():
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / path).write_text(text)
        git(folder, "add", "-A")
        git(folder, "commit", "-q", "--allow-empty", "-m", message)
        git(folder, *self.header, "push", "-q", "-f", "origin", f"HEAD:refs/heads/{branch}")
        return git(folder, "rev-parse", "HEAD")

    @property
    def header(self) -> tuple[str, str]:
        return "-c", f"http.extraHeader=Authorization: Bearer {self.host.sandbox.token}"

    def text(self, path: str) -> str:
        """A file of the clone."""
        return (self.clone / path).read_text()

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


def _push_checkout(host: GitHubHost, folder: Path) -> None:
    """The files of the checkout that these tests are in, changed ones as they are."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=CHECKOUT,
        capture_output=True,
        text=True,
        check=True,
    )
    for name in filter(None, listed.stdout.split("\0")):
        if (CHECKOUT / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(CHECKOUT / name, folder / name)
    git(folder, "init", "-q", "-b", "main", ".")
    git(folder, "remote", "add", "origin", f"{host.server}/{host.repository}.git")
    git(folder, "add", "-A")
    git(folder, "commit", "-qm", "Everything so far")
    header = f"http.extraHeader=Authorization: Bearer {host.sandbox.token}"
    git(folder, "-c", header, "push", "-q", "origin", "HEAD:refs/heads/main", "HEAD:refs/heads/release")


def _deployer(account: AccountClient, host: GitHubHost, environment: str, subjects: list[str]) -> str:
    """A service principal that the environment's runs sign in as."""
    made = account.service_principals_v2.create(display_name=f"{environment}-deployer", active=True)
    for subject in subjects:
        policy = OidcFederationPolicy(issuer=host.issuer.url, subject=subject)
        account.service_principal_federation_policy.create(
            int(str(made.id)), FederationPolicy(oidc_policy=policy)
        )
    account.workspace_assignment.update(
        workspace_id=WORKSPACE, principal_id=int(str(made.id)), permissions=[WorkspacePermission.ADMIN]
    )
    return str(made.application_id)


def new_estate(sandbox: RunningSandbox, backend: Path, folder: Path) -> Estate:
    """Make repository, environments, variables, secrets and identities."""
    host = GitHubHost(sandbox, f"{ORGANIZATION}/estate")
    for login in ("carol", "mallory"):
        _post(host, "/admin/users", {"login": login})
    _post(
        host, f"/orgs/{ORGANIZATION}/repos", {"name": "estate", "visibility": "private", "auto_init": False}
    )
    _push_checkout(host, folder)
    for branch in ("main", "release"):
        conditions = {"ref_name": {"include": [f"refs/heads/{branch}"], "exclude": []}}
        rules = _RULES if branch == "main" else _RULES[:1] + _RULES[2:]
        _post(
            host,
            f"{host.path}/rulesets",
            {"name": branch, "enforcement": "active", "conditions": conditions, "rules": rules},
        )
    url = sandbox.url.replace("127.0.0.1", "localhost")
    account = AccountClient(host=url, account_id=ACCOUNT, token=sandbox.token, auth_type="pat")
    passphrase = secrets.token_hex(12)
    carol = host.client.get("/users/carol").json()["id"]
    trusted = {"staging": ["staging", "staging-preview", "integration"], "prod": ["prod", "prod-preview"]}
    branches = {"staging": ["main"], "prod": ["release"]}
    deployers = {}
    for stack, environments in trusted.items():
        subjects = [f"repo:{host.repository}:environment:{each}" for each in environments]
        deployers[stack] = _deployer(account, host, stack, subjects)
        for environment in environments:
            _environment(
                host, environment, branches.get(environment), [carol] if environment == "prod" else []
            )
            values = {
                "DATABRICKS_HOST": sandbox.url,
                "DATABRICKS_ACCOUNT_HOST": url,
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
    return Estate(host, folder, passphrase, f"file://{backend}", deployers)


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
