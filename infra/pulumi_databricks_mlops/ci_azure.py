"""A CiRepository on Azure DevOps."""

import re
from typing import Any

import pulumi
import pulumi_azuredevops as azuredevops

from pulumi_databricks_mlops.ci_args import CiEnvironmentArgs, CiPipelineArgs, CiRepositoryArgs

_ID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")


class AzureRepository:
    """Declares the resources of an Azure DevOps repository under a component."""

    def __init__(self, name: str, args: CiRepositoryArgs, parent: pulumi.ComponentResource) -> None:
        self._name, self._args, self._parent = name, args, parent
        self._children = pulumi.ResourceOptions(parent=parent)
        self._look = pulumi.InvokeOptions(parent=parent)
        self._default = args.get("default_branch", "main")
        self._project, self._repository_id, branches = self._repository()
        # Policies come after the branches and go before them: they refuse that one is made or deleted.
        self._policies = pulumi.ResourceOptions(parent=parent, depends_on=branches)
        self.repository = pulumi.Output.from_input(args["repository"])
        self._pipelines = {
            pipeline: self._pipeline(pipeline, described)
            for pipeline, described in sorted(args.get("pipelines", {}).items())
        }
        self.environments: dict[str, pulumi.Output[str]] = {}
        for key, wanted in sorted(args.get("environments", {}).items()):
            group, environment = self._variables(key, wanted), self._environment(key, wanted)
            self._authorize(key, wanted, group, environment)
            self.environments[key] = environment.name
        if args.get("governs", False):
            self._reviews()

    def _repository(self) -> tuple[pulumi.Output[str], pulumi.Output[str], list[pulumi.Resource]]:
        """The IDs of the project and the repository; the branches that were made."""
        args = self._args
        if not args.get("create", False):
            project = azuredevops.get_project_output(name=args["project"], opts=self._look)
            found = azuredevops.get_git_repository_output(
                name=args["repository"], project_id=project.id, opts=self._look
            )
            return project.id, found.id, []
        protect = args.get("protect", False)
        kept = pulumi.ResourceOptions(parent=self._parent, protect=protect, retain_on_delete=protect)
        made = azuredevops.Project(
            f"{self._name}-project",
            name=args["project"],
            description=args.get("description"),
            visibility="public" if args.get("visibility") == "public" else "private",
            version_control="Git",
            work_item_template="Agile",
            opts=kept,
        )
        repository = azuredevops.Git(
            f"{self._name}-repository",
            project_id=made.id,
            name=args["repository"],
            default_branch=f"refs/heads/{self._default}",
            initialization=azuredevops.GitInitializationArgs(init_type="Clean"),
            opts=pulumi.ResourceOptions(
                parent=self._parent,
                protect=protect,
                retain_on_delete=protect,
                # Only a new repository is initialized.
                ignore_changes=["initialization"],
            ),
        )
        release = azuredevops.GitRepositoryBranch(
            f"{self._name}-release-branch",
            repository_id=repository.id,
            name=args.get("release_branch", "release"),
            ref_branch=f"refs/heads/{self._default}",
            opts=pulumi.ResourceOptions(
                parent=self._parent,
                ignore_changes=["refBranch"],
                protect=protect,
                retain_on_delete=protect,
            ),
        )
        return made.id, repository.id, [release]

    def _variables(self, key: str, wanted: CiEnvironmentArgs) -> azuredevops.VariableGroup:
        plain = [
            azuredevops.VariableGroupVariableArgs(name=name, value=value)
            for name, value in sorted(wanted.get("variables", {}).items())
        ]
        secret = [
            azuredevops.VariableGroupVariableArgs(
                name=name, secret_value=pulumi.Output.secret(value), is_secret=True
            )
            for name, value in sorted(wanted.get("secrets", {}).items())
        ]
        return azuredevops.VariableGroup(
            f"{self._name}-{key}-variables",
            project_id=self._project,
            name=f"mlops-{key}",
            description=f"What pipelines need to deploy {key}",
            # Plain values open nothing: a pipeline signs in by its own name.
            allow_access=not wanted.get("pipelines"),
            # Azure DevOps refuses an empty group.
            variables=[*plain, *secret] or [azuredevops.VariableGroupVariableArgs(name="STACK", value=key)],
            opts=self._children,
        )

    def _environment(self, key: str, wanted: CiEnvironmentArgs) -> azuredevops.Environment:
        environment = azuredevops.Environment(
            f"{self._name}-{key}",
            project_id=self._project,
            name=key,
            description=f"Deployments of {key}",
            opts=self._children,
        )
        at: dict[str, Any] = {
            "project_id": self._project,
            "target_resource_id": environment.id,
            "target_resource_type": "environment",
            "opts": self._children,
        }
        if wanted.get("reviewers"):
            azuredevops.CheckApproval(
                f"{self._name}-{key}-approval",
                approvers=[self._reviewer(name) for name in sorted(wanted["reviewers"])],
                minimum_required_approvers=wanted.get("approvals", 1),
                requester_can_approve=wanted.get("self_review", False),
                instructions=f"Read the plan of {key} before you approve it.",
                **at,
            )
        if wanted.get("branches"):
            azuredevops.CheckBranchControl(
                f"{self._name}-{key}-branches",
                display_name=f"Branches that deploy {key}",
                allowed_branches=", ".join(f"refs/heads/{branch}" for branch in sorted(wanted["branches"])),
                verify_branch_protection=False,
                **at,
            )
        # One run at a time: a second update of the stack would find it locked.
        azuredevops.CheckExclusiveLock(f"{self._name}-{key}-lock", **at)
        return environment

    def _reviewer(self, name: str) -> pulumi.Input[str]:
        kind, _, rest = name.rpartition(":")
        if _ID.fullmatch(name):
            return name
        if kind == "group" or "@" not in name:
            found = azuredevops.get_group_output(name=rest, project_id=self._project, opts=self._look)
            return found.origin_id
        users = azuredevops.get_users_output(principal_name=name, opts=self._look).users
        return users.apply(lambda known: _only(name, [user.id for user in known]))

    def _authorize(
        self,
        key: str,
        wanted: CiEnvironmentArgs,
        group: azuredevops.VariableGroup,
        environment: azuredevops.Environment,
    ) -> None:
        """Open the environment to its pipelines, or to all of them: reviewers and branches still decide."""
        named = sorted(wanted.get("pipelines", []))
        at: dict[str, Any] = {"project_id": self._project, "opts": self._children}
        if not named:
            azuredevops.PipelineAuthorization(
                f"{self._name}-{key}-open", resource_id=environment.id, type="environment", **at
            )
        for pipeline in named:
            number = self._pipeline_id(pipeline)
            for kind, resource in (("variablegroup", group.id), ("environment", environment.id)):
                azuredevops.PipelineAuthorization(
                    f"{self._name}-{key}-{pipeline}-{kind}",
                    resource_id=resource,
                    type=kind,
                    pipeline_id=number,
                    **at,
                )

    def _pipeline_id(self, name: str) -> pulumi.Output[int]:
        if name in self._pipelines:
            return self._pipelines[name].id.apply(int)
        found = azuredevops.get_build_definition_output(name=name, project_id=self._project, opts=self._look)
        return found.id.apply(int)

    def _pipeline(self, name: str, wanted: CiPipelineArgs) -> azuredevops.BuildDefinition:
        definition = azuredevops.BuildDefinition(
            f"{self._name}-{name}",
            project_id=self._project,
            name=name,
            path="\\",
            repository=azuredevops.BuildDefinitionRepositoryArgs(
                repo_type="TfsGit",
                repo_id=self._repository_id,
                branch_name=f"refs/heads/{self._default}",
                yml_path=wanted["path"],
            ),
            # Triggers are the file's own.
            ci_trigger=azuredevops.BuildDefinitionCiTriggerArgs(use_yaml=True),
            # The provider never sends it, and reads what the project has.
            opts=pulumi.ResourceOptions(parent=self._parent, ignore_changes=["jobAuthorizationScope"]),
        )
        if wanted.get("validates", False):
            azuredevops.BranchPolicyBuildValidation(
                f"{self._name}-{name}-validation",
                project_id=self._project,
                settings=azuredevops.BranchPolicyBuildValidationSettingsArgs(
                    display_name=name,
                    build_definition_id=definition.id.apply(int),
                    valid_duration=0,
                    queue_on_source_update_only=False,
                    scopes=[
                        azuredevops.BranchPolicyBuildValidationSettingsScopeArgs(**scope)
                        for scope in self._scopes()
                    ],
                ),
                opts=self._policies,
            )
        return definition

    def _scopes(self) -> list[dict[str, Any]]:
        branches = (self._default, self._args.get("release_branch", "release"))
        return [
            {
                "repository_id": self._repository_id,
                "repository_ref": f"refs/heads/{branch}",
                "match_type": "Exact",
            }
            for branch in branches
        ]

    def _reviews(self) -> None:
        azuredevops.BranchPolicyMinReviewers(
            f"{self._name}-reviews",
            project_id=self._project,
            settings=azuredevops.BranchPolicyMinReviewersSettingsArgs(
                reviewer_count=self._args.get("approvals", 1),
                submitter_can_vote=False,
                last_pusher_cannot_approve=True,
                on_push_reset_approved_votes=True,
                scopes=[
                    azuredevops.BranchPolicyMinReviewersSettingsScopeArgs(**scope) for scope in self._scopes()
                ],
            ),
            opts=self._policies,
        )


def _only(name: str, found: list[str]) -> str:
    if len(found) != 1:
        raise pulumi.RunError(
            f"CiRepository: the reviewer {name} is {len(found) or 'no'} user of the organization: "
            "give the e-mail address that the person signs in with, or the ID."
        )
    return found[0]
