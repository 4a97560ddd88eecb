"""A new workspace through the Databricks account: serverless, or classic on AWS and GCP.

A running workspace takes another role, network or endpoint in place. But what the account keeps of them can't
be changed, its name is unique in the account, and it can't be deleted while a workspace uses it. Another role
is therefore another resource under another name: made, taken over by the workspace, and the earlier one goes.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
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

_NETWORK = ("network", "network", "networkName")


@dataclass(frozen=True)
class Made:
    """A workspace that was made."""

    url: pulumi.Output[str]
    """`https://…`"""
    workspace_id: pulumi.Output[str]
    """Its number."""


@dataclass(frozen=True)
class _Named:
    """How something is called that is never changed."""

    resource: str
    in_account: pulumi.Output[str]
    opts: pulumi.ResourceOptions


def _named(
    name: str,
    part: tuple[str, str, str],
    workspace: pulumi.Input[str],
    identity: Sequence[pulumi.Input[str]],
    opts: pulumi.ResourceOptions,
) -> _Named:
    """Both names, with a short digest of what it stands for.

    Args:
        name: prefix of the resource's name.
        part: the end of the resource's name, the end of the name in the account, and the property with that.
        workspace: the workspace's name.
        identity: what it stands for. One that is an output of another resource is not known here: the names
            are plain ones, and a change is refused because they are taken.
        opts: of the resource.
    """
    resource, ending, field = part
    plain, called = f"{name}-{resource}", pulumi.Output.concat(workspace, "-", ending)
    if not all(isinstance(each, str) for each in identity):
        return _Named(plain, called, opts)
    digest = sha256("\n".join(str(each) for each in identity).encode()).hexdigest()[:8]
    # Made by earlier programs without the digest, it keeps its name until it changes.
    kept = pulumi.ResourceOptions(aliases=[pulumi.Alias(name=plain)], ignore_changes=[field])
    options = pulumi.ResourceOptions.merge(opts, kept)
    return _Named(f"{plain}-{digest}", pulumi.Output.concat(called, "-", digest), options)


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


def _sorted(ids: list[pulumi.Input[str]]) -> list[pulumi.Input[str]]:
    """In an order of their own, as far as that is known: the account keeps sets."""
    return sorted(ids, key=lambda each: each if isinstance(each, str) else "")


def _aws(
    name: str,
    wanted: NewWorkspaceArgs,
    aws: AwsArgs,
    account: pulumi.Input[str],
    opts: pulumi.ResourceOptions,
) -> dict[str, Any]:
    part = ("credentials", "credentials", "credentialsName")
    named = _named(name, part, wanted["name"], [aws["role_arn"]], opts)
    credentials = databricks.MwsCredentials(
        named.resource, credentials_name=named.in_account, role_arn=aws["role_arn"], opts=named.opts
    )
    # Another bucket is another workspace: that the name is taken stops it before anything is made.
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
    endpoints, private = None, network.get("private_access")
    if private:
        endpoints, settings = _private_access(name, wanted, private, account, opts)
        inputs["private_access_settings_id"] = settings
    identity = [
        network["vpc_id"],
        *_sorted(network["subnet_ids"]),
        *_sorted(network["security_group_ids"]),
        *([private["rest_api_endpoint"], private["relay_endpoint"]] if private else []),
    ]
    named = _named(name, _NETWORK, wanted["name"], identity, opts)
    made = databricks.MwsNetworks(
        named.resource,
        account_id=account,
        network_name=named.in_account,
        vpc_id=network["vpc_id"],
        subnet_ids=network["subnet_ids"],
        security_group_ids=network["security_group_ids"],
        vpc_endpoints=endpoints,
        opts=named.opts,
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
    registered: dict[str, pulumi.Output[str]] = {}
    for part, endpoint in (("rest", private["rest_api_endpoint"]), ("relay", private["relay_endpoint"])):
        named = _named(name, (f"{part}-endpoint", part, "vpcEndpointName"), wanted["name"], [endpoint], opts)
        registered[part] = databricks.MwsVpcEndpoint(
            named.resource,
            account_id=account,
            vpc_endpoint_name=named.in_account,
            aws_vpc_endpoint_id=endpoint,
            region=wanted["region"],
            opts=named.opts,
        ).vpc_endpoint_id
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
        identity = [network["project_id"], network["vpc_id"], network["subnet_id"]]
        named = _named(name, _NETWORK, wanted["name"], identity, opts)
        made = databricks.MwsNetworks(
            named.resource,
            account_id=account,
            network_name=named.in_account,
            gcp_network_info=databricks.MwsNetworksGcpNetworkInfoArgs(
                network_project_id=network["project_id"],
                vpc_id=network["vpc_id"],
                subnet_id=network["subnet_id"],
                subnet_region=wanted["region"],
            ),
            opts=named.opts,
        )
        inputs["network_id"] = made.network_id
    return inputs
