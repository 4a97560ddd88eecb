"""Groups, service principals and their entitlements, in a workspace or in the account."""

from __future__ import annotations

from abc import abstractmethod

from mlops_sandbox.providers.bridge.errors import ResourceError
from mlops_sandbox.providers.bridge.resource import pick
from mlops_sandbox.providers.bridge.values import Values
from mlops_sandbox.providers.databricks.client import DatabricksApi, path_part
from mlops_sandbox.providers.databricks.kinds import DatabricksType, Instance

_PATCH = "urn:ietf:params:scim:api:messages:2.0:PatchOp"
_CORE = "urn:ietf:params:scim:schemas:core:2.0"
#: Whose entitlements these are: the property, the word in the ID, and the SCIM folder.
_OWNERS = {"group_id": "group", "user_id": "user", "service_principal_id": "spn"}
_FOLDERS = {"group": "Groups", "user": "Users", "spn": "ServicePrincipals"}
_ENTITLEMENTS = {
    "allow_cluster_create": "allow-cluster-create",
    "allow_instance_pool_create": "allow-instance-pool-create",
    "databricks_sql_access": "databricks-sql-access",
    "workspace_access": "workspace-access",
    "workspace_consume": "workspace-consume",
}


def scim(api: DatabricksApi) -> str:
    """The SCIM API of the workspace, or of the account."""
    if api.is_account:
        return f"/api/2.0/accounts/{api.account_id}/scim/v2"
    return "/api/2.0/preview/scim/v2"


def entitlements(fields: Values) -> list[Values]:
    """The entitlements that are true, as SCIM lists them."""
    return [{"value": value} for name, value in _ENTITLEMENTS.items() if fields.get(name)]


def _entitled(answer: Values) -> Values:
    held = {entry.get("value") for entry in answer.get("entitlements", [])}
    return {name: value in held for name, value in _ENTITLEMENTS.items()}


def operation(kind: str, path: str, value: list[Values] | None = None) -> Values:
    """A SCIM patch of one operation."""
    said: Values = {"op": kind, "path": path}
    return {"schemas": [_PATCH], "Operations": [said if value is None else {**said, "value": value}]}


class _Principal(DatabricksType):
    """A SCIM resource with entitlements."""

    drifting = frozenset(_ENTITLEMENTS)
    blank = frozenset({"external_id"})
    folder: str
    schema: str
    shown: str
    kept: str

    def path(self, it: Instance) -> str:
        """Its own path."""
        return f"{scim(it.api)}/{self.folder}/{path_part(it.id)}"

    def body(self, fields: Values) -> Values:
        """All that is sent of it."""
        # The real plugin sends an empty entitlement when there is none.
        return {
            "schemas": [f"{_CORE}:{self.schema}"],
            "displayName": fields.get("display_name", ""),
            "entitlements": entitlements(fields) or [{}],
            **({"externalId": fields["external_id"]} if fields.get("external_id") else {}),
        }

    def create(self, it: Instance) -> str:
        """Make it."""
        return str(it.api.post(f"{scim(it.api)}/{self.folder}", self.body(it.fields))["id"])

    def read(self, it: Instance) -> Values | None:
        """Its names and entitlements."""
        found = it.api.find(self.path(it), {"attributes": self.shown})
        return found and {**_entitled(found), **self.told(it, found)}

    @abstractmethod
    def told(self, it: Instance, found: Values) -> Values:
        """What this kind has beside entitlements."""

    def update(self, it: Instance) -> None:
        """All of it again, with the memberships and roles that others gave it."""
        now = it.api.get(self.path(it), {"attributes": self.kept})
        others = pick(now, *(set(self.kept.split(",")) & {"groups", "members", "roles"}))
        it.api.put(self.path(it), {**others, **self.body(it.fields)})

    def delete(self, it: Instance) -> None:
        """Remove it."""
        it.api.remove("DELETE", self.path(it))


