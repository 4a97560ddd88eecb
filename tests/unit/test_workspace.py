"""What a workspace declares, in the account and in itself."""

from __future__ import annotations

import importlib.util
import json
from pathlib import Path
from typing import Any

import pulumi
import pulumi_databricks as databricks
import pytest
from pulumi_databricks_mlops import Environment, Workspace
from unit_declared import Declared, Estate, declare, refused

ACCOUNT = "a0000000-1111-2222-3333-444444444444"
ML_CODE = str(Path(__file__).parent.parent.parent / "ml_code")
NEW: dict[str, Any] = {"name": "mlops-prod", "account_id": ACCOUNT, "region": "us-east-1"}
AWS: dict[str, Any] = {"role_arn": "arn:aws:iam::123456789012:role/mlops", "bucket": "mlops-root"}
NETWORK: dict[str, Any] = {"vpc_id": "vpc-1", "subnet_ids": ["a", "b"], "security_group_ids": ["g"]}
AT_ACCOUNT = {
    "MwsWorkspaces",
    "MwsCredentials",
    "MwsStorageConfigurations",
    "MwsNetworks",
    "MwsVpcEndpoint",
    "MwsPrivateAccessSettings",
    "MetastoreAssignment",
    "BudgetPolicy",
}
RULES: dict[str, Any] = {
    "metastore_id": "m1",
    "ip_access_lists": {"office": {"addresses": ["203.0.113.0/24"]}},
    "cluster_policies": {
        "small": {
            "definition": json.dumps(
                {
                    "num_workers": {"type": "fixed", "value": 2},
                    "custom_tags.team": {"type": "fixed", "value": "ml"},
                    "init_scripts.0.workspace.destination": {"type": "fixed", "value": "/Shared/x"},
                    "cluster_type": {"type": "fixed", "value": "job"},
                    "node_type_id": {"type": "unlimited", "defaultValue": "m5.large"},
                }
            )
        }
    },
    "budget_policy": {"team": "ml"},
    "notification_destinations": {"oncall": {"email": ["oncall@example.com"]}},
    "roles": {"developers": ["data-scientists"]},
}


def workspace(**args: Any) -> Estate:
    def program() -> None:
        account = databricks.Provider("account", host="https://accounts.example.com", account_id=ACCOUNT)
        Workspace(
            "w",
            {"environment": "prod", **args},  # type: ignore[typeddict-item]
            pulumi.ResourceOptions(provider=account),
        )

    return declare(program)


def provider_of(declared: Declared) -> str:
    return str(declared.request.provider).split("::")[-2]


def test_a_new_workspace_is_serverless_and_has_no_token() -> None:
    made = workspace(create=NEW).one("MwsWorkspaces").inputs
    assert made["computeMode"] == "SERVERLESS"
    assert made["customTags"] == {"environment": "prod"}
    assert not {"token", "credentialsId", "networkId"} & set(made)


def test_a_classic_workspace_stands_on_credentials_storage_and_network() -> None:
    private = {**NETWORK, "private_access": {"rest_api_endpoint": "vpce-1", "relay_endpoint": "vpce-2"}}
    estate = workspace(create={**NEW, "aws": {**AWS, "network": private}})
    made = estate.one("MwsWorkspaces").inputs
    assert made["credentialsId"] == "c1"
    assert made["storageConfigurationId"] == "s1"
    assert made["networkId"] == "n1"
    assert made["privateAccessSettingsId"] == "p1"
    assert "computeMode" not in made
    assert estate.one("MwsPrivateAccessSettings").inputs["publicAccessEnabled"] is False
    assert estate.one("MwsNetworks").inputs["vpcEndpoints"] == {"restApis": ["v1"], "dataplaneRelays": ["v1"]}


def test_on_gcp_it_is_in_a_project_and_a_location() -> None:
    network = {"project_id": "net", "vpc_id": "v", "subnet_id": "s"}
    gcp = {**NEW, "cloud": "gcp", "region": "us-east4", "gcp": {"project_id": "ml", "network": network}}
    estate = workspace(create=gcp)
    made = estate.one("MwsWorkspaces").inputs
    assert made["location"] == "us-east4"
    assert "awsRegion" not in made
    assert made["cloudResourceContainer"] == {"gcp": {"projectId": "ml"}}
    assert estate.one("MwsNetworks").inputs["gcpNetworkInfo"]["subnetRegion"] == "us-east4"


def test_each_resource_goes_to_the_provider_of_its_level() -> None:
    estate = workspace(create={**NEW, "aws": {**AWS, "network": NETWORK}}, **RULES)
    assert AT_ACCOUNT - {"MwsVpcEndpoint", "MwsPrivateAccessSettings"} <= {
        each.kind for each in estate.values()
    }
    for each in estate.values():
        if each.request.custom and each.kind != "databricks":
            at_account = each.kind in AT_ACCOUNT
            assert provider_of(each) == ("account" if at_account else "w-provider"), each.name
    assert estate["databricks w-provider"].inputs["host"] == "https://made.example.com"


