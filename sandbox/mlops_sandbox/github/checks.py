"""Commit statuses and check runs: what continuous integration says of a commit."""

from __future__ import annotations

from mlops_sandbox.context import Sandbox
from mlops_sandbox.github import accounts, commits, repositories
from mlops_sandbox.github.api import (
    GitHubAnswer,
    GitHubRoutes,
    api_url,
    base_url,
    integer,
    next_id,
    node_id,
    not_found,
    now,
    page,
    required,
    store,
    unprocessable,
)
from mlops_sandbox.server.routing import Call, Json

api = GitHubRoutes()

_STATES = ("error", "failure", "pending", "success")
_CONCLUSIONS = (
    "action_required",
    "cancelled",
    "failure",
    "neutral",
    "success",
    "skipped",
    "stale",
    "timed_out",
)
_PASSED = ("success", "neutral", "skipped")
_RUN_FIELDS = ("name", "status", "conclusion", "details_url", "external_id", "started_at", "completed_at")


def _key(repository: Json, sha: str, number: int) -> str:
    return f"{repository['id']}/{sha}/{number:012d}"


def _latest(sandbox: Sandbox, kind: str, repository: Json, sha: str, name: str) -> dict[str, Json]:
    """The newest of each name, statuses by their context, check runs by their name."""
    found = store(sandbox).documents(kind, f"{repository['id']}/{sha}/")
    return {each[name]: each for each in found}


def passed(sandbox: Sandbox, repository: Json, sha: str) -> set[str]:
    """The contexts and check runs that succeeded on a commit."""
    statuses = _latest(sandbox, "status", repository, sha, "context")
    runs = _latest(sandbox, "check_run", repository, sha, "name")
    good = {context for context, each in statuses.items() if each["state"] == "success"}
    return good | {name for name, each in runs.items() if each.get("conclusion") in _PASSED}


def _status(sandbox: Sandbox, document: Json) -> Json:
    return {**document, "creator": accounts.simple(sandbox, document["creator"])}


@api.on("POST", "/repos/{owner}/{repo}/statuses/{sha}")
def create_status(call: Call) -> GitHubAnswer:
    """Say how a commit does in one context."""
    repository, _, sha = commits.revision(call, call.path["sha"])
    if str(required(call, "Status", "state")) not in _STATES:
        raise unprocessable("Status", "state", "invalid")
    number = next_id(call.sandbox)
    document = {
        "id": number,
        "node_id": node_id("SC", number),
        "url": f"{api_url(call.sandbox)}/repos/{repositories.brief(repository)['full_name']}/statuses/{sha}",
        "state": call.body["state"],
        "description": call.body.get("description"),
        "target_url": call.body.get("target_url"),
        "context": call.body.get("context", "default"),
        **dict.fromkeys(("created_at", "updated_at"), now()),
        "creator": accounts.caller(call),
    }
    store(call.sandbox).put("status", _key(repository, sha, number), document)
    return 201, _status(call.sandbox, document)


@api.on("GET", "/repos/{owner}/{repo}/commits/{ref:path}/statuses")
def list_statuses(call: Call) -> GitHubAnswer:
    """Every status of a commit, newest first."""
    repository, _, sha = commits.revision(call, call.path["ref"])
    found = store(call.sandbox).documents("status", f"{repository['id']}/{sha}/")
    return page(call, [_status(call.sandbox, each) for each in reversed(found)])


@api.on("GET", "/repos/{owner}/{repo}/commits/{ref:path}/status")
def get_combined_status(call: Call) -> GitHubAnswer:
    """The newest status of each context, and what they come to together."""
    repository, _, sha = commits.revision(call, call.path["ref"])
    found = list(_latest(call.sandbox, "status", repository, sha, "context").values())
    states = {each["state"] for each in found}
    together = (
        "failure" if states & {"error", "failure"} else "pending" if states != {"success"} else "success"
    )
    return {
        "state": together,
        "statuses": [_status(call.sandbox, each) for each in found],
        "sha": sha,
        "total_count": len(found),
        "repository": repositories.brief(repository),
    }


