"""An environment with its repository: from settings to a token that opens one workspace and no other."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import httpx
import pytest
from databricks.sdk import WorkspaceClient
from databricks.sdk.config import Config
from mlops_sandbox.context import DEFAULT_ACCOUNT
from mlops_sandbox.issuer import Issuer
from running import RunningSandbox, mlops, passed

STACK = """\
config:
  databricks-mlops:environment:
    name: prod-ci
    catalog: prod_ci
    protect: true
    workspace: {create: {region: us-east-1}}
    identities: {}
    notifications: {on_failure: [oncall@example.com]}
    ci:
      platform: github
      owner: acme
      repository: models
      create: true
      governed_by: prod-ci
      approvals: 2
      reviewers: [developer, erin]
      backend: s3://state
      secrets_provider: awskms://alias/pulumi
"""
ROOT = Path(__file__).parent.parent.parent


@pytest.fixture
def outputs(sandbox: RunningSandbox, checkout: Path) -> dict[str, Any]:
    """The outputs of the stack, deployed."""
    headers = {"Authorization": f"token {sandbox.token}"}
    httpx.post(f"{sandbox.url}/github/api/v3/admin/users", json={"login": "erin"}, headers=headers)
    (checkout / "Pulumi.prod-ci.yaml").write_text(STACK)

    def told(*arguments: str) -> str:
        return passed(
            mlops(sandbox, checkout, "sandbox", "exec", "--", "pulumi", *arguments, "-s", "prod-ci")
        )

    told("up", "--yes", "--skip-preview")
    told("preview", "--refresh", "--expect-no-changes")
    found: dict[str, Any] = json.loads(told("stack", "output", "--json"))
    return found


def token_of(sandbox: RunningSandbox, environment: str, client_id: str) -> httpx.Response:
    """What Databricks answers to the token of a job in an environment of the repository."""
    issuer = Issuer(f"{sandbox.url}/github/_oidc", sandbox.home.path / "github" / "oidc.pem")
    claims = {"aud": DEFAULT_ACCOUNT, "sub": f"repo:acme/models:environment:{environment}"}
    form = {
        "grant_type": "urn:ietf:params:oauth:grant-type:token-exchange",
        "subject_token_type": "urn:ietf:params:oauth:token-type:jwt",
        "subject_token": issuer.mint(claims),
        "scope": "all-apis",
        "client_id": client_id,
    }
    return httpx.post(f"{sandbox.url}/oidc/accounts/{DEFAULT_ACCOUNT}/v1/token", data=form)


def test_a_pipeline_signs_in_by_its_environment_alone_and_its_branch_is_guarded(
    sandbox: RunningSandbox, outputs: dict[str, Any]
) -> None:
    deployer, previewer = outputs["client_ids"]["deployer"], outputs["client_ids"]["previewer"]
    let_in = token_of(sandbox, "prod-ci", deployer)
    assert let_in.status_code == 200, let_in.text
    config = Config(host=outputs["workspace_url"], token=let_in.json()["access_token"], auth_type="pat")
    assert WorkspaceClient(config=config).current_user.me().user_name == deployer
    assert token_of(sandbox, "prod-ci-preview", previewer).status_code == 200
    assert token_of(sandbox, "prod-ci-preview", deployer).status_code != 200

    headers = {"Authorization": f"token {sandbox.token}"}
    with httpx.Client(
        base_url=f"{sandbox.url}/github/api/v3/repos/acme/models", headers=headers
    ) as repository:
        guarded = repository.get("/environments/prod-ci").json()
        rules = {rule["type"] for rule in guarded["protection_rules"]}
        assert rules == {"required_reviewers", "branch_policy"}
        told = repository.get("/environments/prod-ci/variables").json()["variables"]
        variables = {each["name"]: each["value"] for each in told}
        assert variables["DATABRICKS_CLIENT_ID"] == deployer
        assert variables["PULUMI_BACKEND_URL"] == "s3://state"
        assert "DATABRICKS_HOST" not in variables
        rulesets = {each["name"] for each in repository.get("/rulesets").json()}
        assert rulesets == {"mlops default branch", "mlops release branch"}
        change = {"message": "by hand", "content": "aGk=", "branch": "release"}
        assert repository.put("/contents/x.txt", json=change).status_code in {409, 422}
