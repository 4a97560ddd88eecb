"""Access-control rule sets: who may use or manage a service principal, a group, the account."""

from __future__ import annotations

import json
from hashlib import sha256

from mlops_sandbox.databricks.account.scope import in_account, scope_of
from mlops_sandbox.databricks.principals import Principal, admins_only
from mlops_sandbox.databricks.scim import assigned
from mlops_sandbox.databricks.scim.kinds import ACCOUNT_SCOPE
from mlops_sandbox.errors import ApiError, invalid
from mlops_sandbox.server.routing import Call, Json, Routes
from mlops_sandbox.store import Store

routes = Routes()

_KIND = "rule_set"
_AT_ACCOUNT = "/api/2.0/preview/accounts/{account_id}/access-control/rule-sets"
_AT_WORKSPACE = "/api/2.0/preview/accounts/access-control/rule-sets"


def _store(call: Call, name: str) -> Store:
    """Where a rule set is: its name begins with its account, whichever way it is asked for."""
    parts = name.split("/")
    named = parts[1] if len(parts) > 1 and parts[0] == "accounts" else ""
    return call.sandbox.store(scope_of(named)) if named else call.store


def holds_role(call: Call, who: Principal, application: str, role: str) -> bool:
    """Whether a caller has a role on a service principal, by the rules of an account."""
    own = {"users": [who.name], "servicePrincipals": [who.name], "groups": who.names}
    for account in assigned.accounts(call.store):
        name = f"accounts/{account.workspace.removeprefix(ACCOUNT_SCOPE)}/servicePrincipals/{application}"
        for rule in (account.get(_KIND, f"{name}/ruleSets/default") or {}).get("grant_rules", []):
            for principal in rule.get("principals", []) if rule.get("role") == role else []:
                kind, _, named = principal.partition("/")
                if named in own.get(kind, ()):
                    return True
    return False


def _answer(call: Call, name: str) -> Json:
    rules = (_store(call, name).get(_KIND, name) or {"grant_rules": []})["grant_rules"]
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
        _store(call, name).put(_KIND, name, {"grant_rules": given.get("grant_rules", [])})
        return _answer(call, name)


routes.get(_AT_WORKSPACE)(get_rule_set)
routes.put(_AT_WORKSPACE)(admins_only(put_rule_set))
routes.get(_AT_ACCOUNT)(in_account(get_rule_set))
routes.put(_AT_ACCOUNT)(in_account(put_rule_set))
