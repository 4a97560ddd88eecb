"""A CiRepository on GitHub, or GitHub Enterprise Server: the provider knows which."""

from hashlib import sha256
from typing import Any

import pulumi
import pulumi_github as github

from pulumi_databricks_mlops.ci_args import CiEnvironmentArgs, CiRepositoryArgs

FILES_BRANCH = "mlops/workflow-files"
"""Pull requests with workflow files come from branches of this name and the content's hash."""


class GithubRepository:
    """Declares the resources of a GitHub repository under a component."""

    def __init__(self, name: str, args: CiRepositoryArgs, parent: pulumi.ComponentResource) -> None:
        self._name, self._args, self._parent = name, args, parent
        self._children = pulumi.ResourceOptions(parent=parent)
        self._default = args.get("default_branch", "main")
        self.repository, first = self._repository()
        if args.get("governs", False):
            # Rules come last: they would refuse what is written before.
            self._rules([*first, *self._files(first)])
        self.environments = {
            key: self._environment(key, wanted)
            for key, wanted in sorted(args.get("environments", {}).items())
        }

    def _repository(self) -> tuple[pulumi.Output[str], list[pulumi.Resource]]:
        args = self._args
        if not args.get("create", False):
            return pulumi.Output.from_input(args["repository"]), []
        protect = args.get("protect", False)
        made = github.Repository(
            f"{self._name}-repository",
            name=args["repository"],
            description=args.get("description"),
            visibility=args.get("visibility", "private"),
            auto_init=True,
            has_issues=True,
            allow_merge_commit=False,
            delete_branch_on_merge=not args.get("files"),
            archive_on_destroy=protect,
            opts=pulumi.ResourceOptions(parent=self._parent, protect=protect, retain_on_delete=protect),
        )
        default: list[pulumi.Resource] = []
        if self._default != "main":
            default.append(
                github.BranchDefault(
                    f"{self._name}-default-branch",
                    repository=made.name,
                    branch=self._default,
                    rename=True,
                    opts=self._children,
                )
            )
        release = github.Branch(
            f"{self._name}-release-branch",
            repository=made.name,
            branch=args.get("release_branch", "release"),
            source_branch=self._default,
            # The release moves on: where it began says nothing later. A replacement would delete the branch.
            opts=pulumi.ResourceOptions(
                parent=self._parent,
                depends_on=[made, *default],
                ignore_changes=["sourceBranch", "sourceSha"],
                protect=protect,
                retain_on_delete=protect,
            ),
        )
        return made.name, [made, *default, release]

    def _files(self, after: list[pulumi.Resource]) -> list[pulumi.Resource]:
        files = self._args.get("files", {})
        if not files:
            return []
        if self._args.get("write_files", "pull-request") == "direct":
            return self._written(files, self._default, after)
        # Another content is another branch and request: a merged one is not opened again.
        name = f"{FILES_BRANCH}-{sha256(repr(sorted(files.items())).encode()).hexdigest()[:8]}"
        branch = github.Branch(
            f"{self._name}-files-branch",
            repository=self.repository,
            branch=name,
            source_branch=self._default,
            opts=pulumi.ResourceOptions(
                parent=self._parent,
                depends_on=after,
                ignore_changes=["sourceBranch", "sourceSha"],
                replace_on_changes=["branch"],
                retain_on_delete=True,
            ),
        )
        written = self._written(files, name, [branch])
        request = github.RepositoryPullRequest(
            f"{self._name}-files-request",
            base_repository=self.repository,
            base_ref=self._default,
            head_ref=name,
            title="Workflows that deploy this repository",
            body="Written by the `CiRepository` component: review, merge, and keep the branch.",
            opts=pulumi.ResourceOptions(parent=self._parent, depends_on=written, retain_on_delete=True),
        )
        return [branch, *written, request]

    def _written(
        self, files: dict[str, str], branch: str, after: list[pulumi.Resource]
    ) -> list[pulumi.Resource]:
        made: list[pulumi.Resource] = []
        for path, content in sorted(files.items()):
            made.append(
                github.RepositoryFile(
                    f"{self._name}-{path}",
                    repository=self.repository,
                    branch=branch,
                    file=path,
                    content=content,
                    commit_message=f"Write {path}",
                    overwrite_on_create=True,
                    # One after the other: two commits at once to a branch conflict. What is written stays:
                    # deleting would be one more commit to a branch that may be merged and gone.
                    opts=pulumi.ResourceOptions(
                        parent=self._parent, depends_on=[*after, *made[-1:]], retain_on_delete=True
                    ),
                )
            )
        return made

    def _rules(self, after: list[pulumi.Resource]) -> None:
        args = self._args
        for branch, part in ((self._default, "default"), (args.get("release_branch", "release"), "release")):
            github.RepositoryRuleset(
                f"{self._name}-{part}-rules",
                name=f"mlops {part} branch",
                repository=self.repository,
                target="branch",
                enforcement="active",
                conditions=github.RepositoryRulesetConditionsArgs(
                    ref_name=github.RepositoryRulesetConditionsRefNameArgs(
                        includes=[f"refs/heads/{branch}"], excludes=[]
                    )
                ),
                rules=github.RepositoryRulesetRulesArgs(
                    deletion=True,
                    non_fast_forward=True,
                    pull_request=github.RepositoryRulesetRulesPullRequestArgs(
                        required_approving_review_count=args.get("approvals", 1),
                        dismiss_stale_reviews_on_push=True,
                        require_last_push_approval=args.get("approvals", 1) > 0,
                    ),
                    required_status_checks=self._checks(),
                ),
                opts=pulumi.ResourceOptions(parent=self._parent, depends_on=after),
            )

    def _checks(self) -> github.RepositoryRulesetRulesRequiredStatusChecksArgs | None:
        wanted = self._args.get("required_checks", ["checks", "integration"])
        if not wanted:
            return None
        return github.RepositoryRulesetRulesRequiredStatusChecksArgs(
            required_checks=[
                github.RepositoryRulesetRulesRequiredStatusChecksRequiredCheckArgs(context=context)
                for context in sorted(wanted)
            ],
            strict_required_status_checks_policy=True,
        )

    def _environment(self, key: str, wanted: CiEnvironmentArgs) -> pulumi.Output[str]:
        branches, reviewers = sorted(wanted.get("branches", [])), wanted.get("reviewers", [])
        environment = github.RepositoryEnvironment(
            f"{self._name}-{key}",
            repository=self.repository,
            environment=key,
            wait_timer=wanted.get("wait_minutes", 0),
            can_admins_bypass=not reviewers,
            prevent_self_review=bool(reviewers) and not wanted.get("self_review", False),
            reviewers=[self._reviewers(reviewers)] if reviewers else None,
            deployment_branch_policy=github.RepositoryEnvironmentDeploymentBranchPolicyArgs(
                custom_branch_policies=True, protected_branches=False
            )
            if branches
            else None,
            opts=self._children,
        )
        where: dict[str, Any] = {"repository": self.repository, "environment": environment.environment}
        for branch in branches:
            github.RepositoryEnvironmentDeploymentPolicy(
                f"{self._name}-{key}-from-{branch}", branch_pattern=branch, opts=self._children, **where
            )
        for variable, value in sorted(wanted.get("variables", {}).items()):
            github.ActionsEnvironmentVariable(
                f"{self._name}-{key}-{variable}",
                variable_name=variable,
                value=value,
                opts=self._children,
                **where,
            )
        for secret, value in sorted(wanted.get("secrets", {}).items()):
            github.ActionsEnvironmentSecret(
                f"{self._name}-{key}-{secret}",
                secret_name=secret,
                value=pulumi.Output.secret(value),
                opts=self._children,
                **where,
            )
        return environment.environment

    def _reviewers(self, names: list[str]) -> github.RepositoryEnvironmentReviewerArgs:
        look = pulumi.InvokeOptions(parent=self._parent)
        users: list[pulumi.Input[int]] = []
        teams: list[pulumi.Input[int]] = []
        for reviewer in sorted(names):
            kind, _, name = reviewer.rpartition(":")
            known = teams if kind == "team" else users
            if name.isdigit():
                known.append(int(name))
            elif kind == "team":
                teams.append(github.get_team_output(slug=name, summary_only=True, opts=look).id.apply(int))
            else:
                users.append(github.get_user_output(username=name, opts=look).id.apply(int))
        return github.RepositoryEnvironmentReviewerArgs(users=users or None, teams=teams or None)
