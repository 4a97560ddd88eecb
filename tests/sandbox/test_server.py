"""The gate: who may call, and what is not there says so."""

from __future__ import annotations

import httpx
import pytest
from databricks.sdk import WorkspaceClient
from running import RunningSandbox


def test_me_is_the_user_of_the_token(client: WorkspaceClient) -> None:
    assert client.current_user.me().user_name == "developer@example.com"


def test_unknown_route_names_itself(sandbox: RunningSandbox) -> None:
    answer = httpx.get(f"{sandbox.url}/api/2.0/nothing", headers={"Authorization": f"Bearer {sandbox.token}"})
    assert answer.status_code == 501
    assert "GET /api/2.0/nothing" in answer.json()["message"]


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 401),
        ({"Authorization": "Bearer wrong"}, 403),
        ({"Authorization": "Bearer TOKEN", "Host": "evil.example.com"}, 403),
        ({"Authorization": "Bearer TOKEN", "Origin": "http://evil.example.com"}, 403),
        ({"Authorization": "Bearer TOKEN", "Sec-Fetch-Site": "cross-site"}, 403),
        ({"Authorization": "Bearer TOKEN"}, 200),
    ],
)
def test_only_the_token_from_this_address_opens_it(
    sandbox: RunningSandbox, headers: dict[str, str], status: int
) -> None:
    sent = {name: value.replace("TOKEN", sandbox.token) for name, value in headers.items()}
    assert httpx.get(f"{sandbox.url}/api/2.0/preview/scim/v2/Me", headers=sent).status_code == status


def test_json_is_json_whatever_curl_calls_it(sandbox: RunningSandbox) -> None:
    headers = {
        "Authorization": f"Bearer {sandbox.token}",
        "Content-Type": "application/x-www-form-urlencoded",
    }
    fault = '{"faults": [{"path": "/nobody/asks", "status": 503}]}'
    answer = httpx.post(f"{sandbox.url}/sandbox/faults", content=fault, headers=headers)
    assert [each["path"] for each in answer.json()["faults"]] == ["/nobody/asks"]


def test_a_fault_of_every_path_can_be_taken_back(new_sandbox: RunningSandbox) -> None:
    headers = {"Authorization": f"Bearer {new_sandbox.token}"}

    def post(*faults: dict[str, object]) -> int:
        address = f"{new_sandbox.url}/sandbox/faults"
        return httpx.post(address, json={"faults": faults}, headers=headers).status_code

    me = f"{new_sandbox.url}/api/2.0/preview/scim/v2/Me"
    assert post({"path": "*", "status": 503, "times": 100}) == 200
    assert httpx.get(me, headers=headers).status_code == 503
    assert post() == 200
    assert httpx.get(me, headers=headers).status_code == 200
