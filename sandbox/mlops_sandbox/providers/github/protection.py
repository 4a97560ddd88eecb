"""Branch protection through the REST API."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from mlops_sandbox.providers.bridge.values import Values
from mlops_sandbox.providers.github.client import path_part
from mlops_sandbox.providers.github.kinds import GitHubType, Instance, named

_SLUG = {"users": "login", "teams": "slug", "apps": "slug"}


class BranchProtectionV3(GitHubType):
    """The protection of one branch; its ID is `repository:branch`."""

    token = "github:index/branchProtectionV3:BranchProtectionV3"  # noqa: S105

    def _path(self, it: Instance, repository: object, branch: object) -> str:
        return f"{it.api.repository(repository)}/branches/{path_part(branch)}/protection"

    def create(self, it: Instance) -> str:
        """Set the whole protection, then whether commits must be signed."""
        fields = it.fields
        path = self._path(it, fields["repository"], fields["branch"])
        body = {
            "enforce_admins": fields.get("enforce_admins", False),
            "required_conversation_resolution": fields.get("require_conversation_resolution", False),
            "required_status_checks": _checks(fields.get("required_status_checks")),
            "required_pull_request_reviews": _reviews(fields.get("required_pull_request_reviews")),
            "restrictions": _restrictions(fields.get("restrictions")),
        }
        it.api.call("PUT", path, body)
        it.exists(f"{fields['repository']}:{fields['branch']}")
        if fields.get("require_signed_commits"):
            it.api.call("POST", f"{path}/required_signatures")
        else:
            it.api.remove(f"{path}/required_signatures")
        return it.id

    def read(self, it: Instance) -> Values | None:
        """The protection as it is."""
        repository, branch = named(it, "repository", "branch")
        found = it.api.look(self._path(it, repository, branch), etag=it.state.get("etag"))
        if found is None:
            return None
        if found.status == 304:
            return it.state
        told = found.body
        return {
            "repository": repository,
            "branch": branch,
            "etag": found.etag,
            "enforce_admins": _on(told, "enforce_admins"),
            "require_conversation_resolution": _on(told, "required_conversation_resolution"),
            "require_signed_commits": _on(told, "required_signatures"),
            "required_status_checks": _told_checks(it, told.get("required_status_checks")),
            "required_pull_request_reviews": _told_reviews(told.get("required_pull_request_reviews")),
            "restrictions": _told_people(told.get("restrictions")),
        }

    def update(self, it: Instance) -> None:
        """Set the whole protection again."""
        self.create(it)

    def delete(self, it: Instance) -> None:
        """Leave the branch unprotected."""
        it.api.remove(self._path(it, *named(it, "repository", "branch")))


def _on(told: Values, name: str) -> bool:
    return bool((told.get(name) or {}).get("enabled"))


def _checks(given: Values | None) -> Values | None:
    if not given:
        return None
    checks = [_check(text) for text in given.get("checks") or given.get("contexts") or []]
    return {"strict": given.get("strict", False), "checks": checks}


def _check(text: str) -> Values:
    """`context` or `context:number of the app`."""
    name, _, number = text.rpartition(":")
    return {"context": name, "app_id": int(number)} if name and number.isdigit() else {"context": text}


def _told_checks(it: Instance, told: Values | None) -> Values | None:
    if not told:
        return None
    known = it.fields or it.state
    wanted = (known.get("required_status_checks") or {}).get("checks")
    names = [each["context"] for each in told.get("checks") or []] or told.get("contexts") or []
    return {"strict": told.get("strict", False), "checks" if wanted else "contexts": names}


def _reviews(given: Values | None) -> Values | None:
    if not given:
        return None
    allowed = given.get("bypass_pull_request_allowances")
    dismissing = {kind: given.get(f"dismissal_{kind}") or [] for kind in _SLUG}
    return {
        "dismiss_stale_reviews": given.get("dismiss_stale_reviews", False),
        "require_code_owner_reviews": given.get("require_code_owner_reviews", False),
        "required_approving_review_count": given.get("required_approving_review_count", 1),
        "require_last_push_approval": given.get("require_last_push_approval", False),
        **({"dismissal_restrictions": dismissing} if any(dismissing.values()) else {}),
        **({"bypass_pull_request_allowances": _restrictions(allowed)} if allowed else {}),
    }


def _told_reviews(told: Values | None) -> Values | None:
    if not told:
        return None
    dismissing = _told_people(told.get("dismissal_restrictions")) or {}
    return {
        "dismiss_stale_reviews": told.get("dismiss_stale_reviews", False),
        "require_code_owner_reviews": told.get("require_code_owner_reviews", False),
        "required_approving_review_count": told.get("required_approving_review_count", 0),
        "require_last_push_approval": told.get("require_last_push_approval", False),
        "bypass_pull_request_allowances": _told_people(told.get("bypass_pull_request_allowances")),
        **{f"dismissal_{kind}": names for kind, names in dismissing.items()},
    }


def _restrictions(given: Values | None) -> Values | None:
    return None if given is None else {kind: given.get(kind) or [] for kind in _SLUG}


def _told_people(told: Values | None) -> Values | None:
    if not told:
        return None
    return {kind: _names(told.get(kind) or [], key) for kind, key in _SLUG.items()}


def _names(told: Iterable[Any], key: str) -> list[str]:
    return [each[key] for each in told]


TYPES = (BranchProtectionV3(),)
