"""What an environment asks of a job before it lets it in: branch, reviewers, time."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

from mlops_sandbox.context import Sandbox
from mlops_sandbox.github import accounts, concurrency, environments, protection, repositories, runs
from mlops_sandbox.github.api import (
    GitHubAnswer,
    GitHubError,
    GitHubRoutes,
    api_url,
    base_url,
    next_id,
    node_id,
    now,
    store,
    unprocessable,
)
from mlops_sandbox.server.routing import Call, Json

api = GitHubRoutes()

_RUN = "/repos/{owner}/{repo}/actions/runs/{run}"


def environment_of(sandbox: Sandbox, repository: Json, name: str) -> Json:
    """The environment that a job names; one that nobody has made is made by it."""
    key, documents = environments.key(repository, name), store(sandbox)
    with documents.transaction():
        found = documents.get("environment", key)
        if found is None:
            plain = {
                "wait_timer": 0,
                "reviewers": [],
                "prevent_self_review": False,
                "can_admins_bypass": True,
            }
            times = {"created_at": now(), "updated_at": now()}
            fresh = {"id": next_id(sandbox), "name": name, **plain, **times}
            found = documents.put("environment", key, {**fresh, "deployment_branch_policy": None})
    return found


def admits(sandbox: Sandbox, repository: Json, environment: Json, ref: str) -> bool:
    """Whether a run of that ref may deploy to the environment."""
    policy = environment["deployment_branch_policy"]
    if policy is None:
        return True
    name = ref.removeprefix("refs/heads/").removeprefix("refs/tags/")
    if policy.get("protected_branches"):
        return ref.startswith("refs/heads/") and protection.is_protected(sandbox, repository, name)
    kind = "tag" if ref.startswith("refs/tags/") else "branch"
    patterns = store(sandbox).documents("branch_policy", f"{repository['id']}/{environment['id']}/")
    return any(each["type"] == kind and _fits(each["name"], name) for each in patterns)


def _fits(pattern: str, name: str) -> bool:
    """GitHub's patterns: `*` stays within one part of a name, `**/` is any number of parts."""
    parts = re.split(r"(\*\*/|\*|\?)", pattern)
    signs = {"**/": "(?:.*/)?", "*": "[^/]*", "?": "[^/]"}
    return re.fullmatch("".join(signs.get(part, re.escape(part)) for part in parts), name) is not None


def gate(sandbox: Sandbox, repository: Json, job: Json) -> str:
    """The status of a job that has not begun.

    `waiting` for its environment, `pending` until its concurrency group is free, or `queued`: it may begin.
    """
    if job["environment"] and _is_closed(environment_of(sandbox, repository, job["environment"]), job):
        return "waiting"
    return "pending" if concurrency.is_held(sandbox, job) else "queued"


def _is_closed(environment: Json, job: Json) -> bool:
    made = datetime.fromisoformat(job["created_at"])
    too_early = made + timedelta(minutes=environment["wait_timer"]) > datetime.now(UTC)
    return too_early or bool(environment["reviewers"] and not job["approved"])


def _is_reviewer(sandbox: Sandbox, environment: Json, login: str) -> bool:
    me = accounts.account(sandbox, login)["id"]
    for each in environment["reviewers"]:
        if each["type"] == "User" and each["id"] == me:
            return True
        team = store(sandbox).get("team", str(each["id"])) if each["type"] == "Team" else None
        if team is not None and login in team["members"]:
            return True
    return False


def _may_approve(sandbox: Sandbox, environment: Json, run: Json, login: str) -> bool:
    own = environment["prevent_self_review"] and login == run["actor"]
    return _is_reviewer(sandbox, environment, login) and not own


def _brief(sandbox: Sandbox, repository: Json, environment: Json) -> Json:
    name, number = repositories.brief(repository)["full_name"], environment["id"]
    return {
        "id": number,
        "node_id": node_id("EN", number),
        "name": environment["name"],
        "url": f"{api_url(sandbox)}/repos/{name}/environments/{environment['name']}",
        "html_url": f"{base_url(sandbox)}/{name}/deployments/activity_log",
    }


