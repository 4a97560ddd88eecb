"""What the real plugin sent to GitHub Enterprise Server, sent to the sandbox."""

from __future__ import annotations

from base64 import b64decode, b64encode
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from nacl.public import PublicKey, SealedBox
from replay import Names, cases, differences, steps
from running import RunningSandbox

FOLDER = Path(__file__).with_name("data") / "wire-github"
#: What the recording server did and GitHub does not.
NOT_GITHUB = (
    "status: 'added' recorded, 'modified' answered",
    "mergeable_state: 'unknown' recorded, 'clean' answered",
)
#: Cases that move a branch or open a pull request: GitHub shows that on the repository, so no 304.
REPOSITORY_CHANGES = ("RepositoryFile", "RepositoryPullRequest")


@pytest.fixture(scope="module")
def github(sandbox: RunningSandbox) -> Iterator[httpx.Client]:
    headers = {"Authorization": f"Bearer {sandbox.token}"}
    with httpx.Client(base_url=f"{sandbox.url}/github", headers=headers) as client:
        yield client


@pytest.fixture(scope="module")
def people(github: httpx.Client) -> dict[str, str]:
    """The recording server's users, by the numbers that it gave them."""
    found = {"wire-bot": "developer", "Wire Bot": "developer"}
    for number, login in ((1001, "alice"), (1002, "bob"), (1003, "outsider")):
        made = github.post("/api/v3/admin/users", json={"login": login})
        assert made.status_code == 201, made.text
        found[str(number)] = str(made.json()["id"])
        if login != "outsider":
            github.put(f"/api/v3/orgs/acme/memberships/{login}", json={"role": "member"})
    return found


def sealed(github: httpx.Client, path: str) -> dict[str, str]:
    """A secret's body: the recorded one was sealed to a key that only the recording server had."""
    key = github.get(f"{path.rpartition('/')[0]}/public-key").json()
    value = SealedBox(PublicKey(b64decode(key["key"]))).encrypt(b"a value")
    return {"key_id": key["key_id"], "encrypted_value": b64encode(value).decode()}


def send(github: httpx.Client, names: Names, request: dict[str, Any]) -> httpx.Response:
    path, body = names.here(request["path"]), names.here(request.get("body"))
    if request["method"] == "PUT" and "/secrets/" in path:
        body = sealed(github, path)
    headers = {}
    if "ifNoneMatch" in request:
        headers["If-None-Match"] = names.known.get(request["ifNoneMatch"], "unknown")
    url = f"{path}?{request['query']}" if request.get("query") else path
    return github.request(request["method"], url, headers=headers, **({} if body is None else {"json": body}))


@pytest.mark.parametrize("name", cases(FOLDER))
def test_every_recorded_request_is_answered_as_recorded(
    github: httpx.Client, people: dict[str, str], name: str
) -> None:
    names, wrong = Names(dict(people)), []
    etags: dict[str, str] = {}
    github.delete("/api/v3/repos/acme/flights")
    for step in steps(FOLDER, name):
        if "outOfBand" in step:
            assert send(github, names, step["outOfBand"]).is_success
        for request in step["requests"]:
            where = f"{step['step']}: {request['method']} {request['path']}"
            names.known = {**names.known, **etags}
            answer = send(github, names, request)
            if request["status"] == 304 and answer.status_code == 200 and name in REPOSITORY_CHANGES:
                continue
            if answer.status_code != request["status"]:
                wrong.append(f"{where}: {request['status']} recorded, {answer.status_code}: {answer.text}")
                continue
            recorded = request.get("response")
            answered = answer.json() if answer.content else None
            wrong += [f"{where}: {each}" for each in differences(names.here(recorded), answered)]
            names.learn(recorded, answered)
            if "etag" in request:
                etags[request["etag"]] = answer.headers.get("etag", "missing")
    wrong = [each for each in wrong if not each.endswith(NOT_GITHUB)]
    assert not wrong, "\n".join(wrong)