class Group(_Principal):
    """A group."""

    token = "databricks:index/group:Group"  # noqa: S105
    local = absent = frozenset({"force"})
    folder, schema = "Groups", "Group"
    shown = "displayName,externalId,entitlements"
    kept = "displayName,entitlements,groups,members,externalId"

    def told(self, it: Instance, found: Values) -> Values:
        """Its names, and where the page is."""
        name = found.get("displayName", "")
        page = (
            f"users/groups/{it.id}/information" if it.api.is_account else f"#setting/accounts/groups/{it.id}"
        )
        return {
            "display_name": name,
            "external_id": found.get("externalId") or None,
            "acl_principal_id": f"groups/{name}",
            "url": f"{it.api.host}/{page}",
        }


class ServicePrincipal(_Principal):
    """A service principal. One of the account is only switched off when deleted."""

    token = "databricks:index/servicePrincipal:ServicePrincipal"  # noqa: S105
    local = absent = frozenset(
        {"disable_as_user_deletion", "force", "force_delete_home_dir", "force_delete_repos"}
    )
    folder, schema = "ServicePrincipals", "ServicePrincipal"
    shown = "userName,displayName,active,externalId,entitlements"
    kept = "groups,roles"

    def body(self, fields: Values) -> Values:
        """All that is sent of it."""
        return {**super().body(fields), "active": bool(fields.get("active", True))}

    def create(self, it: Instance) -> str:
        """Make it, under an application ID that exists already if the program names one."""
        body = self.body(it.fields)
        if it.fields.get("application_id"):
            body["applicationId"] = it.fields["application_id"]
        return str(it.api.post(f"{scim(it.api)}/{self.folder}", body)["id"])

    def told(self, it: Instance, found: Values) -> Values:
        """Its names, and the folders that are its own."""
        application = found.get("applicationId", it.state.get("application_id", ""))
        return {
            "display_name": found.get("displayName"),
            "external_id": found.get("externalId") or None,
            "active": found.get("active", False),
            "application_id": application,
            "acl_principal_id": f"servicePrincipals/{application}",
            "home": f"/Users/{application}",
            "repos": f"/Repos/{application}",
        }

    def delete(self, it: Instance) -> None:
        """Remove it; in the account it is only switched off, unless the program says otherwise."""
        if it.api.is_account and it.state.get("disable_as_user_deletion") is not False:
            body = operation("replace", "active", [{"value": "false"}])
            it.api.remove("PATCH", self.path(it), body)
        else:
            super().delete(it)


class Entitlements(DatabricksType):
    """All entitlements of one principal; its ID is `group/123`."""

    token = "databricks:index/entitlements:Entitlements"  # noqa: S105
    drifting = frozenset(_ENTITLEMENTS)

    def _path(self, it: Instance, identifier: str) -> str:
        kind, own = identifier.split("/", 1)
        return f"{scim(it.api)}/{_FOLDERS[kind]}/{path_part(own)}"

    def create(self, it: Instance) -> str:
        """Replace what the principal has."""
        for name, kind in _OWNERS.items():
            if it.fields.get(name):
                identifier = f"{kind}/{it.fields[name]}"
                self._replace(it, identifier)
                return identifier
        raise ResourceError(
            "one of groupId, userId, servicePrincipalId must say whose entitlements these are"
        )

    def _replace(self, it: Instance, identifier: str) -> None:
        body = operation("replace", "entitlements", entitlements(it.fields))
        it.api.patch(self._path(it, identifier), body)

    def read(self, it: Instance) -> Values | None:
        """What the principal may do."""
        found = it.api.find(self._path(it, it.id), {"attributes": "entitlements"})
        kind, own = it.id.split("/", 1)
        field = next(name for name, other in _OWNERS.items() if other == kind)
        return found and {**_entitled(found), field: own}

    def update(self, it: Instance) -> None:
        """Replace what the principal has."""
        self._replace(it, it.id)

    def delete(self, it: Instance) -> None:
        """Take away what this resource gave."""
        body = operation("remove", "entitlements", entitlements(it.state))
        it.api.remove("PATCH", self._path(it, it.id), body)


TYPES = (Group(), ServicePrincipal(), Entitlements())
