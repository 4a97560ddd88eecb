"""The account's principals in workspaces: seen, let in and listed where they are assigned, nowhere else."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from account_workspaces import ACCOUNT, MadeWorkspace, account_of, new_workspace
from databricks.sdk import AccountClient, WorkspaceClient
from databricks.sdk.config import Config
from databricks.sdk.errors import PermissionDenied
from databricks.sdk.oidc_token_supplier import GitHubOIDCTokenSupplier
from databricks.sdk.service.iam import (
    AccountGroup,
    AccountServicePrincipal,
    ComplexValue,
    WorkspacePermission,
)
from databricks.sdk.service.oauth2 import FederationPolicy, OidcFederationPolicy
from databricks.sdk.service.provisioning import CustomerFacingComputeMode
from mlops_sandbox.issuer import Issuer
from running import RunningSandbox

USER, ADMIN = [WorkspacePermission.USER], [WorkspacePermission.ADMIN]


@pytest.fixture(scope="module")
def pair(sandbox: RunningSandbox) -> Iterator[tuple[MadeWorkspace, MadeWorkspace]]:
    made = new_workspace(sandbox, "principals-in"), new_workspace(sandbox, "principals-out")
    yield made
    for each in made:
        each.delete()


def robot_of(sandbox: RunningSandbox, name: str) -> tuple[AccountServicePrincipal, dict[str, str]]:
    """A service principal and what it logs in with."""
    account = account_of(sandbox)
    made = account.service_principals_v2.create(display_name=name, active=True)
    secret = account.service_principal_secrets.create(str(made.id)).secret
    login = {"client_id": made.application_id, "client_secret": secret, "auth_type": "oauth-m2m"}
    return made, login


def test_an_assigned_principal_is_in_that_workspace_alone(
    sandbox: RunningSandbox, pair: tuple[MadeWorkspace, MadeWorkspace]
) -> None:
    account, (inside, outside) = account_of(sandbox), pair
    robot, login = robot_of(sandbox, "runner")
    account.workspace_assignment.update(inside.id, int(str(robot.id)), permissions=USER)
    at_work = inside.client(**login)
    assert at_work.current_user.me().user_name == robot.application_id
    assert [each.application_id for each in inside.client().service_principals.list()] == [
        robot.application_id
    ]
    assert list(outside.client().service_principals.list()) == []
    with pytest.raises(ValueError, match="invalid_client"):
        outside.client(**login).current_user.me()
    # A token of the account, or of another workspace, opens no workspace that it is not in.
    there = AccountClient(config=Config(host=account.config.host, account_id=ACCOUNT, **login))
    for token, message in (
        (there.config.oauth_token(), f"Unauthorized access to Org: {outside.id}"),
        (at_work.config.oauth_token(), "Invalid access token"),
    ):
        stranger = outside.client(token=token.access_token, auth_type="pat")
        with pytest.raises(PermissionDenied, match=message):
            stranger.current_user.me()
    account.workspace_assignment.delete(inside.id, int(str(robot.id)))
    with pytest.raises(PermissionDenied, match="Unauthorized access"):
        at_work.current_user.me()


def test_a_group_brings_its_members_along(
    sandbox: RunningSandbox, pair: tuple[MadeWorkspace, MadeWorkspace]
) -> None:
    account, (inside, _) = account_of(sandbox), pair
    robot, login = robot_of(sandbox, "member")
    inner = account.groups_v2.create(display_name="inner", members=[ComplexValue(value=robot.id)])
    outer: AccountGroup = account.groups_v2.create(
        display_name="deployers", members=[ComplexValue(value=inner.id)]
    )
    account.workspace_assignment.update(inside.id, int(str(outer.id)), permissions=ADMIN)
    client = inside.client(**login)
    assert {each.display_name for each in inside.client().groups.list()} >= {"inner", "deployers", "admins"}
    client.groups.create(display_name="made by an admin")
    account.workspace_assignment.update(inside.id, int(str(outer.id)), permissions=USER)
    with pytest.raises(PermissionDenied, match="Only workspace admins"):
        client.groups.create(display_name="made by a user")
    inside.client().groups.update(
        str(outer.id), display_name="deployers", entitlements=[ComplexValue(value="workspace-access")]
    )
    seen = inside.client().groups.get(str(outer.id))
    assert [each.value for each in seen.entitlements or []] == ["workspace-access"]
    assert not account.groups_v2.get(str(outer.id)).roles


_ORGANIZATION = "https://vstoken.dev.azure.com/6f9d0a1b-0000-4000-8000-000000000001"


@pytest.mark.parametrize(
    ("kind", "at", "subject"),
    [
        ("github", "", "repo:acme/flights:environment:prod"),
        ("azuredevops", "", "p://acme/flights/deploy"),
        ("azuredevops", _ORGANIZATION, "p://acme/flights/deploy"),
    ],
    ids=["github", "azure-devops", "azure-devops-of-an-organization"],
)
def test_a_pipeline_logs_in_where_its_principal_is_and_a_policy_trusts_it(
    sandbox: RunningSandbox,
    pair: tuple[MadeWorkspace, MadeWorkspace],
    monkeypatch: pytest.MonkeyPatch,
    kind: str,
    at: str,
    subject: str,
) -> None:
    account, (inside, outside) = account_of(sandbox), pair
    robot, _ = robot_of(sandbox, f"{kind}-deployer")
    account.workspace_assignment.update(inside.id, int(str(robot.id)), permissions=ADMIN)
    issuer = Issuer(at or f"{sandbox.url}/{kind}/_oidc", sandbox.home.path / kind / "oidc.pem")
    # An issuer that is not the sandbox's own must be brought with its keys.
    keys = json.dumps(issuer.keys()) if at else None
    policy = OidcFederationPolicy(issuer=issuer.url, subject=subject, jwks_json=keys)
    account.service_principal_federation_policy.create(
        int(str(robot.id)), FederationPolicy(oidc_policy=policy)
    )

    def login(client: type[Any], host: str, claims: dict[str, str], by: Issuer = issuer) -> Any:
        monkeypatch.setenv("DATABRICKS_OIDC_TOKEN", by.mint(claims))
        monkeypatch.setattr(GitHubOIDCTokenSupplier, "get_oidc_token", lambda _, audience: by.mint(claims))
        how = {"client_id": robot.application_id, "account_id": ACCOUNT, "auth_type": "env-oidc"}
        return client(config=Config(host=host, **how))

    good = {"aud": ACCOUNT, "sub": subject}
    at_account = account.config.host
    assert login(WorkspaceClient, inside.url, good).current_user.me().user_name == robot.application_id
    # The one list of the account's that is not its administrators' alone.
    assert list(login(AccountClient, at_account, good).budget_policy.list()) == []
    other = Issuer(f"{sandbox.url}/other/_oidc", issuer.key_file)
    refused = [
        (inside.url, {**good, "sub": f"{subject}-2"}, issuer),
        (inside.url, {**good, "aud": "someone-else"}, issuer),
        (inside.url, good, other),
        (outside.url, good, issuer),
        (at_account, {**good, "sub": f"{subject}-2"}, issuer),
        (at_account, {**good, "aud": "someone-else"}, issuer),
        (at_account, good, other),
    ]
    for host, claims, by in refused:
        with pytest.raises(ValueError, match=r"invalid_request|No federation policy"):
            login(WorkspaceClient, host, claims, by).config.authenticate()


def test_who_makes_a_workspace_administers_it_and_makes_its_catalog(sandbox: RunningSandbox) -> None:
    robot, login = robot_of(sandbox, "deployer")
    admin = [ComplexValue(value="account_admin")]
    account_of(sandbox).service_principals_v2.update(
        str(robot.id), application_id=robot.application_id, roles=admin
    )
    account = AccountClient(config=Config(host=account_of(sandbox).config.host, account_id=ACCOUNT, **login))
    mode = CustomerFacingComputeMode.SERVERLESS
    made = account.workspaces.create_and_wait(workspace_name="robots", compute_mode=mode)
    workspace = MadeWorkspace(sandbox, int(str(made.workspace_id)))
    client, catalog = workspace.client(**login), f"robots_{workspace.id}"
    assert client.catalogs.create(catalog).owner == robot.application_id
    client.schemas.create("flights", catalog)
    client.groups.create(display_name="readers")
    client.catalogs.delete(catalog, force=True)
    workspace.delete()
