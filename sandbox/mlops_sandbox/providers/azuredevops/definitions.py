"""Pipelines that are defined by a YAML file in a repository."""

from __future__ import annotations

from collections.abc import Iterable

from mlops_sandbox.providers.azuredevops.kinds import DevOpsType, Instance, located, secret_values
from mlops_sandbox.providers.bridge.errors import ResourceError
from mlops_sandbox.providers.bridge.resource import pick
from mlops_sandbox.providers.bridge.values import Values

_FILE_DECIDES = 2
_NOT_HERE = ("agentSpecification", "buildCompletionTriggers", "jobs", "schedules")


class BuildDefinition(DevOpsType):
    """A pipeline; its ID is its number."""

    token = "azuredevops:index/buildDefinition:BuildDefinition"  # noqa: S105
    local = frozenset({"features"})

    def prepare(self, inputs: Values) -> None:
        """A file says what runs; what only classic pipelines have is the real plugin's."""
        for name in _NOT_HERE:
            if inputs.get(name):
                raise ResourceError(f"{name} needs the real provider plugin; say it in the pipeline's file")

    def _body(self, it: Instance) -> Values:
        fields, pool = it.fields, it.fields["agent_pool_name"]
        variables = {
            each["name"]: {
                "allowOverride": each.get("allow_override", True),
                "isSecret": bool(each.get("is_secret")),
                "value": each.get("secret_value" if each.get("is_secret") else "value", ""),
            }
            for each in fields.get("variable") or []
        }
        return {
            "name": fields["name"],
            "path": fields["path"],
            "queueStatus": fields["queue_status"],
            "revision": it.state.get("revision", 0),
            "type": "build",
            "quality": "definition",
            "queue": {"name": pool, "pool": {"name": pool}},
            "process": {"yamlFilename": fields["repository"].get("yml_path", "")},
            "repository": _repository(fields["repository"]),
            "triggers": _triggers(fields) or None,
            "variableGroups": [{"id": number} for number in fields.get("variable_groups") or []],
            **({"variables": variables} if variables else {}),
        }

    def _path(self, project: object) -> str:
        return f"{project}/_apis/build/definitions"

    def create(self, it: Instance) -> str:
        """Make it; its first run starts only if it is asked for."""
        project = it.fields["project_id"]
        number = str(it.api.call("POST", self._path(project), self._body(it))["id"])
        it.exists(number)
        features = (it.fields.get("features") or [{}])[0]
        if features.get("skip_first_run") is False:
            branch = {"refName": it.fields["repository"]["branch_name"]}
            body = {"resources": {"repositories": {"self": branch}}}
            it.api.call("POST", f"{project}/_apis/pipelines/{number}/runs", body)
        return number

    def read(self, it: Instance) -> Values | None:
        """Its file, triggers and variables."""
        project, number = located(it)
        found = it.api.look(f"{self._path(project)}/{number}")
        if found is None:
            return None
        secrets = secret_values(it, "variable")
        groups = [each["id"] for each in found.get("variableGroups") or []]
        return {
            "project_id": project,
            **pick(found, "name", "path", "revision"),
            "queue_status": found["queueStatus"],
            "job_authorization_scope": found["jobAuthorizationScope"],
            "agent_pool_name": found["queue"]["pool"]["name"],
            "repository": _told_repository(found),
            "variable_groups": groups,
            **_told_triggers(found.get("triggers") or []),
            "variable": [
                {
                    "name": name,
                    "allow_override": told.get("allowOverride", False),
                    "is_secret": bool(told.get("isSecret")),
                    "value": told.get("value") or "",
                    "secret_value": secrets.get(name, ""),
                }
                for name, told in (found.get("variables") or {}).items()
            ],
        }

    def update(self, it: Instance) -> None:
        """Replace it; the revision says which one is meant."""
        path = f"{self._path(it.fields['project_id'])}/{it.id}"
        it.api.call("PUT", path, {"id": int(it.id), **self._body(it)})

    def delete(self, it: Instance) -> None:
        """Remove it."""
        project, number = located(it)
        it.api.remove(f"{self._path(project)}/{number}")


def _repository(given: Values) -> Values:
    name, url, api = str(given["repo_id"]), str(given.get("url", "")), ""
    if given["repo_type"] == "GitHub":
        url, api = f"https://github.com/{name}.git", f"https://api.github.com/repos/{name}"
    elif given["repo_type"] == "GitHubEnterprise":
        host = str(given.get("github_enterprise_url", "")).rstrip("/")
        url, api = f"{host}/{name}.git", f"{host}/api/v3/repos/{name}"
    elif given["repo_type"] == "TfsGit":
        url = ""
    return {
        "id": name,
        "name": name,
        "type": given["repo_type"],
        "url": url,
        "defaultBranch": given.get("branch_name", "master"),
        "properties": {
            "apiUrl": api,
            "connectedServiceId": given.get("service_connection_id", ""),
            "reportBuildStatus": "true" if given.get("report_build_status", True) else "false",
        },
    }


