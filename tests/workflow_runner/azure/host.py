"""The emulated Azure DevOps as an agent sees it: repository, variable groups, environments, checks."""

from __future__ import annotations

import fnmatch
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
from mlops_sandbox.azuredevops.api import organization_store
from mlops_sandbox.azuredevops.secret_values import run_variables
from mlops_sandbox.context import Sandbox
from mlops_sandbox.issuer import Issuer
from mlops_sandbox.processes import Processes
from mlops_sandbox.store import Database, Store
from running import RunningSandbox

from workflow_runner.service import Service


@dataclass
class Environment:
    """An environment with the checks in front of it."""

    name: str
    approvers: set[str]
    """E-mail addresses; empty when nobody must approve."""
    requester_may_approve: bool
    branches: list[str] | None
    locked: bool
    """One run at a time."""

    def admits(self, ref: str) -> bool:
        """Whether a run of that ref may deploy."""
        return self.branches is None or any(fnmatch.fnmatchcase(ref, each) for each in self.branches)


class AzureHost:
    """One repository of the sandbox's Azure DevOps."""

    def __init__(self, sandbox: RunningSandbox, organization: str, project: str) -> None:
        self.sandbox, self.organization, self.project = sandbox, organization, project
        self.url = f"{sandbox.url}/azuredevops/{organization}"
        self.client = httpx.Client(base_url=self.url, auth=("_", sandbox.token), timeout=60)
        self.issuer = Issuer(
            f"{sandbox.url}/azuredevops/_oidc", sandbox.home.path / "azuredevops" / "oidc.pem"
        )
        self.service = Service(self.url, sandbox.token, f"/azuredevops/{organization}")
        self._database = Database(sandbox.home.state)
        self.root = f"/{project}/_apis/git/repositories/{project}"

    def close(self) -> None:
        self.service.stop()
        self.client.close()
        self._database.close()

    def inside(self) -> Sandbox:
        """The sandbox's state, as an agent beside it reads and writes it."""
        home, sandbox = self.sandbox.home, self.sandbox
        processes = Processes(home.path / "runner-processes")
        return Sandbox(
            home.path, home.runtime, sandbox.url, sandbox.token, self._database, home.cipher(), processes
        )

    @property
    def store(self) -> Store:
        return organization_store(self.inside(), self.organization)

    def get(self, path: str) -> Any:
        answer = self.client.get(path)
        assert answer.is_success, answer.text
        return answer.json()

    def post(self, path: str, body: Any) -> Any:
        answer = self.client.post(path, json=body)
        assert answer.is_success, answer.text
        return answer.json()

    def group(self, name: str) -> tuple[dict[str, str], set[str]]:
        """A variable group's values by name, and which of them are secret."""
        found = self.get(f"/{self.project}/_apis/distributedtask/variablegroups?groupName={name}")["value"]
        if not found:
            return {}, set()
        kept = self.store.get("variable_group", str(found[0]["id"]))
        assert kept is not None
        secret = {key for key, each in kept["variables"].items() if "sealed" in each}
        return run_variables(self.inside(), kept["variables"]), secret

    def environment(self, name: str) -> Environment:
        """An environment and its checks."""
        root = f"/{self.project}/_apis"
        found = self.get(f"{root}/distributedtask/environments?name={name}")["value"]
        assert found, f"no environment {name}"
        query = f"resourceType=environment&resourceId={found[0]['id']}"
        environment = Environment(name, set(), True, None, False)
        for check in self.get(f"{root}/pipelines/checks/configurations?{query}")["value"]:
            kind, settings = check["type"]["name"], check["settings"]
            if kind == "Approval":
                environment.approvers = {each["id"] for each in settings["approvers"]}
                environment.requester_may_approve = not settings.get("requesterCannotBeApprover", False)
            elif kind == "ExclusiveLock":
                environment.locked = True
            elif kind == "Task Check":
                allowed = settings["inputs"].get("allowedBranches", "")
                environment.branches = [each.strip() for each in allowed.split(",") if each.strip()]
        return environment

    def clone(self, folder: Path, ref: str, sha: str) -> None:
        """A checkout of a commit, without credentials in it."""
        url = f"{self.url}/{self.project}/_git/{self.project}"
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

    def head(self, branch: str) -> str:
        """A branch's newest commit."""
        found = self.get(f"{self.root}/refs?filter=heads/{branch}")["value"]
        return str(next(each for each in found if each["name"] == f"refs/heads/{branch}")["objectId"])

    def record(self, definition: int, sha: str, result: str, number: int) -> None:
        """A finished run, which build policies look for."""
        project = self.get(f"/_apis/projects/{self.project}")["id"]
        resources = {"repositories": {"self": {"version": sha}}}
        run = {"id": number, "state": "completed", "result": result, "resources": resources}
        self.store.put("run", f"{project}/{definition}/{number}", run)
