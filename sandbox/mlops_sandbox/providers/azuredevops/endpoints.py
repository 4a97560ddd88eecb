"""Service connections."""

from __future__ import annotations

from abc import abstractmethod

from mlops_sandbox.providers.azuredevops.kinds import DevOpsType, Instance, located
from mlops_sandbox.providers.bridge.errors import ResourceError
from mlops_sandbox.providers.bridge.resource import pick
from mlops_sandbox.providers.bridge.values import Values

_ROOT = "_apis/serviceendpoint/endpoints"
_ADDRESSES = {
    "AzureCloud": "https://management.azure.com/",
    "AzureChinaCloud": "https://management.chinacloudapi.cn/",
    "AzureUSGovernment": "https://management.usgovcloudapi.net/",
    "AzureGermanCloud": "https://management.microsoftazure.de",
}
_FEDERATED = "WorkloadIdentityFederation"


class ServiceEndpoint(DevOpsType):
    """A service connection of one kind; its ID is a UUID."""

    @abstractmethod
    def _own(self, it: Instance) -> Values:
        """Type, address, data and authorization."""

    @abstractmethod
    def _told(self, it: Instance, found: Values) -> Values:
        """The type's own properties."""

    def _body(self, it: Instance) -> Values:
        fields = it.fields
        about = {"name": fields["service_endpoint_name"], "description": fields["description"]}
        reference = {**about, "projectReference": {"id": fields["project_id"]}}
        return {
            **about,
            "owner": "library",
            "serviceEndpointProjectReferences": [reference],
            **self._own(it),
        }

    def create(self, it: Instance) -> str:
        """Make it and wait until it is ready."""
        number = str(it.api.call("POST", _ROOT, self._body(it))["id"])
        it.exists(number)
        path = f"{it.fields['project_id']}/{_ROOT}/{number}"
        it.wait(lambda: it.api.look(path), _is_ready, f"the service connection {number}", 60.0)
        return number

    def read(self, it: Instance) -> Values | None:
        """Its settings; credentials stay what the program said."""
        project, number = located(it)
        found = it.api.look(f"{project}/{_ROOT}/{number}")
        if not found:
            return None
        return {
            "project_id": project,
            "service_endpoint_name": found["name"],
            "description": found.get("description", ""),
            "authorization": {"scheme": found["authorization"]["scheme"]},
            "server_url": found["url"],
            **self._told(it, found),
        }

    def update(self, it: Instance) -> None:
        """Replace it."""
        it.api.call("PUT", f"{_ROOT}/{it.id}", {"id": it.id, **self._body(it)})

    def delete(self, it: Instance) -> None:
        """Remove it from its project, and wait until it is gone."""
        project, number = located(it)
        it.api.remove(f"{_ROOT}/{number}", {"projectIds": project})
        path = f"{project}/{_ROOT}/{number}"
        gone = f"the service connection {number} to go"
        it.wait(lambda: it.api.look(path), lambda found: not found, gone, 60.0)


def _is_ready(found: Values | None) -> bool:
    status = (found or {}).get("operationStatus") or {}
    if status.get("state") == "Failed":
        raise ResourceError(f"the service connection failed: {status.get('statusMessage')}")
    return bool(found) and found is not None and found.get("isReady", True)


class ServiceEndpointAzureRM(ServiceEndpoint):
    """A connection to Azure."""

    token = "azuredevops:index/serviceEndpointAzureRM:ServiceEndpointAzureRM"  # noqa: S105
    local = frozenset({"features"})

    def _own(self, it: Instance) -> Values:
        fields = it.fields
        scheme, given = fields["service_endpoint_authentication_scheme"], fields.get("credentials") or {}
        parameters = {"tenantid": fields["azurerm_spn_tenantid"]}
        parameters |= pick(given, "serviceprincipalid")
        if scheme == "ServicePrincipal" and given.get("serviceprincipalkey"):
            key = {"authenticationType": "spnKey", "serviceprincipalkey": given["serviceprincipalkey"]}
            parameters |= key
        data = {
            "creationMode": "Manual" if given else "Automatic",
            "environment": fields["environment"],
        }
        if fields.get("azurerm_management_group_id"):
            data |= {
                "scopeLevel": "ManagementGroup",
                "managementGroupId": fields["azurerm_management_group_id"],
                "managementGroupName": fields.get("azurerm_management_group_name", ""),
            }
        else:
            data |= {
                "scopeLevel": "Subscription",
                "subscriptionId": fields.get("azurerm_subscription_id", ""),
                "subscriptionName": fields.get("azurerm_subscription_name", ""),
            }
        address = fields.get("server_url") or _ADDRESSES.get(str(fields["environment"]), "")
        return {
            "type": "azurerm",
            "url": address,
            "data": data,
            "authorization": {"scheme": scheme, "parameters": parameters},
        }

    def create(self, it: Instance) -> str:
        """Make it; with `features.validate`, ask whether it connects."""
        number = super().create(it)
        if (it.fields.get("features") or {}).get("validate"):
            own = self._own(it)
            body = {
                "dataSourceDetails": {"dataSourceName": "TestConnection"},
                "resultTransformationDetails": {},
                "serviceEndpointDetails": own,
            }
            path = f"{it.fields['project_id']}/_apis/serviceendpoint/endpointproxy"
            told = it.api.call("POST", path, body, {"endpointId": number}) or {}
            if str(told.get("statusCode", "ok")).lower() not in ("ok", "200"):
                raise ResourceError(f"the connection does not work: {told.get('errorMessage')}")
        return number

    def _told(self, it: Instance, found: Values) -> Values:
        parameters, data = found["authorization"].get("parameters") or {}, found.get("data") or {}
        given = (it.fields or it.state).get("credentials")
        blank = {"serviceprincipalkey": "", "serviceprincipalcertificate": ""}
        return {
            "service_endpoint_authentication_scheme": found["authorization"]["scheme"],
            "azurerm_spn_tenantid": parameters.get("tenantid"),
            "azurerm_subscription_id": data.get("subscriptionId"),
            "azurerm_subscription_name": data.get("subscriptionName"),
            "azurerm_management_group_id": data.get("managementGroupId"),
            "azurerm_management_group_name": data.get("managementGroupName"),
            "environment": data.get("environment"),
            "service_principal_id": parameters.get("serviceprincipalid", ""),
            "workload_identity_federation_issuer": parameters.get("workloadIdentityFederationIssuer"),
            "workload_identity_federation_subject": parameters.get("workloadIdentityFederationSubject"),
            **({"credentials": {**blank, **given}} if given else {}),
        }


class ServiceEndpointGeneric(ServiceEndpoint):
    """A connection to any server, with a name and a password."""

    token = "azuredevops:index/serviceEndpointGeneric:ServiceEndpointGeneric"  # noqa: S105
    local = frozenset({"password"})

    def _own(self, it: Instance) -> Values:
        parameters = {name: it.fields.get(name, "") for name in ("username", "password")}
        return {
            "type": "generic",
            "url": it.fields["server_url"],
            "authorization": {"scheme": "UsernamePassword", "parameters": parameters},
        }

    def _told(self, it: Instance, found: Values) -> Values:  # noqa: ARG002
        return {"username": (found["authorization"].get("parameters") or {}).get("username")}


TYPES = (ServiceEndpointAzureRM(), ServiceEndpointGeneric())
