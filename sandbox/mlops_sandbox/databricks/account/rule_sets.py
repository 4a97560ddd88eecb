"""Access-control rule sets: who may use or manage a service principal, a group, the account."""

from __future__ import annotations

import json
from hashlib import sha256

from mlops_sandbox.context import DEFAULT_USER
from mlops_sandbox.databricks.account import access
from mlops_sandbox.databricks.account.access import RULE_SET
from mlops_sandbox.databricks.account.scope import account_of, in_account, scope_of
from mlops_sandbox.databricks.principals import Principal, caller, principal_of_account
from mlops_sandbox.databricks.scim import assigned
from mlops_sandbox.databricks.scim.kinds import SERVICE_PRINCIPALS, own
from mlops_sandbox.errors import ApiError, denied, invalid
from mlops_sandbox.server.routing import Call, Json, Routes
from mlops_sandbox.store import Store

routes = Routes()

_AT_ACCOUNT = "/api/2.0/preview/accounts/{account_id}/access-control/rule-sets"
_AT_WORKSPACE = "/api/2.0/preview/accounts/access-control/rule-sets"
#: The role that manages each kind of resource that rule sets are of.
_MANAGERS = {
    "servicePrincipals": "roles/servicePrincipal.manager",
    "groups": "roles/group.manager",
    "budgetPolicies": "roles/budgetPolicy.manager",
    "tagPolicies": "roles/tagPolicy.manager",
}


def _account_in(name: str) -> str:
    """The account that a rule set's name begins with; empty for one of a workspace."""
    parts = name.split("/")
    return parts[1] if len(parts) > 1 and parts[0] == "accounts" else ""


def _store(call: Call, name: str) -> Store:
    """Where a rule set is: in its account, whichever way it is asked for."""
    named = _account_in(name)
    return call.sandbox.store(scope_of(named)) if named else call.store


def holds_role(call: Call, who: Principal, application: str, role: str) -> bool:
    """Whether a caller has a role on a service principal, by the rules of an account."""
    accounts = assigned.accounts(call.store)
    return any(access.holds(each, who, f"servicePrincipals/{application}", role) for each in accounts)


def _manages(call: Call, who: Principal) -> bool:
    """Whether someone manages the resource that a rule set is of."""
    name = str(call.required("name"))
    resource = "/".join(name.split("/")[2:4])
    role = _MANAGERS.get(resource.partition("/")[0])
    return role is not None and access.holds(_store(call, name), who, resource, role)


def _may_at_workspace(call: Call) -> bool:
    """Whether a caller manages the resource, or administers the account, or the workspace that made it."""
    name, who = str(call.required("name")), caller(call)
    store = _store(call, name)
    if store.workspace not in {call.workspace, *(each.workspace for each in assigned.accounts(call.store))}:
        return who.name == DEFAULT_USER
    in_account = principal_of_account(store, who.name)
    if (in_account is not None and in_account.admin) or _manages(call, who):
        return True
    made_here = {f"servicePrincipals/{each['applicationId']}" for each in own(call.store, SERVICE_PRINCIPALS)}
    return who.admin and "/".join(name.split("/")[2:4]) in made_here


def _answer(call: Call, name: str) -> Json:
    rules = (_store(call, name).get(RULE_SET, name) or {"grant_rules": []})["grant_rules"]
    etag = sha256(json.dumps([name, rules], sort_keys=True).encode()).hexdigest()
    return {"name": name, "etag": etag, "grant_rules": rules}


def get_rule_set(call: Call) -> Json:
    """A rule set with its etag; one that nobody has set is empty."""
    return _answer(call, call.required("name"))


def put_rule_set(call: Call) -> Json:
    """Replace a rule set; its etag must be the one of the last reading."""
    name, given = call.required("name"), call.required("rule_set")
    if not isinstance(given, dict) or not isinstance(given.get("grant_rules", []), list):
        raise invalid("rule_set must have a list of grant_rules.")
    with call.store.transaction():
        if given.get("etag") not in ("", None, _answer(call, name)["etag"]):
            raise ApiError(409, "RESOURCE_CONFLICT", f"The rule set {name} was changed by another call.")
        _store(call, name).put(RULE_SET, name, {"grant_rules": given.get("grant_rules", [])})
        return _answer(call, name)


def _at_workspace(call: Call) -> Json:
    """As at the account."""
    if not _may_at_workspace(call):
        raise denied(f"{call.user} is not authorized to access the rule set {call.required('name')}.")
    return get_rule_set(call) if call.request.method == "GET" else put_rule_set(call)


def _at_account(call: Call) -> Json:
    """A rule set of the account that is called."""
    name = str(call.required("name"))
    if scope_of(_account_in(name)) != call.workspace:
        raise invalid(f"{name} is not a rule set of account {account_of(call)}.")
    return get_rule_set(call) if call.request.method == "GET" else put_rule_set(call)


routes.get(_AT_WORKSPACE)(_at_workspace)
routes.put(_AT_WORKSPACE)(_at_workspace)
routes.get(_AT_ACCOUNT)(in_account(_at_account, _manages))
routes.put(_AT_ACCOUNT)(in_account(_at_account, _manages))