def test_an_existing_workspace_is_not_made() -> None:
    estate = workspace(host="https://dev.example.com", workspace_id="4711", **RULES)
    assert not estate.of("MwsWorkspaces")
    assert estate.one("MetastoreAssignment").inputs["workspaceId"] == "4711"
    assert estate["databricks w-provider"].inputs["host"] == "https://dev.example.com"


def waits_for(estate: Estate, declared: Declared) -> set[str]:
    """The types of all that a resource waits for, however long the way."""
    seen: dict[str, Declared] = {}
    waiting = [declared]
    while waiting:
        request = waiting.pop().request
        for urn in (*request.dependencies, request.provider.rpartition("::")[0]):
            types, _, name = urn.rpartition("::")
            found = estate.get(f"{types.rpartition(':')[2]} {name}")
            if found is not None and urn not in seen:
                seen[urn] = found
                waiting.append(found)
    return {each.kind for each in seen.values()}


def whole_environment() -> Estate:
    """A new workspace with rules, identities, a catalog and a job."""
    job = {
        "tasks": {"one": {"notebook": "/Shared/one"}},
        "cluster": {"spark_version": "x", "policy_id": "small"},
    }
    project: Any = {"project": "flights", "environment": "prod", "folder": ML_CODE, "serving": {}}
    given = {key: value for key, value in RULES.items() if key != "roles"}
    return declare(
        lambda: Environment(
            "prod",
            {
                "environment": "prod",
                "catalog": {"catalog": "prod"},
                "account": {"account_id": ACCOUNT},
                "identities": {},
                "workspace": {"create": {"name": "mlops-prod", "region": "us-east-1"}, **given},  # type: ignore[typeddict-item]
                "projects": {"flights": {**project, "jobs": {"work": job, "light": {"tasks": job["tasks"]}}}},
            },
        )
    )


def test_what_is_in_a_new_workspace_waits_for_its_metastore() -> None:
    estate = whole_environment()
    within = (
        "Catalog",
        "SqlEndpoint",
        "Directory",
        "MwsPermissionAssignment",
        "ClusterPolicy",
        "IpAccessList",
    )
    for each in (found for kind in within for found in estate.of(kind)):
        assert {"MetastoreAssignment", "MwsWorkspaces"} <= waits_for(estate, each), each.name


def test_a_job_waits_until_it_may_run_as_the_runner_and_use_its_policies() -> None:
    estate = whole_environment()
    rules = {each.name: each for each in estate.of("AccessControlRuleSet")}
    assert set(rules) == {"prod-identity-runner-rules", "prod-budget-rules"}
    light, work = (" ".join(each.request.dependencies) for each in estate.of("Job"))
    assert all(f"::{name}" in light for name in rules)
    assert "::prod-identity-runner-rules" in work
    assert "::prod-workspace-policy-small-permissions" in work
    assert "::prod-budget-rules" in " ".join(estate.one("ModelServing").request.dependencies)


def test_other_peoples_access_lists_stay_in_force() -> None:
    assert workspace(create=NEW, **RULES).one("WorkspaceConf").request.retainOnDelete


def test_the_workspace_is_protected_where_the_environment_is() -> None:
    (made,) = workspace(create=NEW, protect=True).of("MwsWorkspaces")
    assert made.request.protect
    assert made.request.retainOnDelete


def test_who_may_use_a_cluster_policy_is_decided_by_roles() -> None:
    (rules,) = workspace(create=NEW, **RULES).of("Permissions")
    assert rules.inputs["accessControls"] == [{"groupName": "data-scientists", "permissionLevel": "CAN_USE"}]


def test_a_destinations_address_is_a_secret() -> None:
    wanted = {"chat": {"slack_url": "https://hooks.example.com/T0"}}
    made = workspace(create=NEW, notification_destinations=wanted).one("NotificationDestination")
    assert pulumi.runtime.rpc.is_rpc_secret(made.inputs["config"])


def test_names_in_projects_become_what_the_workspace_has() -> None:
    project: Any = {
        "project": "flights",
        "environment": "prod",
        "folder": ML_CODE,
        "cluster": {"spark_version": "16.4.x-scala2.12", "policy_id": "small"},
        "notifications": {"failure_destinations": ["oncall", "0001"]},
        "jobs": {"work": {"tasks": {"one": {"notebook": "/Shared/one"}}}},
    }
    given = {key: value for key, value in RULES.items() if key != "roles"}
    estate = declare(
        lambda: Environment(
            "prod",
            {
                "environment": "prod",
                "catalog": {"catalog": "prod"},
                "account": {"account_id": ACCOUNT},
                "workspace": {"create": {"name": "mlops-prod", "region": "us-east-1"}, **given},  # type: ignore[typeddict-item]
                "projects": {"flights": project},
            },
        )
    )
    job = estate.one("Job").inputs
    assert job["jobClusters"][0]["newCluster"] == {
        "sparkVersion": "16.4.x-scala2.12",
        "dataSecurityMode": "SINGLE_USER",
        "policyId": "ABC123",
        # What its policy fixes.
        "numWorkers": 2,
        "customTags": {"team": "ml"},
    }
    destination = estate.one("NotificationDestination")
    (known, given_id) = [each["id"] for each in job["webhookNotifications"]["onFailures"]]
    assert known != "oncall"
    assert given_id == "0001"
    assert destination.inputs["displayName"] == "prod-oncall"


