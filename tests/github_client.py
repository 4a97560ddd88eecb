"""GitHub as the tests use it: a client of the shared sandbox, and repositories that vanish afterwards."""

from __future__ import annotations

import re
from collections.abc import Iterator

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
