"""Settings of who works in an environment: service principals, groups, and how they sign in."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from settings.model import Model

Group = Literal["readers", "developers", "owners"]
Entitlement = Literal[
    "workspace_access", "databricks_sql_access", "allow_cluster_create", "allow_instance_pool_create"
]
PrincipalKind = Literal["deployer", "previewer", "integration", "runner", "caller"]


class GithubTrust(Model):
    """GitHub Actions jobs of one repository that deploy to one environment."""

    repository: Annotated[str, Field(pattern=r"^[A-Za-z0-9_.-]+/[A-Za-z0-9_.-]+$")]
    """`owner/name`."""
    environment: Annotated[str, Field(pattern=r"^[^:*]+$")]
    """The GitHub environment of the job."""
    issuer: Annotated[str, Field(pattern=r"^https://\S+$")] | None = None
    """Of a GitHub Enterprise Server. Default: github.com's."""


class AzureDevOpsTrust(Model):
    """Runs of one Azure DevOps pipeline."""

    organization: str
    """The organization's name."""
    organization_id: Annotated[str, Field(pattern=r"^[0-9a-fA-F-]{36}$")]
    """The organization's ID, which its tokens are issued under."""
    project: Annotated[str, Field(pattern=r"^[^/*]+$")]
    """The project's name."""
    pipeline: Annotated[str, Field(pattern=r"^[^/*]+$")]
    """The pipeline's name."""


class GitlabTrust(Model):
    """GitLab jobs of one project on one branch or tag; the `aud` of their `id_tokens` is the account's ID."""

    project: Annotated[str, Field(pattern=r"^[A-Za-z0-9_.-]+(/[A-Za-z0-9_.-]+)+$")]
    """`group/project`."""
    ref: Annotated[str, Field(pattern=r"^[^*:]+$")]
    """The branch or tag."""
    ref_type: Literal["branch", "tag"] = "branch"
    """What `ref` is."""
    issuer: Annotated[str, Field(pattern=r"^https://\S+$")] | None = None
    """Of one's own GitLab. Default: gitlab.com."""


class Trust(Model):
    """Whose tokens speak for a service principal: exactly one of github, azure_devops and gitlab."""

    principal: PrincipalKind = "deployer"
    """For which of the service principals."""
    github: GithubTrust | None = None
    """GitHub Actions."""
    azure_devops: AzureDevOpsTrust | None = None
    """Azure DevOps."""
    gitlab: GitlabTrust | None = None
    """GitLab."""
    audiences: list[str] | None = None
    """Audiences of the tokens. Default: the account's ID; Azure DevOps has one of its own."""

    @model_validator(mode="after")
    def _one_platform(self) -> Trust:
        given = [each for each in ("github", "azure_devops", "gitlab") if getattr(self, each) is not None]
        if len(given) != 1:
            has = " and ".join(given) or "nobody"
            raise ValueError(f"names {has}: give exactly one of github, azure_devops and gitlab")
        return self


class SecretRotation(Model):
    """A client secret of each principal of pipelines, for platforms that issue no tokens."""

    rotate_days: Annotated[int, Field(ge=1, le=350)] = 90
    """Days after which the next secret is the current one; the one before works as long again."""


def _principals() -> list[PrincipalKind]:
    return ["deployer", "runner"]


def _groups() -> list[Group]:
    return ["readers", "developers", "owners"]


class Identities(Model):
    """Service principals and groups, called `<environment>-<role>`; each has its role in the environment."""

    principals: list[PrincipalKind] = Field(default_factory=_principals)
    """`deployer`, `previewer`, `integration` for pipelines, `runner` for jobs, `caller` for applications."""
    groups: list[Group] = Field(default_factory=_groups)
    """Which groups to make."""
    members: dict[Group, list[Annotated[str, Field(pattern=r"^[0-9]+$")]]] = Field(default_factory=dict)
    """By group, the account's numbers of users, groups and service principals, in quotes."""
    entitlements: dict[PrincipalKind | Group, list[Entitlement]] = Field(default_factory=dict)
    """By principal or group, all that it may there. Default: what the workspace gives its users."""
    trusts: list[Trust] = Field(default_factory=list)
    """Whose tokens speak for which principal, beside those of `ci`."""
    secret: SecretRotation | None = None
    """Client secrets for the principals of pipelines. Default: none."""

    @model_validator(mode="after")
    def _complete(self) -> Identities:
        for group in self.members:
            if group not in self.groups:
                raise ValueError(f"has members of {group}, which is not one of the groups: add it to them")
        for key in self.entitlements:
            if key not in (*self.principals, *self.groups):
                raise ValueError(f"has entitlements of {key}, which is not made: take them out")
        for trust in self.trusts:
            if trust.principal not in self.principals:
                raise ValueError(
                    f"has a trust for {trust.principal}, which is not one of the principals: add it to them"
                )
        if self.trusts and self.secret:
            raise ValueError("has trusts and secrets: tokens need no stored secret, take `secret` out")
        return self
