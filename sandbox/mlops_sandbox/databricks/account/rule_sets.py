"""Access-control rule sets: who may use or manage a service principal, a group, the account."""

from __future__ import annotations

import json
from hashlib import sha256

from mlops_sandbox.databricks.account.scope import in_account
from mlops_sandbox.errors import ApiError, invalid
from mlops_sandbox.server.routing import Call, Json, Routes

routes = Routes()

_KIND = "rule_set"
_AT_ACCOUNT = "/api/2.0/preview/accounts/{account_id}/access-control/rule-sets"
_AT_WORKSPACE = "/api/2.0/preview/accounts/access-control/rule-sets"


def _answer(call: Call, name: str) -> Json:
    rules = (call.store.get(_KIND, name) or {"grant_rules": []})["grant_rules"]
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
        call.store.put(_KIND, name, {"grant_rules": given.get("grant_rules", [])})
        return _answer(call, name)


routes.get(_AT_WORKSPACE)(get_rule_set)
routes.put(_AT_WORKSPACE)(put_rule_set)
routes.get(_AT_ACCOUNT)(in_account(get_rule_set))
routes.put(_AT_ACCOUNT)(in_account(put_rule_set))
