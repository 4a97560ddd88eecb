"""Who the caller is: SCIM Me and the discovery document that every client asks first."""

from __future__ import annotations

from starlette.responses import JSONResponse

from mlops_sandbox.context import DEFAULT_ACCOUNT
from mlops_sandbox.databricks.account.login import service_principals
from mlops_sandbox.server.routing import Answer, Call, Json, Routes
from mlops_sandbox.server.security import is_account

routes = Routes()

_SCIM_USER = "urn:ietf:params:scim:schemas:core:2.0:User"


@routes.get("/.well-known/databricks-config")
def discovery(call: Call) -> Json:
    """What kind of host this is (asked without credentials): `localhost` is the account."""
    host = call.request.headers["host"]
    if is_account(call.request, call.sandbox):
        return {
            "oidc_endpoint": f"http://{host}/oidc/accounts/{{account_id}}",
            "account_id": DEFAULT_ACCOUNT,
            "host_type": "account",
        }
    return {
        "oidc_endpoint": f"{call.url}/oidc",
        "workspace_id": call.workspace,
        "host_type": "workspace",
    }


@routes.get("/api/2.0/preview/scim/v2/Me")
def me(call: Call) -> Answer:
    """The calling user, or the service principal that the caller's access token speaks for."""
    for _, principal in service_principals(call.sandbox, call.user, None):
        found = {"schemas": [_SCIM_USER], **principal, "userName": call.user}
        return JSONResponse(found, headers={"X-Databricks-Org-Id": call.workspace})
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
    return JSONResponse(body, headers={"X-Databricks-Org-Id": call.workspace})
