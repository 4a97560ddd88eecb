"""What the real provider asks of an account; see :mod:`parity.exchange`."""

from __future__ import annotations

from typing import Any

from parity.exchange import GONE, TOLD, UNTOLD, Ask, Exchange
from parity.lives import ACCOUNT

_IN_ACCOUNT = f"/api/2.0/accounts/{ACCOUNT}"
_RULES = f"/api/2.0/preview/accounts/{ACCOUNT}/access-control/rule-sets"
_RULE_SET = f"accounts/{ACCOUNT}/servicePrincipals/RUN/ruleSets/default"
_SCIM = f"{_IN_ACCOUNT}/scim/v2/ServicePrincipals"
_PATCH = "urn:ietf:params:scim:api:messages:2.0:PatchOp"
_PROFILE = "arn:aws:iam::1:instance-profile/RUN"
_SETTINGS = {
    "private_access_settings_name": "pas-RUN",
    "region": "eu-west-1",
    "private_access_level": "ACCOUNT",
}
_TRUST = {"issuer": "https://token.example.com/RUN", "audiences": ["me"], "subject_claim": "sub"}
_VPC = {
    "account_id": ACCOUNT,
    "network_name": "net-RUN",
    "vpc_id": "vpc-RUN",
    "subnet_ids": ["subnet-1", "subnet-2"],
    "security_group_ids": ["sg-1"],
}


def _rules(etag: str, rules: list[Any] | None = None) -> dict[str, Any]:
    rule_set = {"name": _RULE_SET, "etag": etag, **({"grant_rules": rules} if rules else {})}
    return {"name": _RULE_SET, "rule_set": rule_set}


