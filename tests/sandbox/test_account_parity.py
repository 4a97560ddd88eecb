"""What the real plugin sent to the account, sent to the sandbox."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from replay import Names, cases, differences, steps
from running import RunningSandbox

FOLDER = Path(__file__).with_name("data") / "wire-account"
ACCOUNT = "a0000000-1111-2222-3333-444444444444"
#: The server's own numbers: principals and workspaces, digests, uuids, short policy ids.
OWN = r"\d{13}|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|[0-9a-f]{12}|[0-9a-f]{32}|dosed\w+|dbc-\w+-0001"
#: The recording server's own names and times, and that here a workspace is at work at once.
NOT_COMPARED = {
    "workspace_url",
    "workspace_status",
    "workspace_status_message",
    "create_time",
    "update_time",
    "expire_time",
    "creation_time",
    "access_token",
    "token_endpoint",
    "authorization_endpoint",
    "issuer",
    "uid",
    "secret",
    "secret_hash",
    "deployment_name",
    "name",
}


#: What the recording server let two have at once. The account refuses it: "Credential configuration name …
#: already exists in this account. Try again with a unique name."
SAME_NAME = {"MwsCredentials": "prod-cred", "MwsStorageConfigurations": "prod-root"}


@pytest.fixture
def http(new_sandbox: RunningSandbox) -> Iterator[httpx.Client]:
    headers = {"Authorization": f"Bearer {new_sandbox.token}"}
    with httpx.Client(base_url=new_sandbox.url, headers=headers) as client:
        yield client


def comparable(request: dict[str, Any]) -> bool:
    """Polls of a workspace that is still going have no like here; nor have Me and the OAuth secret."""
    waits = (request.get("response") or {}).get("workspace_status") == "CANCELLING"
    return not (waits and request["method"] == "GET") and not request["path"].endswith(("/v1/token", "/Me"))


def is_server_own(difference: str) -> bool:
    return difference.partition(": ")[0].rpartition(".")[2] in NOT_COMPARED and "missing" not in difference


def replayed(http: httpx.Client, name: str) -> list[str]:
    names, wrong = Names(pattern=OWN), []
    for step in steps(FOLDER, name):
        if step["step"] == "replace" and name in SAME_NAME:
            names.known[SAME_NAME[name]] = f"{SAME_NAME[name]}-2"
        for request in filter(comparable, step.get("requests", [])):
            path, body = names.here(request["path"]), names.here(request.get("body"))
            url = f"{path}?{request['query']}" if request.get("query") else path
            answer = http.request(request["method"], url, **({} if body is None else {"json": body}))
            where = f"{step['step']}: {request['method']} {path}"
            if answer.status_code != request["status"]:
                wrong.append(f"{where}: {request['status']} recorded, {answer.status_code}: {answer.text}")
                continue
            recorded = request.get("response")
            answered = answer.json() if answer.content else None
            names.learn(recorded, answered)
            found = differences(names.here(recorded), answered)
            wrong += [f"{where}: {each}" for each in found if not is_server_own(each)]
    return wrong


@pytest.mark.parametrize("batch", [cases(FOLDER)[0::2], cases(FOLDER)[1::2]], ids=["even", "odd"])
def test_every_recorded_request_is_answered_as_recorded(http: httpx.Client, batch: list[str]) -> None:
    wrong = []
    for name in batch:
        account = f"/api/2.0/accounts/{ACCOUNT}"
        for group in http.get(f"{account}/scim/v2/Groups").json()["Resources"]:
            http.delete(f"{account}/scim/v2/Groups/{group['id']}")
        wrong += [f"{name}: {each}" for each in replayed(http, name)]
    assert not wrong, "\n".join(wrong)
