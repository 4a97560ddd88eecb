"""How a service principal proves who it is: federation policies, and secrets where those can't be."""

from __future__ import annotations

from mlops_sandbox.providers.bridge.resource import pick
from mlops_sandbox.providers.bridge.values import Values
from mlops_sandbox.providers.databricks.client import path_part
from mlops_sandbox.providers.databricks.kinds import DatabricksType, FrameworkType, Instance


class ServicePrincipalFederationPolicy(FrameworkType):
    """Which outside tokens are taken for the principal. Its ID in the state is literally `id`."""

    token = "databricks:index/servicePrincipalFederationPolicy:ServicePrincipalFederationPolicy"  # noqa: S105
    _answered = ("create_time", "name", "policy_id", "service_principal_id", "uid")

    def _path(self, it: Instance, known: Values) -> str:
        principal = known["service_principal_id"]
        account = f"/api/2.0/accounts/{it.api.account_id}"
        return f"{account}/servicePrincipals/{principal}/federationPolicies"

    def create(self, it: Instance) -> str:
        """Make the policy, under its own ID if the program gives one."""
        body = pick(it.fields, "description", "oidc_policy", "policy_id", "service_principal_id")
        query = pick(it.fields, "policy_id") or None
        it.answer = it.api.call("POST", self._path(it, it.fields), body, query)
        return "id"

    def settle(self, it: Instance) -> Values | None:
        """What the call answered."""
        return it.answer

    def read(self, it: Instance) -> Values | None:
        """The policy."""
        path = f"{self._path(it, it.state)}/{path_part(it.state['policy_id'])}"
        found: Values | None = it.api.find(path)
        return found

    def update(self, it: Instance) -> None:
        """Description and policy."""
        body = {**pick(it.state, *self._answered), **pick(it.fields, "description", "oidc_policy")}
        path = f"{self._path(it, it.state)}/{path_part(it.state['policy_id'])}"
        it.answer = it.api.patch(path, body, {"update_mask": "description,oidc_policy"})

    def delete(self, it: Instance) -> None:
        """Remove it."""
        it.api.remove("DELETE", f"{self._path(it, it.state)}/{path_part(it.state['policy_id'])}")


class AccountFederationPolicy(ServicePrincipalFederationPolicy):
    """Which outside tokens are taken for users of the account. Its ID in the state is literally `id`."""

    token = "databricks:index/accountFederationPolicy:AccountFederationPolicy"  # noqa: S105

    def _path(self, it: Instance, known: Values) -> str:  # noqa: ARG002
        return f"/api/2.0/accounts/{it.api.account_id}/federationPolicies"


class ServicePrincipalSecret(DatabricksType):
    """A client secret; its value is told once and kept in the state, encrypted."""

    token = "databricks:index/servicePrincipalSecret:ServicePrincipalSecret"  # noqa: S105
    local = frozenset({"lifetime", "secret", "service_principal_id", "time_rotating"})
    blank = frozenset({"lifetime"})

    def _path(self, it: Instance, known: Values) -> str:
        account = f"{it.api.account_id}/" if it.api.is_account else ""
        principal = known["service_principal_id"]
        return f"/api/2.0/accounts/{account}servicePrincipals/{principal}/credentials/secrets"

    def create(self, it: Instance) -> str:
        """Make the secret."""
        it.answer = it.api.post(self._path(it, it.fields), pick(it.fields, "lifetime"))
        return str(it.answer["id"])

    def settle(self, it: Instance) -> Values | None:
        """What the call answered: the only time that the value is told."""
        return it.answer

    def read(self, it: Instance) -> Values | None:
        """The secret among the principal's, without its value."""
        found = it.api.find(self._path(it, it.state)) or {}
        for secret in found.get("secrets", []):
            if secret["id"] == it.id:
                return {**secret}
        return None

    def delete(self, it: Instance) -> None:
        """Remove it."""
        it.api.remove("DELETE", f"{self._path(it, it.state)}/{it.id}")


TYPES = (
    ServicePrincipalFederationPolicy(),
    AccountFederationPolicy(),
    ServicePrincipalSecret(),
)
