"""What GitHub Actions may do in a repository, and what the tokens of its runs say."""

from __future__ import annotations

from mlops_sandbox.providers.bridge.resource import pick
from mlops_sandbox.providers.bridge.values import Values
from mlops_sandbox.providers.github.kinds import GitHubType, Instance


class ActionsRepositoryPermissions(GitHubType):
    """Which actions may run; its ID is the repository's name."""

    token = "github:index/actionsRepositoryPermissions:ActionsRepositoryPermissions"  # noqa: S105

    def _path(self, it: Instance, repository: object) -> str:
        return f"{it.api.repository(repository)}/actions/permissions"

    def create(self, it: Instance) -> str:
        """Set them."""
        fields = it.fields
        enabled = fields.get("enabled", True)
        body: Values = {"enabled": enabled}
        if enabled:
            body["allowed_actions"] = fields.get("allowed_actions", "")
        if not it.state or "sha_pinning_required" in it.changed:
            body |= pick(fields, "sha_pinning_required")
        path = self._path(it, fields["repository"])
        it.api.call("PUT", path, body)
        chosen = fields.get("allowed_actions_config")
        if fields.get("allowed_actions") == "selected" and chosen:
            wanted = {
                **pick(chosen, "github_owned_allowed"),
                "verified_allowed": chosen.get("verified_allowed", False),
                "patterns_allowed": chosen.get("patterns_allowed") or [],
            }
            it.api.call("PUT", f"{path}/selected-actions", wanted)
        return str(fields["repository"])

    def read(self, it: Instance) -> Values | None:
        """What is allowed."""
        path = self._path(it, it.id)
        found = it.api.look(path)
        if found is None:
            return None
        state = {"repository": it.id, **pick(found.body, "enabled", "allowed_actions")}
        state["sha_pinning_required"] = found.body.get("sha_pinning_required", False)
        if found.body.get("allowed_actions") == "selected" and found.body["enabled"]:
            chosen = it.api.get(f"{path}/selected-actions")
            state["allowed_actions_config"] = pick(
                chosen, "github_owned_allowed", "verified_allowed", "patterns_allowed"
            )
        return state

    def update(self, it: Instance) -> None:
        """Set them again."""
        it.exists(self.create(it))

    def delete(self, it: Instance) -> None:
        """All actions may run again."""
        if it.api.look(it.api.repository(it.id)) is not None:
            it.api.call("PUT", self._path(it, it.id), {"enabled": True, "allowed_actions": "all"})


class ActionsRepositoryOidcSubjectClaimCustomizationTemplate(GitHubType):
    """What the subject of a run's token is made of; its ID is the repository's name."""

    token = (
        "github:index/actionsRepositoryOidcSubjectClaimCustomizationTemplate:"  # noqa: S105
        "ActionsRepositoryOidcSubjectClaimCustomizationTemplate"
    )

    def _path(self, it: Instance, repository: object) -> str:
        return f"{it.api.repository(repository)}/actions/oidc/customization/sub"

    def create(self, it: Instance) -> str:
        """Set it."""
        body = pick(it.fields, "use_default", "include_claim_keys")
        it.api.call("PUT", self._path(it, it.fields["repository"]), body)
        return str(it.fields["repository"])

    def read(self, it: Instance) -> Values | None:
        """The claims in their order."""
        found = it.api.look(self._path(it, it.id))
        if found is None:
            return None
        return {"repository": it.id, **pick(found.body, "use_default", "include_claim_keys")}

    def update(self, it: Instance) -> None:
        """Set it again."""
        it.exists(self.create(it))

    def delete(self, it: Instance) -> None:
        """The default again."""
        it.api.call("PUT", self._path(it, it.id), {"use_default": True})


TYPES = (ActionsRepositoryPermissions(), ActionsRepositoryOidcSubjectClaimCustomizationTemplate())
