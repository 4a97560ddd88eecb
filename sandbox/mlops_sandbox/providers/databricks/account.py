"""What lives in the account: credentials and storage of workspaces, assignments, budget policies."""

from __future__ import annotations

import uuid

from mlops_sandbox.providers.bridge.resource import pick, without_zeros
from mlops_sandbox.providers.bridge.values import Values
from mlops_sandbox.providers.databricks.client import path_part
from mlops_sandbox.providers.databricks.kinds import DatabricksType, FrameworkType, Instance


def _root(it: Instance, version: str = "2.0") -> str:
    return f"/api/{version}/accounts/{it.api.account_id}"


class MwsCredentials(DatabricksType):
    """The role with which a workspace's network is made; its ID is `account/credentials`."""

    token = "databricks:index/mwsCredentials:MwsCredentials"  # noqa: S105
    suggested = frozenset({"account_id"})

    def create(self, it: Instance) -> str:
        """Register the role."""
        role = {"sts_role": {"role_arn": it.fields["role_arn"]}}
        body = {"credentials_name": it.fields["credentials_name"], "aws_credentials": role}
        made = it.api.post(f"{_root(it)}/credentials", body)
        return f"{it.api.account_id}/{made['credentials_id']}"

    def read(self, it: Instance) -> Values | None:
        """The role."""
        found = it.api.find(f"{_root(it)}/credentials/{it.id.split('/')[-1]}")
        if found is None:
            return None
        role = found["aws_credentials"]["sts_role"]["role_arn"]
        return {**found, "role_arn": role, "external_id": it.api.account_id}

    def delete(self, it: Instance) -> None:
        """Forget the role."""
        it.api.remove("DELETE", f"{_root(it)}/credentials/{it.id.split('/')[-1]}")


class MwsStorageConfigurations(DatabricksType):
    """A workspace's root bucket; its ID is `account/configuration`."""

    token = "databricks:index/mwsStorageConfigurations:MwsStorageConfigurations"  # noqa: S105
    local = frozenset({"role_arn"})
    blank = frozenset({"role_arn"})

    def create(self, it: Instance) -> str:
        """Register the bucket."""
        body = {
            **pick(it.fields, "storage_configuration_name", "role_arn"),
            "root_bucket_info": {"bucket_name": it.fields["bucket_name"]},
        }
        made = it.api.post(f"{_root(it)}/storage-configurations", body)
        return f"{it.api.account_id}/{made['storage_configuration_id']}"

    def read(self, it: Instance) -> Values | None:
        """The bucket."""
        found = it.api.find(f"{_root(it)}/storage-configurations/{it.id.split('/')[-1]}")
        return found and {**found, "bucket_name": found["root_bucket_info"]["bucket_name"]}

    def delete(self, it: Instance) -> None:
        """Forget the bucket."""
        it.api.remove("DELETE", f"{_root(it)}/storage-configurations/{it.id.split('/')[-1]}")


class MwsPermissionAssignment(DatabricksType):
    """A principal in a workspace, assigned from the account; its ID is `workspace|principal`."""

    token = "databricks:index/mwsPermissionAssignment:MwsPermissionAssignment"  # noqa: S105

    def _path(self, it: Instance, workspace: str) -> str:
        return f"{_root(it)}/workspaces/{workspace}/permissionassignments"

    def create(self, it: Instance) -> str:
        """Assign."""
        workspace, principal = str(it.fields["workspace_id"]), str(it.fields["principal_id"])
        it.api.put(f"{self._path(it, workspace)}/principals/{principal}", pick(it.fields, "permissions"))
        return f"{workspace}|{principal}"

    def read(self, it: Instance) -> Values | None:
        """The assignment out of the workspace's."""
        workspace, principal = it.id.split("|", 1)
        found = it.api.find(self._path(it, workspace)) or {}
        for entry in found.get("permission_assignments", []):
            if str(entry["principal"]["principal_id"]) == principal:
                return {
                    "workspace_id": workspace,
                    "principal_id": principal,
                    "permissions": entry["permissions"],
                }
        return None

    def delete(self, it: Instance) -> None:
        """Take the principal out: after a create-first replacement that is the new assignment."""
        workspace, principal = it.id.split("|", 1)
        it.api.remove("DELETE", f"{self._path(it, workspace)}/principals/{principal}")


class MetastoreAssignment(DatabricksType):
    """A workspace's metastore; its ID is `workspace|metastore`."""

    token = "databricks:index/metastoreAssignment:MetastoreAssignment"  # noqa: S105

    def _body(self, it: Instance) -> Values:
        names = {"default_catalog_name": "", **pick(it.fields, "metastore_id", "default_catalog_name")}
        return {"metastore_assignment": names}

    def _path(self, it: Instance, workspace: str, metastore: str) -> str:
        return f"{_root(it)}/workspaces/{workspace}/metastores/{path_part(metastore)}"

    def create(self, it: Instance) -> str:
        """Assign."""
        workspace, metastore = str(it.fields["workspace_id"]), str(it.fields["metastore_id"])
        it.api.post(self._path(it, workspace, metastore), self._body(it))
        return f"{workspace}|{metastore}"

    def read(self, it: Instance) -> Values | None:
        """The assignment."""
        found = it.api.find(f"{_root(it)}/workspaces/{it.id.split('|')[0]}/metastore")
        return found and {key: value for key, value in found["metastore_assignment"].items() if value}

    def update(self, it: Instance) -> None:
        """Another default catalog."""
        it.api.put(self._path(it, *it.id.split("|", 1)), self._body(it))

    def delete(self, it: Instance) -> None:
        """Take the metastore away."""
        it.api.remove("DELETE", self._path(it, *it.id.split("|", 1)))


class BudgetPolicy(FrameworkType):
    """Tags for the bill of serverless compute."""

    token = "databricks:index/budgetPolicy:BudgetPolicy"  # noqa: S105
    _sent = ("binding_workspace_ids", "custom_tags", "policy_name")

    def _path(self, it: Instance) -> str:
        return f"{_root(it, '2.1')}/budget-policies"

    def create(self, it: Instance) -> str:
        """Make the policy."""
        policy = without_zeros(pick(it.fields, *self._sent))
        it.answer = it.api.post(self._path(it), {"policy": policy, "request_id": str(uuid.uuid4())})
        return str(it.answer["policy_id"])

    def settle(self, it: Instance) -> Values | None:
        """What the call answered."""
        return it.answer

    def read(self, it: Instance) -> Values | None:
        """The policy."""
        found: Values | None = it.api.find(f"{self._path(it)}/{it.id}")
        return found

    def update(self, it: Instance) -> None:
        """All of it again."""
        body = {**without_zeros(pick(it.fields, *self._sent)), "policy_id": it.id}
        it.answer = it.api.patch(f"{self._path(it)}/{it.id}", body)

    def delete(self, it: Instance) -> None:
        """Remove it."""
        it.api.remove("DELETE", f"{self._path(it)}/{it.id}")


TYPES = (
    MwsCredentials(),
    MwsStorageConfigurations(),
    MwsPermissionAssignment(),
    MetastoreAssignment(),
    BudgetPolicy(),
)
