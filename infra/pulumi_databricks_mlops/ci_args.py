"""What a CiRepository is made of."""

from collections.abc import Mapping
from typing import NotRequired, TypedDict

import pulumi


class CiEnvironmentArgs(TypedDict):
    """An environment that pipelines deploy to."""

    reviewers: NotRequired[list[str]]
    """Who must approve a deployment. GitHub: `NAME`, `team:SLUG`, or their IDs, at most 6; Azure DevOps:
    `group:NAME`, an e-mail address or an ID. Default: nobody."""
    approvals: NotRequired[int]
    """Azure DevOps: how many of them. GitHub always takes one. Default: 1."""
    self_review: NotRequired[bool]
    """True: who starts a deployment may approve it. Default: false."""
    branches: NotRequired[list[str]]
    """Branches that may deploy, patterns allowed. Default: every branch."""
    wait_minutes: NotRequired[int]
    """GitHub: minutes before a deployment starts. Default: 0."""
    variables: NotRequired[Mapping[str, pulumi.Input[str]]]
    """Plain values that its pipelines see, by name."""
    secrets: NotRequired[Mapping[str, pulumi.Input[str]]]
    """Secret values that its pipelines see, by name; they become Pulumi secrets."""
    pipelines: NotRequired[list[str]]
    """Azure DevOps: the pipelines that may use it; required where it has secrets. Default: every one."""


class CiPipelineArgs(TypedDict):
    """An Azure DevOps pipeline."""

    path: str
    """Its YAML file in the repository."""
    validates: NotRequired[bool]
    """True: a pull request to a governed branch must pass it. Default: false."""


class CiRepositoryArgs(TypedDict):
    """What a CiRepository is made of."""

    platform: str
    """`github` or `azure-devops`."""
    repository: str
    """The repository's name."""
    project: NotRequired[str]
    """Azure DevOps: the project's name."""
    create: NotRequired[bool]
    """True: the repository, and the project on Azure DevOps, are made. Default: they exist, and stay."""
    visibility: NotRequired[str]
    """Of a new repository: `private` (default), `internal` or `public`."""
    description: NotRequired[str]
    """Of a new repository."""
    governs: NotRequired[bool]
    """True: this stack owns branch rules and files of the repository; one stack alone should. Default: false,
    only the environments below are this stack's."""
    default_branch: NotRequired[str]
    """Default: `main`."""
    release_branch: NotRequired[str]
    """The branch that updates production. Default: `release`."""
    approvals: NotRequired[int]
    """Approving reviews of a pull request. Default: 1."""
    required_checks: NotRequired[list[str]]
    """GitHub: what a pull request must pass, by job name. Default: `checks` and `integration`."""
    environments: NotRequired[dict[str, CiEnvironmentArgs]]
    """By name."""
    files: NotRequired[dict[str, str]]
    """Workflow files by path in the repository. Default: none, they are in it already."""
    write_files: NotRequired[str]
    """How they get in: `pull-request` (default), or `direct` to a default branch whose rules allow it."""
    pipelines: NotRequired[dict[str, CiPipelineArgs]]
    """Azure DevOps pipelines, by name."""
    protect: NotRequired[bool]
    """True: `destroy` refuses for a repository that this component made. Default: false."""
