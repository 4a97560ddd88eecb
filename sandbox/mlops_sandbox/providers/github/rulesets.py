"""Rulesets: what may happen to the branches and tags of a repository."""

from __future__ import annotations

from typing import Any

from mlops_sandbox.providers.bridge.resource import pick
from mlops_sandbox.providers.bridge.values import Values
from mlops_sandbox.providers.github.kinds import GitHubType, Instance

#: Rules that are on or off.
_SWITCHES = (
    "creation",
    "deletion",
    "non_fast_forward",
    "required_linear_history",
    "required_signatures",
    "update",
)
#: Rules whose parameters are called as their properties are.
_SETTINGS = (
    "branch_name_pattern",
    "commit_author_email_pattern",
    "commit_message_pattern",
    "committer_email_pattern",
    "copilot_code_review",
    "file_extension_restriction",
    "file_path_restriction",
    "max_file_path_length",
    "max_file_size",
    "merge_queue",
    "pull_request",
    "required_code_scanning",
    "required_deployments",
    "required_status_checks",
    "tag_name_pattern",
)
#: What the API calls otherwise than the property.
_OTHERWISE = {
    "required_check": "required_status_checks",
    "required_code_scanning_tool": "code_scanning_tools",
}
_DEFAULTS: dict[str, Values] = {
    "pull_request": {
        "dismiss_stale_reviews_on_push": False,
        "require_code_owner_review": False,
        "require_last_push_approval": False,
        "required_approving_review_count": 0,
        "required_review_thread_resolution": False,
    },
    "required_status_checks": {
        "do_not_enforce_on_create": False,
        "strict_required_status_checks_policy": False,
    },
    "copilot_code_review": {"review_draft_pull_requests": False, "review_on_push": False},
}


def _parameters(rule: str, given: Values, known: Values) -> Values:
    named = {_OTHERWISE.get(name, name): value for name, value in given.items() if value not in (None, [])}
    if rule == "pull_request" and known.get("allowed_merge_methods"):
        named.setdefault("allowed_merge_methods", known["allowed_merge_methods"])
    if rule == "required_status_checks":
        named["required_status_checks"] = [
            {"context": each["context"], **_number(each)} for each in named.get("required_status_checks", [])
        ]
    if rule.endswith("_pattern"):
        named.setdefault("negate", False)
    return {**_DEFAULTS.get(rule, {}), **named}


def _number(check: Values) -> Values:
    return {"integration_id": check["integration_id"]} if check.get("integration_id") else {}


def _rules(given: Values, known: Values) -> list[Values]:
    rules: list[Values] = []
    for name in _SWITCHES:
        if given.get(name):
            fetch = bool(given.get("update_allows_fetch_and_merge"))
            more = (
                {"parameters": {"update_allows_fetch_and_merge": fetch}} if name == "update" and fetch else {}
            )
            rules.append({"type": name, **more})
    chosen = {name: given[name] for name in _SETTINGS if given.get(name)}
    return rules + [
        {"type": name, "parameters": _parameters(name, value, known.get(name) or {})}
        for name, value in chosen.items()
    ]


def _told(rules: list[dict[str, Any]]) -> Values:
    state: Values = {}
    back = {api: name for name, api in _OTHERWISE.items()}
    for rule in rules:
        name, parameters = rule["type"], rule.get("parameters") or {}
        if name in _SWITCHES:
            state[name] = True
            state |= pick(parameters, "update_allows_fetch_and_merge")
        else:
            state[name] = {back.get(key, key): value for key, value in parameters.items()}
    return state


class RepositoryRuleset(GitHubType):
    """A ruleset; its ID is its number."""

    token = "github:index/repositoryRuleset:RepositoryRuleset"  # noqa: S105

    def _path(self, it: Instance, repository: object) -> str:
        return f"{it.api.repository(repository)}/rulesets"

    def _body(self, it: Instance) -> Values:
        fields = it.fields
        return {
            "name": fields["name"],
            "target": fields["target"],
            "source_type": "Repository",
            "source": fields["repository"],
            "enforcement": fields["enforcement"],
            "bypass_actors": fields.get("bypass_actors") or [],
            **pick(fields, "conditions"),
            "rules": _rules(fields["rules"], it.state.get("rules") or {}),
        }

    def create(self, it: Instance) -> str:
        """Make it; the repository is asked first, so that a missing one is the error."""
        repository = it.fields["repository"]
        it.api.get(it.api.repository(repository))
        made = it.api.call("POST", self._path(it, repository), self._body(it))
        it.answer = self._state(made.body, made.etag, repository)
        return str(made.body["id"])

    def _state(self, told: Values, etag: str, repository: object) -> Values:
        return {
            **pick(told, "name", "target", "enforcement", "conditions", "node_id", "bypass_actors"),
            "repository": repository,
            "ruleset_id": told["id"],
            "rules": _told(told.get("rules") or []),
            "etag": etag,
        }

    def read(self, it: Instance) -> Values | None:
        """All its rules; to import one, its ID is `repository:number`."""
        repository, _, number = it.id.rpartition(":")
        repository = str(it.state.get("repository") or repository)
        path = f"{self._path(it, repository)}/{number}"
        found = it.api.look(path, {"includes_parents": "false"}, it.state.get("etag"))
        if found is None:
            return None
        if found.status == 304:
            return it.state
        it.exists(number)
        return self._state(found.body, found.etag, repository)

    def update(self, it: Instance) -> None:
        """Replace all its rules."""
        repository = it.fields["repository"]
        it.api.get(it.api.repository(repository))
        done = it.api.call("PUT", f"{self._path(it, repository)}/{it.id}", self._body(it))
        it.answer = self._state(done.body, done.etag, repository)

    def delete(self, it: Instance) -> None:
        """Remove it."""
        it.api.remove(f"{self._path(it, it.state['repository'])}/{it.id}")


TYPES = (RepositoryRuleset(),)
