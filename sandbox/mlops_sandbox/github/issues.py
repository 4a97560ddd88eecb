"""Issues and their comments; a pull request is an issue too, and numbers are shared."""

from __future__ import annotations

from mlops_sandbox.context import Sandbox
from mlops_sandbox.github import accounts, repositories
from mlops_sandbox.github.api import (
    GitHubAnswer,
    GitHubError,
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


def new(call: Call, repository: Json, title: str) -> Json:
    """A document with the next number of a repository; the caller keeps it."""
    number = store(call.sandbox).next_id(f"issues/{repository['id']}")
    return {
        "id": next_id(call.sandbox),
        "number": number,
        "repository": repository["id"],
        "state": "open",
        "state_reason": None,
        "locked": False,
        "title": title,
        "body": call.body.get("body"),
        "user": accounts.caller(call),
        "labels": _labels(call.body.get("labels")),
        "assignees": list(call.body.get("assignees") or []),
        "closed_at": None,
        **dict.fromkeys(("created_at", "updated_at"), now()),
    }


def keep(sandbox: Sandbox, issue: Json) -> Json:
    """Store an issue or a pull request."""
    return store(sandbox).put("issue", f"{issue['repository']}/{issue['number']:08d}", issue)


def find(call: Call, name: str = "number") -> Json:
    """The issue or pull request that a path names, else 404."""
    return find_numbered(call.sandbox, repositories.called(call), integer(call, name))


def find_numbered(sandbox: Sandbox, repository: Json, number: int) -> Json:
    """The issue or pull request of that number, else 404."""
    found = store(sandbox).get("issue", f"{repository['id']}/{number:08d}")
    if found is None:
        raise not_found()
    return found


def _labels(given: object) -> list[str]:
    if not isinstance(given, list):
        return []
    names = [each.get("name") if isinstance(each, dict) else each for each in given]
    texts = [name for name in names if isinstance(name, str) and name]
    if len(texts) != len(names):
        raise unprocessable("Issue", "labels", "invalid")
    return texts


def labels_shown(labels: list[str]) -> list[Json]:
    """Labels as objects."""
    return [{"name": name, "color": "ededed", "description": None, "default": False} for name in labels]


def shown(sandbox: Sandbox, issue: Json) -> Json:
    """An issue as GitHub answers with it."""
    repository = repositories.by_id(sandbox, issue["repository"])
    name, number = repositories.brief(repository)["full_name"], issue["number"]
    page_kind = "pull" if "pull" in issue else "issues"
    url = f"{api_url(sandbox)}/repos/{name}/issues/{number}"
    comments = store(sandbox).documents("comment", f"{repository['id']}/{number:08d}/")
    hidden = ("pull", "repository")
    pull_url = f"{api_url(sandbox)}/repos/{name}/pulls/{number}"
    more: Json = {"pull_request": {"url": pull_url}} if "pull" in issue else {}
    body: Json = {field: value for field, value in issue.items() if field not in hidden}
    return {
        **body,
        "node_id": node_id("I", issue["id"]),
        "url": url,
        "repository_url": f"{api_url(sandbox)}/repos/{name}",
        "comments_url": f"{url}/comments",
        "html_url": f"{base_url(sandbox)}/{name}/{page_kind}/{number}",
        "user": accounts.simple(sandbox, issue["user"]),
        "labels": labels_shown(issue["labels"]),
        "assignees": [accounts.simple(sandbox, login) for login in issue["assignees"]],
        "comments": len(comments),
        **more,
    }


def change(issue: Json, body: Json) -> Json:
    """An issue with a body's title, text, state, labels and assignees."""
    texts: Json = {name: body[name] for name in ("title", "body") if name in body}
    changed = {**issue, **texts}
    for name in ("labels", "assignees"):
        if isinstance(body.get(name), list):
            changed[name] = _labels(body[name])
    state = body.get("state") or issue["state"]
    if state not in ("open", "closed"):
        raise unprocessable("Issue", "state", "invalid")
    if state != issue["state"]:
        changed["state"] = state
        changed["closed_at"] = now() if state == "closed" else None
        changed["state_reason"] = body.get("state_reason", "completed") if state == "closed" else "reopened"
    return {**changed, "updated_at": now()}


@api.on("POST", "/repos/{owner}/{repo}/issues")
def create_issue(call: Call) -> GitHubAnswer:
    """Open an issue."""
    repository = repositories.called(call)
    if not repository["has_issues"]:
        raise GitHubError(410, "Issues has been disabled in this repository.")
    title = str(required(call, "Issue", "title"))
    with store(call.sandbox).transaction():
        issue = keep(call.sandbox, new(call, repository, title))
    return 201, shown(call.sandbox, issue)


@api.on("GET", "/repos/{owner}/{repo}/issues")
def list_issues(call: Call) -> GitHubAnswer:
    """Issues and pull requests, newest first, by `state` (open, closed, all) and `labels`."""
    repository = repositories.called(call)
    state, labels = (
        call.query.get("state", "open"),
        set(filter(None, call.query.get("labels", "").split(","))),
    )
    found = store(call.sandbox).documents("issue", f"{repository['id']}/")
    fitting = [each for each in found if state in ("all", each["state"]) and labels <= set(each["labels"])]
    return page(call, [shown(call.sandbox, each) for each in reversed(fitting)])


@api.on("GET", "/repos/{owner}/{repo}/issues/{number}")
def get_issue(call: Call) -> GitHubAnswer:
    """An issue by number."""
    return shown(call.sandbox, find(call))


@api.on("PATCH", "/repos/{owner}/{repo}/issues/{number}")
def update_issue(call: Call) -> GitHubAnswer:
    """Change, close or open an issue."""
    with store(call.sandbox).transaction():
        issue = keep(call.sandbox, change(find(call), call.body))
    return shown(call.sandbox, issue)


def _comment(sandbox: Sandbox, comment: Json) -> Json:
    repository = repositories.by_id(sandbox, comment["repository"])
    name = repositories.brief(repository)["full_name"]
    url = f"{api_url(sandbox)}/repos/{name}/issues"
    return {
        **{field: comment[field] for field in ("id", "body", "created_at", "updated_at")},
        "node_id": node_id("IC", comment["id"]),
        "url": f"{url}/comments/{comment['id']}",
        "issue_url": f"{url}/{comment['number']}",
        "html_url": f"{base_url(sandbox)}/{name}/issues/{comment['number']}#issuecomment-{comment['id']}",
        "user": accounts.simple(sandbox, comment["user"]),
        "author_association": "MEMBER",
    }


def _keep_comment(sandbox: Sandbox, comment: Json) -> Json:
    key = f"{comment['repository']}/{comment['number']:08d}/{comment['id']:012d}"
    return store(sandbox).put("comment", key, comment)


def _find_comment(call: Call) -> tuple[str, Json]:
    repository, number = repositories.called(call), integer(call, "comment_id")
    for key, each in store(call.sandbox).items("comment", f"{repository['id']}/"):
        if each["id"] == number:
            return key, each
    raise not_found()


@api.on("POST", "/repos/{owner}/{repo}/issues/{number}/comments")
def create_comment(call: Call) -> GitHubAnswer:
    """Comment on an issue or a pull request."""
    issue = find(call)
    comment = {
        "id": next_id(call.sandbox),
        "number": issue["number"],
        "repository": issue["repository"],
        "body": str(required(call, "IssueComment", "body")),
        "user": accounts.caller(call),
        **dict.fromkeys(("created_at", "updated_at"), now()),
    }
    return 201, _comment(call.sandbox, _keep_comment(call.sandbox, comment))


@api.on("GET", "/repos/{owner}/{repo}/issues/{number}/comments")
def list_comments(call: Call) -> GitHubAnswer:
    """An issue's comments, oldest first."""
    issue = find(call)
    found = store(call.sandbox).documents("comment", f"{issue['repository']}/{issue['number']:08d}/")
    return page(call, [_comment(call.sandbox, each) for each in found])


@api.on("GET", "/repos/{owner}/{repo}/issues/comments/{comment_id}")
def get_comment(call: Call) -> GitHubAnswer:
    """A comment by id."""
    return _comment(call.sandbox, _find_comment(call)[1])


@api.on("PATCH", "/repos/{owner}/{repo}/issues/comments/{comment_id}")
def update_comment(call: Call) -> GitHubAnswer:
    """Change a comment's text."""
    comment = {**_find_comment(call)[1], "body": str(required(call, "IssueComment", "body"))}
    return _comment(call.sandbox, _keep_comment(call.sandbox, {**comment, "updated_at": now()}))


@api.on("DELETE", "/repos/{owner}/{repo}/issues/comments/{comment_id}")
def delete_comment(call: Call) -> GitHubAnswer:
    """Delete a comment."""
    store(call.sandbox).delete("comment", _find_comment(call)[0])
    return None
