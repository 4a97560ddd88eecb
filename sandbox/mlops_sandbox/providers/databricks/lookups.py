"""Data sources: what a program may ask without making anything."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from mlops_sandbox.providers.bridge.errors import ResourceError
from mlops_sandbox.providers.bridge.values import Values
from mlops_sandbox.providers.databricks.client import DatabricksApi, path_part
from mlops_sandbox.providers.databricks.identity import scim
from mlops_sandbox.providers.databricks.unity import ROOT

#: Maps whose keys are data, not names.
_DATA = {"options", "properties", "tags"}


def _camel(name: str) -> str:
    head, *rest = name.split("_")
    return head + "".join(part.capitalize() for part in rest)


def _pulumi(value: Any) -> Any:
    """An answer under Pulumi's names, at every depth."""
    if isinstance(value, Mapping):
        return {
            _camel(key): item if key in _DATA and isinstance(item, Mapping) else _pulumi(item)
            for key, item in value.items()
        }
    return [_pulumi(item) for item in value] if isinstance(value, list) else value


def _asked(arguments: Values, name: str) -> str:
    if not arguments.get(name):
        raise ResourceError(f"{name} is missing")
    return str(arguments[name])


def current_user(api: DatabricksApi, _: Values) -> Values:
    """Who the provider is."""
    found = api.get(f"{scim(api)}/Me")
    name = found["userName"]
    service = "@" not in name
    return {
        "id": found["id"],
        "userName": name,
        "externalId": found.get("externalId", ""),
        "alphanumeric": "".join(sign if sign.isalnum() else "_" for sign in name.split("@")[0]).lower(),
        "home": f"/Users/{name}",
        "repos": f"/Repos/{name}",
        "aclPrincipalId": f"{'servicePrincipals' if service else 'users'}/{name}",
        "workspaceUrl": api.host,
    }


def current_config(api: DatabricksApi, _: Values) -> Values:
    """Where the provider points."""
    cloud = "azure" if ".azure" in api.host else "gcp" if ".gcp." in api.host else "aws"
    return {
        "id": api.host,
        "host": api.host,
        "accountId": api.account_id if api.is_account else "",
        "authType": str(api.config.auth_type or ""),
        "cloudType": cloud,
        "isAccount": api.is_account,
    }


def _by_full_name(folder: str, argument: str, result: str) -> Callable[[DatabricksApi, Values], Values]:
    def ask(api: DatabricksApi, arguments: Values) -> Values:
        name = _asked(arguments, argument)
        found = api.get(f"{ROOT}/{folder}/{path_part(name)}")
        return {"id": name, argument: name, result: _pulumi(found)}

    return ask


def tables(api: DatabricksApi, arguments: Values) -> Values:
    """Full names of what is in a schema and no view."""
    asked = {
        "catalog_name": _asked(arguments, "catalogName"),
        "schema_name": _asked(arguments, "schemaName"),
    }
    found = api.pages(f"{ROOT}/tables", "tables", asked)
    names = sorted(str(each["full_name"]) for each in found if each.get("table_type") != "VIEW")
    return {**arguments, "id": "_", "ids": names}


def registered_model(api: DatabricksApi, arguments: Values) -> Values:
    """A registered model, with its aliases if they are asked for."""
    name = _asked(arguments, "fullName")
    wanted = {
        query: "true"
        for argument, query in (("includeAliases", "include_aliases"), ("includeBrowse", "include_browse"))
        if arguments.get(argument)
    }
    found = api.get(f"{ROOT}/models/{path_part(name)}", wanted or None)
    return {**arguments, "modelInfos": [_pulumi(found)]}


def registered_model_versions(api: DatabricksApi, arguments: Values) -> Values:
    """All versions of a registered model."""
    path = f"{ROOT}/models/{path_part(_asked(arguments, 'fullName'))}/versions"
    return {**arguments, "modelVersions": _pulumi(api.pages(path, "model_versions"))}


def mlflow_experiment(api: DatabricksApi, arguments: Values) -> Values:
    """An experiment by its ID or name."""
    root = "/api/2.0/mlflow/experiments"
    if arguments.get("experimentId"):
        found = api.get(f"{root}/get", {"experiment_id": arguments["experimentId"]})
    else:
        found = api.get(f"{root}/get-by-name", {"experiment_name": _asked(arguments, "name")})
    told = _pulumi({key: value for key, value in found["experiment"].items() if key != "tags"})
    return {**told, "id": told["experimentId"], "tags": found["experiment"].get("tags", [])}


def sql_warehouse(api: DatabricksApi, arguments: Values) -> Values:
    """A SQL warehouse by its ID or name."""
    root = "/api/2.0/sql/warehouses"
    if arguments.get("id"):
        found = api.get(f"{root}/{path_part(arguments['id'])}")
    else:
        name = _asked(arguments, "name")
        named = [one for one in api.get(root).get("warehouses", []) if one.get("name") == name]
        if len(named) != 1:
            raise ResourceError(f"{len(named)} SQL warehouses are called {name}; exactly one is needed")
        found = named[0]
    told: Values = _pulumi(found)
    return told


def group(api: DatabricksApi, arguments: Values) -> Values:
    """A group by its name."""
    found = _principal(api, "Groups", "displayName", _asked(arguments, "displayName"))
    members = [str(member["value"]) for member in found.get("members", [])]
    return {
        "id": found["id"],
        "displayName": found["displayName"],
        "externalId": found.get("externalId", ""),
        "aclPrincipalId": f"groups/{found['displayName']}",
        "members": members,
    }


def service_principal(api: DatabricksApi, arguments: Values) -> Values:
    """A service principal by its application ID or name."""
    field = "applicationId" if arguments.get("applicationId") else "displayName"
    found = _principal(api, "ServicePrincipals", field, _asked(arguments, field))
    application = found["applicationId"]
    return {
        "id": found["id"],
        "spId": found["id"],
        "applicationId": application,
        "displayName": found.get("displayName", ""),
        "active": found.get("active", False),
        "externalId": found.get("externalId", ""),
        "aclPrincipalId": f"servicePrincipals/{application}",
        "home": f"/Users/{application}",
        "repos": f"/Repos/{application}",
    }


def _principal(api: DatabricksApi, folder: str, field: str, name: str) -> Values:
    found = api.get(f"{scim(api)}/{folder}", {"filter": f'{field} eq "{name}"'})
    for one in found.get("Resources", []):
        if one.get(field) == name:
            answer: Values = one
            return answer
    raise ResourceError(f"there is no {folder[:-1]} whose {field} is {name}")


FUNCTIONS = {
    f"databricks:index/{name}:{name}": function
    for name, function in {
        "getCatalog": _by_full_name("catalogs", "name", "catalogInfo"),
        "getCurrentConfig": current_config,
        "getCurrentUser": current_user,
        "getGroup": group,
        "getMlflowExperiment": mlflow_experiment,
        "getRegisteredModel": registered_model,
        "getRegisteredModelVersions": registered_model_versions,
        "getSchema": _by_full_name("schemas", "name", "schemaInfo"),
        "getTable": _by_full_name("tables", "name", "tableInfo"),
        "getTables": tables,
        "getServicePrincipal": service_principal,
        "getSqlWarehouse": sql_warehouse,
    }.items()
}
