"""Federation policies: whose tokens of which issuer speak for whom."""

from __future__ import annotations

import json
import re
import secrets
import uuid
from datetime import UTC, datetime
from typing import Any

from mlops_sandbox.databricks.account.scope import AccountRoutes, account_of
from mlops_sandbox.databricks.account.service_principal_secrets import time_text
from mlops_sandbox.databricks.scim import directory
from mlops_sandbox.errors import already_exists, invalid, not_found
from mlops_sandbox.server.routing import Call, Json
from mlops_sandbox.store import Document, Store

api = AccountRoutes()

_KIND = "federation_policy"
_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,127}")
_ROOTS = ("servicePrincipals/{id}/federationPolicies", "federationPolicies")


def policies(store: Store, principal: str = "") -> list[Document]:
    """The policies of a service principal by its id; the account's own without one."""
    return store.documents(_KIND, f"{principal}/")


def _principal(call: Call) -> str:
    """The id of the service principal that the path names; empty for the account's own policies."""
    if "id" not in call.path:
        return ""
    return str(directory.find(call.store, directory.SERVICE_PRINCIPALS, call.path["id"])["id"])


def _checked(policy: Any, principal: str) -> Json:
    if not isinstance(policy, dict) or not policy.get("issuer"):
        raise invalid("oidc_policy.issuer is required.")
    if principal and not policy.get("subject"):
        raise invalid("oidc_policy.subject is required for a service principal's federation policy.")
    if not isinstance(policy.get("audiences", []), list):
        raise invalid("oidc_policy.audiences must be a list.")
    try:
        keys = json.loads(policy.get("jwks_json") or '{"keys": []}')["keys"]
    except (TypeError, ValueError, KeyError):
        keys = None
    if not isinstance(keys, list):
        raise invalid("oidc_policy.jwks_json must be a JSON Web Key Set.")
    return policy


def _found(call: Call) -> tuple[str, Document]:
    key = f"{_principal(call)}/{call.path['policy']}"
    found = call.store.get(_KIND, key)
    if found is None:
        raise not_found(f"Federation policy {call.path['policy']} does not exist.")
    return key, found


def create_policy(call: Call) -> Json:
    """Make a policy under `policy_id`, or under an id of the account's choice."""
    chosen = call.query.get("policy_id") or secrets.token_hex(6)
    if not _ID.fullmatch(chosen):
        raise invalid(f"policy_id {chosen!r} must be letters, digits, '-' and '_'.")
    with call.store.transaction():
        principal, now = _principal(call), time_text(datetime.now(UTC))
        if call.store.get(_KIND, f"{principal}/{chosen}"):
            raise already_exists(f"Federation policy {chosen} already exists.")
        owner = f"servicePrincipals/{principal}/" if principal else ""
        made: Document = {
            "oidc_policy": _checked(call.body.get("oidc_policy"), principal),
            **({"description": call.body["description"]} if call.body.get("description") else {}),
            **({"service_principal_id": int(principal)} if principal else {}),
            "policy_id": chosen,
            "uid": str(uuid.uuid4()),
            "name": f"accounts/{account_of(call)}/{owner}federationPolicies/{chosen}",
            "create_time": now,
            "update_time": now,
        }
        return call.store.put(_KIND, f"{principal}/{chosen}", made)


def list_policies(call: Call) -> Json:
    """All policies of a service principal, or of the account."""
    return {"policies": policies(call.store, _principal(call))}


def get_policy(call: Call) -> Json:
    """One policy."""
    return _found(call)[1]


def update_policy(call: Call) -> Json:
    """Change what `update_mask` names: `description`, `oidc_policy` or fields of that; without it, both."""
    with call.store.transaction():
        key, before = _found(call)
        after = {**before, "oidc_policy": dict(before["oidc_policy"])}
        given = call.body.get("oidc_policy") or {}
        for field in (call.query.get("update_mask") or "description,oidc_policy").split(","):
            if field == "description":
                after["description"] = call.body.get("description", "")
            elif field in ("*", "oidc_policy"):
                after["oidc_policy"] = given
            elif field.startswith("oidc_policy."):
                name = field.removeprefix("oidc_policy.")
                after["oidc_policy"][name] = given.get(name)
            else:
                raise invalid(f"update_mask names {field!r}, which can't be changed.")
        _checked(after["oidc_policy"], key.partition("/")[0])
        return call.store.put(_KIND, key, {**after, "update_time": time_text(datetime.now(UTC))})


def delete_policy(call: Call) -> Json:
    """Delete a policy: its tokens speak for no one any more."""
    with call.store.transaction():
        call.store.delete(_KIND, _found(call)[0])
    return {}


for _root in _ROOTS:
    api.on("POST", _root)(create_policy)
    api.on("GET", _root)(list_policies)
    api.on("GET", f"{_root}/{{policy}}")(get_policy)
    api.on("PATCH", f"{_root}/{{policy}}")(update_policy)
    api.on("DELETE", f"{_root}/{{policy}}")(delete_policy)
