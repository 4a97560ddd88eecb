"""What a Workspace is made of."""

from typing import NotRequired, TypedDict

import pulumi

from pulumi_databricks_mlops.roles import RolesArgs


class SignInArgs(TypedDict):
    """How a provider signs in; what is left out comes from the environment's variables."""

    auth_type: NotRequired[str]
    """`oauth-m2m`, `github-oidc`, `azure-devops-oidc`, `azure-cli`, …"""
    audience: NotRequired[pulumi.Input[str]]
    """The audience of an OIDC token; a federation policy's default is the account's ID."""
    rate_limit: NotRequired[int]
    """Requests a second. Default: 15."""


class AccountArgs(TypedDict):
    """The account, for what is made in it."""

    account_id: pulumi.Input[str]
    """Its ID."""
    host: NotRequired[str]
    """Its address. Default: `https://accounts.cloud.databricks.com`."""
    sign_in: NotRequired[SignInArgs]
    """How to sign in to it, and to a workspace that it makes."""


class PrivateAccessArgs(TypedDict):
    """AWS PrivateLink: the VPC's own endpoints, by their AWS IDs (`vpce-…`)."""

    rest_api_endpoint: pulumi.Input[str]
    """The endpoint for the workspace's page and API."""
    relay_endpoint: pulumi.Input[str]
    """The endpoint for clusters."""
    public_access: NotRequired[bool]
    """True: the workspace is reached over the internet too. Default: false."""


class AwsNetworkArgs(TypedDict):
    """A VPC of one's own."""

    vpc_id: pulumi.Input[str]
    """The VPC."""
    subnet_ids: list[pulumi.Input[str]]
    """At least two subnets, in different availability zones."""
    security_group_ids: list[pulumi.Input[str]]
    """One to five security groups."""
    private_access: NotRequired[PrivateAccessArgs]
    """PrivateLink. Default: none."""


class AwsArgs(TypedDict):
    """A classic workspace on AWS: its compute runs in the customer's cloud account."""

    role_arn: pulumi.Input[str]
    """The cross-account role with which machines are made."""
    bucket: pulumi.Input[str]
    """The root bucket."""
    network: NotRequired[AwsNetworkArgs]
    """Default: a VPC that Databricks makes."""


class GcpNetworkArgs(TypedDict):
    """A VPC of one's own."""

    project_id: pulumi.Input[str]
    """The project of the VPC."""
    vpc_id: pulumi.Input[str]
    """The VPC."""
    subnet_id: pulumi.Input[str]
    """The subnet."""


class GcpArgs(TypedDict):
    """A classic workspace on GCP: its compute runs in the customer's project."""

    project_id: pulumi.Input[str]
    """The project."""
    network: NotRequired[GcpNetworkArgs]
    """Default: a VPC that Databricks makes."""


class AzureNetworkArgs(TypedDict):
    """A virtual network of one's own."""

    virtual_network_id: pulumi.Input[str]
    """Its resource ID."""
    public_subnet: pulumi.Input[str]
    """Name of the subnet for hosts."""
    private_subnet: pulumi.Input[str]
    """Name of the subnet for containers."""


class AzureArgs(TypedDict):
    """Where on Azure a workspace is."""

    resource_group: pulumi.Input[str]
    """Name of the resource group."""
    managed_resource_group_id: NotRequired[pulumi.Input[str]]
    """Makes it classic: resource ID of the group that Databricks keeps its machines in."""
    network: NotRequired[AzureNetworkArgs]
    """Of a classic workspace. Default: one that Databricks makes."""


class NewWorkspaceArgs(TypedDict):
    """A new workspace: serverless, unless the cloud's part says what a classic one needs."""

    name: pulumi.Input[str]
    """Its name, which is unique in the account; another name is another workspace."""
    account_id: NotRequired[pulumi.Input[str]]
    """The account's ID; Azure needs none."""
    cloud: NotRequired[str]
    """`aws` (default), `gcp` or `azure`."""
    region: pulumi.Input[str]
    """The cloud's region."""
    pricing_tier: NotRequired[str]
    """`PREMIUM` or `ENTERPRISE`. Default: the account's."""
    aws: NotRequired[AwsArgs]
    """Makes it classic on AWS."""
    gcp: NotRequired[GcpArgs]
    """Makes it classic on GCP."""
    azure: NotRequired[AzureArgs]
    """Where on Azure."""


class IpAccessListArgs(TypedDict):
    """Addresses that may call the workspace, or may not."""

    addresses: list[str]
    """IPv4 addresses or ranges."""
    block: NotRequired[bool]
    """True: they may not. Default: only they may."""


class ClusterPolicyArgs(TypedDict):
    """What clusters may be: a definition of one's own, or a family with overrides."""

    definition: NotRequired[str]
    """JSON."""
    family: NotRequired[str]
    """ID of a policy family, `job-cluster` for example."""
    overrides: NotRequired[str]
    """JSON that changes the family."""
    max_clusters_per_user: NotRequired[int]
    """Default: no limit."""
    description: NotRequired[str]
    """What it is for."""


class DestinationArgs(TypedDict):
    """Who is told when something goes wrong: one of e-mail, Slack, Teams, PagerDuty and a webhook."""

    email: NotRequired[list[str]]
    """E-mail addresses."""
    slack_url: NotRequired[pulumi.Input[str]]
    """A Slack webhook's URL; becomes a Pulumi secret, as the others below."""
    teams_url: NotRequired[pulumi.Input[str]]
    """A Microsoft Teams webhook's URL."""
    pagerduty_key: NotRequired[pulumi.Input[str]]
    """A PagerDuty integration key."""
    webhook_url: NotRequired[pulumi.Input[str]]
    """Any webhook's URL."""


class WorkspaceArgs(TypedDict):
    """An existing workspace by its host, or a new one; without both, the one that the provider is for."""

    environment: str
    """The environment's name; physical names carry it."""
    host: NotRequired[pulumi.Input[str]]
    """Address of an existing workspace."""
    workspace_id: NotRequired[pulumi.Input[str]]
    """Number of an existing workspace; what the account does for it needs it."""
    create: NotRequired[NewWorkspaceArgs]
    """A new workspace."""
    sign_in: NotRequired[SignInArgs]
    """How to sign in to the workspace."""
    metastore_id: NotRequired[pulumi.Input[str]]
    """The metastore to assign. Default: the one that the account assigns by region."""
    ip_access_lists: NotRequired[dict[str, IpAccessListArgs]]
    """By name. Default: every address may call."""
    cluster_policies: NotRequired[dict[str, ClusterPolicyArgs]]
    """By name; developers, owners and the runner may use them."""
    budget_policy: NotRequired[dict[str, str]]
    """Tags of a budget policy for the workspace's serverless compute. Default: no policy."""
    notification_destinations: NotRequired[dict[str, DestinationArgs]]
    """By name."""
    tags: NotRequired[dict[str, str]]
    """Tags of a new workspace beside `environment`."""
    roles: NotRequired[RolesArgs]
    """Who may use the cluster policies."""
    protect: NotRequired[bool]
    """True: `destroy` refuses the workspace, and it stays when it leaves the program. Default: false."""
