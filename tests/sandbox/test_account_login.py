"""Logging in: who gets a token, whom it speaks for, and that nothing else gets one."""

from __future__ import annotations

import re
import time
from pathlib import Path

import httpx
import pytest
from databricks.sdk import AccountClient, WorkspaceClient
from databricks.sdk.config import Config
from databricks.sdk.oidc_token_supplier import GitHubOIDCTokenSupplier
from databricks.sdk.service.iam import (
    AccountServicePrincipal,
    Patch,
    PatchOp,
    PatchSchema,
    WorkspacePermission,
)
from databricks.sdk.service.oauth2 import FederationPolicy, OidcFederationPolicy
from mlops_sandbox.context import DEFAULT_WORKSPACE
from mlops_sandbox.databricks.account.id_tokens import BadTokenError, verified_claims
from mlops_sandbox.issuer import Issuer
from running import RunningSandbox

ACCOUNT = "a0000000-5555-2222-3333-444444444444"
SUBJECT = "repo:acme/flights:environment:prod"


@pytest.fixture
def account(sandbox: RunningSandbox) -> AccountClient:
    host = sandbox.url.replace("127.0.0.1", "localhost")
    return AccountClient(host=host, account_id=ACCOUNT, token=sandbox.token, auth_type="pat")


@pytest.fixture
def robot(account: AccountClient) -> AccountServicePrincipal:
    """A service principal that is in the sandbox's workspace."""
    made = account.service_principals_v2.create(display_name="robot", active=True)
    user = [WorkspacePermission.USER]
    account.workspace_assignment.update(int(DEFAULT_WORKSPACE), int(str(made.id)), permissions=user)
    return made


@pytest.fixture
def issuer(sandbox: RunningSandbox) -> Issuer:
    """GitHub's issuer, with the key that the sandbox has."""
    return Issuer(f"{sandbox.url}/github/_oidc", sandbox.home.path / "github" / "oidc.pem")


def exchange(sandbox: RunningSandbox, token: str, application: str | None) -> httpx.Response:
    form = {
        "grant_type": "urn:ietf:params:oauth:grant-type:token-exchange",
        "subject_token_type": "urn:ietf:params:oauth:token-type:jwt",
        "subject_token": token,
        "scope": "all-apis",
    }
    named = {"client_id": application} if application else {}
    return httpx.post(f"{sandbox.url}/oidc/accounts/{ACCOUNT}/v1/token", data={**form, **named})


def trust(account: AccountClient, robot: AccountServicePrincipal, issuer: Issuer) -> None:
    policy = OidcFederationPolicy(issuer=issuer.url, audiences=["databricks"], subject=SUBJECT)
    account.service_principal_federation_policy.create(
        int(str(robot.id)), FederationPolicy(oidc_policy=policy)
    )


def test_a_secret_logs_in_at_both_levels_until_it_is_deleted(
    sandbox: RunningSandbox, account: AccountClient, robot: AccountServicePrincipal
) -> None:
    number = str(robot.id)
    made = account.service_principal_secrets.create(number, lifetime="3600s")
    login = {"client_id": robot.application_id, "client_secret": made.secret, "auth_type": "oauth-m2m"}
    assert WorkspaceClient(host=sandbox.url, **login).current_user.me().user_name == robot.application_id
    admin = [Patch(op=PatchOp.ADD, path="roles", value=[{"value": "account_admin"}])]
    account.service_principals_v2.patch(
        number, operations=admin, schemas=[PatchSchema.URN_IETF_PARAMS_SCIM_API_MESSAGES_2_0_PATCH_OP]
    )
    there = AccountClient(host=account.config.host, account_id=ACCOUNT, **login)
    assert [each.workspace_name for each in there.workspaces.list()] == ["sandbox"]
    account.service_principal_secrets.delete(number, str(made.id))
    with pytest.raises(ValueError, match="invalid_client"):
        Config(host=sandbox.url, **login).authenticate()


