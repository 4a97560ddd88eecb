"""Users, groups and service principals of the account: `scim/v2/{Groups,ServicePrincipals,Users}`."""

from __future__ import annotations

from mlops_sandbox.databricks.account.scope import AccountRoutes
from mlops_sandbox.databricks.scim import api as scim

api = AccountRoutes()
_ALL, _ONE = "scim/v2/{type}", "scim/v2/{type}/{id}"

api.on("GET", _ALL)(scim.list_principals)
api.on("POST", _ALL)(scim.create_principal)
api.on("GET", _ONE)(scim.get_principal)
api.on("PUT", _ONE)(scim.replace_principal)
api.on("PATCH", _ONE)(scim.patch_principal)
api.on("DELETE", _ONE)(scim.delete_principal)
