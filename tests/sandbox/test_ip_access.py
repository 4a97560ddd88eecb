"""IP access lists decide from where a workspace is called, over real addresses of this machine."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest
from account_workspaces import ACCOUNT, MadeWorkspace, new_workspace
from databricks.sdk import WorkspaceClient
from databricks.sdk.errors import BadRequest, DatabricksError, PermissionDenied
from databricks.sdk.service.settings import ListType
from mlops_sandbox import control
from mlops_sandbox.home import Home
from requests.adapters import HTTPAdapter
from running import RunningSandbox

HERE, THERE = "127.0.0.1", "127.0.0.2"
ON, OFF = {"enableIpAccessLists": "true"}, {"enableIpAccessLists": "false"}

pytestmark = pytest.mark.skipif(
    sys.platform != "linux", reason="elsewhere only 127.0.0.1 is an address of this machine"
)


class _From(HTTPAdapter):
    """Connections with a chosen source address."""

    def __init__(self, address: str) -> None:
        self._address = address
        super().__init__()

    def init_poolmanager(self, *arguments: object, **options: object) -> None:
        super().init_poolmanager(*arguments, source_address=(self._address, 0), **options)


@pytest.fixture
def workspace(sandbox: RunningSandbox) -> Iterator[MadeWorkspace]:
    made = new_workspace(sandbox, "addresses")
    yield made
    made.delete()


def called_from(client: WorkspaceClient, address: str) -> WorkspaceClient:
    client.api_client._api_client._session.mount("http://", _From(address))
    return client


def refused(act: Callable[[], object]) -> bool:
    try:
        act()
    except PermissionDenied as error:
        return "is blocked by Databricks IP ACL for workspace" in str(error)
    return False


def test_a_block_list_goes_before_an_allow_list_and_both_only_while_switched_on(
    workspace: MadeWorkspace,
) -> None:
    here = workspace.client()
    there = called_from(workspace.client(), THERE)
    ask = there.current_user.me
    block = here.ip_access_lists.create("them", ListType.BLOCK, ip_addresses=[f"{THERE}/32"])
    assert block.ip_access_list
    assert not refused(ask)
    here.workspace_conf.set_status(ON)
    assert refused(ask)
    here.ip_access_lists.create("all", ListType.ALLOW, ip_addresses=["127.0.0.0/8"])
    assert refused(ask)
    here.ip_access_lists.update(str(block.ip_access_list.list_id), enabled=False)
    assert not refused(ask)
    here.ip_access_lists.create("us", ListType.BLOCK, ip_addresses=["127.0.0.2", "10.0.0.0/8"])
    assert refused(ask)
    assert refused(lambda: list(there.jobs.list()))
    here.workspace_conf.set_status(OFF)
    assert not refused(ask)


def test_an_allow_list_lets_in_nobody_else_neither_to_log_in(workspace: MadeWorkspace) -> None:
    here = workspace.client()
    here.workspace_conf.set_status(ON)
    here.ip_access_lists.create("us", ListType.ALLOW, ip_addresses=[HERE])
    with httpx.Client(transport=httpx.HTTPTransport(local_address=THERE)) as http:
        answer = http.post(f"{workspace.url}/oidc/v1/token", data={"grant_type": "client_credentials"})
        assert answer.status_code == 403
        assert answer.json()["message"].startswith(f"Source IP address: {THERE} is blocked")
        # Neither at the account's address, by the header that names the workspace.
        at_account = workspace.sandbox.url.replace("127.0.0.1", "localhost")
        headers = {
            "Authorization": f"Bearer {workspace.sandbox.token}",
            "X-Databricks-Workspace-Id": str(workspace.id),
        }
        assert http.get(f"{at_account}/api/2.2/jobs/list", headers=headers).status_code == 403
        # Other workspaces and the account have lists of their own.
        del headers["X-Databricks-Workspace-Id"]
        for url in (
            f"{workspace.sandbox.url}/api/2.2/jobs/list",
            f"{at_account}/api/2.0/accounts/{ACCOUNT}/workspaces",
        ):
            assert http.get(url, headers=headers).status_code == 200


def test_nobody_locks_the_own_address_out(workspace: MadeWorkspace) -> None:
    here = workspace.client()
    office = here.ip_access_lists.create("office", ListType.ALLOW, ip_addresses=["203.0.113.0/24"])
    assert office.ip_access_list
    with pytest.raises(BadRequest, match=f"Your current IP {HERE} will not be allowed") as error:
        here.workspace_conf.set_status(ON)
    assert error.value.error_code == "INVALID_STATE"
    assert here.workspace_conf.get_status("enableIpAccessLists") == {"enableIpAccessLists": None}
    here.ip_access_lists.delete(str(office.ip_access_list.list_id))
    here.workspace_conf.set_status(ON)
    us = here.ip_access_lists.create("us", ListType.ALLOW, ip_addresses=[HERE])
    assert us.ip_access_list
    here.ip_access_lists.create("office", ListType.ALLOW, ip_addresses=["203.0.113.0/24"])
    identity = str(us.ip_access_list.list_id)
    for act in (
        lambda: here.ip_access_lists.create("us too", ListType.BLOCK, ip_addresses=["127.0.0.0/24"]),
        lambda: here.ip_access_lists.update(identity, enabled=False),
        lambda: here.ip_access_lists.replace(identity, "us", ListType.BLOCK, True, ip_addresses=[HERE]),
    ):
        with pytest.raises(DatabricksError) as error:
            act()
        assert error.value.error_code == "INVALID_STATE"
    assert sorted(str(each.label) for each in here.ip_access_lists.list()) == ["office", "us"]


def test_the_machine_may_count_as_an_address_of_the_office(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(os.environ, "MLOPS_SANDBOX_CALLER_ADDRESS", "203.0.113.7")
    home = Home(tmp_path / "home")
    address, _ = control.start(home, port=0)
    client = RunningSandbox(home, address).workspace()
    client.workspace_conf.set_status(ON)
    client.ip_access_lists.create("office", ListType.ALLOW, ip_addresses=["203.0.113.0/24"])
    assert client.current_user.me().user_name
    with pytest.raises(DatabricksError, match=r"Your current IP 203\.0\.113\.7"):
        client.ip_access_lists.create("us", ListType.BLOCK, ip_addresses=["203.0.113.7"])
    control.stop(home)
