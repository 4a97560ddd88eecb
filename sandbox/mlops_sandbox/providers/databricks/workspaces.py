"""Workspaces, made by the account."""

from __future__ import annotations

from mlops_sandbox.providers.bridge.errors import ResourceError
from mlops_sandbox.providers.bridge.resource import pick, without_zeros
from mlops_sandbox.providers.bridge.values import Values
from mlops_sandbox.providers.databricks.kinds import DatabricksType, Instance
from mlops_sandbox.providers.databricks.permissions import me

_TIMEOUT = 20 * 60.0


class MwsWorkspaces(DatabricksType):
    """A workspace; its ID is `account/workspace`."""

    token = "databricks:index/mwsWorkspaces:MwsWorkspaces"  # noqa: S105
    local = frozenset({"account_id", "compute_mode", "is_no_public_ip_enabled", "token"})
    absent = frozenset({"gcp_workspace_sa"})
    suggested = frozenset({"deployment_name", "gcp_managed_network_config", "gke_config", "network_id"})
    _created_with = (
        "account_id",
        "aws_region",
        "cloud",
        "cloud_resource_container",
        "compute_mode",
        "credentials_id",
        "custom_tags",
        "customer_managed_key_id",
        "deployment_name",
        "gcp_managed_network_config",
        "gke_config",
        "is_no_public_ip_enabled",
        "location",
        "managed_services_customer_managed_key_id",
        "network_connectivity_config_id",
        "network_id",
        "pricing_tier",
        "private_access_settings_id",
        "storage_configuration_id",
        "storage_customer_managed_key_id",
        "workspace_name",
    )
    _updated_with = (
        "credentials_id",
        "custom_tags",
        "managed_services_customer_managed_key_id",
        "network_id",
        "private_access_settings_id",
        "storage_customer_managed_key_id",
    )

    def _path(self, it: Instance, workspace: str = "") -> str:
        root = f"/api/2.0/accounts/{it.api.account_id}/workspaces"
        return f"{root}/{workspace}" if workspace else root

    def prepare(self, inputs: Values) -> None:
        """Refuse a token: it is the deploying principal's and breaks when that one changes."""
        if inputs.get("token"):
            raise ResourceError("token needs the real provider plugin; give jobs a service principal instead")

    def create(self, it: Instance) -> str:
        """Make the workspace, and wait until it runs and answers."""
        body = {**without_zeros(pick(it.fields, *self._created_with)), "effective_compute_mode": ""}
        made = it.api.post(self._path(it), body)
        identifier = f"{it.api.account_id}/{made['workspace_id']}"
        it.exists(identifier)
        self._wait(it)
        return identifier

    def _wait(self, it: Instance) -> Values:
        path = self._path(it, it.id.split("/")[-1])
        running: Values = it.wait(lambda: it.api.get(path), _runs, f"workspace {it.id} to run", _TIMEOUT)
        me(it.api.at(str(running["workspace_url"])))
        return running

    def read(self, it: Instance) -> Values | None:
        """The workspace, once it runs and answers."""
        found = it.api.find(self._path(it, it.id.split("/")[-1]))
        if found is None:
            return None
        running = self._wait(it)
        # The state's compute mode is the program's; what the workspace has is the effective one.
        return {**running, "compute_mode": None, "effective_compute_mode": running.get("compute_mode")}

    def update(self, it: Instance) -> None:
        """What can change and is set, whether it changed or not."""
        chosen = it.changed & {*self._updated_with, "network_connectivity_config_id"}
        names = sorted(chosen | pick(it.fields, *self._updated_with).keys())
        body = {name: it.fields.get(name) for name in names}
        path = self._path(it, it.id.split("/")[-1])
        it.api.patch(path, body, {"update_mask": ",".join(names)})
        self._wait(it)

    def delete(self, it: Instance) -> None:
        """Remove the workspace and wait until it is gone."""
        path = self._path(it, it.id.split("/")[-1])
        it.api.remove("DELETE", path)
        it.wait(lambda: it.api.find(path), _is_gone, f"workspace {it.id} to go", _TIMEOUT)


def _runs(workspace: Values) -> bool:
    status = workspace.get("workspace_status")
    if status in ("BANNED", "CANCELLED", "CANCELLING", "FAILED"):
        told = workspace.get("workspace_status_message", "no reason is given")
        raise ResourceError(f"the workspace went to {status}: {told}")
    return status == "RUNNING"


def _is_gone(workspace: Values | None) -> bool:
    return workspace is None


TYPES = (MwsWorkspaces(),)
