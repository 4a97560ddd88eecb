"""Who the caller is: SCIM Me and the discovery document that every client asks first."""

from __future__ import annotations

from collections.abc import Iterator

from starlette.responses import JSONResponse

from mlops_sandbox.context import DEFAULT_ACCOUNT
from mlops_sandbox.databricks.scim import assigned
from mlops_sandbox.databricks.scim.directory import SERVICE_PRINCIPALS, USERS, everyone, groups_of
from mlops_sandbox.server.routing import Answer, Call, Json, Routes
from mlops_sandbox.server.security import is_account, names_account

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


def _known(call: Call) -> Iterator[Json]:
    """The caller's entry: in the workspace, or when the account is called, in an account."""
    stores = assigned.all_accounts(call.store) if names_account(call.request, call.sandbox) else [call.store]
    for store in stores:
        for kind in (SERVICE_PRINCIPALS, USERS):
            for each in everyone(store, kind):
                if each[kind.naming] == call.user:
                    groups = [
                        {"display": group["displayName"], "value": group["id"], "type": "direct"}
                        | {"$ref": f"Groups/{group['id']}"}
                        for group in groups_of(store, each["id"])
                    ]
                    yield {**each, **({"groups": groups} if groups else {})}


@routes.get("/api/2.0/preview/scim/v2/Me")
def me(call: Call) -> Answer:
    """The calling user, or the service principal that the caller's access token speaks for."""
    body: Json = {"schemas": [_SCIM_USER], **next(_known(call), {}), "userName": call.user}
    if "applicationId" not in body:
        body["emails"] = [{"value": call.user, "type": "work", "primary": True}]
    return JSONResponse(body, headers={"X-Databricks-Org-Id": call.workspace})
