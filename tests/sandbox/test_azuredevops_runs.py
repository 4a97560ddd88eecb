"""Runs on Azure DevOps: checks in front of environments, approvals, and what a job gets."""

from __future__ import annotations

import json
import subprocess
from base64 import urlsafe_b64decode
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from databricks.sdk.oidc_token_supplier import AzureDevOpsOIDCTokenSupplier
from running import RunningSandbox

ORGANIZATION = "runs"
CAROL = "carol@example.com"


class Estate:
    """A project with a pipeline, an environment `prod` that Carol approves, and a variable group."""

    def __init__(self, client: httpx.Client, token: str) -> None:
        self.client, self.token = client, token
        self.post("/_apis/projects", {"name": "flights"})
        self.project = self.get("/_apis/projects/flights")["id"]
        self.post("/_apis/graph/users", {"principalName": CAROL})
        self.repository = self.get("/flights/_apis/git/repositories/flights")["id"]
        change = {"changeType": "add", "item": {"path": "/a.yml"}, "newContent": {"content": "steps: []"}}
        update = {"name": "refs/heads/main", "oldObjectId": "0" * 40}
        pushed = {"refUpdates": [update], "commits": [{"comment": "One", "changes": [change]}]}
        made = self.post(f"/_apis/git/repositories/{self.repository}/pushes", pushed)
        self.sha = made["commits"][0]["commitId"]
        own = {"id": self.repository, "type": "TfsGit"}
        self.definition = self.post(
            "/flights/_apis/build/definitions", {"name": "release", "repository": own, "process": {}}
        )["id"]
        self.environment = self.post("/flights/_apis/distributedtask/environments", {"name": "prod"})["id"]
        self._check("8c6f20a7-a545-4486-9777-f762fafe0d4d", self._approval())
        allowed = {"inputs": {"allowedBranches": "refs/heads/main", "ensureProtectionOfBranch": "false"}}
        self._check("fe1de3ee-a436-41b4-bb20-f6eb4cb879a7", allowed)
        self._check("2ef31ad6-baa0-403a-8b45-2cbc9b4e5563", {})
        reference = {"projectReference": {"id": self.project}, "name": "mlops-prod"}
        values = {"HOST": {"value": "https://a"}, "PASSPHRASE": {"value": "whispered", "isSecret": True}}
        self.group = self.post(
            "/_apis/distributedtask/variablegroups",
            {"name": "mlops-prod", "variables": values, "variableGroupProjectReferences": [reference]},
        )["id"]

    def _approval(self) -> dict[str, Any]:
        users = self.get("/_apis/graph/users")["value"]
        carol = next(each for each in users if each["principalName"] == CAROL)["originId"]
        return {"approvers": [{"id": carol}], "requesterCannotBeApprover": True, "minRequiredApprovers": 1}

    def _check(self, kind: str, settings: dict[str, Any]) -> None:
        resource = {"type": "environment", "id": str(self.environment)}
        body = {"type": {"id": kind}, "resource": resource, "settings": settings}
        self.post("/flights/_apis/pipelines/checks/configurations", body)

    def allow(self) -> None:
        for kind, number in (("environment", self.environment), ("variablegroup", self.group)):
            path = f"/flights/_apis/pipelines/pipelinePermissions/{kind}/{number}"
            answer = self.client.patch(
                path, json={"pipelines": [{"id": self.definition, "authorized": True}]}
            )
            assert answer.is_success, answer.text

    def get(self, path: str) -> Any:
        answer = self.client.get(path)
        assert answer.is_success, answer.text
        return answer.json()

    def post(self, path: str, body: Any) -> Any:
        answer = self.client.post(path, json=body)
        assert answer.is_success, answer.text
        return answer.json()

    def run(self, **about: Any) -> str:
        body = {"definition": self.definition, "ref": "refs/heads/main", "sha": self.sha, **about}
        return f"/flights/_agent/runs/{self.post('/flights/_agent/runs', body)['id']}"

    def deploy(self, run: str) -> dict[str, Any]:
        job = {"name": "deploy", "environment": "prod", "variableGroups": ["mlops-prod"]}
        return dict(self.post(f"{run}/jobs", job))

    def approve(self, number: str, who: str) -> httpx.Response:
        decision = [{"approvalId": number, "status": "approved", "comment": "ok"}]
        path = "/flights/_apis/pipelines/approvals"
        return self.client.patch(path, json=decision, auth=(who, self.token))


@pytest.fixture(scope="module")
def estate(sandbox: RunningSandbox) -> Iterator[Estate]:
    url = f"{sandbox.url}/azuredevops/{ORGANIZATION}"
    with httpx.Client(base_url=url, auth=("_", sandbox.token)) as client:
        yield Estate(client, sandbox.token)


