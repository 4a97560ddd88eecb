"""Unity Catalog: policies on securables by tags, `/api/2.1/unity-catalog/policies`.

They are kept and checked for what they name; no query of the sandbox is filtered or masked by them.
"""

from __future__ import annotations

from mlops_sandbox.databricks.shapes import masked, shaped
from mlops_sandbox.databricks.unity.securables import fetch, new_id, now
from mlops_sandbox.errors import already_exists, invalid, not_found
from mlops_sandbox.server.routing import Call, Json, Routes

routes = Routes()

_API = "/api/2.1/unity-catalog/policies"
_ON = f"{_API}/{{type}}/{{securable}}"
_KIND = "uc_policy"
_ONE_OF = {"POLICY_TYPE_ROW_FILTER": "row_filter", "POLICY_TYPE_COLUMN_MASK": "column_mask"}


def _key(call: Call, kind: str, securable: str, name: str = "") -> str:
    """The key of a policy; its securable must be there."""
    kind = kind.lower()
    if kind not in ("catalog", "schema", "table"):
        raise invalid(f"on_securable_type is {kind.upper()!r}; it can be CATALOG, SCHEMA, TABLE.")
    fetch(call.metastore, kind, securable)
    return f"{kind}/{securable.lower()}/{name}"


def _checked(policy: Json) -> Json:
    needed = _ONE_OF.get(policy.get("policy_type", ""))
    if needed and not policy.get(needed):
        raise invalid(f"A policy of type {policy['policy_type']} needs {needed}.")
    if not policy.get("to_principals"):
        raise invalid("Missing required field: to_principals")
    return policy


@routes.post(_API)
def create_policy(call: Call) -> Json:
    """Make a policy."""
    for field in ("name", "on_securable_type", "on_securable_fullname", "for_securable_type", "policy_type"):
        call.required(field)
    given = _checked(shaped("catalog.PolicyInfo", call.body))
    key = _key(call, given["on_securable_type"], given["on_securable_fullname"], given["name"])
    made = {"created_at": now(), "created_by": call.user, "updated_at": now(), "updated_by": call.user}
    with call.metastore.transaction():
        if call.metastore.get(_KIND, key) is not None:
            raise already_exists(f"Policy {given['name']} already exists.")
        return call.metastore.put(_KIND, key, {**given, **made, "id": new_id()})


@routes.get(_ON)
def list_policies(call: Call) -> Json:
    """The policies on a securable, by name."""
    prefix = _key(call, call.path["type"], call.path["securable"])
    return {"policies": call.metastore.documents(_KIND, prefix)}


def _found(call: Call) -> tuple[str, Json]:
    key = _key(call, call.path["type"], call.path["securable"], call.path["name"])
    found = call.metastore.get(_KIND, key)
    if found is None:
        raise not_found(f"Policy {call.path['name']} does not exist.")
    return key, found


@routes.get(f"{_ON}/{{name}}")
def get_policy(call: Call) -> Json:
    """One policy."""
    return _found(call)[1]


@routes.patch(f"{_ON}/{{name}}")
def update_policy(call: Call) -> Json:
    """Change what `update_mask` names."""
    given = shaped("catalog.PolicyInfo", call.body)
    with call.metastore.transaction():
        key, before = _found(call)
        fixed = {name: before[name] for name in ("id", "name", "on_securable_type", "on_securable_fullname")}
        after = masked(before, given, str(call.query.get("update_mask") or ""))
        changed = {**after, **fixed, "updated_at": now(), "updated_by": call.user}
        return call.metastore.put(_KIND, key, _checked(changed))


@routes.delete(f"{_ON}/{{name}}")
def delete_policy(call: Call) -> Json:
    """Delete a policy."""
    call.metastore.delete(_KIND, _found(call)[0])
    return {}
