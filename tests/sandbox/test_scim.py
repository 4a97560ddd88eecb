"""SCIM: groups, service principals and users, and who is in what."""

from __future__ import annotations

import httpx
import pytest
from databricks.sdk import WorkspaceClient
from databricks.sdk.errors import DatabricksError, NotFound, ResourceConflict
from databricks.sdk.service.iam import ComplexValue, Patch, PatchOp
from running import RunningSandbox


def test_membership_is_seen_from_both_sides_and_ends_with_the_member(client: WorkspaceClient) -> None:
    group = str(client.groups.create(display_name="ml").id)
    robot = client.service_principals.create(display_name="jobs")
    assert robot.application_id
    add = Patch(op=PatchOp.ADD, path="members", value=[{"value": robot.id}])
    client.groups.patch(group, operations=[add, add])
    assert [member.value for member in client.groups.get(group).members or []] == [robot.id]
    assert [each.display for each in client.service_principals.get(str(robot.id)).groups or []] == ["ml"]
    client.service_principals.delete(str(robot.id))
    assert not client.groups.get(group).members


def test_entitlements_are_patched_and_cleared_by_a_put(client: WorkspaceClient) -> None:
    group = str(client.groups.create(display_name="entitled").id)
    values = [{"value": "workspace-access"}, {"value": "databricks-sql-access"}]
    client.groups.patch(group, operations=[Patch(op=PatchOp.REPLACE, path="entitlements", value=values)])
    remove = Patch(op=PatchOp.REMOVE, path="entitlements", value=[{"value": "workspace-access"}])
    client.groups.patch(group, operations=[remove])
    assert [each.value for each in client.groups.get(group).entitlements or []] == ["databricks-sql-access"]
    client.groups.update(group, display_name="entitled", entitlements=[ComplexValue()])
    assert not client.groups.get(group).entitlements


def test_lists_are_filtered_and_paged(client: WorkspaceClient) -> None:
    made = {f"page-{number}" for number in range(5)}
    for name in made:
        client.groups.create(display_name=name)
    paged = client.groups.list(filter='displayName sw "page-"', count=2)
    assert {group.display_name for group in paged} == made
    (one,) = client.groups.list(filter="displayName eq 'PAGE-3'", attributes="displayName")
    assert one.display_name == "page-3"
    with pytest.raises(DatabricksError, match="filter operator"):
        list(client.groups.list(filter="displayName ~ x"))


def test_names_are_had_once_and_what_every_workspace_has_stays(client: WorkspaceClient) -> None:
    with pytest.raises(ResourceConflict):
        client.groups.create(display_name="Admins")
    (admins,) = client.groups.list(filter="displayName eq admins")
    with pytest.raises(DatabricksError, match="can't be deleted"):
        client.groups.delete(str(admins.id))
    with pytest.raises(NotFound):
        client.users.get("1")
    assert [user.user_name for user in client.users.list()] == ["developer@example.com"]


def test_an_assignment_ends_with_its_principal(sandbox: RunningSandbox, client: WorkspaceClient) -> None:
    robot = client.service_principals.create(display_name="assigned")
    headers = {"Authorization": f"Bearer {sandbox.token}"}
    with httpx.Client(base_url=f"{sandbox.url}/api/2.0/preview", headers=headers) as http:
        path = f"permissionassignments/principals/{robot.id}"
        assert http.put(path, json={"permissions": ["OWNER"]}).status_code == 400
        assert http.put(path, json={"permissions": ["ADMIN"]}).json()["principal"] == {
            "principal_id": int(str(robot.id)),
            "display_name": "assigned",
            "service_principal_name": robot.application_id,
        }
        named = {"service_principal_name": robot.application_id, "permissions": ["USER"]}
        made = http.post("permissionassignments", json={"permission_assignments": [named]}).json()
        listed = http.get("permissionassignments").json()["permission_assignments"]
        assert made["permission_assignments"][0] in listed
        client.service_principals.delete(str(robot.id))
        assert robot.application_id not in http.get("permissionassignments").text
        assert http.put(path, json={"permissions": ["USER"]}).status_code == 404
