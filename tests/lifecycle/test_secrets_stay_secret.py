"""A secret's value, planted and searched for: it is in its secret scope, encrypted, and nowhere else."""

from __future__ import annotations

import secrets
from base64 import b64encode
from pathlib import Path

import httpx
import pytest
from running import RunningSandbox, mlops

STACK = """\
config:
  databricks-mlops:environment:
    name: local
    catalog: local
    projects: [{path: ml_code}]
"""
PROJECT = """\
project: small
environment: {version: "5"}
secrets: {opens: {}}
jobs:
  use:
    parameters: {scope: "${scope}", processes: "%s"}
    tasks:
      tell: {notebook: notebooks/tell}
"""
NOTEBOOK = """\
# Databricks notebook source
import subprocess, sys
from pathlib import Path
value = dbutils.secrets.get(dbutils.widgets.get("scope"), "opens")
shown = subprocess.run(["ps", "-eww", "-o", "args"], capture_output=True, text=True, check=True).stdout
Path(dbutils.widgets.get("processes")).write_text(shown)
print("the value is", value)
print("as an error", value, file=sys.stderr)
raise PermissionError(f"refused with {value}")
"""
STACK_OPTIONS = ("-s", "local")


class Searched:
    """What was shown so far, and the values that must not be in it."""

    def __init__(self, sandbox: RunningSandbox, checkout: Path) -> None:
        self.canaries = [f"canary-{secrets.token_hex(8)}" for _ in range(2)]
        self._sandbox, self._checkout = sandbox, checkout

    def holds(self, content: bytes) -> bool:
        plain = [canary.encode() for canary in self.canaries]
        return any(form in content for value in plain for form in (value, b64encode(value)))

    def mlops(self, *arguments: str, code: int = 0) -> str:
        done = mlops(self._sandbox, self._checkout, *arguments)
        told = done.stdout + done.stderr
        assert (done.returncode != 0) == bool(code), told
        assert not self.holds(told.encode())
        return told

    def pulumi(self, *arguments: str) -> str:
        return self.mlops("sandbox", "exec", "--", "pulumi", *arguments, *STACK_OPTIONS)

    def plant(self, canary: str) -> None:
        self.pulumi("config", "set", "--secret", "databricks-mlops:small.opens", canary)


@pytest.fixture
def searched(new_sandbox: RunningSandbox, checkout: Path) -> Searched:
    (checkout / "Pulumi.local.yaml").write_text(STACK)
    (checkout / "ml_code" / "project.yaml").write_text(PROJECT % (checkout / "processes"))
    (checkout / "ml_code" / "notebooks" / "tell.py").write_text(NOTEBOOK)
    return Searched(new_sandbox, checkout)


def _pages(sandbox: RunningSandbox) -> dict[str, bytes]:
    """What a browser with the page's cookie is answered."""
    runs = [run.run_id for run in sandbox.workspace().jobs.list_runs(expand_tasks=True)]
    tasks = [
        task.run_id
        for run in runs
        if run is not None
        for task in sandbox.workspace().jobs.get_run(run).tasks or []
    ]
    paths = [
        "/",
        "/sandbox/status",
        "/api/2.0/secrets/scopes/list",
        "/api/2.0/secrets/list?scope=local-small",
    ]
    paths += ["/api/2.0/secrets/get?scope=local-small&key=opens", "/api/2.2/jobs/list?expand_tasks=true"]
    paths += ["/api/2.2/jobs/runs/list?expand_tasks=true"]
    paths += [f"/api/2.2/jobs/runs/get-output?run_id={task}" for task in tasks]
    with httpx.Client(base_url=sandbox.url, follow_redirects=True, timeout=30) as browser:
        assert browser.get("/login", params={"token": sandbox.token}).status_code == 200
        return {path: browser.get(path).content for path in paths}


def test_a_secret_is_nowhere_but_in_its_scope(
    searched: Searched, new_sandbox: RunningSandbox, checkout: Path
) -> None:
    first, second = searched.canaries
    searched.plant(first)
    searched.pulumi("preview", "--diff")
    searched.pulumi("up", "--yes", "--diff")
    searched.plant(second)
    assert "secret" in searched.pulumi("preview", "--diff")
    searched.pulumi("up", "--yes", "--skip-preview")
    searched.pulumi("refresh", "--yes", "--diff")
    searched.pulumi("stack", "export")

    followed = searched.mlops("run", "use", "--follow", code=1)
    assert "refused with [REDACTED]" in followed
    assert not searched.holds((checkout / "processes").read_bytes())

    pages = _pages(new_sandbox)
    assert b"the value is [REDACTED]" in b"".join(pages.values())
    assert [path for path, content in pages.items() if searched.holds(content)] == []

    kept = [file for file in new_sandbox.home.path.rglob("*") if file.is_file()]
    assert new_sandbox.home.state in kept
    assert [str(file) for file in kept if searched.holds(file.read_bytes())] == []
    assert new_sandbox.workspace().dbutils.secrets.get("local-small", "opens") == second
