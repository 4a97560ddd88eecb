"""What classic workspaces on AWS are made of: credentials, storage configurations, networks."""

from __future__ import annotations

import time
import uuid
from dataclasses import dataclass

from starlette.responses import JSONResponse, Response

from mlops_sandbox.databricks.account.scope import AccountRoutes, account_of
from mlops_sandbox.errors import ApiError, already_exists, not_found
from mlops_sandbox.server.routing import Call, Json
from mlops_sandbox.store import Document

api = AccountRoutes()


def refuse_in_use(call: Call, title: str, field: str, identity: object) -> None:
    """Refuse to delete what a workspace, or a network, names in a field.

    Raises:
        ApiError: 409.
    """
    for kind, key in (("workspace", "workspace_id"), ("network", "network_id")):
        for each in call.store.documents(kind):
            if key != field and identity in _named(each.get(field)):
                user = "active workspace" if kind == "workspace" else kind
                message = f"Unable to delete, {title} is being used by {user} {each[key]}"
                raise ApiError(409, "INVALID_STATE", message)


def _named(value: object) -> list[object]:
    """The ids in a field: one, a list, or lists by purpose."""
    if isinstance(value, dict):
        return [each for part in value.values() for each in _named(part)]
    return list(value) if isinstance(value, list) else [value]


def refuse_taken(call: Call, kind: str, field: str, title: str, name: object) -> None:
    """Refuse a name that another one of the kind has in this account.

    Raises:
        ApiError: 400.
    """
    if any(each[field] == name for each in call.store.documents(kind)):
        raise already_exists(
            f"{title} configuration name {name} already exists in this account. Try again with a unique name."
        )


@dataclass(frozen=True)
class CloudResource:
    """One kind: the account keeps it and gives it an id; no cloud is asked."""

    path: str
    label: str
    title: str
    fields: tuple[str, ...]
    """What a caller may set; the first must be there, unless the last takes its place (Google's networks)."""

    @property
    def name(self) -> str:
        """The field with its name."""
        return f"{self.label}_name"

    @property
    def identity(self) -> str:
        """The field with its id."""
        return "credentials_id" if self.label == "credentials" else f"{self.label}_id"

    def create(self, call: Call) -> Json:
        """Make one."""
        name = call.required(self.name)
        if self.label != "network" or not call.body.get(self.fields[-1]):
            call.required(self.fields[0])
        with call.store.transaction():
            refuse_taken(call, self.label, self.name, self.title, name)
            made: Document = {
                **{field: call.body[field] for field in (self.name, *self.fields) if field in call.body},
                self.identity: str(uuid.uuid4()),
                **({"vpc_status": "UNATTACHED"} if self.label == "network" else {}),
                "account_id": account_of(call),
                "creation_time": int(time.time() * 1000),
            }
            return call.store.put(self.label, made[self.identity], made)

    def list(self, call: Call) -> Response:
        """All; the answer is a bare list."""
        return JSONResponse(call.store.documents(self.label))

    def get(self, call: Call) -> Json:
        """One."""
        found = call.store.get(self.label, call.path["id"])
        if found is None:
            raise not_found(f"{self.label} {call.path['id']} does not exist.")
        return found

    def delete(self, call: Call) -> Json:
        """Delete one that no workspace uses."""
        with call.store.transaction():
            self.get(call)
            refuse_in_use(call, self.title, self.identity, call.path["id"])
            call.store.delete(self.label, call.path["id"])
        return {}


for _each in (
    CloudResource("credentials", "credentials", "Credential", ("aws_credentials",)),
    CloudResource(
        "storage-configurations", "storage_configuration", "Storage", ("root_bucket_info", "role_arn")
    ),
    CloudResource(
        "networks",
        "network",
        "Network",
        ("vpc_id", "subnet_ids", "security_group_ids", "vpc_endpoints", "gcp_network_info"),
    ),
):
    api.on("POST", _each.path)(_each.create)
    api.on("GET", _each.path)(_each.list)
    api.on("GET", f"{_each.path}/{{id}}")(_each.get)
    api.on("DELETE", f"{_each.path}/{{id}}")(_each.delete)
