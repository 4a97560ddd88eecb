"""How the account's classic workspaces are reached: networks, private access, VPC endpoints, connectivity."""

from __future__ import annotations

from typing import ClassVar

from mlops_sandbox.providers.bridge.errors import ResourceError
from mlops_sandbox.providers.bridge.resource import pick, without_zeros
from mlops_sandbox.providers.bridge.values import Values
from mlops_sandbox.providers.databricks.client import path_part
from mlops_sandbox.providers.databricks.kinds import DatabricksType, Instance

_TIMEOUT = 60.0
_ENDPOINT_TIMEOUT = 15 * 60.0
_WORKSPACE_TIMEOUT = 20 * 60.0


class _Part(DatabricksType):
    """What the account keeps under an ID of its own; the resource's ID is `account/id`."""

    folder: ClassVar[str]
    identity: ClassVar[str]
    sent: ClassVar[tuple[str, ...]]

    def root(self, it: Instance) -> str:
        """All of them."""
        return f"/api/2.0/accounts/{it.api.account_id}/{self.folder}"

    def path(self, it: Instance) -> str:
        """This one."""
        return f"{self.root(it)}/{it.id.split('/')[-1]}"

    def body(self, fields: Values) -> Values:
        """What a creation sends."""
        body: Values = without_zeros(pick(fields, *self.sent))
        return body

    def create(self, it: Instance) -> str:
        """Register it."""
        made = it.api.post(self.root(it), self.body(it.fields))
        return f"{it.api.account_id}/{made[self.identity]}"

    def read(self, it: Instance) -> Values | None:
        """It, as the account has it."""
        found: Values | None = it.api.find(self.path(it))
        return found

    def delete(self, it: Instance) -> None:
        """Forget it."""
        it.api.remove("DELETE", self.path(it))


class MwsNetworks(_Part):
    """A workspace's network."""

    token = "databricks:index/mwsNetworks:MwsNetworks"  # noqa: S105
    folder, identity = "networks", "network_id"
    sent = (
        "account_id",
        "gcp_network_info",
        "network_name",
        "security_group_ids",
        "subnet_ids",
        "vpc_endpoints",
        "vpc_id",
    )

    def replaces(self, it: Instance) -> frozenset[str]:
        """A network never changes."""
        return frozenset({*it.fields, *it.state})

    def delete(self, it: Instance) -> None:
        """Forget the network, and wait until the account has."""
        super().delete(it)
        path = self.path(it)
        it.wait(lambda: it.api.find(path), _is_gone, f"network {it.id} to go", _TIMEOUT)


def _is_gone(found: Values | None) -> bool:
    return found is None


class MwsVpcEndpoint(_Part):
    """A registered VPC endpoint."""

    token = "databricks:index/mwsVpcEndpoint:MwsVpcEndpoint"  # noqa: S105
    folder, identity = "vpc-endpoints", "vpc_endpoint_id"
    sent = (
        "account_id",
        "aws_account_id",
        "aws_endpoint_service_id",
        "aws_vpc_endpoint_id",
        "gcp_vpc_endpoint_info",
        "region",
        "vpc_endpoint_name",
    )

    def create(self, it: Instance) -> str:
        """Register it, and wait until the cloud has accepted it."""
        identifier = super().create(it)
        it.exists(identifier)
        path = self.path(it)
        it.wait(lambda: it.api.get(path), _is_available, f"VPC endpoint {identifier}", _ENDPOINT_TIMEOUT)
        return identifier


def _is_available(endpoint: Values) -> bool:
    state = str(endpoint.get("state", "")).lower()
    if endpoint.get("gcp_vpc_endpoint_info") or state == "available":
        return True
    if state in ("pending", "pendingacceptance"):
        return False
    raise ResourceError(f"the VPC endpoint went to {state or 'no state'} instead of available")


class MwsPrivateAccessSettings(_Part):
    """Who may reach workspaces: their private endpoints alone, or the internet too."""

    token = "databricks:index/mwsPrivateAccessSettings:MwsPrivateAccessSettings"  # noqa: S105
    folder, identity = "private-access-settings", "private_access_settings_id"
    sent = (
        "allowed_vpc_endpoint_ids",
        "private_access_level",
        "private_access_settings_name",
        "region",
    )

    def body(self, fields: Values) -> Values:
        """What a creation sends; public access is said either way."""
        return {**super().body(fields), "public_access_enabled": bool(fields.get("public_access_enabled"))}

    def update(self, it: Instance) -> None:
        """Replace all of it."""
        it.api.put(self.path(it), self.body(it.fields))


class MwsNccBinding(DatabricksType):
    """A workspace's network connectivity configuration; its ID is `workspace/configuration`."""

    token = "databricks:index/mwsNccBinding:MwsNccBinding"  # noqa: S105
    local = frozenset({"network_connectivity_config_id", "workspace_id"})

    def _bind(self, it: Instance) -> str:
        workspace = str(it.fields["workspace_id"])
        path = f"/api/2.0/accounts/{it.api.account_id}/workspaces/{path_part(workspace)}"
        name = "network_connectivity_config_id"
        it.api.patch(path, pick(it.fields, name), {"update_mask": name})
        it.wait(
            lambda: it.api.get(path),
            lambda found: found.get("workspace_status") == "RUNNING",
            f"workspace {workspace} to run",
            _WORKSPACE_TIMEOUT,
        )
        return f"{workspace}/{it.fields[name]}"

    def create(self, it: Instance) -> str:
        """Bind."""
        return self._bind(it)

    def settle(self, it: Instance) -> Values | None:
        """What the program said."""
        return dict(it.fields)

    def read(self, it: Instance) -> Values | None:
        """What the state has: the real plugin asks nothing."""
        return dict(it.state)

    def update(self, it: Instance) -> None:
        """Bind to another one."""
        self._bind(it)

    def delete(self, it: Instance) -> None:
        """Nothing: a workspace keeps the configuration that it has, as with the real plugin."""


TYPES = (MwsNetworks(), MwsVpcEndpoint(), MwsPrivateAccessSettings(), MwsNccBinding())
