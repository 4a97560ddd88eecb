"""Secrets: values go in, and come out for those who ask for that very value only."""

from __future__ import annotations

import base64

import httpx
import pytest
from databricks.sdk import WorkspaceClient
from databricks.sdk.errors import InvalidParameterValue, NotFound, ResourceAlreadyExists
from databricks.sdk.service.workspace import AclPermission
from mlops_sandbox.server.security import cookie_name
from running import RunningSandbox

CANARY = "canary-7f3a9c"


@pytest.fixture
def scope(client: WorkspaceClient, request: pytest.FixtureRequest) -> str:
    name = request.node.name
    client.secrets.create_scope(name)
    return name


def test_listing_never_has_a_value_and_getting_has(client: WorkspaceClient, scope: str) -> None:
    client.secrets.put_secret(scope, "token", string_value=CANARY)
    (listed,) = client.secrets.list_secrets(scope)
    assert set(listed.as_dict()) == {"key", "last_updated_timestamp"}
    got = client.secrets.get_secret(scope, "token").value
    assert got is not None
    assert base64.b64decode(got).decode() == CANARY


def test_a_browser_never_gets_a_value(sandbox: RunningSandbox, client: WorkspaceClient, scope: str) -> None:
    client.secrets.put_secret(scope, "token", string_value=CANARY)
    cookies = {cookie_name(sandbox.address.port): sandbox.token}
    with httpx.Client(base_url=sandbox.url, cookies=cookies) as browser:
        assert browser.get("/api/2.0/secrets/list", params={"scope": scope}).status_code == 200
        refused = browser.get("/api/2.0/secrets/get", params={"scope": scope, "key": "token"})
    assert refused.status_code == 403


def test_no_file_of_the_sandbox_holds_a_value(
    sandbox: RunningSandbox, client: WorkspaceClient, scope: str
) -> None:
    client.secrets.put_secret(scope, "token", string_value=CANARY)
    raw = base64.b64encode(CANARY.encode())
    client.secrets.put_secret(scope, "bytes", bytes_value=raw.decode())
    for file in (each for each in sandbox.home.path.rglob("*") if each.is_file()):
        content = file.read_bytes()
        assert CANARY.encode() not in content, file
        assert raw not in content, file


def test_a_scope_takes_its_secrets_and_acls_with_it(client: WorkspaceClient, scope: str) -> None:
    client.secrets.put_secret(scope, "a", string_value="1")
    client.secrets.put_acl(scope, "users", AclPermission.READ)
    assert {acl.principal for acl in client.secrets.list_acls(scope)} == {"users", "developer@example.com"}
    client.secrets.delete_scope(scope)
    client.secrets.create_scope(scope)
    assert list(client.secrets.list_secrets(scope)) == []
    with pytest.raises(NotFound):
        client.secrets.get_acl(scope, "users")


def test_what_is_not_there_is_not_found(client: WorkspaceClient, scope: str) -> None:
    with pytest.raises(NotFound):
        client.secrets.put_secret("nowhere", "a", string_value="1")
    with pytest.raises(NotFound):
        client.secrets.delete_secret(scope, "a")
    with pytest.raises(NotFound):
        client.secrets.delete_acl(scope, "nobody")
    with pytest.raises(ResourceAlreadyExists):
        client.secrets.create_scope(scope)
    with pytest.raises(InvalidParameterValue):
        client.secrets.put_secret(scope, "not/a/key", string_value="1")
