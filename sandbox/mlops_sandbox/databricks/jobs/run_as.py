"""Whom a job runs as, and who may say so."""

from __future__ import annotations

from typing import Any

from mlops_sandbox.databricks.account.rule_sets import holds_role
from mlops_sandbox.databricks.principals import caller, principal_of
from mlops_sandbox.errors import denied, invalid
from mlops_sandbox.server.routing import Call

Json = dict[str, Any]

_ROLE = "roles/servicePrincipal.user"


def named(settings: Json) -> str:
    """The name in `run_as`; empty without one."""
    return str(next(iter((settings.get("run_as") or {}).values()), ""))


def check_run_as(call: Call, settings: Json, before: Json) -> None:
    """Refuse a `run_as` that the caller may not set.

    Workspace admins may name anyone in the workspace; others themselves, and service principals that they
    have the role of a user of.

    Raises:
        ApiError: 400, nobody of that name is in the workspace; 403, the caller may not.
    """
    wanted, who = named(settings), caller(call)
    if not wanted or wanted in {who.name, named(before)}:
        return
    if principal_of(call.sandbox, call.workspace, wanted) is None:
        raise invalid(f"run_as: {wanted} is not in this workspace.")
    if not who.admin and not holds_role(call, who, wanted, _ROLE):
        raise denied(f"User {who.name} is not allowed to use the service principal {wanted} (role {_ROLE}).")
