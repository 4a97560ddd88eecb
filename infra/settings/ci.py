"""Settings of the repository that pipelines deploy from: `ci` of an environment."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AfterValidator, Field, model_validator

from settings.model import Model

_HOSTS = {"github": "https://github.com", "azure-devops": "https://dev.azure.com"}


def _reviewer(value: str) -> str:
    if not value.strip() or value != value.strip():
        raise ValueError("is not a reviewer: write a name, team:SLUG, group:NAME, an e-mail address or an ID")
    return value


Reviewer = Annotated[str, AfterValidator(_reviewer)]
"""GitHub: NAME, team:SLUG or an ID; Azure DevOps: group:NAME, an e-mail address or an ID."""


class Ci(Model):
    """The repository, and what its pipelines need to deploy the environment."""

    platform: Literal["github", "azure-devops"]
    """Where it is."""
    owner: Annotated[str, Field(pattern=r"^[A-Za-z0-9_.-]+$")]
    """The GitHub organization or user, or the Azure DevOps organization."""
    repository: Annotated[str, Field(pattern=r"^[A-Za-z0-9_.-]{1,100}$")]
    """Its name."""
    project: str | None = None
    """Azure DevOps: the project."""
    organization_id: Annotated[str, Field(pattern=r"^[0-9a-fA-F-]{36}$")] | None = None
    """Azure DevOps: the organization's ID, which its tokens are issued under."""
    url: Annotated[str, Field(pattern=r"^https?://[^/\s]+(/[^\s]*)?$")] | None = None
    """Address of a GitHub Enterprise Server. Default: github.com or dev.azure.com."""
    governed_by: str = "prod"
    """The environment whose stack owns branch rules, pipelines and files; others own their environment."""
    create: bool = False
    """True: the governing stack makes the repository. Default: it exists, and stays."""
    visibility: Literal["private", "internal", "public"] = "private"
    """Of a new repository."""
    default_branch: str = "main"
    """A merge to it updates the environments that are not protected."""
    release_branch: str = "release"
    """A merge to it updates the protected environments."""
    approvals: Annotated[int, Field(ge=0, le=10)] = 1
    """Approving reviews of a pull request."""
    required_checks: list[str] = Field(default_factory=lambda: ["checks", "integration"])
    """What a pull request must pass, by job name."""
    reviewers: list[Reviewer] = Field(default_factory=list)
    """Who must approve a deployment of this environment."""
    required_reviewers: Annotated[int, Field(ge=1)] = 1
    """Azure DevOps: how many of them; GitHub always takes one."""
    branches: list[str] | None = None
    """Branches that deploy it. Default: the release branch where it is protected, else the default branch."""
    integration: bool = False
    """True: pull requests run their integration test in this environment's workspace."""
    credentials: Literal["oidc", "secret"] = "oidc"
    """How pipelines sign in: by their platform's tokens, or with a client secret that is stored there."""
    backend: str | None = None
    """PULUMI_BACKEND_URL of the pipelines. Default: Pulumi Cloud."""
    secrets_provider: str | None = None
    """What encrypts secrets in the state, `awskms://…` for example. Default: a passphrase or Pulumi Cloud."""
    variables: dict[Annotated[str, Field(pattern=r"^[A-Z_][A-Z0-9_]*$")], str] = Field(default_factory=dict)
    """More variables of the pipelines."""
    secrets: list[Annotated[str, Field(pattern=r"^[A-Z_][A-Z0-9_]*$")]] = Field(default_factory=list)
    """Names of secrets that every pipeline may read, previews too; each value is the config key
    `databricks-mlops:ci.<NAME>`. A `secrets_provider` needs none."""
    write_files: Literal["pull-request", "direct"] | None = None
    """How the governing stack writes the workflow files. Default: not at all, they are committed."""

    @model_validator(mode="after")
    def _complete(self) -> Ci:
        azure = self.platform == "azure-devops"
        if azure and not self.project:
            raise ValueError("has no project: name the Azure DevOps project")
        if azure and self.credentials == "oidc" and not self.organization_id:
            raise ValueError(
                "has no organization_id, which the tokens of its pipelines are issued under: "
                "add it, or set credentials to secret"
            )
        if not azure and (self.project or self.organization_id):
            raise ValueError("has project or organization_id, which are for Azure DevOps: leave them out")
        if self.default_branch == self.release_branch:
            raise ValueError("has the same default_branch and release_branch: a release needs its own")
        return self

    @property
    def host(self) -> str:
        """The platform's address, without a trailing slash."""
        return (self.url or _HOSTS[self.platform]).rstrip("/")