def test_a_pipeline_uses_nothing_that_it_was_not_allowed(estate: Estate) -> None:
    refused = estate.deploy(estate.run())
    assert (refused["result"], "needs permission" in refused["message"]) == ("failed", True)


def test_a_deployment_waits_for_an_approver_and_its_job_gets_an_identity(
    estate: Estate, sandbox: RunningSandbox, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    estate.allow()
    run = estate.run()
    job = estate.deploy(run)
    assert job["status"] == "waiting"
    assert estate.client.post(f"{run}/jobs/{job['id']}/start").status_code == 409
    (pending,) = estate.get("/flights/_apis/pipelines/approvals?state=pending")["value"]
    assert pending["steps"][0]["assignedApprover"]["displayName"] == "carol"
    assert estate.approve(pending["id"], "developer@example.com").status_code == 403
    assert estate.approve(pending["id"], CAROL).json()["value"][0]["status"] == "approved"
    given = estate.post(f"{run}/jobs/{job['id']}/start", {})
    assert given["variables"] == {"HOST": "https://a", "PASSPHRASE": "whispered"}
    assert given["secrets"] == ["PASSPHRASE"]
    other = estate.run()
    second = estate.deploy(other)
    estate.approve(second["approval"], CAROL)
    assert "holds the environment" in estate.client.post(f"{other}/jobs/{second['id']}/start").text
    token = given["accessToken"]
    for name, value in {**given["system"], "System.AccessToken": token}.items():
        monkeypatch.setenv(name.replace(".", "_").upper(), value)
    identity = AzureDevOpsOIDCTokenSupplier().get_oidc_token("any")
    assert identity is not None
    payload = identity.split(".")[1]
    claims = json.loads(urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    assert claims["sub"] == f"p://{ORGANIZATION}/flights/release"
    with httpx.Client(base_url=estate.client.base_url, headers={"Authorization": f"Bearer {token}"}) as mine:
        assert mine.get("/flights/_apis/git/repositories/flights").status_code == 200
        assert mine.get("/flights/_apis/policy/configurations").status_code == 403
        assert mine.post("/_apis/distributedtask/variablegroups", json={}).status_code == 403
        url = f"{estate.client.base_url}flights/_git/flights"
        header = f"http.extraHeader=Authorization: Bearer {token}"
        subprocess.run(["git", "-c", header, "clone", "-q", url, "c"], cwd=tmp_path, check=True)
        estate.client.patch(f"{run}/jobs/{job['id']}", json={"result": "succeeded"})
        assert mine.get("/flights/_apis/git/repositories/flights").status_code == 401
    assert estate.client.patch(run, json={"result": "succeeded"}).is_success
    builds = estate.get(f"/flights/_apis/build/builds?definitions={estate.definition}")["value"]
    assert {(each["status"], each.get("result")) for each in builds} >= {("completed", "succeeded")}
    assert estate.client.post(f"{other}/jobs/{second['id']}/start").status_code == 200
    estate.client.patch(f"{other}/jobs/{second['id']}", json={"result": "succeeded"})


def test_another_branch_may_not_deploy_and_a_fork_gets_no_secret_and_no_identity(estate: Estate) -> None:
    estate.allow()
    refused = estate.deploy(estate.run(ref="refs/heads/other"))
    assert "may not deploy to prod" in refused["message"]
    run = estate.run(fromFork=True)
    job = estate.post(f"{run}/jobs", {"name": "checks", "variableGroups": ["mlops-prod"]})
    given = estate.post(f"{run}/jobs/{job['id']}/start", {})
    assert given["variables"] == {"HOST": "https://a"}
    headers = {"Authorization": f"Bearer {given['accessToken']}"}
    assert httpx.post(given["system"]["System.OidcRequestUri"], headers=headers).status_code == 403


def test_a_cancelled_run_starts_nothing_more_and_its_agent_hears_of_it(estate: Estate) -> None:
    estate.allow()
    run = estate.run()
    job = estate.post(f"{run}/jobs", {"name": "checks"})
    estate.post(f"{run}/jobs/{job['id']}/start", {})
    waiting = estate.deploy(run)
    assert estate.get(f"{run}/jobs/{job['id']}")["cancelled"] is False
    build = f"/flights/_apis/build/builds/{run.rpartition('/')[2]}"
    assert estate.client.patch(build, json={"status": "completed"}).status_code == 400
    assert estate.client.patch(build, json={"status": "cancelling"}).json()["status"] == "cancelling"
    assert estate.get(f"{run}/jobs/{job['id']}")["cancelled"] is True
    assert estate.get(f"{run}/jobs/{waiting['id']}")["result"] == "canceled"
    assert estate.deploy(run)["result"] == "canceled"
    for path in (f"{run}/jobs/{job['id']}", run):
        assert estate.client.patch(path, json={"result": "canceled"}).is_success
    assert estate.get(build)["result"] == "canceled"