def test_a_federation_policy_decides_who_is_let_in(
    sandbox: RunningSandbox, account: AccountClient, robot: AccountServicePrincipal, issuer: Issuer
) -> None:
    trust(account, robot, issuer)
    good = {"aud": "databricks", "sub": SUBJECT}
    answer = exchange(sandbox, issuer.mint(good), robot.application_id)
    assert answer.json()["expires_in"] <= 3600, answer.text
    head, claims, signature = issuer.mint(good).split(".")
    other = issuer.mint({**good, "sub": f"{SUBJECT}-2"}).split(".")[1]
    elsewhere = Issuer(f"{sandbox.url}/azuredevops/_oidc", issuer.key_file)
    refused = {
        "sub is": issuer.mint({**good, "sub": "repo:acme/flights:ref:refs/heads/main"}),
        "audience is": issuer.mint({**good, "aud": "other"}),
        "issuer is": elsewhere.mint(good),
        "expired": issuer.mint(good, lifetime=-1),
        "signature": f"{head}.{other}.{signature}",
        "not a JSON Web Token": f"{head}.{claims}",
    }
    for why, token in refused.items():
        answer = exchange(sandbox, token, robot.application_id)
        assert answer.status_code == 400, why
        assert answer.json()["error"] == "invalid_request"
        assert why in answer.json()["error_description"]
    assert exchange(sandbox, issuer.mint(good), None).status_code == 400
    account.service_principals_v2.update(str(robot.id), active=False, display_name="robot")
    assert exchange(sandbox, issuer.mint(good), robot.application_id).status_code == 400


@pytest.mark.parametrize(
    ("clock", "told"),
    [
        (-600, "has expired (300 s ago)"),
        (-120, None),
        (60, None),
        (300, "not valid yet (240 s to go): ask for a fresh one just before, and compare the clocks"),
    ],
)
def test_a_runner_whose_clock_is_wrong_is_told_by_how_much(
    tmp_path: Path, clock: int, told: str | None
) -> None:
    issuer = Issuer("https://issuer.example.com", tmp_path / "key.pem")
    made = int(time.time()) + clock
    times = {"iat": made, "nbf": made - 60, "exp": made + 300}
    token = issuer.mint({"sub": "repo:a/b", "aud": "account", **times})
    keys = issuer.keys()["keys"]
    if told is None:
        assert verified_claims(token, keys)["sub"] == "repo:a/b"
    else:
        with pytest.raises(BadTokenError) as refused:
            verified_claims(token, keys)
        assert re.sub(r"\d+ s", lambda s: f"{round(int(s[0][:-2]), -1)} s", str(refused.value)).count(told)


def test_the_accounts_own_policy_lets_in_whom_the_token_names(
    sandbox: RunningSandbox, account: AccountClient, issuer: Issuer
) -> None:
    policy = OidcFederationPolicy(issuer=issuer.url, audiences=["people"], subject_claim="actor")
    account.federation_policy.create(FederationPolicy(oidc_policy=policy))
    claims = {"aud": "people", "sub": "x"}
    assert exchange(sandbox, issuer.mint({**claims, "actor": "developer@example.com"}), None).is_success
    assert "nobody" in exchange(sandbox, issuer.mint({**claims, "actor": "eve@example.com"}), None).text
    assert "no claim actor" in exchange(sandbox, issuer.mint(claims), None).text


def test_the_sdk_logs_in_with_a_pipelines_token(
    sandbox: RunningSandbox,
    account: AccountClient,
    robot: AccountServicePrincipal,
    issuer: Issuer,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    trust(account, robot, issuer)
    monkeypatch.setenv("DATABRICKS_OIDC_TOKEN", issuer.mint({"aud": "databricks", "sub": SUBJECT}))
    in_actions = lambda _, audience: issuer.mint({"aud": audience, "sub": SUBJECT})  # noqa: E731
    monkeypatch.setattr(GitHubOIDCTokenSupplier, "get_oidc_token", in_actions)
    for kind in ("env-oidc", "github-oidc"):
        login = {"client_id": robot.application_id, "auth_type": kind, "token_audience": "databricks"}
        client = WorkspaceClient(config=Config(host=sandbox.url, **login))
        assert client.current_user.me().user_name == robot.application_id


def test_an_issued_token_is_kept_as_a_digest_and_opens_databricks_alone(
    sandbox: RunningSandbox, account: AccountClient, robot: AccountServicePrincipal
) -> None:
    made = account.service_principal_secrets.create(str(robot.id))
    basic = (str(robot.application_id), str(made.secret))
    form = {"grant_type": "client_credentials", "scope": "all-apis"}
    token = httpx.post(f"{sandbox.url}/oidc/v1/token", data=form, auth=basic).json()["access_token"]
    headers = {"Authorization": f"Bearer {token}"}
    assert httpx.get(f"{sandbox.url}/api/2.0/sql/warehouses", headers=headers).is_success
    for path in ("/sandbox/status", "/github/api/v3/user"):
        assert not httpx.get(f"{sandbox.url}{path}", headers=headers).is_success
    kept = b"".join(file.read_bytes() for file in sandbox.home.path.glob("state.db*"))
    assert token.encode() not in kept
    assert str(made.secret).encode() not in kept
