"""One repository of the sandbox's Azure DevOps: its REST API, and its agents' side."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import httpx
from running import RunningSandbox

from workflow_runner.checkout import check_out


class AzureHost:
    """One project of the sandbox's Azure DevOps, as its administrator and as its agents call it."""

    def __init__(self, sandbox: RunningSandbox, organization: str, project: str) -> None:
        self.sandbox, self.organization, self.project = sandbox, organization, project
        self.issuer = f"{sandbox.url}/azuredevops/_oidc"
        self.url = f"{sandbox.url}/azuredevops/{organization}"
        self.client = httpx.Client(base_url=self.url, auth=("_", sandbox.token), timeout=60)
        self.root = f"/{project}/_apis/git/repositories/{project}"

    def close(self) -> None:
        self.client.close()

    def call(self, method: str, path: str, body: Any = None) -> Any:
        answer = self.client.request(method, path, json=body)
        assert answer.is_success, answer.text
        return answer.json()

    def get(self, path: str) -> Any:
        return self.call("GET", path)

    def post(self, path: str, body: Any) -> Any:
        return self.call("POST", path, body)

    def clone(self, folder: Path, commit: str, token: str) -> None:
        """A checkout of a commit with a job's token."""
        check_out(folder, f"{self.url}/{self.project}/_git/{self.project}", token, commit)

    def head(self, branch: str) -> str:
        """A branch's newest commit."""
        found = self.get(f"{self.root}/refs?filter=heads/{branch}")["value"]
        return str(next(each for each in found if each["name"] == f"refs/heads/{branch}")["objectId"])
