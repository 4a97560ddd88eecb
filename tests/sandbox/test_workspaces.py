"""Several workspaces in one sandbox: each at its own address, none sees what is another's."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest
from account_workspaces import MadeWorkspace, new_workspace
from databricks.sdk.errors import NotFound, PermissionDenied
from databricks.sdk.service.catalog import CatalogIsolationMode, WorkspaceBinding, WorkspaceBindingBindingType
from databricks.sdk.service.workspace import ImportFormat
from running import RunningSandbox


@pytest.fixture
def pair(
    sandbox: RunningSandbox, request: pytest.FixtureRequest
) -> Iterator[tuple[MadeWorkspace, MadeWorkspace]]:
    name = request.node.name.replace("_", "-")
    made = new_workspace(sandbox, f"{name}-1"), new_workspace(sandbox, f"{name}-2")
    yield made
    for each in made:
        each.delete()


def test_what_is_in_one_workspace_is_not_in_another(
    sandbox: RunningSandbox, pair: tuple[MadeWorkspace, MadeWorkspace]
) -> None:
    one, two = (each.client() for each in pair)
    assert one.config.host != two.config.host
    assert one.get_workspace_id() == pair[0].id
    job = one.jobs.create(name="nightly", tasks=[]).job_id
    one.secrets.create_scope("vault")
    one.workspace.upload("/Shared/a.txt", b"1", format=ImportFormat.RAW)
    one.groups.create(display_name="readers")
    one.warehouses.create(name="wh", cluster_size="2X-Small", max_num_clusters=1)
    for other in (two, sandbox.workspace()):
        assert job not in [each.job_id for each in other.jobs.list()]
        assert "vault" not in [each.name for each in other.secrets.list_scopes()]
        assert "readers" not in [each.display_name for each in other.groups.list()]
        assert "wh" not in [each.name for each in other.warehouses.list()]
        with pytest.raises(NotFound):
            other.workspace.get_status("/Shared/a.txt")
    assert two.jobs.create(name="nightly", tasks=[]).job_id != job


def test_an_isolated_catalog_is_seen_where_it_is_bound_alone(
    sandbox: RunningSandbox, pair: tuple[MadeWorkspace, MadeWorkspace]
) -> None:
    prod, dev = (each.client() for each in pair)
    name = f"prod_{pair[0].id}"
    prod.catalogs.create(name)
    prod.schemas.create("flights", name)
    assert dev.schemas.get(f"{name}.flights").name == "flights"
    prod.catalogs.update(name, isolation_mode=CatalogIsolationMode.ISOLATED)
    kind = WorkspaceBindingBindingType.BINDING_TYPE_READ_WRITE
    bound = WorkspaceBinding(workspace_id=pair[0].id, binding_type=kind)
    prod.workspace_bindings.update_bindings("catalog", name, add=[bound])
    assert prod.catalogs.get(name).name == name
    assert name in [each.name for each in prod.catalogs.list()]
    assert name not in [each.name for each in dev.catalogs.list()]
    for refused in (
        lambda: dev.catalogs.get(name),
        lambda: dev.schemas.get(f"{name}.flights"),
        lambda: list(dev.tables.list(name, "flights")),
        lambda: dev.volumes.read(f"{name}.flights.raw"),
        lambda: dev.schemas.create("other", name),
    ):
        with pytest.raises(PermissionDenied, match="is not accessible in current workspace"):
            refused()
    prod.catalogs.delete(name, force=True)


def test_every_port_has_the_same_gate(
    sandbox: RunningSandbox, pair: tuple[MadeWorkspace, MadeWorkspace]
) -> None:
    url, other = (each.url for each in pair)
    token = {"Authorization": f"Bearer {sandbox.token}"}
    path = "/api/2.0/preview/scim/v2/Me"
    assert httpx.get(f"{url}{path}", headers=token).headers["X-Databricks-Org-Id"] == str(pair[0].id)
    assert httpx.get(f"{url}{path}").status_code == 401
    foreign = [
        {"Host": "example.com"},
        {"Host": other.removeprefix("http://")},
        {"Origin": other},
        {"Sec-Fetch-Site": "same-site"},
    ]
    for headers in foreign:
        assert httpx.get(f"{url}{path}", headers={**token, **headers}).status_code == 403, headers
    told = httpx.get(f"{url}/.well-known/databricks-config").json()
    assert told == {
        "host_type": "workspace",
        "workspace_id": str(pair[0].id),
        "oidc_endpoint": f"{url}/oidc",
    }
    # One login opens the page of every workspace; a call with its cookie must come from that page.
    with httpx.Client(follow_redirects=True) as browser:
        browser.get(f"{sandbox.url}/login", params={"token": sandbox.token})
        assert browser.get(f"{url}{path}").status_code == 200
        made = {"json": {"scope": "by-cookie"}, "url": f"{url}/api/2.0/secrets/scopes/create"}
        assert browser.post(**made).status_code == 403
        assert browser.post(**made, headers={"Origin": other}).status_code == 403
        assert browser.post(**made, headers={"Origin": url}).status_code == 200
    # At the account's address, the workspace is named by a header.
    named = {**token, "X-Databricks-Workspace-Id": str(pair[1].id)}
    at_account = httpx.get(f"{sandbox.url.replace('127.0.0.1', 'localhost')}{path}", headers=named)
    assert at_account.headers["X-Databricks-Org-Id"] == str(pair[1].id)


def test_a_workspace_keeps_its_address_and_is_gone_when_deleted(new_sandbox: RunningSandbox) -> None:
    made = new_workspace(new_sandbox, "prod")
    url, path = made.url, "/api/2.0/secrets/scopes/list"
    token = {"Authorization": f"Bearer {new_sandbox.token}"}
    made.client().secrets.create_scope("vault")
    new_sandbox.kill()
    new_sandbox.start_again()
    assert made.url == url
    assert httpx.get(f"{url}{path}", headers=token).json()["scopes"][0]["name"] == "vault"
    status = httpx.get(f"{new_sandbox.url}/sandbox/status", headers=token).json()
    assert url in status["workspaces"].values()
    made.delete()
    with pytest.raises((httpx.ConnectError, AssertionError)):
        assert httpx.get(f"{url}{path}", headers=token).status_code != 404
