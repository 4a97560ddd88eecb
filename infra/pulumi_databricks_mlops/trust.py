"""Whose tokens a federation policy trusts: issuer, subject and audiences of each CI platform."""

import re
from dataclasses import dataclass

from pulumi_databricks_mlops.problems import Problems
from pulumi_databricks_mlops.service_identity_args import (
    AzureDevOpsTrustArgs,
    GithubTrustArgs,
    GitlabTrustArgs,
    TrustArgs,
)

KINDS = ("github", "azure_devops", "gitlab", "issued")
_AZURE_DEVOPS_AUDIENCE = "api://AzureADTokenExchange"
"""Azure DevOps issues tokens for no other audience."""


@dataclass(frozen=True)
class Trust:
    """What a token must say."""

    principal: str
    """The service principal that it speaks for."""
    key: str
    """A name for it that is stable and unique."""
    issuer: str
    subject: str
    audiences: list[str] | None
    """None: the account's ID."""


def trust(wanted: TrustArgs) -> Trust:
    """What a token must say to be trusted."""
    own, principal = wanted.get("audiences"), wanted.get("principal", "deployer")
    if "github" in wanted:
        github = wanted["github"]
        return Trust(
            principal,
            f"github-{github['repository'].replace('/', '-')}-{github['environment']}",
            github.get("issuer", "https://token.actions.githubusercontent.com"),
            f"repo:{github['repository']}:environment:{github['environment']}",
            own,
        )
    if "azure_devops" in wanted:
        azure = wanted["azure_devops"]
        return Trust(
            principal,
            f"azure-devops-{azure['project']}-{azure['pipeline']}",
            azure.get("issuer", f"https://vstoken.dev.azure.com/{azure['organization_id']}"),
            f"p://{azure['organization']}/{azure['project']}/{azure['pipeline']}",
            own or [_AZURE_DEVOPS_AUDIENCE],
        )
    if "issued" in wanted:
        issued = wanted["issued"]
        key = re.sub(r"[^\w.-]+", "-", issued["subject"]).strip("-")
        on_azure = issued["issuer"].startswith("https://vstoken.dev.azure.com/")
        standard = [_AZURE_DEVOPS_AUDIENCE] if on_azure else None
        return Trust(principal, key, issued["issuer"], issued["subject"], own or standard)
    gitlab = wanted["gitlab"]
    kind = gitlab.get("ref_type", "branch")
    return Trust(
        principal,
        f"gitlab-{gitlab['project'].replace('/', '-')}-{kind}-{gitlab['ref']}",
        gitlab.get("issuer", "https://gitlab.com"),
        f"project_path:{gitlab['project']}:ref_type:{kind}:ref:{gitlab['ref']}",
        own,
    )


def check_trust(problems: Problems, wanted: TrustArgs) -> None:
    """Add what is wrong with it."""
    given = [key for key in KINDS if key in wanted]
    if len(given) != 1:
        has = " and ".join(given) or "nobody"
        problems.add(f"A trust names {has}: give exactly one of {', '.join(KINDS)}.")
        return
    if "github" in wanted:
        _check_github(problems, wanted["github"])
    elif "azure_devops" in wanted:
        _check_azure_devops(problems, wanted["azure_devops"])
    elif "issued" in wanted:
        problems.require_name(
            "The issuer", wanted["issued"]["issuer"], r"https?://[^\s]+", "its address, https://…"
        )
        problems.require_name(
            "The subject", wanted["issued"]["subject"], r"[^*]+", "the whole of it, without `*`"
        )
    else:
        _check_gitlab(problems, wanted["gitlab"])


def _check_github(problems: Problems, wanted: GithubTrustArgs) -> None:
    problems.require_name(
        "The GitHub repository", wanted["repository"], r"[\w.-]+/[\w.-]+", "write OWNER/REPOSITORY"
    )
    problems.require_name(
        "The GitHub environment", wanted["environment"], r"[^:*]+", "name one, without `:` and `*`"
    )


def _check_azure_devops(problems: Problems, wanted: AzureDevOpsTrustArgs) -> None:
    problems.require_name(
        "The Azure DevOps organization's ID",
        wanted["organization_id"],
        r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}",
        "a UUID, from https://dev.azure.com/<organization>/_apis/connectionData",
    )
    for part, value in (("project", wanted["project"]), ("pipeline", wanted["pipeline"])):
        problems.require_name(f"The Azure DevOps {part}", value, r"[^/*]+", "its name, without `/` and `*`")


def _check_gitlab(problems: Problems, wanted: GitlabTrustArgs) -> None:
    problems.require_name(
        "The GitLab project", wanted["project"], r"[\w.-]+(/[\w.-]+)+", "write GROUP/PROJECT"
    )
    problems.require_name("The GitLab ref", wanted["ref"], r"[^*:]+", "a branch or a tag, without `*`")
    problems.require_one("The GitLab ref's type", wanted.get("ref_type"), ("branch", "tag"))
