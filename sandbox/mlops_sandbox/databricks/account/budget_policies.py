"""Budget policies: tags for the bill of serverless compute (`/api/2.1/accounts/…/budget-policies`)."""

from __future__ import annotations

import uuid

from mlops_sandbox.databricks.account.scope import AccountRoutes
from mlops_sandbox.errors import already_exists, invalid, not_found
from mlops_sandbox.server.routing import Call, Json
from mlops_sandbox.store import Document

api = AccountRoutes()

_KIND = "budget_policy"
_FIELDS = ("policy_name", "custom_tags", "binding_workspace_ids")


def _checked(call: Call, settings: Json, identity: str) -> Document:
    policy = {field: settings[field] for field in _FIELDS if settings.get(field) is not None}
    if not policy.get("policy_name"):
        raise invalid("Missing required field: policy_name")
    if any(
        each["policy_name"] == policy["policy_name"] and each["policy_id"] != identity
        for each in call.store.documents(_KIND)
    ):
        raise already_exists(f"A budget policy with the name {policy['policy_name']} already exists.")
    return {**policy, "policy_id": identity}


@api.on("POST", "budget-policies", "2.1")
def create_policy(call: Call) -> Json:
    """Make a policy."""
    identity = str(uuid.uuid4())
    with call.store.transaction():
        return call.store.put(_KIND, identity, _checked(call, call.body.get("policy") or {}, identity))


@api.on("GET", "budget-policies", "2.1")
def list_policies(call: Call) -> Json:
    """All policies."""
    return {"policies": call.store.documents(_KIND)}


@api.on("GET", "budget-policies/{id}", "2.1")
def get_policy(call: Call) -> Json:
    """One policy."""
    found = call.store.get(_KIND, call.path["id"])
    if found is None:
        raise not_found(f"Budget policy {call.path['id']} does not exist.")
    return found


@api.on("PATCH", "budget-policies/{id}", "2.1")
def update_policy(call: Call) -> Json:
    """Change what is sent."""
    with call.store.transaction():
        before = get_policy(call)
        return call.store.put(
            _KIND, before["policy_id"], _checked(call, {**before, **call.body}, before["policy_id"])
        )


@api.on("DELETE", "budget-policies/{id}", "2.1")
def delete_policy(call: Call) -> Json:
    """Delete a policy."""
    call.store.delete(_KIND, get_policy(call)["policy_id"])
    return {}
