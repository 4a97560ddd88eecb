"""Service principals that pipelines sign in as, and what they trust."""

from __future__ import annotations

from databricks.sdk import AccountClient
from databricks.sdk.service.iam import WorkspacePermission
from databricks.sdk.service.oauth2 import FederationPolicy, OidcFederationPolicy
from running import RunningSandbox

ACCOUNT = "a0000000-5555-2222-3333-444444444444"
_WORKSPACE = 1000000000000001


def account_url(sandbox: RunningSandbox) -> str:
    """Where the account answers."""
    return sandbox.url.replace("127.0.0.1", "localhost")


def deployer(
    sandbox: RunningSandbox, name: str, issuer: str, subjects: list[str], audiences: list[str] | None = None
) -> str:
    """A service principal, administrator of the workspace; returns its application ID.

    Args:
        sandbox: the sandbox.
        name: its display name.
        issuer: whose tokens it trusts.
        subjects: which of them.
        audiences: default: the account's ID.
    """
    account = AccountClient(
        host=account_url(sandbox), account_id=ACCOUNT, token=sandbox.token, auth_type="pat"
    )
    made = account.service_principals_v2.create(display_name=name, active=True)
    number = int(str(made.id))
    for subject in subjects:
        policy = OidcFederationPolicy(issuer=issuer, subject=subject, audiences=audiences)
        account.service_principal_federation_policy.create(number, FederationPolicy(oidc_policy=policy))
    account.workspace_assignment.update(
        workspace_id=_WORKSPACE, principal_id=number, permissions=[WorkspacePermission.ADMIN]
    )
    return str(made.application_id)
