"""Branch and repository policies: what a pull request must pass."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from mlops_sandbox.providers.azuredevops.kinds import DevOpsType, Instance, located
from mlops_sandbox.providers.bridge.errors import ResourceError
from mlops_sandbox.providers.bridge.values import Values

_MEGABYTE = 1 << 20


class Policy(DevOpsType):
    """A policy of one kind; its ID is its number."""

    policy: ClassVar[str]

    def _settings(self, fields: Values) -> Values:
        raise NotImplementedError

    def _told(self, settings: Values) -> Values:
        raise NotImplementedError

    def _path(self, project: object) -> str:
        return f"{project}/_apis/policy/configurations"

    def _body(self, it: Instance) -> Values:
        return {
            "type": {"id": self.policy},
            "isBlocking": it.fields.get("blocking", True),
            "isEnabled": it.fields.get("enabled", True),
            "settings": self._settings(it.fields),
        }

    def create(self, it: Instance) -> str:
        """Make it."""
        return str(it.api.call("POST", self._path(it.fields["project_id"]), self._body(it))["id"])

    def read(self, it: Instance) -> Values | None:
        """Its settings."""
        project, number = located(it)
        found = it.api.look(f"{self._path(project)}/{number}")
        if found is None or found.get("isDeleted"):
            return None
        state = {"project_id": project, "blocking": found["isBlocking"], "enabled": found["isEnabled"]}
        return {**state, **self._told(found["settings"])}

    def update(self, it: Instance) -> None:
        """Replace its settings."""
        path = f"{self._path(it.fields['project_id'])}/{it.id}"
        it.api.call("PUT", path, {"id": int(it.id), **self._body(it)})

    def delete(self, it: Instance) -> None:
        """Remove it."""
        project, number = located(it)
        it.api.remove(f"{self._path(project)}/{number}")


class BranchPolicy(Policy):
    """A policy of branches: all of its own settings are named one to one."""

    names: ClassVar[Mapping[str, tuple[str, Any]]] = {}
    """By property: what the API calls it, and what is sent when it is not set."""

    def prepare(self, inputs: Values) -> None:
        """`DefaultBranch` names no branch."""
        scopes = inputs.get("settings", {}).get("scopes") if isinstance(inputs.get("settings"), dict) else []
        for scope in scopes if isinstance(scopes, list) else []:
            named = isinstance(scope, dict) and (scope.get("repositoryId") or scope.get("repositoryRef"))
            if named and scope.get("matchType") == "DefaultBranch":
                raise ResourceError("a scope with matchType DefaultBranch has no repositoryId or Ref")

    def _settings(self, fields: Values) -> Values:
        settings = fields["settings"]
        own = {api: settings.get(name, unset) for name, (api, unset) in self.names.items()}
        scopes = [
            {
                "matchKind": each.get("match_type", "Exact"),
                "refName": each.get("repository_ref") or None,
                "repositoryId": each.get("repository_id") or None,
            }
            for each in settings["scope"]
        ]
        return {**own, "scope": scopes}

    def _told(self, settings: Values) -> Values:
        own = {name: settings.get(api) for name, (api, _) in self.names.items()}
        scopes = [
            {
                "match_type": each.get("matchKind"),
                "repository_ref": each.get("refName"),
                "repository_id": each.get("repositoryId"),
            }
            for each in settings.get("scope") or []
        ]
        return {"settings": {**own, "scope": scopes}}


class BranchPolicyMinReviewers(BranchPolicy):
    """How many people must approve."""

    token = "azuredevops:index/branchPolicyMinReviewers:BranchPolicyMinReviewers"  # noqa: S105
    policy = "fa4e907d-c16b-4a4c-9dfa-4906e5d171dd"
    names: ClassVar[Mapping[str, tuple[str, Any]]] = {
        "allow_completion_with_rejects_or_waits": ("allowDownvotes", False),
        "last_pusher_cannot_approve": ("blockLastPusherVote", False),
        "submitter_can_vote": ("creatorVoteCounts", False),
        "reviewer_count": ("minimumApproverCount", 0),
        "on_each_iteration_require_vote": ("requireVoteOnEachIteration", False),
        "on_last_iteration_require_vote": ("requireVoteOnLastIteration", False),
        "on_push_reset_approved_votes": ("resetOnSourcePush", False),
        "on_push_reset_all_votes": ("resetRejectionsOnSourcePush", False),
    }


class BranchPolicyBuildValidation(BranchPolicy):
    """A pipeline that must succeed."""

    token = "azuredevops:index/branchPolicyBuildValidation:BranchPolicyBuildValidation"  # noqa: S105
    policy = "0609b952-1397-4640-95ec-e00a01b2c241"
    names: ClassVar[Mapping[str, tuple[str, Any]]] = {
        "build_definition_id": ("buildDefinitionId", 0),
        "display_name": ("displayName", ""),
        "filename_patterns": ("filenamePatterns", []),
        "manual_queue_only": ("manualQueueOnly", False),
        "queue_on_source_update_only": ("queueOnSourceUpdateOnly", True),
        "valid_duration": ("validDuration", 720),
    }


class BranchPolicyAutoReviewers(BranchPolicy):
    """People who are always asked."""

    token = "azuredevops:index/branchPolicyAutoReviewers:BranchPolicyAutoReviewers"  # noqa: S105
    policy = "fd2167ab-b0be-447a-8ec8-39368250530e"
    names: ClassVar[Mapping[str, tuple[str, Any]]] = {
        "submitter_can_vote": ("creatorVoteCounts", False),
        "message": ("message", ""),
        "minimum_number_of_reviewers": ("minimumApproverCount", 1),
        "auto_reviewer_ids": ("requiredReviewerIds", []),
        "path_filters": ("filenamePatterns", []),
    }


class BranchPolicyCommentResolution(BranchPolicy):
    """Every comment must be resolved."""

    token = "azuredevops:index/branchPolicyCommentResolution:BranchPolicyCommentResolution"  # noqa: S105
    policy = "c6a1889d-b943-4856-b76f-9e46bb6b0df2"


class BranchPolicyStatusCheck(BranchPolicy):
    """A status that somebody else must post."""

    token = "azuredevops:index/branchPolicyStatusCheck:BranchPolicyStatusCheck"  # noqa: S105
    policy = "cbdc66da-9728-4af8-aada-9a5a32e4a226"
    names: ClassVar[Mapping[str, tuple[str, Any]]] = {
        "name": ("statusName", ""),
        "genre": ("statusGenre", ""),
        "author_id": ("authorId", ""),
        "invalidate_on_update": ("invalidateOnSourceUpdate", False),
        "display_name": ("defaultDisplayName", ""),
        "filename_patterns": ("filenamePatterns", []),
    }

    def _settings(self, fields: Values) -> Values:
        conditional = fields["settings"].get("applicability") == "conditional"
        return {**super()._settings(fields), **({"policyApplicability": 1} if conditional else {})}

    def _told(self, settings: Values) -> Values:
        state = super()._told(settings)
        conditional = settings.get("policyApplicability") == 1
        state["settings"]["applicability"] = "conditional" if conditional else "default"
        return state


class RepositoryPolicyMaxFileSize(Policy):
    """How large a file may be."""

    token = "azuredevops:index/repositoryPolicyMaxFileSize:RepositoryPolicyMaxFileSize"  # noqa: S105
    policy = "2e26e725-8201-4edd-8bf5-978563c34a80"

    def _settings(self, fields: Values) -> Values:
        wanted = fields.get("repository_ids") or [""]
        size = int(fields["max_file_size"]) * _MEGABYTE
        return {
            "maximumGitBlobSizeInBytes": size,
            "scope": [{"repositoryId": each} for each in wanted],
        }

    def _told(self, settings: Values) -> Values:
        found = [each.get("repositoryId") for each in settings.get("scope") or []]
        return {
            "max_file_size": settings["maximumGitBlobSizeInBytes"] // _MEGABYTE,
            "repository_ids": [each for each in found if each],
        }


TYPES = (
    BranchPolicyAutoReviewers(),
    BranchPolicyBuildValidation(),
    BranchPolicyCommentResolution(),
    BranchPolicyMinReviewers(),
    BranchPolicyStatusCheck(),
    RepositoryPolicyMaxFileSize(),
)
