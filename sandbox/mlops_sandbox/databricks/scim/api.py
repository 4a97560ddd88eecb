"""The SCIM API of a workspace: `/api/2.0/preview/scim/v2/{Groups,ServicePrincipals,Users}`."""

from __future__ import annotations

from starlette.responses import Response

from mlops_sandbox.databricks.principals import admins_only
from mlops_sandbox.databricks.scim import assigned, directory
from mlops_sandbox.databricks.scim.directory import GROUPS, TYPES, PrincipalType
from mlops_sandbox.databricks.scim.query import matches, patched
from mlops_sandbox.errors import ScimError
from mlops_sandbox.server.routing import Call, Json, Routes
from mlops_sandbox.store import Document

routes = Routes()

_ROOT = "/api/2.0/preview/scim/v2"
_LIST = "urn:ietf:params:scim:api:messages:2.0:ListResponse"
#: Answered whatever attributes are asked for.
_ALWAYS = {"schemas", "id", "applicationId"}


def _type(call: Call) -> PrincipalType:
    found = TYPES.get(call.path["type"])
    if found is None:
        raise ScimError(404, f"SCIM knows no {call.path['type']}.")
    return found


def _resource(call: Call, kind: PrincipalType, document: Document, known: dict[str, tuple[str, str]]) -> Json:
    """A document as it is answered, with what follows from other documents."""
    body: Json = {"schemas": [kind.schema], **document}
    if kind is GROUPS:
        at_account = call.workspace.startswith(directory.ACCOUNT_SCOPE)
        of_account = at_account or assigned.is_of_account(call.store, kind, document["id"])
        body["meta"] = {"resourceType": "Group" if of_account else "WorkspaceGroup"}
    members = [
        {"value": member["value"], "display": known[member["value"]][0], "$ref": known[member["value"]][1]}
        for member in document.get("members", [])
        if member["value"] in known
    ]
    if members:
        body["members"] = members
    groups = [
        {
            "value": group["id"],
            "display": group["displayName"],
            "type": "direct",
            "$ref": f"Groups/{group['id']}",
        }
        for group in directory.groups_of(call.store, document["id"])
    ]
    if groups:
        body["groups"] = groups
    return _projected(call, {name: value for name, value in body.items() if value not in ([], None)})


def _projected(call: Call, body: Json) -> Json:
    """What `attributes` asks for, without what `excludedAttributes` does not."""
    wanted = {name for name in call.query.get("attributes", "").split(",") if name}
    unwanted = {name for name in call.query.get("excludedAttributes", "").split(",") if name}
    return {
        name: value
        for name, value in body.items()
        if name in _ALWAYS or ((not wanted or name in wanted) and name not in unwanted)
    }


@routes.get(f"{_ROOT}/{{type}}")
def list_principals(call: Call) -> Json:
    """Resources of a type that fit `filter`, from `startIndex` (1 is the first) on, at most `count`."""
    kind = _type(call)
    known = directory.names(call.store)
    fitting = [
        each
        for each in directory.everyone(call.store, kind)
        if matches(each, call.query.get("filter", "").strip())
    ]
    start = max(call.number("startIndex", 1), 1)
    count = max(call.number("count", 100), 0)
    page = fitting[start - 1 : start - 1 + count]
    return {
        "schemas": [_LIST],
        "totalResults": len(fitting),
        "startIndex": start,
        "itemsPerPage": len(page),
        "Resources": [_resource(call, kind, each, known) for each in page],
    }


def create_principal(call: Call) -> tuple[int, Json]:
    """Make a resource."""
    kind = _type(call)
    made = directory.create(call.store, kind, call.body)
    return 201, _resource(call, kind, made, directory.names(call.store))


@routes.get(f"{_ROOT}/{{type}}/{{id}}")
def get_principal(call: Call) -> Json:
    """One resource."""
    kind = _type(call)
    found = directory.find(call.store, kind, call.path["id"])
    return _resource(call, kind, found, directory.names(call.store))


def replace_principal(call: Call) -> Json:
    """Set a resource anew."""
    kind = _type(call)
    replaced = directory.replace(call.store, kind, call.path["id"], call.body)
    return _resource(call, kind, replaced, directory.names(call.store))


def patch_principal(call: Call) -> Response:
    """Change parts of a resource."""
    kind = _type(call)
    with call.store.transaction():
        before = directory.find(call.store, kind, call.path["id"])
        directory.replace(call.store, kind, before["id"], patched(before, call.body.get("Operations", [])))
    return Response(status_code=204)


def delete_principal(call: Call) -> Response:
    """Delete a resource."""
    directory.delete(call.store, _type(call), call.path["id"])
    return Response(status_code=204)


# Principals are the admins' business; accounts answer with the same handlers in their own way.
routes.post(f"{_ROOT}/{{type}}")(admins_only(create_principal))
routes.put(f"{_ROOT}/{{type}}/{{id}}")(admins_only(replace_principal))
routes.patch(f"{_ROOT}/{{type}}/{{id}}")(admins_only(patch_principal))
routes.delete(f"{_ROOT}/{{type}}/{{id}}")(admins_only(delete_principal))
