"""Git folders hold what was really committed."""

from __future__ import annotations

import base64
import uuid

import httpx
import pytest
from databricks.sdk import WorkspaceClient
from databricks.sdk.errors import BadRequest, NotFound
from running import RunningSandbox


def test_a_git_folder_has_the_files_of_its_branch(client: WorkspaceClient, sandbox: RunningSandbox) -> None:
    name = f"folder-{uuid.uuid4().hex[:8]}"
    headers = {"Authorization": f"token {sandbox.token}"}
    with httpx.Client(base_url=f"{sandbox.url}/github/api/v3", headers=headers) as github:
        made = github.post(
            "/orgs/acme/repos", json={"name": name, "auto_init": True, "visibility": "private"}
        )
        assert made.is_success
        head = github.get(f"/repos/acme/{name}/git/ref/heads/main").json()["object"]["sha"]
        github.post(f"/repos/acme/{name}/git/refs", json={"ref": "refs/heads/next", "sha": head})
        content = base64.b64encode(b"# Databricks notebook source\nprint(1)\n").decode()
        github.put(
            f"/repos/acme/{name}/contents/src/train.py",
            json={"message": "Train", "content": content, "branch": "next"},
        )
    client.workspace.mkdirs("/Repos/team")
    url, path = f"{sandbox.url}/github/acme/{name}.git", f"/Repos/team/{name}"
    repo = client.repos.create(url, "gitHubEnterprise", path=path)
    assert (repo.branch, repo.head_commit_id) == ("main", head)
    client.repos.update(int(repo.id or 0), branch="next")
    assert client.repos.get(int(repo.id or 0)).branch == "next"
    assert {each.path for each in client.workspace.list(f"{path}/src")} == {f"{path}/src/train"}
    with pytest.raises(BadRequest, match="git clone failed"):
        client.repos.update(int(repo.id or 0), branch="nowhere")
    with pytest.raises(BadRequest, match="git clone failed"):
        client.repos.create(f"{url}x", "gitHubEnterprise", path=f"{path}-other")
    client.repos.delete(int(repo.id or 0))
    with pytest.raises(NotFound):
        client.workspace.get_status(path)
