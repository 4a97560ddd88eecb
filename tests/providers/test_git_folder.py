"""A git folder through the stand-in: cloned, moved to another branch, deleted."""

from __future__ import annotations

import uuid

import grpc
import httpx
from parity.engine import Engine
from running import RunningSandbox

REPO = "databricks:index/repo:Repo"


def test_a_git_folder_lives_from_create_to_destroy(
    sandbox: RunningSandbox, databricks_provider: grpc.Channel
) -> None:
    name = f"life-{uuid.uuid4().hex[:8]}"
    headers = {"Authorization": f"token {sandbox.token}"}
    with httpx.Client(base_url=f"{sandbox.url}/github/api/v3", headers=headers) as github:
        github.post("/orgs/acme/repos", json={"name": name, "auto_init": True}).raise_for_status()
        head = github.get(f"/repos/acme/{name}/git/ref/heads/main").json()["object"]["sha"]
        branch = {"ref": "refs/heads/next", "sha": head}
        github.post(f"/repos/acme/{name}/git/refs", json=branch).raise_for_status()
    engine = Engine(
        databricks_provider,
        {"host": sandbox.url, "token": sandbox.token, "authType": "pat", "rateLimit": 1000},
    )
    wanted = {
        "url": f"{sandbox.url}/github/acme/{name}.git",
        "gitProvider": "gitHubEnterprise",
        "path": f"/Repos/team/{name}",
    }
    assert engine.up("it", REPO, wanted) == "create"
    assert engine.state["it"].plain["commitHash"] == head
    assert engine.refresh("it") == "same"
    assert engine.up("it", REPO, wanted) == "same"
    assert engine.up("it", REPO, {**wanted, "branch": "next"}) == "update"
    assert engine.refresh("it") == "same"
    assert engine.state["it"].plain["branch"] == "next"
    engine.destroy()
