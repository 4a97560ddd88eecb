"""A new workspace through the Databricks account: serverless, or classic on AWS and GCP."""

from dataclasses import dataclass
from typing import Any

import pulumi
import pulumi_databricks as databricks

from pulumi_databricks_mlops.workspace_args import (
    AwsArgs,
    AwsNetworkArgs,
    GcpArgs,
    NewWorkspaceArgs,
    PrivateAccessArgs,
)


@dataclass(frozen=True)
class Made:
    """A workspace that was made."""

    url: pulumi.Output[str]
    """`https://…`"""
    workspace_id: pulumi.Output[str]
    """Its number."""


def make_workspace(
    name: str, wanted: NewWorkspaceArgs, tags: dict[str, str], opts: pulumi.ResourceOptions, kept: bool
) -> Made:
    """Make the workspace and what it stands on.

    Args:
        name: prefix of the resources' names.
        wanted: what it is.
        tags: of its machines.
        opts: with the component as the parent, which has the account's provider.
        kept: whether `destroy` refuses.
    """
    account = wanted["account_id"]
    inputs: dict[str, Any] = {}
    if "aws" in wanted:
        inputs = _aws(name, wanted, wanted["aws"], account, opts)
    elif "gcp" in wanted:
        inputs = _gcp(name, wanted, wanted["gcp"], account, opts)
    else:
        inputs = {"compute_mode": "SERVERLESS"}
    on_gcp = wanted.get("cloud") == "gcp"
    # No token here: it would be the deploying principal's, and break when that one changes.
    # Created before the old one is deleted: a taken name stops a replacement before any data is lost.
    made = databricks.MwsWorkspaces(
        f"{name}-workspace",
        account_id=account,
        workspace_name=wanted["name"],
        pricing_tier=wanted.get("pricing_tier"),
        custom_tags=tags,
        aws_region=None if on_gcp else wanted["region"],
        location=wanted["region"] if on_gcp else None,
        **inputs,
        opts=pulumi.ResourceOptions.merge(opts, pulumi.ResourceOptions(protect=kept, retain_on_delete=kept)),
    )
    return Made(made.workspace_url, made.workspace_id.apply(str))


def _aws(
    name: str,
    wanted: NewWorkspaceArgs,
    aws: AwsArgs,
    account: pulumi.Input[str],
    opts: pulumi.ResourceOptions,
) -> dict[str, Any]:
    credentials = databricks.MwsCredentials(
        f"{name}-credentials",
        credentials_name=pulumi.Output.concat(wanted["name"], "-credentials"),
        role_arn=aws["role_arn"],
        opts=opts,
    )
    storage = databricks.MwsStorageConfigurations(
        f"{name}-storage",
        account_id=account,
        storage_configuration_name=pulumi.Output.concat(wanted["name"], "-root"),
        bucket_name=aws["bucket"],
        opts=opts,
    )
    inputs: dict[str, Any] = {
        "credentials_id": credentials.credentials_id,
        "storage_configuration_id": storage.storage_configuration_id,
    }
    if "network" in aws:
        inputs |= _aws_network(name, wanted, aws["network"], account, opts)
    return inputs


def _aws_network(
    name: str,
    wanted: NewWorkspaceArgs,
    network: AwsNetworkArgs,
    account: pulumi.Input[str],
    opts: pulumi.ResourceOptions,
) -> dict[str, Any]:
    inputs: dict[str, Any] = {}
    endpoints = None
    if "private_access" in network:
        endpoints, settings = _private_access(name, wanted, network["private_access"], account, opts)
        inputs["private_access_settings_id"] = settings
    made = databricks.MwsNetworks(
        f"{name}-network",
        account_id=account,
        network_name=pulumi.Output.concat(wanted["name"], "-network"),
        vpc_id=network["vpc_id"],
        subnet_ids=network["subnet_ids"],
        security_group_ids=network["security_group_ids"],
        vpc_endpoints=endpoints,
        opts=opts,
    )
    return {**inputs, "network_id": made.network_id}


def _private_access(
    name: str,
    wanted: NewWorkspaceArgs,
    private: PrivateAccessArgs,
    account: pulumi.Input[str],
    opts: pulumi.ResourceOptions,
) -> tuple[databricks.MwsNetworksVpcEndpointsArgs, pulumi.Output[Any]]:
    """Both endpoints under Databricks' own IDs, and the ID of the settings."""
    registered = {
        part: databricks.MwsVpcEndpoint(
            f"{name}-{part}-endpoint",
            account_id=account,
            vpc_endpoint_name=pulumi.Output.concat(wanted["name"], f"-{part}"),
            aws_vpc_endpoint_id=endpoint,
            region=wanted["region"],
            opts=opts,
        ).vpc_endpoint_id
        for part, endpoint in (("rest", private["rest_api_endpoint"]), ("relay", private["relay_endpoint"]))
    }
    settings = databricks.MwsPrivateAccessSettings(
        f"{name}-private-access",
        private_access_settings_name=pulumi.Output.concat(wanted["name"], "-private-access"),
        region=wanted["region"],
        public_access_enabled=private.get("public_access", False),
        opts=opts,
    )
    endpoints = databricks.MwsNetworksVpcEndpointsArgs(
        rest_apis=[registered["rest"]], dataplane_relays=[registered["relay"]]
    )
    return endpoints, settings.private_access_settings_id


def _gcp(
    name: str,
    wanted: NewWorkspaceArgs,
    gcp: GcpArgs,
    account: pulumi.Input[str],
    opts: pulumi.ResourceOptions,
) -> dict[str, Any]:
    inputs: dict[str, Any] = {
        "cloud_resource_container": databricks.MwsWorkspacesCloudResourceContainerArgs(
            gcp=databricks.MwsWorkspacesCloudResourceContainerGcpArgs(project_id=gcp["project_id"])
        )
    }
    if "network" in gcp:
        network = gcp["network"]
        made = databricks.MwsNetworks(
            f"{name}-network",
            account_id=account,
            network_name=pulumi.Output.concat(wanted["name"], "-network"),
            gcp_network_info=databricks.MwsNetworksGcpNetworkInfoArgs(
                network_project_id=network["project_id"],
                vpc_id=network["vpc_id"],
                subnet_id=network["subnet_id"],
                subnet_region=wanted["region"],
            ),
            opts=opts,
        )
        inputs["network_id"] = made.network_id
    return inputs
