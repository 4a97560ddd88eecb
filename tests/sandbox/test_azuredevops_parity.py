"""What the real plugin sent to Azure DevOps, sent to the sandbox."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from replay import Names, cases, differences, steps
from running import RunningSandbox

FOLDER = Path(__file__).with_name("data") / "wire-azuredevops"
GUID = r"\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b|\b[0-9a-f]{40}\b"
SEED = "aaaaaaaa-0000-4000-8000-0000000000"
#: What is the server's own, or what the recording server did and Azure DevOps does not.
OWN = re.compile(
    r"(displayName|uniqueName|descriptor|(author|committer)\.name|date|createdDate|On|lastUpdateTime|uri|size"
    r"|workloadIdentityFederationIssuer|message|changeCounts\.\w+|resource\.name|\.status): "
    r"|^\.name: '20240101\.1'"
)


class Numbered(Names):
    """Also small numbers: as a segment of a path, and as an `id` in a body."""

    def __init__(self) -> None:
        super().__init__(pattern=GUID)
        self.numbers: dict[str, int] = {}

    def learn(self, recorded: Any, answered: Any) -> None:
        super().learn(recorded, answered)
        if isinstance(recorded, dict) and isinstance(recorded.get("id"), int):
            self.numbers[str(recorded["id"])] = answered["id"]

    def path(self, path: str) -> str:
        found = self.here(path)
        return re.sub(r"(?<=/)\d+(?=/|$)", lambda m: str(self.numbers.get(m[0], m[0])), found)

    def query(self, query: str) -> str:
        found = str(self.here(query))
        return re.sub(r"(?<=\bid=)\d+", lambda m: str(self.numbers.get(m[0], m[0])), found)

    def body(self, body: Any) -> Any:
        if isinstance(body, list):
            return [self.body(each) for each in body]
        if not isinstance(body, dict):
            return body
        changed = {key: self.body(value) for key, value in body.items()}
        for key in ("id", "buildDefinitionId"):
            if str(changed.get(key)) in self.numbers:
                changed[key] = type(changed[key])(self.numbers[str(changed[key])])
        return changed


@pytest.fixture
def devops(sandbox: RunningSandbox, request: pytest.FixtureRequest) -> Iterator[httpx.Client]:
    """An organization of this test's own."""
    name = re.sub(r"[^a-z0-9]+", "-", request.node.callspec.params["name"].lower())
    url = f"{sandbox.url}/azuredevops/{name}"
    with httpx.Client(base_url=url, auth=("_", sandbox.token)) as client:
        yield client


def seeded(devops: httpx.Client) -> Numbered:
    """What the recording server had to begin with."""
    names = Numbered()
    names.known["sc://org"] = f"sc://{devops.base_url.path.split('/')[2]}"

    def made(path: str, body: Any) -> Any:
        answer = devops.post(f"/_apis/{path}", json=body)
        assert answer.is_success, answer.text
        return answer.json()

    for name, number in (("seed", "01"), ("seed2", "09")):
        made("projects", {"name": name})
        names.known[SEED + number] = devops.get(f"/_apis/projects/{name}").json()["id"]
    project = names.known[f"{SEED}01"]
    repository = devops.get(f"/{project}/_apis/git/repositories/seed").json()["id"]
    names.known[f"{SEED}02"] = repository
    file = {
        "changeType": "add",
        "item": {"path": "/azure-pipelines.yml"},
        "newContent": {"content": "steps: []"},
    }
    update = {"name": "refs/heads/main", "oldObjectId": "0" * 40}
    commit = {"comment": "Added azure-pipelines.yml", "changes": [file]}
    made(f"git/repositories/{repository}/pushes", {"refUpdates": [update], "commits": [commit]})
    reference = {"projectReference": {"id": project}, "name": "seed"}
    endpoint = {"name": "seed", "type": "generic", "authorization": {"scheme": "None"}}
    found = made("serviceendpoint/endpoints", {**endpoint, "serviceEndpointProjectReferences": [reference]})
    names.known[f"{SEED}03"] = found["id"]
    group = {"name": "seed-vars", "variables": {}, "variableGroupProjectReferences": [reference]}
    names.numbers["6"] = made("distributedtask/variablegroups", group)["id"]
    own = {"name": "seed", "repository": {"id": repository, "type": "TfsGit"}, "process": {}}
    names.numbers["7"] = devops.post(f"/{project}/_apis/build/definitions", json=own).json()["id"]
    environment = devops.post(f"/{project}/_apis/distributedtask/environments", json={"name": "seed"})
    names.numbers["5"] = environment.json()["id"]
    return names


@pytest.mark.parametrize("name", cases(FOLDER))
def test_every_recorded_request_is_answered_as_recorded(devops: httpx.Client, name: str) -> None:
    names, wrong = seeded(devops), []
    head = devops.get(f"/_apis/git/repositories/{names.known[f'{SEED}02']}/refs?filter=heads/main").json()
    for step in steps(FOLDER, name):
        for request in step["requests"]:
            where = f"{step['step']}: {request['method']} {request['path']}"
            path = names.path(request["path"].removeprefix("/org"))
            body = names.body(names.here(request.get("body")))
            query = names.query(request.get("query", ""))
            url = f"{path}?{query}" if query else path
            answer = devops.request(request["method"], url, **({} if body is None else {"json": body}))
            if answer.status_code != request["status"]:
                wrong.append(f"{where}: {request['status']} recorded, {answer.status_code}: {answer.text}")
                continue
            recorded = request.get("response")
            answered = answer.json() if answer.content else None
            names.learn(recorded, answered)
            found = differences(names.here(recorded), answered)
            wrong += [f"{where}: {each}" for each in found if not OWN.search(f"{each} ")]
    assert head["count"] == 1
    assert not wrong, "\n".join(wrong)


def test_every_location_that_the_plugin_looks_up_is_listed(sandbox: RunningSandbox) -> None:
    url = f"{sandbox.url}/azuredevops/org/_apis"
    listed = httpx.options(url, auth=("_", sandbox.token)).json()["value"]
    wanted = json.loads((FOLDER / "_locations.json").read_text())
    assert {each["id"] for each in listed} >= set(wanted)
