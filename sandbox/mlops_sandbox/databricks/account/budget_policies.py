"""Budget policies: tags for the bill of serverless compute (`/api/2.1/accounts/…/budget-policies`)."""

from __future__ import annotations

import uuid

from mlops_sandbox.databricks.account import access
from mlops_sandbox.databricks.account.scope import AccountRoutes
from mlops_sandbox.databricks.principals import Principal, principal_of_account
from mlops_sandbox.errors import already_exists, invalid, not_found
from mlops_sandbox.server.routing import Call, Json
from mlops_sandbox.store import Document, Store

api = AccountRoutes()

_USES, _MANAGES = "roles/budgetPolicy.user", "roles/budgetPolicy.manager"
_BILLING = "roles/billing.admin"
_KIND = "budget_policy"
_FIELDS = ("policy_name", "custom_tags", "binding_workspace_ids")


def holds_role(account: Store, who: Principal, policy: Document, *roles: str) -> bool:
    """Whether someone made a policy, has one of the roles on it, or looks after all of the account's."""
    return (
        policy.get("creator") == who.name
        or access.holds(account, who, f"budgetPolicies/{policy['policy_id']}", *roles)
        or access.holds(account, who, "", _BILLING, _MANAGES)
    )


def may_use(account: Store, who: Principal, policy: Document) -> bool:
    """Whether someone may let a policy pay."""
    return holds_role(account, who, policy, _USES, _MANAGES)


def find(account: Store, identity: str) -> Document | None:
    """A policy by its id."""
    return account.get(_KIND, identity)


def _makes(call: Call, who: Principal) -> bool:
    return access.holds(call.store, who, "", _BILLING) or access.administers_a_workspace(call, who)


def _sees(call: Call, who: Principal) -> bool:
    found = find(call.store, call.path["id"])
    return found is not None and may_use(call.store, who, found)


def _manages(call: Call, who: Principal) -> bool:
    found = find(call.store, call.path["id"])
    return found is not None and holds_role(call.store, who, found, _MANAGES)


def _anyone(_call: Call, _who: Principal) -> bool:
    return True


def _shown(policy: Document) -> Json:
    return {name: value for name, value in policy.items() if name != "creator"}


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


@api.on("POST", "budget-policies", "2.1", _makes)
def create_policy(call: Call) -> Json:
    """Make a policy; workspace admins may."""
    identity = str(uuid.uuid4())
    with call.store.transaction():
        made = _checked(call, call.body.get("policy") or {}, identity)
        return _shown(call.store.put(_KIND, identity, {**made, "creator": call.user}))


@api.on("GET", "budget-policies", "2.1", _anyone)
def list_policies(call: Call) -> Json:
    """The policies that the caller may use."""
    who = principal_of_account(call.store, call.user)
    assert who is not None
    seen = [each for each in call.store.documents(_KIND) if who.admin or may_use(call.store, who, each)]
    return {"policies": [_shown(each) for each in seen]}


def _policy(call: Call) -> Document:
    found = find(call.store, call.path["id"])
    if found is None:
        raise not_found(f"Budget policy {call.path['id']} does not exist.")
    return found


@api.on("GET", "budget-policies/{id}", "2.1", _sees)
def get_policy(call: Call) -> Json:
    """One policy."""
    return _shown(_policy(call))


@api.on("PATCH", "budget-policies/{id}", "2.1", _manages)
def update_policy(call: Call) -> Json:
    """Change what is sent."""
    with call.store.transaction():
        before = _policy(call)
        after = _checked(call, {**before, **call.body}, before["policy_id"])
        return _shown(call.store.put(_KIND, before["policy_id"], {"creator": before.get("creator"), **after}))


@api.on("DELETE", "budget-policies/{id}", "2.1", _manages)
def delete_policy(call: Call) -> Json:
    """Delete a policy."""
    call.store.delete(_KIND, _policy(call)["policy_id"])
    return {}
