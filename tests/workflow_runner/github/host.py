"""The emulated GitHub as a runner sees it: the repository, its environments and what they hold."""

from __future__ import annotations

import fnmatch
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
from mlops_sandbox.context import Sandbox
from mlops_sandbox.github import actions, repositories
from mlops_sandbox.issuer import Issuer
from mlops_sandbox.processes import Processes
from mlops_sandbox.store import Database
from running import RunningSandbox

from workflow_runner.github.workflow import Event
from workflow_runner.service import Service


@dataclass
class Environment:
    """A deployment environment with its protection."""

    name: str
    reviewers: set[str]
    self_review: bool
    branches: list[str] | None

    def admits(self, ref: str) -> bool:
        """Whether a run of that ref may deploy."""
        name = ref.removeprefix("refs/heads/")
        return self.branches is None or any(fnmatch.fnmatchcase(name, each) for each in self.branches)


class GitHubHost:
    """One repository of the sandbox's GitHub."""

    def __init__(self, sandbox: RunningSandbox, repository: str) -> None:
        self.sandbox, self.repository = sandbox, repository
        self.server = f"{sandbox.url}/github"
        self.api = f"{self.server}/api/v3"
        headers = {"Authorization": f"token {sandbox.token}"}
        self.client = httpx.Client(base_url=self.api, headers=headers, timeout=60)
        self.path = f"/repos/{repository}"
        self.issuer = Issuer(f"{self.server}/_oidc", sandbox.home.path / "github" / "oidc.pem")
        self.service = Service(self.api, sandbox.token)
        self._database = Database(sandbox.home.state)

    def close(self) -> None:
        self.service.stop()
        self.client.close()
        self._database.close()

    def get(self, path: str) -> Any:
        answer = self.client.get(f"{self.path}{path}")
        assert answer.is_success, answer.text
        return answer.json()

    def values(self, environment: str | None) -> tuple[dict[str, Any], dict[str, Any]]:
        """Secrets and variables that a job sees."""
        home = self.sandbox.home
        inside = Sandbox(
            home.path,
            home.runtime,
            self.sandbox.url,
            self.sandbox.token,
            self._database,
            home.cipher(),
            Processes(home.path / "runner-processes"),
        )
        document = repositories.find(inside, *self.repository.split("/"))
        assert document is not None
        return actions.run_values(inside, document, environment)

    def environment(self, name: str) -> Environment:
        """An environment; one that nobody has made is made by the job that names it, as on GitHub."""
        answer = self.client.get(f"{self.path}/environments/{name}")
        if answer.status_code == 404:
            answer = self.client.put(f"{self.path}/environments/{name}", json={})
        found = answer.json()
        reviewers, self_review = set(), True
        for rule in found["protection_rules"]:
            if rule["type"] == "required_reviewers":
                reviewers = {
                    each["reviewer"].get("login") or each["reviewer"]["slug"] for each in rule["reviewers"]
                }
                self_review = not rule["prevent_self_review"]
        branches = None
        if found["deployment_branch_policy"]:
            policies = self.get(f"/environments/{name}/deployment-branch-policies")["branch_policies"]
            branches = [each["name"] for each in policies]
        return Environment(found["name"], reviewers, self_review, branches)

    def clone(self, folder: Path, ref: str, sha: str) -> None:
        """A checkout of a commit, without credentials in it."""
        url = f"{self.server}/{self.repository}.git"
        header = f"http.extraHeader=Authorization: Bearer {self.sandbox.token}"
        folder.mkdir(parents=True, exist_ok=True)
        for command in (
            ["git", "init", "-q", "-b", "main", "."],
            ["git", "remote", "add", "origin", url],
            ["git", "-c", header, "fetch", "-q", "origin", f"+{ref}:refs/remotes/origin/run"],
            ["git", "-c", "advice.detachedHead=false", "checkout", "-q", sha],
        ):
            done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
            assert done.returncode == 0, done.stderr

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

    def report(self, job: str, sha: str, result: str) -> None:
        """A job's result as a check of the commit."""
        body = {"name": job, "head_sha": sha, "conclusion": result}
        assert self.client.post(f"{self.path}/check-runs", json=body).is_success
