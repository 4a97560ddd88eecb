"""What classic workspaces on AWS are made of: credentials, storage configurations, networks."""

from __future__ import annotations

import time
import uuid
from dataclasses import dataclass

from starlette.responses import JSONResponse, Response

from mlops_sandbox.databricks.account.scope import AccountRoutes, account_of
from mlops_sandbox.errors import already_exists, not_found
from mlops_sandbox.server.routing import Call, Json
from mlops_sandbox.store import Document

api = AccountRoutes()


@dataclass(frozen=True)
class CloudResource:
    """One kind: the account keeps it and gives it an id; no cloud is asked."""

    path: str
    label: str
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
            same = [
                each
                for each in call.store.documents(self.label)
                if each[self.name] == name and all(each.get(at) == call.body.get(at) for at in self.fields)
            ]
            if same:
                raise already_exists(f"{self.label} {name} already exists.")
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
        """Delete one."""
        self.get(call)
        call.store.delete(self.label, call.path["id"])
        return {}


for _each in (
    CloudResource("credentials", "credentials", ("aws_credentials",)),
    CloudResource("storage-configurations", "storage_configuration", ("root_bucket_info", "role_arn")),
    CloudResource(
        "networks",
        "network",
        ("vpc_id", "subnet_ids", "security_group_ids", "vpc_endpoints", "gcp_network_info"),
    ),
):
    api.on("POST", _each.path)(_each.create)
    api.on("GET", _each.path)(_each.list)
    api.on("GET", f"{_each.path}/{{id}}")(_each.get)
    api.on("DELETE", f"{_each.path}/{{id}}")(_each.delete)