def _waiting(call: Call, run: Json) -> dict[int, tuple[Json, list[Json]]]:
    """The environments that a run waits for, by id, with its jobs that do."""
    repository = repositories.called(call)
    found: dict[int, tuple[Json, list[Json]]] = {}
    for job in runs.jobs(call.sandbox, run):
        if job["status"] == "waiting":
            environment = environment_of(call.sandbox, repository, job["environment"])
            found.setdefault(environment["id"], (environment, []))[1].append(job)
    return found


@api.on("GET", f"{_RUN}/pending_deployments")
def list_pending(call: Call) -> GitHubAnswer:
    """The environments that a run waits for."""
    run, repository, login = runs.find(call), repositories.called(call), accounts.caller(call)
    told = []
    for environment, waiting in _waiting(call, run).values():
        shown = environments.shown(call.sandbox, repository, environment)
        rules = {rule["type"]: rule for rule in shown["protection_rules"]}
        told.append(
            {
                "environment": _brief(call.sandbox, repository, environment),
                "wait_timer": environment["wait_timer"],
                "wait_timer_started_at": waiting[0]["created_at"] if environment["wait_timer"] else None,
                "current_user_can_approve": _may_approve(call.sandbox, environment, run, login),
                "reviewers": rules.get("required_reviewers", {}).get("reviewers", []),
            }
        )
    return 200, told


@api.on("POST", f"{_RUN}/pending_deployments")
def review(call: Call) -> GitHubAnswer:
    """Approve or reject a run's deployments to environments, as one of their reviewers."""
    state, numbers = call.body.get("state"), call.body.get("environment_ids")
    if state not in ("approved", "rejected"):
        raise unprocessable("PendingDeployment", "state", "invalid")
    if not isinstance(numbers, list) or not numbers:
        raise unprocessable("PendingDeployment", "environment_ids", "missing_field")
    login = accounts.caller(call)
    with store(call.sandbox).transaction():
        run, repository = runs.find(call), repositories.called(call)
        waiting = _waiting(call, run)
        for number in numbers:
            if number not in waiting:
                raise GitHubError(422, f"The run does not wait for the environment {number}.")
            if not _may_approve(call.sandbox, waiting[number][0], run, login):
                name = waiting[number][0]["name"]
                raise GitHubError(422, f"{login} can not approve deployments of this run to {name}.")
        chosen = [waiting[number] for number in numbers]
        for _, held in chosen:
            for job in held:
                _decide(call.sandbox, repository, job, state)
        names = [_brief(call.sandbox, repository, each) for each, _ in chosen]
        decision = {"state": state, "comment": str(call.body.get("comment", "")), "user": login}
        kept = runs.find(call)
        reviews = [*kept["reviews"], {**decision, "environments": names}]
        runs.keep(call.sandbox, {**kept, "reviews": reviews})
    return 200, [
        {
            "id": job["id"],
            "sha": job["head_sha"],
            "ref": run["ref"],
            "task": "deploy",
            "environment": job["environment"],
        }
        for _, held in chosen
        for job in held
    ]


def _decide(sandbox: Sandbox, repository: Json, job: Json, state: str) -> None:
    if state == "rejected":
        runs.complete(sandbox, job, "failure", "The deployment was rejected.")
        return
    approved = {**job, "approved": True}
    runs.keep_job(sandbox, {**approved, "status": gate(sandbox, repository, approved)})


@api.on("GET", f"{_RUN}/approvals")
def list_reviews(call: Call) -> GitHubAnswer:
    """What reviewers decided about a run."""
    return 200, [
        {**each, "user": accounts.simple(call.sandbox, each["user"])} for each in runs.find(call)["reviews"]
    ]