WRONG = {
    "create and host": ({"create": NEW, "host": "https://x"}, "choose one"),
    "cloud": ({"create": {**NEW, "cloud": "aws2"}}, "did you mean 'aws'?"),
    "other cloud's settings": ({"create": {**NEW, "cloud": "gcp", "aws": AWS}}, "leave them out"),
    "no account": ({"create": {"name": "abc", "region": "r"}}, "DATABRICKS_ACCOUNT_ID"),
    "azure alone": ({"create": {**NEW, "cloud": "azure"}}, "resource group"),
    "address": ({"ip_access_lists": {"a": {"addresses": ["300.1.1.1"]}}}, "203.0.113.0/24"),
    "ipv6": ({"ip_access_lists": {"a": {"addresses": ["::1"]}}}, "IPv4"),
    "no address": ({"ip_access_lists": {"a": {"addresses": []}}}, "has no address"),
    "policy": ({"cluster_policies": {"a": {"definition": "{"}}}, "is not JSON"),
    "two policies": ({"cluster_policies": {"a": {"definition": "{}", "family": "job"}}}, "one of them"),
    "metastore": ({"metastore_id": "m1", "host": "https://x"}, "give workspace_id"),
    "destination": ({"notification_destinations": {"a": {}}}, "exactly one of email"),
}


@pytest.mark.parametrize(("args", "told"), WRONG.values(), ids=WRONG)
def test_wrong_arguments_are_told_before_anything_is_registered(args: dict[str, Any], told: str) -> None:
    assert told in refused(lambda: Workspace("w", {"environment": "prod", **args}))  # type: ignore[typeddict-item]


AZURE: dict[str, Any] = {
    "name": "mlops-prod",
    "cloud": "azure",
    "region": "westeurope",
    "azure": {"resource_group": "ml"},
}


@pytest.mark.skipif(
    importlib.util.find_spec("pulumi_azure_native") is not None, reason="the extra is installed"
)
def test_azure_without_its_extra_says_what_to_install() -> None:
    with pytest.raises(pulumi.RunError, match=r"pip install 'pulumi-databricks-mlops\[azure\]'"):
        workspace(create=AZURE)


def azure_workspace(wanted: dict[str, Any]) -> dict[str, Any]:
    (made,) = (each for each in workspace(create=wanted).of("Workspace") if each.request.custom)
    return made.inputs


@pytest.mark.skipif(
    importlib.util.find_spec("pulumi_azure_native") is None, reason="the extra is not installed"
)
def test_on_azure_it_is_serverless_unless_it_has_a_managed_group() -> None:
    made = azure_workspace(AZURE)
    assert made["computeMode"] == "Serverless"
    assert made["sku"] == {"name": "premium"}
    network = {"virtual_network_id": "/v", "public_subnet": "a", "private_subnet": "b"}
    classic = {**AZURE["azure"], "managed_resource_group_id": "/g", "network": network}
    made = azure_workspace({**AZURE, "azure": classic})
    assert made["computeMode"] == "Hybrid"
    assert made["parameters"]["customVirtualNetworkId"] == {"value": "/v"}
    assert made["parameters"]["enableNoPublicIp"] == {"value": True}


def test_what_a_running_workspace_takes_over_has_a_name_for_what_it_is() -> None:
    private = {"rest_api_endpoint": "vpce-1", "relay_endpoint": "vpce-2"}

    def named(role: str = "arn:1", endpoint: str = "vpce-1", **network: Any) -> set[str]:
        access = {**private, "rest_api_endpoint": endpoint}
        aws = {"role_arn": role, "bucket": "b", "network": {**NETWORK, "private_access": access, **network}}
        estate = workspace(create={**NEW, "aws": aws})
        kinds = ("MwsCredentials", "MwsNetworks", "MwsVpcEndpoint")
        made = [each for kind in kinds for each in estate.of(kind)]
        for each in made:
            (ignored,) = each.request.ignoreChanges
            physical = each.inputs[ignored]
            # An earlier program's name is kept, and found under the resource's name of then.
            assert each.name.rpartition("-")[2] == physical.rpartition("-")[2]
            (alias,) = each.request.aliases
            assert alias.spec.name == each.name.rpartition("-")[0]
        return {each.name for each in made}

    first = named()
    assert named(subnet_ids=["b", "a"]) == first
    assert len(named(role="arn:2") - first) == 1
    assert len(named(vpc_id="vpc-2") - first) == 1
    assert len(named(endpoint="vpce-3") - first) == 2


def test_a_role_that_is_an_output_of_another_resource_has_the_plain_name() -> None:
    def program() -> None:
        aws: Any = {"role_arn": pulumi.Output.from_input("arn:1"), "bucket": "b"}
        create: Any = {**NEW, "aws": aws}
        Workspace("w", {"environment": "prod", "create": create})

    made = declare(program).one("MwsCredentials")
    assert (made.name, made.inputs["credentialsName"]) == ("w-credentials", "mlops-prod-credentials")