EXCHANGES = (
    Exchange(
        "AccessControlRuleSet",
        "permissions/resource_access_control_rule_set.go",
        (
            Ask("GET", _RULES, query={"name": _RULE_SET, "etag": ""}, keep={"etag": "etag"}),
            Ask(
                "PUT",
                _RULES,
                _rules("$etag", [{"role": "roles/servicePrincipal.user", "principals": ["groups/ml"]}]),
                told={"name": _RULE_SET, "etag": TOLD, "grant_rules.0.principals.0": "groups/ml"},
            ),
            # Only this code makes it read the etag again.
            Ask("PUT", _RULES, _rules("$etag"), status=409, told={"error_code": "RESOURCE_CONFLICT"}),
            Ask("GET", _RULES, query={"name": _RULE_SET, "etag": ""}, keep={"etag": "etag"}),
            Ask("PUT", _RULES, _rules("$etag"), told={"grant_rules": []}),
        ),
        account=True,
    ),
    Exchange(
        "MwsVpcEndpoint",
        "mws/resource_mws_vpc_endpoint.go",
        (
            Ask(
                "POST",
                f"{_IN_ACCOUNT}/vpc-endpoints",
                {
                    "account_id": ACCOUNT,
                    "vpc_endpoint_name": "RUN",
                    "aws_vpc_endpoint_id": "vpce-RUN",
                    "region": "eu-west-1",
                },
                keep={"endpoint": "vpc_endpoint_id"},
            ),
            # It waits for this state.
            Ask("GET", f"{_IN_ACCOUNT}/vpc-endpoints/$endpoint", told={"state": "available"}),
            Ask("DELETE", f"{_IN_ACCOUNT}/vpc-endpoints/$endpoint"),
            Ask("GET", f"{_IN_ACCOUNT}/vpc-endpoints/$endpoint", status=404, told={"error_code": GONE}),
        ),
        account=True,
    ),
    Exchange(
        "AccountFederationPolicy",
        "internal/providers/pluginfw/products/account_federation_policy/resource_account_federation_policy.go",
        (
            Ask(
                "POST",
                f"{_IN_ACCOUNT}/federationPolicies",
                {"description": "first", "oidc_policy": _TRUST},
                query={"policy_id": "p-RUN"},
                told={"policy_id": "p-RUN", "oidc_policy.issuer": TOLD},
            ),
            Ask("GET", f"{_IN_ACCOUNT}/federationPolicies/p-RUN", told={"description": "first"}),
            Ask(
                "PATCH",
                f"{_IN_ACCOUNT}/federationPolicies/p-RUN",
                {"description": "second", "oidc_policy": _TRUST},
                query={"update_mask": "description,oidc_policy"},
                told={"description": "second"},
            ),
            Ask("DELETE", f"{_IN_ACCOUNT}/federationPolicies/p-RUN"),
            Ask("GET", f"{_IN_ACCOUNT}/federationPolicies/p-RUN", status=404),
        ),
        account=True,
    ),
    Exchange(
        "MwsNetworks",
        "mws/resource_mws_networks.go",
        (
            Ask("POST", f"{_IN_ACCOUNT}/networks", _VPC, keep={"network": "network_id"}),
            # A replacement makes the new one first.
            Ask("POST", f"{_IN_ACCOUNT}/networks", {**_VPC, "vpc_id": "vpc-2"}, status=400),
            Ask("GET", f"{_IN_ACCOUNT}/networks/$network", told={"vpc_status": TOLD, "vpc_id": "vpc-RUN"}),
            Ask("DELETE", f"{_IN_ACCOUNT}/networks/$network"),
            # It waits until this says that it is gone.
            Ask("GET", f"{_IN_ACCOUNT}/networks/$network", status=404, told={"error_code": GONE}),
        ),
        account=True,
    ),
    Exchange(
        "MwsPrivateAccessSettings",
        "mws/resource_mws_private_access_settings.go",
        (
            Ask(
                "POST",
                f"{_IN_ACCOUNT}/private-access-settings",
                {**_SETTINGS, "public_access_enabled": False},
                told={"account_id": ACCOUNT},
                keep={"settings": "private_access_settings_id"},
            ),
            Ask(
                "PUT",
                f"{_IN_ACCOUNT}/private-access-settings/$settings",
                {**_SETTINGS, "public_access_enabled": True},
            ),
            Ask(
                "GET",
                f"{_IN_ACCOUNT}/private-access-settings/$settings",
                told={
                    "public_access_enabled": True,
                    "private_access_level": "ACCOUNT",
                    "region": "eu-west-1",
                },
            ),
            Ask("DELETE", f"{_IN_ACCOUNT}/private-access-settings/$settings"),
            Ask("GET", f"{_IN_ACCOUNT}/private-access-settings/$settings", status=404),
        ),
        account=True,
    ),
    Exchange(
        "MwsNccBinding",
        "mws/resource_mws_ncc_binding.go",
        (
            Ask(
                "POST",
                f"{_IN_ACCOUNT}/workspaces",
                {"workspace_name": "ncc-RUN", "compute_mode": "SERVERLESS"},
                status=201,
                keep={"workspace": "workspace_id"},
            ),
            Ask(
                "PATCH",
                f"{_IN_ACCOUNT}/workspaces/$workspace",
                {"network_connectivity_config_id": "ncc-1"},
                query={"update_mask": "network_connectivity_config_id"},
            ),
            # It waits for this status.
            Ask(
                "GET",
                f"{_IN_ACCOUNT}/workspaces/$workspace",
                told={"workspace_status": "RUNNING", "network_connectivity_config_id": "ncc-1"},
            ),
            Ask("DELETE", f"{_IN_ACCOUNT}/workspaces/$workspace"),
        ),
        account=True,
    ),
    Exchange(
        "ServicePrincipalRole",
        "aws/resource_service_principal_role.go",
        (
            Ask("POST", _SCIM, {"displayName": "RUN"}, status=201, keep={"principal": "id"}),
            Ask(
                "PATCH",
                f"{_SCIM}/$principal",
                {
                    "schemas": [_PATCH],
                    "Operations": [{"op": "add", "path": "roles", "value": [{"value": _PROFILE}]}],
                },
                status=204,
            ),
            Ask(
                "GET", f"{_SCIM}/$principal", query={"attributes": "roles"}, told={"roles.0.value": _PROFILE}
            ),
            Ask(
                "PATCH",
                f"{_SCIM}/$principal",
                {
                    "schemas": [_PATCH],
                    "Operations": [{"op": "remove", "path": f'roles[value eq "{_PROFILE}"]'}],
                },
                status=204,
            ),
            Ask("GET", f"{_SCIM}/$principal", query={"attributes": "roles"}, told={"roles": UNTOLD}),
            Ask("DELETE", f"{_SCIM}/$principal", status=204),
        ),
        account=True,
    ),
)
