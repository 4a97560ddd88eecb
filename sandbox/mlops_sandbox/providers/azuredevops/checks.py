"""Checks in front of environments and other resources: approvals, branches, locks, templates."""

from __future__ import annotations

from abc import abstractmethod
from typing import ClassVar

from mlops_sandbox.providers.azuredevops.kinds import DevOpsType, Instance, located
from mlops_sandbox.providers.bridge.values import Values

_BRANCH_PROTECTION = {
    "id": "86b05a0c-73e6-4f7d-b3cf-e38f3b39a75b",
    "name": "evaluatebranchProtection",
    "version": "0.0.1",
}


class Check(DevOpsType):
    """A check of one kind; its ID is its number."""

    kind: ClassVar[Values]

    @abstractmethod
    def settings(self, fields: Values) -> Values:
        """What the API calls the properties."""

    @abstractmethod
    def told(self, settings: Values) -> Values:
        """The properties, out of what the API says."""

    def _body(self, it: Instance) -> Values:
        fields = it.fields
        return {
            "resource": {"id": fields["target_resource_id"], "type": fields["target_resource_type"]},
            "type": self.kind,
            "settings": self.settings(fields),
            "version": it.state.get("version", 0),
            **({"timeout": fields["timeout"]} if "timeout" in fields else {}),
        }

    def _path(self, project: object) -> str:
        return f"{project}/_apis/pipelines/checks/configurations"

    def create(self, it: Instance) -> str:
        """Put it in front of the resource."""
        return str(it.api.call("POST", self._path(it.fields["project_id"]), self._body(it))["id"])

    def read(self, it: Instance) -> Values | None:
        """Its settings."""
        project, number = located(it)
        found = it.api.look(f"{self._path(project)}/{number}", {"$expand": "settings"})
        if found is None:
            return None
        return {
            "project_id": project,
            "target_resource_id": found["resource"]["id"],
            "target_resource_type": found["resource"]["type"],
            "timeout": found.get("timeout"),
            "version": found.get("version"),
            **self.told(found.get("settings") or {}),
        }

    def update(self, it: Instance) -> None:
        """Replace its settings."""
        path = f"{self._path(it.fields['project_id'])}/{it.id}"
        it.api.call("PATCH", path, {"id": int(it.id), **self._body(it)})

    def delete(self, it: Instance) -> None:
        """Take it away."""
        project, number = located(it)
        it.api.remove(f"{self._path(project)}/{number}")


class CheckApproval(Check):
    """Somebody must approve."""

    token = "azuredevops:index/checkApproval:CheckApproval"  # noqa: S105
    kind: ClassVar[Values] = {"id": "8c6f20a7-a545-4486-9777-f762fafe0d4d", "name": "Approval"}
    blank = frozenset({"instructions"})

    def settings(self, fields: Values) -> Values:
        """Who, how many, and whether the requester may."""
        return {
            "approvers": [{"id": each} for each in fields["approvers"]],
            "instructions": fields.get("instructions", ""),
            "minRequiredApprovers": fields.get("minimum_required_approvers", 0),
            "requesterCannotBeApprover": not fields.get("requester_can_approve", False),
        }

    def told(self, settings: Values) -> Values:
        """Who, how many, and whether the requester may."""
        return {
            "approvers": [each["id"] for each in settings.get("approvers") or []],
            "instructions": settings.get("instructions", ""),
            "minimum_required_approvers": settings.get("minRequiredApprovers", 0),
            "requester_can_approve": not settings.get("requesterCannotBeApprover", False),
        }


class CheckBranchControl(Check):
    """Only runs of certain branches."""

    token = "azuredevops:index/checkBranchControl:CheckBranchControl"  # noqa: S105
    kind: ClassVar[Values] = {"id": "fe1de3ee-a436-41b4-bb20-f6eb4cb879a7"}

    def settings(self, fields: Values) -> Values:
        """The branches, and whether their protection counts."""
        verified = fields.get("verify_branch_protection", False)
        inputs = {
            "allowedBranches": fields["allowed_branches"],
            "ensureProtectionOfBranch": _spelled(verified),
        }
        if verified:
            ignored = fields.get("ignore_unknown_protection_status", False)
            inputs["allowUnknownStatusBranch"] = _spelled(ignored)
        return {
            "inputs": inputs,
            "definitionRef": _BRANCH_PROTECTION,
            "displayName": fields["display_name"],
        }

    def told(self, settings: Values) -> Values:
        """The branches, and whether their protection counts."""
        inputs = settings.get("inputs") or {}
        return {
            "display_name": settings.get("displayName"),
            "allowed_branches": inputs.get("allowedBranches"),
            "verify_branch_protection": inputs.get("ensureProtectionOfBranch") == "true",
            "ignore_unknown_protection_status": inputs.get("allowUnknownStatusBranch") == "true",
        }


def _spelled(value: bool) -> str:
    return "true" if value else "false"


class CheckExclusiveLock(Check):
    """One run at a time."""

    token = "azuredevops:index/checkExclusiveLock:CheckExclusiveLock"  # noqa: S105
    kind: ClassVar[Values] = {"id": "2ef31ad6-baa0-403a-8b45-2cbc9b4e5563"}

    def settings(self, fields: Values) -> Values:  # noqa: ARG002
        """There are none."""
        return {}

    def told(self, settings: Values) -> Values:  # noqa: ARG002
        """There are none."""
        return {}


class CheckRequiredTemplate(Check):
    """Only pipelines that extend certain templates."""

    token = "azuredevops:index/checkRequiredTemplate:CheckRequiredTemplate"  # noqa: S105
    kind: ClassVar[Values] = {"id": "4020e66e-b0f3-47e1-bc88-48f3cc59b5f3"}

    def settings(self, fields: Values) -> Values:
        """The templates."""
        return {
            "extendsChecks": [
                {
                    "repositoryType": _renamed(each["repository_type"], "azuregit", "git"),
                    "repositoryName": each["repository_name"],
                    "repositoryRef": each["repository_ref"],
                    "templatePath": each["template_path"],
                }
                for each in fields["required_template"]
            ]
        }

    def told(self, settings: Values) -> Values:
        """The templates."""
        return {
            "required_template": [
                {
                    "repository_type": _renamed(each["repositoryType"], "git", "azuregit"),
                    "repository_name": each["repositoryName"],
                    "repository_ref": each["repositoryRef"],
                    "template_path": each["templatePath"],
                }
                for each in settings.get("extendsChecks") or []
            ]
        }


def _renamed(value: str, old: str, new: str) -> str:
    return new if value == old else value


TYPES = (CheckApproval(), CheckBranchControl(), CheckExclusiveLock(), CheckRequiredTemplate())
