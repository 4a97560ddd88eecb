"""GitHub as the tests use it: a client of the shared sandbox, and repositories that vanish afterwards."""

from __future__ import annotations

import json
import re
from base64 import urlsafe_b64decode
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from running import RunningSandbox


@pytest.fixture(scope="module")
def github(sandbox: RunningSandbox) -> Iterator[httpx.Client]:
    headers = {"Authorization": f"token {sandbox.token}"}
    with httpx.Client(base_url=f"{sandbox.url}/github/api/v3", headers=headers) as client:
        if client.get("/users/carol").status_code == 404:
            client.post("/admin/users", json={"login": "carol"})
        yield client


@pytest.fixture
def repo(github: httpx.Client, request: pytest.FixtureRequest) -> Iterator[str]:
    """A repository of this test's own."""
    name = re.sub(r"[^a-z0-9]+", "-", request.node.name.lower())[:90]
    made = github.post("/orgs/acme/repos", json={"name": name, "auto_init": True, "visibility": "private"})
    assert made.status_code == 201, made.text
    yield f"/repos/acme/{name}"
    github.delete(f"/repos/acme/{name}")


def begin(github: httpx.Client, repo: str, **about: Any) -> str:
    """A run of a workflow; its path on the runner's side."""
    sha = github.get(f"{repo}/git/ref/heads/main").json()["object"]["sha"]
    body = {"name": "release", "event": "push", "ref": "refs/heads/main", "sha": sha, **about}
    runner = str(github.base_url).replace("/api/v3", "/_runner").rstrip("/") + repo.removeprefix("/repos")
    made = github.post(f"{runner}/runs", json=body)
    assert made.status_code == 201, made.text
    return f"{runner}/runs/{made.json()['id']}"


def new_job(github: httpx.Client, run: str, **about: Any) -> dict[str, Any]:
    """A job of a run, as GitHub admits it."""
    made = github.post(f"{run}/jobs", json={"name": "deploy", **about})
    assert made.status_code == 201, made.text
    return dict(made.json())


def start(github: httpx.Client, run: str, job: dict[str, Any]) -> dict[str, Any]:
    """A job begins; what it gets."""
    begun = github.post(f"{run}/jobs/{job['id']}/start")
    assert begun.status_code == 200, begun.text
    return dict(begun.json())


def identity_token(given: dict[str, Any], audience: str = "databricks") -> str:
    """An identity token of a job that has begun."""
    headers = {"Authorization": f"bearer {given['id_token_request_token']}"}
    answer = httpx.get(f"{given['id_token_request_url']}&audience={audience}", headers=headers)
    assert answer.status_code == 200, answer.text
    return str(answer.json()["value"])


def claims(token: str) -> dict[str, Any]:
    """What an identity token says."""
    payload = token.split(".")[1]
    return dict(json.loads(urlsafe_b64decode(payload + "=" * (-len(payload) % 4))))
