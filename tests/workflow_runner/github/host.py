"""One repository of the sandbox's GitHub: its REST API, its runners' side, and its events."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import httpx
from running import RunningSandbox

from workflow_runner.checkout import check_out
from workflow_runner.github.workflow import Event


class GitHubHost:
    """One repository of the sandbox's GitHub, as its administrator and as its runners call it."""

    def __init__(self, sandbox: RunningSandbox, repository: str) -> None:
        self.sandbox, self.repository = sandbox, repository
        self.server = f"{sandbox.url}/github"
        self.issuer = f"{self.server}/_oidc"
        headers = {"Authorization": f"token {sandbox.token}"}
        self.client = httpx.Client(base_url=f"{self.server}/api/v3", headers=headers, timeout=60)
        self.path = f"/repos/{repository}"

    def close(self) -> None:
        self.client.close()

    def get(self, path: str) -> Any:
        answer = self.client.get(f"{self.path}{path}")
        assert answer.is_success, answer.text
        return answer.json()

    def runner(self, method: str, path: str, body: Any = None) -> Any:
        """A call of a runner's, below the repository."""
        answer = self.client.request(method, f"{self.server}/_runner/{self.repository}{path}", json=body)
        assert answer.is_success, answer.text
        return answer.json()

    def variables(self) -> dict[str, str]:
        """The repository's own variables."""
        found = self.get("/actions/variables?per_page=100")["variables"]
        return {each["name"]: each["value"] for each in found}

    def clone(self, folder: Path, revision: str, token: str) -> None:
        """A checkout of a commit or branch with a job's token."""
        check_out(folder, f"{self.server}/{self.repository}.git", token, revision)

    def pull_request_event(self, number: int, actor: str = "developer") -> Event:
        """What GitHub sends for a pull request's newest commit."""
        pull = self.get(f"/pulls/{number}")
        merge = self.get(f"/git/ref/pull/{number}/merge")["object"]["sha"]
        payload = {"pull_request": pull, "number": number, "repository": self.get("")}
        return Event("pull_request", payload, f"refs/pull/{number}/merge", merge, actor)

    def push_event(self, branch: str, actor: str = "developer") -> Event:
        """What GitHub sends for a branch's newest commit."""
        sha = self.get(f"/git/ref/heads/{branch}")["object"]["sha"]
        return Event("push", {"repository": self.get("")}, f"refs/heads/{branch}", sha, actor)

    def manual_event(self, workflow: str, branch: str = "main", **inputs: Any) -> Event:
        """A person starts a workflow by its file's name."""
        pushed = self.push_event(branch)
        payload = {**pushed.payload, "inputs": inputs}
        return Event("workflow_dispatch", payload, pushed.ref, pushed.sha, "developer", inputs, workflow)

    def scheduled_event(self, workflow: str) -> Event:
        """A workflow's time has come."""
        pushed = self.push_event("main")
        return Event("schedule", pushed.payload, pushed.ref, pushed.sha, "developer", None, workflow)
