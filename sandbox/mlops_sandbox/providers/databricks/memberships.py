"""Who is in a group, and which principals of the account are in a workspace."""

from __future__ import annotations

from mlops_sandbox.providers.bridge.resource import pick
from mlops_sandbox.providers.bridge.values import Values
from mlops_sandbox.providers.databricks.client import path_part
from mlops_sandbox.providers.databricks.identity import operation, scim
from mlops_sandbox.providers.databricks.kinds import DatabricksType, Instance

_ASSIGNMENTS = "/api/2.0/preview/permissionassignments"


class GroupMember(DatabricksType):
    """A member of a group; its ID is `group|member`."""

    token = "databricks:index/groupMember:GroupMember"  # noqa: S105

    def _path(self, it: Instance, group: str) -> str:
        return f"{scim(it.api)}/Groups/{path_part(group)}"

    def create(self, it: Instance) -> str:
        """Add the member."""
        group, member = str(it.fields["group_id"]), str(it.fields["member_id"])
        it.api.patch(self._path(it, group), operation("add", "members", [{"value": member}]))
        return f"{group}|{member}"

    def read(self, it: Instance) -> Values | None:
        """The member among the group's."""
        group, member = it.id.split("|", 1)
        found = it.api.find(self._path(it, group), {"attributes": "members"}) or {}
        if not any(entry.get("value") == member for entry in found.get("members", [])):
            return None
        return {"group_id": group, "member_id": member}

    def delete(self, it: Instance) -> None:
        """Take the member out."""
        group, member = it.id.split("|", 1)
        body = operation("remove", f'members[value eq "{member}"]')
        it.api.remove("PATCH", self._path(it, group), body)


class PermissionAssignment(DatabricksType):
    """A principal of the account in this workspace; its ID is the principal's."""

    token = "databricks:index/permissionAssignment:PermissionAssignment"  # noqa: S105

    def create(self, it: Instance) -> str:
        """Assign; one that is given by name is a user of the workspace first."""
        principal = it.fields.get("principal_id")
        if not principal:
            named = pick(it.fields, "group_name", "service_principal_name", "user_name")
            body = {"permission_assignments": [{**named, "permissions": ["USER"]}]}
            made = it.api.post(_ASSIGNMENTS, body)["permission_assignments"][0]
            principal = made["principal"]["principal_id"]
            if list(it.fields["permissions"]) == ["USER"]:
                return str(principal)
        it.api.put(f"{_ASSIGNMENTS}/principals/{principal}", pick(it.fields, "permissions"))
        return str(principal)

    def read(self, it: Instance) -> Values | None:
        """The assignment out of the list of all."""
        for found in it.api.get(_ASSIGNMENTS).get("permission_assignments", []):
            if str(found["principal"]["principal_id"]) == it.id:
                names = pick(it.fields or it.state, "group_name", "user_name")
                return {**names, **found["principal"], "permissions": found["permissions"]}
        return None

    def update(self, it: Instance) -> None:
        """Put the permissions."""
        it.api.put(f"{_ASSIGNMENTS}/principals/{it.id}", pick(it.fields, "permissions"))

    def delete(self, it: Instance) -> None:
        """Take the principal out of the workspace."""
        it.api.remove("DELETE", f"{_ASSIGNMENTS}/principals/{it.id}")


class ServicePrincipalRole(DatabricksType):
    """A role of a service principal; its ID is `principal|role`."""

    token = "databricks:index/servicePrincipalRole:ServicePrincipalRole"  # noqa: S105
    local = frozenset({"api"})
    blank = frozenset({"api"})

    def _path(self, it: Instance, principal: str) -> str:
        return f"{scim(it.api)}/ServicePrincipals/{path_part(principal)}"

    def create(self, it: Instance) -> str:
        """Give the role."""
        principal, role = str(it.fields["service_principal_id"]), str(it.fields["role"])
        it.api.patch(self._path(it, principal), operation("add", "roles", [{"value": role}]))
        return f"{principal}|{role}"

    def read(self, it: Instance) -> Values | None:
        """The role among the principal's."""
        principal, role = it.id.split("|", 1)
        found = it.api.find(self._path(it, principal), {"attributes": "roles"}) or {}
        if not any(entry.get("value") == role for entry in found.get("roles", [])):
            return None
        return {"service_principal_id": principal, "role": role}

    def delete(self, it: Instance) -> None:
        """Take the role away."""
        principal, role = it.id.split("|", 1)
        it.api.remove("PATCH", self._path(it, principal), operation("remove", f'roles[value eq "{role}"]'))


TYPES = (GroupMember(), PermissionAssignment(), ServicePrincipalRole())
