"""Reviews, and the merge of a pull request as real git commits."""

from __future__ import annotations

from typing import Any

from mlops_sandbox.context import Sandbox
from mlops_sandbox.git.repository import GitError, GitRepository, MergeConflictError
from mlops_sandbox.github import accounts, issues, protection, pulls, repositories
from mlops_sandbox.github.api import (
    GitHubAnswer,
    GitHubError,
    GitHubRoutes,
    next_id,
    node_id,
    not_found,
    now,
    page,
    store,
    unprocessable,
)
from mlops_sandbox.server.routing import Call, Json

api = GitHubRoutes()

_EVENTS = {"APPROVE": "APPROVED", "REQUEST_CHANGES": "CHANGES_REQUESTED", "COMMENT": "COMMENTED"}
_ALLOWED = {"merge": "allow_merge_commit", "squash": "allow_squash_merge", "rebase": "allow_rebase_merge"}


def _review(sandbox: Sandbox, review: Json) -> Json:
    return {
        **review,
        "node_id": node_id("PRR", review["id"]),
        "user": accounts.simple(sandbox, review["user"]),
    }


@api.on("POST", "/repos/{owner}/{repo}/pulls/{number}/reviews")
def create_review(call: Call) -> GitHubAnswer:
    """Review a pull request (`event` APPROVE, REQUEST_CHANGES or COMMENT); nobody approves their own."""
    state = _EVENTS.get(str(call.body.get("event", "COMMENT")))
    if state is None:
        raise unprocessable("PullRequestReview", "event", "invalid")
    with store(call.sandbox).transaction():
        issue, login = pulls.find(call), accounts.caller(call)
        if state != "COMMENTED" and login == issue["user"]:
            verb = "approve" if state == "APPROVED" else "request changes on"
            raise GitHubError(422, f"Can not {verb} your own pull request")
        review: dict[str, Any] = {
            "id": next_id(call.sandbox),
            "user": login,
            "state": state,
            "body": call.body.get("body", ""),
            "commit_id": issue["pull"]["head"]["sha"],
            "submitted_at": now(),
        }
        reviews = [each for each in issue["pull"]["reviews"] if each["user"] != login]
        issues.keep(call.sandbox, {**issue, "pull": {**issue["pull"], "reviews": [*reviews, review]}})
    return _review(call.sandbox, review)


@api.on("GET", "/repos/{owner}/{repo}/pulls/{number}/reviews")
def list_reviews(call: Call) -> GitHubAnswer:
    """The newest review of each reviewer."""
    return page(call, [_review(call.sandbox, each) for each in pulls.find(call)["pull"]["reviews"]])


@api.on("GET", "/repos/{owner}/{repo}/pulls/{number}/merge")
def is_merged(call: Call) -> GitHubAnswer:
    """204 when it is merged, 404 when not."""
    if pulls.find(call)["pull"]["merged_at"] is None:
        raise not_found()
    return None


def _check(call: Call, repository: Json, issue: Json) -> str:
    """The merge method, when everything allows the merge."""
    method = str(call.body.get("merge_method") or "merge")
    if method not in _ALLOWED:
        raise unprocessable("PullRequest", "merge_method", "invalid")
    if not repository[_ALLOWED[method]]:
        names = {"merge": "Merge commits", "squash": "Squash merges", "rebase": "Rebase merges"}
        raise GitHubError(405, f"{names[method]} are not allowed on this repository.")
    pull = issue["pull"]
    if issue["state"] != "open" or pull["draft"]:
        raise GitHubError(405, "Pull Request is not mergeable")
    wanted = call.body.get("sha")
    if wanted and wanted != pull["head"]["sha"]:
        raise GitHubError(409, "Head branch was modified. Review and try the merge again.")
    found = protection.merge_violations(call.sandbox, issue, accounts.caller(call))
    if found:
        raise GitHubError(405, "\n\n".join(["Repository rule violations found", *found]))
    return method


def _message(call: Call, issue: Json, method: str) -> str:
    head, number = issue["pull"]["head"], issue["number"]
    titles = {
        "merge": f"Merge pull request #{number} from {head['owner']}/{head['ref']}",
        "squash": f"{issue['title']} (#{number})",
    }
    title = call.body.get("commit_title") or titles[method]
    text = call.body.get("commit_message")
    if text is None:
        text = issue["title"] if method == "merge" else ""
    return f"{title}\n\n{text}".strip()


def _merge(call: Call, real: GitRepository, issue: Json, method: str) -> str:
    """The commit that the base branch gets."""
    base = real.branch(issue["pull"]["base"]["ref"])
    head = issue["pull"]["head"]["sha"]
    if base is None:
        raise GitHubError(405, "Base branch was deleted.")
    author = accounts.signature(call)
    if method == "rebase":
        return real.rebase(base, head, author)
    tree = real.merge_tree(base, head)
    parents = [base, head] if method == "merge" else [base]
    return real.write_commit(tree, parents, _message(call, issue, method), author, author)


@api.on("PUT", "/repos/{owner}/{repo}/pulls/{number}/merge")
def merge_pull(call: Call) -> GitHubAnswer:
    """Merge, squash or rebase a pull request into its base."""
    repository, issue = repositories.called(call), pulls.find(call)
    method = _check(call, repository, issue)
    real, target = repositories.git(call.sandbox, repository), issue["pull"]["base"]["ref"]
    with real.lock:
        old = real.branch(target)
        try:
            sha = _merge(call, real, issue, method)
        except MergeConflictError:
            raise GitHubError(405, "Pull Request is not mergeable") from None
        try:
            real.move(f"refs/heads/{target}", sha, old)
        except GitError:
            raise GitHubError(409, "Base branch was modified. Review and try the merge again.") from None
    pull = {
        **issue["pull"],
        "merged_at": now(),
        "merged_by": accounts.caller(call),
        "merge_commit_sha": sha,
    }
    closed = {**issue, "state": "closed", "closed_at": now(), "updated_at": now(), "pull": pull}
    issues.keep(call.sandbox, closed)
    head = issue["pull"]["head"]
    if repository["delete_branch_on_merge"] and head["repository"] == repository["id"]:
        real.drop(f"refs/heads/{head['ref']}")
    repositories.touch_pushed(call.sandbox, repository)
    pulls.follow(call.sandbox, repository)
    return {"sha": sha, "merged": True, "message": "Pull Request successfully merged"}