def _apply(call: Call, document: Json) -> Json:
    changed = {**document, **{name: call.body[name] for name in _RUN_FIELDS if name in call.body}}
    conclusion = changed.get("conclusion")
    if conclusion is not None:
        if conclusion not in _CONCLUSIONS:
            raise unprocessable("CheckRun", "conclusion", "invalid")
        changed["status"] = "completed"
        changed["completed_at"] = changed.get("completed_at") or now()
    elif changed["status"] == "completed":
        raise unprocessable("CheckRun", "conclusion", "missing_field")
    if isinstance(call.body.get("output"), dict):
        changed["output"] = {**changed["output"], **call.body["output"]}
    return changed


@api.on("POST", "/repos/{owner}/{repo}/check-runs")
def create_check_run(call: Call) -> GitHubAnswer:
    """Begin (or report) a check of a commit."""
    required(call, "CheckRun", "name")
    repository, _, sha = commits.revision(call, str(required(call, "CheckRun", "head_sha")))
    number = next_id(call.sandbox)
    name = repositories.brief(repository)["full_name"]
    document = {
        "id": number,
        "node_id": node_id("CR", number),
        "head_sha": sha,
        "url": f"{api_url(call.sandbox)}/repos/{name}/check-runs/{number}",
        "html_url": f"{base_url(call.sandbox)}/{name}/runs/{number}",
        "external_id": "",
        "details_url": None,
        "status": "queued",
        "conclusion": None,
        "started_at": now(),
        "completed_at": None,
        "output": {"title": None, "summary": None, "text": None, "annotations_count": 0},
    }
    document = _apply(call, document)
    store(call.sandbox).put("check_run", _key(repository, sha, number), document)
    return 201, document


def report(sandbox: Sandbox, repository: Json, sha: str, name: str, conclusion: str) -> None:
    """A finished check of a commit, as the end of a workflow's job makes one."""
    number, path = next_id(sandbox), repositories.brief(repository)["full_name"]
    document = {
        "id": number,
        "node_id": node_id("CR", number),
        "head_sha": sha,
        "name": name,
        "url": f"{api_url(sandbox)}/repos/{path}/check-runs/{number}",
        "html_url": f"{base_url(sandbox)}/{path}/runs/{number}",
        "external_id": "",
        "details_url": None,
        "status": "completed",
        "conclusion": conclusion,
        "started_at": now(),
        "completed_at": now(),
        "output": {"title": None, "summary": None, "text": None, "annotations_count": 0},
    }
    store(sandbox).put("check_run", _key(repository, sha, number), document)


def _check_run(call: Call) -> tuple[str, Json]:
    repository = repositories.called(call)
    number = integer(call, "check_run_id")
    for key, each in store(call.sandbox).items("check_run", f"{repository['id']}/"):
        if each["id"] == number:
            return key, each
    raise not_found()


@api.on("GET", "/repos/{owner}/{repo}/check-runs/{check_run_id}")
def get_check_run(call: Call) -> GitHubAnswer:
    """A check run."""
    return _check_run(call)[1]


@api.on("PATCH", "/repos/{owner}/{repo}/check-runs/{check_run_id}")
def update_check_run(call: Call) -> GitHubAnswer:
    """Report a check's progress or its end."""
    key, document = _check_run(call)
    return store(call.sandbox).put("check_run", key, _apply(call, document))


@api.on("GET", "/repos/{owner}/{repo}/commits/{ref:path}/check-runs")
def list_check_runs(call: Call) -> GitHubAnswer:
    """The newest check run of each name; `check_name` narrows."""
    repository, _, sha = commits.revision(call, call.path["ref"])
    found = _latest(call.sandbox, "check_run", repository, sha, "name")
    wanted = call.query.get("check_name")
    return page(call, [each for name, each in found.items() if wanted in (None, name)], "check_runs")
