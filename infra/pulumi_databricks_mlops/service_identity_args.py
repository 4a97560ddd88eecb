"""What a ServiceIdentity is made of."""

from typing import NotRequired, TypedDict

import pulumi


class GithubTrustArgs(TypedDict):
    """GitHub Actions jobs of one repository that deploy to one environment."""

    repository: str
    """`owner/name`."""
    environment: str
    """The GitHub environment of the job."""
    issuer: NotRequired[str]
    """Of a GitHub Enterprise Server. Default: `https://token.actions.githubusercontent.com`."""


class AzureDevOpsTrustArgs(TypedDict):
    """Runs of one Azure DevOps pipeline."""

    organization: str
    """The organization's name."""
    organization_id: str
    """The organization's ID, which its tokens are issued under."""
    project: str
    """The project's name."""
    pipeline: str
    """The pipeline's name."""
    issuer: NotRequired[str]
    """Default: `https://vstoken.dev.azure.com/<organization_id>`."""


class GitlabTrustArgs(TypedDict):
    """GitLab jobs of one project on one branch or tag; the `aud` of their `id_tokens` is the account's ID."""

    project: str
    """`group/project`."""
    ref: str
    """The branch or tag."""
    ref_type: NotRequired[str]
    """`branch` (default) or `tag`."""
    issuer: NotRequired[str]
    """Of one's own GitLab. Default: `https://gitlab.com`."""


class IssuerTrustArgs(TypedDict):
    """Tokens of any other issuer."""

    issuer: str
    """Who signs the tokens, `https://…`."""
    subject: str
    """Their subject."""


class TrustArgs(TypedDict):
    """Whose tokens speak for a service principal: exactly one of the four."""

    principal: NotRequired[str]
    """For which of the service principals. Default: `deployer`."""
    github: NotRequired[GithubTrustArgs]
    """GitHub Actions."""
    azure_devops: NotRequired[AzureDevOpsTrustArgs]
    """Azure DevOps."""
    gitlab: NotRequired[GitlabTrustArgs]
    """GitLab."""
    issued: NotRequired[IssuerTrustArgs]
    """Another issuer."""
    audiences: NotRequired[list[str]]
    """Audiences of the tokens. Default: the account's ID; Azure DevOps has one of its own."""


class SecretRotationArgs(TypedDict):
    """A client secret of each principal of pipelines, for platforms that issue no tokens."""

    rotate_days: NotRequired[int]
    """Days after which the next secret is the current one; the one before works as long again. Default 90."""
    today: NotRequired[str]
    """The date that decides, `2026-11-24`. Default: today's in UTC."""


class ServiceIdentityArgs(TypedDict):
    """What a ServiceIdentity is made of."""

    environment: str
    """The environment's name; names of principals and groups begin with it."""
    account_id: pulumi.Input[str]
    """The account's ID."""
    workspace_id: NotRequired[pulumi.Input[str]]
    """Number of the workspace to be in. Default: in none yet."""
    principals: NotRequired[list[str]]
    """Which service principals: `deployer`, `previewer` and `integration` for pipelines, `runner` for jobs,
    `caller` for applications that ask the endpoint. Default: `deployer` and `runner`."""
    groups: NotRequired[list[str]]
    """Which groups: of `readers`, `developers` and `owners`. Default: all."""
    members: NotRequired[dict[str, list[pulumi.Input[str]]]]
    """By group, who else is in it: the account's numbers of users, groups and service principals."""
    entitlements: NotRequired[dict[str, list[str]]]
    """By principal or group, all that it may in the workspace: `workspace_access`, `databricks_sql_access`,
    `allow_cluster_create`, `allow_instance_pool_create`. Default: what the workspace gives its users."""
    trusts: NotRequired[list[TrustArgs]]
    """Whose tokens speak for which principal. Default: nobody's."""
    secret: NotRequired[SecretRotationArgs]
    """Client secrets of the pipelines' principals. Default: none."""
    protect: NotRequired[bool]
    """True: `destroy` refuses for principals and groups: new ones would have other IDs. Default: false."""