def _told_repository(found: Values) -> Values:
    told = found["repository"]
    properties = told.get("properties") or {}
    return {
        "repo_id": told["id"],
        "repo_type": told["type"],
        "url": told.get("url", ""),
        "branch_name": told.get("defaultBranch", ""),
        "yml_path": found["process"].get("yamlFilename", ""),
        "service_connection_id": properties.get("connectedServiceId", ""),
        "report_build_status": properties.get("reportBuildStatus", "true") == "true",
    }


def _signed(filters: Iterable[Values] | None) -> list[str] | None:
    """`+main`, `-tmp`; None when there are no filters at all."""
    given = list(filters or [])
    if not given:
        return None
    included = [f"+{each}" for one in given for each in one.get("include") or []]
    return included + [f"-{each}" for one in given for each in one.get("exclude") or []]


def _unsigned(told: list[str] | None) -> list[Values]:
    if told is None:
        return []
    included = [each[1:] for each in told if each.startswith("+")]
    return [{"include": included, "exclude": [each[1:] for each in told if each.startswith("-")]}]


def _triggers(fields: Values) -> list[Values]:
    triggers: list[Values] = []
    changed, asked = fields.get("ci_trigger"), fields.get("pull_request_trigger")
    if changed and changed.get("use_yaml"):
        empty: Values = {"branchFilters": [], "pathFilters": []}
        fixed = {"batchChanges": False, "maxConcurrentBuildsPerBranch": 1}
        triggers.append({**empty, **fixed, "settingsSourceType": _FILE_DECIDES, "triggerType": _PUSH})
    elif changed:
        own = changed.get("override") or {}
        triggers.append(
            {
                "batchChanges": own.get("batch", True),
                "branchFilters": _signed(own.get("branch_filter")) or [],
                "maxConcurrentBuildsPerBranch": own.get("max_concurrent_builds_per_branch", 1),
                "pathFilters": _signed(own.get("path_filter")) or [],
                "pollingInterval": own.get("polling_interval", 0),
                "triggerType": _PUSH,
            }
        )
    if asked:
        triggers.append(_pull_request_trigger(asked))
    return triggers


_PUSH, _PULL = "continuousIntegration", "pullRequest"


def _pull_request_trigger(asked: Values) -> Values:
    own, forks = asked.get("override") or {}, asked["forks"]
    comment = asked.get("comment_required", "")
    trigger = {
        "forks": {"enabled": forks["enabled"], "allowSecrets": forks["share_secrets"]},
        "isCommentRequiredForPullRequest": comment != "",
        "requireCommentsForNonTeamMembersOnly": comment == "NonTeamMembers",
        "triggerType": _PULL,
    }
    if asked.get("use_yaml"):
        first = [f"+{asked.get('initial_branch', '')}"]
        return {**trigger, "branchFilters": first, "settingsSourceType": _FILE_DECIDES}
    return {
        **trigger,
        "autoCancel": own.get("auto_cancel", True),
        "branchFilters": _signed(own.get("branch_filter")),
        "pathFilters": _signed(own.get("path_filter")),
    }


def _told_triggers(told: Iterable[Values]) -> Values:
    state: Values = {}
    for each in told:
        if each["triggerType"] == _PUSH:
            state["ci_trigger"] = _told_push(each)
        elif each["triggerType"] == _PULL:
            state["pull_request_trigger"] = _told_pull(each)
    return state


def _told_push(told: Values) -> Values:
    if told.get("settingsSourceType") == _FILE_DECIDES:
        return {"use_yaml": True}
    return {
        "override": {
            "batch": told["batchChanges"],
            "branch_filter": _unsigned(told.get("branchFilters")),
            "max_concurrent_builds_per_branch": told["maxConcurrentBuildsPerBranch"],
            "path_filter": _unsigned(told.get("pathFilters")),
            "polling_interval": told.get("pollingInterval", 0),
        }
    }


def _told_pull(told: Values) -> Values:
    by_file = told.get("settingsSourceType") == _FILE_DECIDES
    only_others = told.get("requireCommentsForNonTeamMembersOnly")
    comment = "NonTeamMembers" if only_others else "All"
    filters = told.get("branchFilters") or []
    own = {
        "auto_cancel": told.get("autoCancel"),
        "branch_filter": _unsigned(told.get("branchFilters")),
        "path_filter": _unsigned(told.get("pathFilters")),
    }
    return {
        "forks": {"enabled": told["forks"]["enabled"], "share_secrets": told["forks"]["allowSecrets"]},
        "initial_branch": filters[0][1:] if filters else "",
        "comment_required": comment if told.get("isCommentRequiredForPullRequest") else "",
        "use_yaml": by_file,
        **({} if by_file else {"override": own}),
    }


TYPES = (BuildDefinition(),)
