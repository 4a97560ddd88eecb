"""Settings of what a classic workspace stands on, by cloud."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from settings.model import Model


class PrivateAccess(Model):
    """AWS PrivateLink: the VPC's own endpoints, by their AWS IDs."""

    rest_api_endpoint: Annotated[str, Field(pattern=r"^vpce-[A-Za-z0-9_]+$")]
    """The endpoint for the workspace's page and API."""
    relay_endpoint: Annotated[str, Field(pattern=r"^vpce-[A-Za-z0-9_]+$")]
    """The endpoint for clusters."""
    public_access: bool = False
    """True: the workspace is reached over the internet too."""


class AwsNetwork(Model):
    """A VPC of one's own."""

    vpc_id: str
    """The VPC."""
    subnet_ids: Annotated[list[str], Field(min_length=2)]
    """At least two subnets, in different availability zones."""
    security_group_ids: Annotated[list[str], Field(min_length=1, max_length=5)]
    """One to five security groups."""
    private_access: PrivateAccess | None = None
    """PrivateLink. Default: none."""


class Aws(Model):
    """A classic workspace on AWS: its compute runs in the customer's cloud account."""

    role_arn: Annotated[str, Field(pattern=r"^arn:[A-Za-z0-9_-]+:iam::[0-9]{12}:role/\S+$")]
    """The cross-account role with which machines are made."""
    bucket: str
    """The root bucket."""
    network: AwsNetwork | None = None
    """Default: a VPC that Databricks makes."""


class GcpNetwork(Model):
    """A VPC of one's own."""

    project_id: str
    """The project of the VPC."""
    vpc_id: str
    """The VPC."""
    subnet_id: str
    """The subnet."""


class Gcp(Model):
    """A classic workspace on GCP: its compute runs in the customer's project."""

    project_id: str
    """The project."""
    network: GcpNetwork | None = None
    """Default: a VPC that Databricks makes."""


class AzureNetwork(Model):
    """A virtual network of one's own."""

    virtual_network_id: str
    """Its resource ID."""
    public_subnet: str
    """Name of the subnet for hosts."""
    private_subnet: str
    """Name of the subnet for containers."""


class Azure(Model):
    """Where on Azure a workspace is; needs the extra `azure` of the package."""

    resource_group: str
    """Name of the resource group."""
    managed_resource_group_id: str | None = None
    """Makes it classic: resource ID of the group that Databricks keeps its machines in."""
    network: AzureNetwork | None = None
    """Of a classic workspace. Default: one that Databricks makes."""
