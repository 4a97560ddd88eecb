"""Where the account and the workspace are, and how to sign in; the only file that knows endpoints.

`MLOPS_SANDBOX_URL` points everything at the sandbox, whatever the settings say. Tokens stay in the
environment, where the plugins read them, and so out of the state.
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import urlsplit

import pulumi
import pulumi_databricks_mlops  # noqa: F401 - makes the import of the SDK below fast
from settings.workspace import LOOPBACK, Account, Workspace

if TYPE_CHECKING:
    from pulumi_databricks_mlops.workspace_args import AccountArgs, SignInArgs

_SANDBOX_REQUESTS_PER_SECOND = 1000
_ACCOUNTS = {
    "aws": "https://accounts.cloud.databricks.com",
    "gcp": "https://accounts.gcp.databricks.com",
    "azure": "https://accounts.azuredatabricks.net",
}
#: What credentials of every kind begin with, and which variables beside them are none.
_SIGNS_IN = (
    "DATABRICKS_",
    "ARM_",
    "GOOGLE_CREDENTIALS",
    "ACTIONS_ID_TOKEN_REQUEST_",
    "SYSTEM_OIDCREQUESTURI",
)
_ADDRESSES = {"DATABRICKS_HOST", "DATABRICKS_ACCOUNT_HOST", "DATABRICKS_ACCOUNT_ID", "DATABRICKS_RATE_LIMIT"}
_COMMANDS = ("databricks", "az")


def _in_sandbox() -> bool:
    return "MLOPS_SANDBOX_URL" in os.environ


def check_credentials() -> None:
    """Nothing is registered where nobody can sign in: the provider would say so for each resource.

    Raises:
        RunError: no variable, profile or command of this machine signs in to Databricks.
    """
    told = any(name.startswith(_SIGNS_IN) and name not in _ADDRESSES for name in os.environ)
    # Path.expanduser fails where there is no home.
    profiles = os.path.expanduser(os.environ.get("DATABRICKS_CONFIG_FILE") or "~/.databrickscfg")  # noqa: PTH111
    if _in_sandbox() or told or Path(profiles).is_file() or any(shutil.which(each) for each in _COMMANDS):
        return
    raise pulumi.RunError(
        "Nothing here signs in to Databricks: no DATABRICKS_… or ARM_… variable, no ~/.databrickscfg, no "
        "`databricks` or `az` on PATH. Sign in (docs/environments.md says how), or run without an account: "
        f"mlops sandbox start && mlops sandbox exec -- pulumi preview -s {pulumi.get_stack()}"
    )


def workspace_host(workspace: Workspace) -> str | None:
    """The address of an existing workspace; None when only the environment's credentials know it."""
    if workspace.create is not None:
        return None
    sandbox, host = os.environ.get("MLOPS_SANDBOX_URL"), workspace.host
    if sandbox and not (host and urlsplit(host).hostname in LOOPBACK):
        return sandbox
    # On loopback it is a workspace that the sandbox's account made.
    return host or os.environ.get("DATABRICKS_HOST")


def sign_in(account: Account, workspace: Workspace, account_id: str | None = None) -> SignInArgs:
    """How to sign in to the workspace, and with an account's ID to the account.

    Args:
        account: the account's settings.
        workspace: the workspace's.
        account_id: the account's ID, which tokens of pipelines are for.
    """
    # What the variables say stays there: a person's preview of what a pipeline deployed shows no change.
    chosen = workspace.auth_type or account.auth_type
    found: dict[str, Any] = {}
    if _in_sandbox():
        # A pipeline's job signs in as on a real account; everyone else with the sandbox's token.
        chosen = os.environ.get("DATABRICKS_AUTH_TYPE", "pat")  # type: ignore[assignment]
        found["rate_limit"] = _SANDBOX_REQUESTS_PER_SECOND
    if chosen:
        found["auth_type"] = chosen
    if account_id:
        # For a workspace the SDK would ask for its token endpoint, which no federation policy names.
        found["audience"] = account_id
    return cast("SignInArgs", found)


def account_args(account: Account, workspace: Workspace) -> AccountArgs:
    """The account, for the component.

    Raises:
        RunError: nothing says which account it is.
    """
    told = os.environ.get("DATABRICKS_ACCOUNT_ID")
    known = (told or account.id) if _in_sandbox() else (account.id or told)
    if not known:
        raise pulumi.RunError(
            "config.databricks-mlops:environment.account.id: is missing, and a new workspace, identities and "
            "a budget policy are made in the account: add its ID, or set DATABRICKS_ACCOUNT_ID."
        )
    cloud = workspace.create.cloud if workspace.create else "aws"
    address = os.environ.get("DATABRICKS_ACCOUNT_HOST")
    host = address if _in_sandbox() and address else account.host or address or _ACCOUNTS[cloud]
    return {"account_id": known, "host": host, "sign_in": sign_in(account, workspace, known)}


def name_of(environment: str, *, made: bool) -> str:
    """What the workspace's provider is called: the component `Workspace` names those that it makes itself."""
    return f"{environment}-workspace-provider" if made else f"{environment}-workspace"


def workspace_provider(
    name: str, account: Account, workspace: Workspace, host: str | None
) -> pulumi.ProviderResource:
    """The provider of a workspace that is there.

    Args:
        name: what it is called, see :func:`name_of`.
        account: the account's settings.
        workspace: the workspace's.
        host: its address.
    """
    import pulumi_databricks as databricks

    made = name.endswith("-provider")
    how = account_args(account, workspace)["sign_in"] if made else sign_in(account, workspace)
    return databricks.Provider(
        name,
        host=host,
        auth_type=how.get("auth_type"),
        audience=how.get("audience"),
        rate_limit=how.get("rate_limit"),
    )


def given(name: str, account: Account, workspace: Workspace) -> pulumi.ResourceOptions:
    """What the environment is given: the provider of an existing workspace; a new one brings its own."""
    if workspace.create is not None:
        return pulumi.ResourceOptions()
    return pulumi.ResourceOptions(
        providers=[
            workspace_provider(name_of(name, made=False), account, workspace, workspace_host(workspace))
        ]
    )
