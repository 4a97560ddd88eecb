"""Who the caller is: SCIM Me and the discovery document that every client asks first."""

from __future__ import annotations

from mlops_sandbox.context import DEFAULT_WORKSPACE
from mlops_sandbox.server.routing import Answer, Call, Json, Routes

routes = Routes()

_SCIM_USER = "urn:ietf:params:scim:schemas:core:2.0:User"


@routes.get("/.well-known/databricks-config")
def discovery(call: Call) -> Json:
    """What kind of host this is (asked without credentials)."""
    return {
        "oidc_endpoint": f"{call.sandbox.url}/oidc",
        "workspace_id": call.workspace,
        "host_type": "workspace",
    }


@routes.get("/api/2.0/preview/scim/v2/Me")
def me(call: Call) -> Answer:
    """The calling user."""
    from starlette.responses import JSONResponse

    body = {
        "schemas": [_SCIM_USER],
        "id": "100000000000001",
        "userName": call.user,
        "displayName": call.user,
        "active": True,
        "emails": [{"value": call.user, "type": "work", "primary": True}],
        "groups": [
            {
                "display": "admins",
                "value": "100000000000002",
                "type": "direct",
                "$ref": "Groups/100000000000002",
            }
        ],
    }
    return JSONResponse(body, headers={"X-Databricks-Org-Id": DEFAULT_WORKSPACE})
