"""How classic workspaces are reached: private access, VPC endpoints, connectivity of serverless compute."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass

from starlette.responses import JSONResponse, Response

from mlops_sandbox.databricks.account.cloud_resources import refuse_in_use, refuse_taken
from mlops_sandbox.databricks.account.scope import AccountRoutes, account_of
from mlops_sandbox.databricks.shapes import shaped
from mlops_sandbox.errors import invalid, not_found
from mlops_sandbox.server.routing import Call, Json

api = AccountRoutes()


def _now() -> int:
    return int(time.time() * 1000)


@dataclass(frozen=True)
class NetworkResource:
    """One kind: the account keeps it and gives it an id; no cloud is asked."""

    path: str
    kind: str
    title: str
    shape: str
    """The SDK's dataclass of it."""
    name: str
    identity: str
    used_as: str
    """The field of a workspace or network that names it."""
    completed: Callable[[Json], Json]
    """What a new one has beside what was given; raises for what is missing."""

    def create(self, call: Call) -> Json:
        """Make one."""
        given = shaped(self.shape, call.body)
        name = call.required(self.name)
        with call.store.transaction():
            refuse_taken(call, self.kind, self.name, self.title, name)
            made = {**given, **self.completed(given), self.identity: str(uuid.uuid4())}
            return call.store.put(self.kind, made[self.identity], {**made, "account_id": account_of(call)})

    def get(self, call: Call) -> Json:
        """One."""
        found = call.store.get(self.kind, call.path["id"])
        if found is None:
            raise not_found(f"{self.identity} {call.path['id']} does not exist.")
        return found

    def list(self, call: Call) -> Response:
        """All; the answer is a bare list."""
        return JSONResponse(call.store.documents(self.kind))

    def replace(self, call: Call) -> Json:
        """Replace what was given when it was made."""
        with call.store.transaction():
            before = self.get(call)
            given = shaped(self.shape, {**call.body, self.identity: before[self.identity]})
            fixed = {"account_id": before["account_id"]}
            return call.store.put(self.kind, call.path["id"], {**given, **self.completed(given), **fixed})

    def delete(self, call: Call) -> Json:
        """Delete one that nothing uses."""
        with call.store.transaction():
            gone = self.get(call)
            refuse_in_use(call, self.title, self.used_as, gone[self.identity])
            call.store.delete(self.kind, call.path["id"])
        return {}


def _private_access(given: Json) -> Json:
    if not given.get("region"):
        raise invalid("Missing required field: region")
    return {
        "public_access_enabled": given.get("public_access_enabled", False),
        "private_access_level": given.get("private_access_level", "ACCOUNT"),
    }


def _vpc_endpoint(given: Json) -> Json:
    if given.get("gcp_vpc_endpoint_info"):
        return {"state": "available", "use_case": "WORKSPACE_ACCESS"}
    for field in ("aws_vpc_endpoint_id", "region"):
        if not given.get(field):
            raise invalid(f"Missing required field: {field}")
    return {"state": "available", "use_case": "WORKSPACE_ACCESS", "aws_account_id": "000000000000"}


def _connectivity(given: Json) -> Json:
    if not given.get("region"):
        raise invalid("Missing required field: region")
    return {"creation_time": _now(), "updated_time": _now(), "egress_config": {"default_rules": {}}}


_PRIVATE_ACCESS = NetworkResource(
    "private-access-settings",
    "private_access_settings",
    "Private access settings",
    "provisioning.PrivateAccessSettings",
    "private_access_settings_name",
    "private_access_settings_id",
    "private_access_settings_id",
    _private_access,
)
_VPC_ENDPOINTS = NetworkResource(
    "vpc-endpoints",
    "vpc_endpoint",
    "VPC endpoint",
    "provisioning.VpcEndpoint",
    "vpc_endpoint_name",
    "vpc_endpoint_id",
    "vpc_endpoints",
    _vpc_endpoint,
)
_CONNECTIVITY = NetworkResource(
    "network-connectivity-configs",
    "network_connectivity_config",
    "Network connectivity",
    "settings.NetworkConnectivityConfiguration",
    "name",
    "network_connectivity_config_id",
    "network_connectivity_config_id",
    _connectivity,
)


@api.on("GET", _CONNECTIVITY.path)
def list_connectivity(call: Call) -> Json:
    """All network connectivity configurations."""
    return {"items": call.store.documents(_CONNECTIVITY.kind)}


@api.on("GET", f"{_CONNECTIVITY.path}/{{id}}/private-endpoint-rules")
def list_endpoint_rules(call: Call) -> Json:
    """A configuration's private endpoints: none, for no cloud is there to make them."""
    _CONNECTIVITY.get(call)
    return {"items": []}


for _each in (_PRIVATE_ACCESS, _VPC_ENDPOINTS, _CONNECTIVITY):
    api.on("POST", _each.path)(_each.create)
    api.on("GET", f"{_each.path}/{{id}}")(_each.get)
    api.on("DELETE", f"{_each.path}/{{id}}")(_each.delete)
    if _each is not _CONNECTIVITY:
        api.on("GET", _each.path)(_each.list)
api.on("PUT", f"{_PRIVATE_ACCESS.path}/{{id}}")(_PRIVATE_ACCESS.replace)
