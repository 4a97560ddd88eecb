"""CiRepository: the repository that pipelines deploy from, on GitHub or Azure DevOps.

Owns environments with their reviewers, branches, variables and secrets; when it governs the repository,
branch rules and workflow files too, and the repository itself when it makes it. Does not own the identity
that a pipeline has in Databricks: that is ServiceIdentity's.

Every resource takes options that have no argument here through `transforms` of the component's options.
"""

from typing import Protocol

import pulumi

from pulumi_databricks_mlops.ci_args import CiRepositoryArgs
from pulumi_databricks_mlops.ci_checks import check
from pulumi_databricks_mlops.protection import Protection
from pulumi_databricks_mlops.provided import handed_down


class CiRepository(pulumi.ComponentResource):
    """A repository and its environments; its provider comes with the options."""

    repository: pulumi.Output[str]
    """The repository's name."""
    environments: pulumi.Output[dict[str, str]]
    """The environments' names, by key."""

    def __init__(self, name: str, args: CiRepositoryArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        check(name, args)
        super().__init__("databricks-mlops:index:CiRepository", name, {}, handed_down(opts))
        made = _declare(name, args, self)
        Protection(self, name, protect=args.get("protect", False))
        self.repository = made.repository
        self.environments = pulumi.Output.all(**made.environments).apply(dict)
        self.register_outputs({"repository": self.repository, "environments": self.environments})


class _Declared(Protocol):
    repository: pulumi.Output[str]
    environments: dict[str, pulumi.Output[str]]


def _declare(name: str, args: CiRepositoryArgs, component: CiRepository) -> _Declared:
    # Each platform's SDK is imported where it is used: most programs need one of them.
    if args["platform"] == "github":
        from pulumi_databricks_mlops.ci_github import GithubRepository

        return GithubRepository(name, args, component)
    from pulumi_databricks_mlops.ci_azure import AzureRepository

    return AzureRepository(name, args, component)
