"""Workspaces made through the account of a running sandbox, with the vendor's own SDK."""

from __future__ import annotations

from dataclasses import dataclass

import httpx
from databricks.sdk import AccountClient, WorkspaceClient
from databricks.sdk.config import Config
from databricks.sdk.service.iam import WorkspacePermission
from databricks.sdk.service.provisioning import CustomerFacingComputeMode
from running import RunningSandbox

ACCOUNT = "a0000000-8888-2222-3333-444444444444"


def account_of(sandbox: RunningSandbox) -> AccountClient:
    """The account, as its administrator."""
    host = sandbox.url.replace("127.0.0.1", "localhost")
    config = Config(host=host, account_id=ACCOUNT, token=sandbox.token, auth_type="pat", rate_limit=1000)
    return AccountClient(config=config)


@dataclass(frozen=True)
class MadePrincipal:
    """A service principal of the account, which has a secret to sign in with."""

    sandbox: RunningSandbox
    id: int
    application: str
    secret: str

    @property
    def login(self) -> dict[str, str]:
        """What a client's configuration needs."""
        return {"client_id": self.application, "client_secret": self.secret, "auth_type": "oauth-m2m"}

    def account(self) -> AccountClient:
        """The account, as this principal."""
        host = account_of(self.sandbox).config.host
        return AccountClient(config=Config(host=host, account_id=ACCOUNT, rate_limit=1000, **self.login))

    def is_in(self, workspace: int, permission: WorkspacePermission = WorkspacePermission.USER) -> None:
        """Put it into a workspace."""
        account_of(self.sandbox).workspace_assignment.update(workspace, self.id, permissions=[permission])

    def delete(self) -> None:
        """Delete it."""
        account_of(self.sandbox).service_principals_v2.delete(str(self.id))


def new_principal(sandbox: RunningSandbox, name: str) -> MadePrincipal:
    """A service principal that is in no workspace yet and holds nothing."""
    account = account_of(sandbox)
    made = account.service_principals_v2.create(display_name=name, active=True)
    secret = str(account.service_principal_secrets.create(str(made.id)).secret)
    return MadePrincipal(sandbox, int(str(made.id)), str(made.application_id), secret)


@dataclass(frozen=True)
class MadeWorkspace:
    """A workspace that the account has made."""

    sandbox: RunningSandbox
    id: int

    @property
    def url(self) -> str:
        """Its address, as the account tells it."""
        path = f"{self.sandbox.url}/api/2.0/accounts/{ACCOUNT}/workspaces/{self.id}"
        answer = httpx.get(path, headers={"Authorization": f"Bearer {self.sandbox.token}"}).json()
        return str(answer["workspace_url"])

    def client(self, **login: str) -> WorkspaceClient:
        """A client; without a login, its administrator's."""
        how = login or {"token": self.sandbox.token, "auth_type": "pat"}
        return WorkspaceClient(config=Config(host=self.url, rate_limit=1000, **how))

    def delete(self) -> None:
        """Delete it."""
        account_of(self.sandbox).workspaces.delete(self.id)


def new_workspace(sandbox: RunningSandbox, name: str) -> MadeWorkspace:
    """A serverless workspace."""
    mode = CustomerFacingComputeMode.SERVERLESS
    made = account_of(sandbox).workspaces.create_and_wait(workspace_name=name, compute_mode=mode)
    return MadeWorkspace(sandbox, int(str(made.workspace_id)))
