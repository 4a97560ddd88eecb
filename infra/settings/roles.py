"""Settings of the roles: which principals have them."""

from __future__ import annotations

import re
from typing import Annotated

from pydantic import AfterValidator, Field, field_validator, model_validator

from settings.model import Model


def _principal(value: str) -> str:
    if not value.strip() or re.search(r"[\x00-\x1f]", value):
        raise ValueError("is not a principal: write a group, an e-mail address or an application ID")
    if value == "admins":
        raise ValueError("may do everything already: leave it out")
    return value


Principal = Annotated[str, AfterValidator(_principal)]
"""A group, an e-mail address, or a service principal's application ID."""


class Roles(Model):
    """The principals of each role."""

    callers: list[Principal] = Field(default_factory=list)
    """Query the endpoint, and nothing else: applications."""
    readers: list[Principal] = Field(default_factory=list)
    """Read data, predictions and runs; query the endpoint."""
    developers: list[Principal] = Field(default_factory=list)
    """Readers who also write the project's schema, and start its jobs."""
    owners: list[Principal] = Field(default_factory=list)
    """Manage jobs, endpoints, experiments and secrets."""
    runner: Principal | None = None
    """The principal that jobs run as. Default: the one of `identities`, or who deploys."""
    deployers: list[Principal] = Field(default_factory=list)
    """Principals that pipelines deploy as: make and manage what the program declares."""
    testers: list[Principal] = Field(default_factory=list)
    """Principals that pipelines try a change as: make schemas of their own, and see nobody else's."""
    importers: list[Principal] = Field(default_factory=list)
    """Principals of other environments, prod's runner for example: copy models from here to theirs."""

    @field_validator("runner")
    @classmethod
    def _runs(cls, value: str | None) -> str | None:
        from pulumi_databricks_mlops.roles import kind

        if value is not None and kind(value) == "group_name":
            raise ValueError(
                "is a group, and nothing runs as one: write an application ID or an e-mail address"
            )
        return value

    @model_validator(mode="after")
    def _known_to_unity_catalog(self) -> Roles:
        from pulumi_databricks_mlops.roles import grantee_problem

        for role, listed in self:
            for principal in listed if isinstance(listed, list) else ():
                wrong = grantee_problem(role, principal)
                if wrong:
                    raise ValueError(f"`{principal}` in {role} is {wrong}")
        return self

    @model_validator(mode="after")
    def _few_writers(self) -> Roles:
        writers = (
            *self.developers,
            *self.owners,
            *self.deployers,
            *self.importers,
            *self.testers,
            self.runner,
        )
        if "account users" in writers:
            raise ValueError(
                "`account users` is everyone, and may only be a reader: write a group of its own"
            )
        return self
