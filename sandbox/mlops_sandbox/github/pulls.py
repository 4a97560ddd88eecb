"""Pull requests: opened, followed as their branches move, shown with commits, files and diff."""

from __future__ import annotations

from starlette.responses import Response

from mlops_sandbox.context import Sandbox
from mlops_sandbox.git.repository import GitRepository, MergeConflictError
from mlops_sandbox.github import accounts, commits, issues, repositories
from mlops_sandbox.github.api import (
    GitHubAnswer,
    GitHubError,
    GitHubRoutes,
    api_url,
    base_url,
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


def find(call: Call) -> Json:
    """The pull request that a path names, else 404."""
    found = issues.find(call)
    if "pull" not in found:
        raise not_found()
    return found


def _side(sandbox: Sandbox, side: Json) -> Json:
    repository = repositories.by_id(sandbox, side["repository"])
    return {
        "label": f"{repository['owner']}:{side['ref']}",
        "ref": side["ref"],
        "sha": side["sha"],
        "user": accounts.simple(sandbox, repository["owner"]),
        "repo": repositories.shown(sandbox, repository),
    }


def shown(sandbox: Sandbox, issue: Json) -> Json:
    """A pull request as GitHub answers with it."""
    repository = repositories.by_id(sandbox, issue["repository"])
    name, number, pull = repositories.brief(repository)["full_name"], issue["number"], issue["pull"]
    url = f"{api_url(sandbox)}/repos/{name}/pulls/{number}"
    page_url = f"{base_url(sandbox)}/{name}/pull/{number}"
    same = ("id", "number", "state", "locked", "title", "body", "created_at", "updated_at", "closed_at")
    merged = pull["merged_at"] is not None
    return {
        **{field: issue[field] for field in same},
        "node_id": node_id("PR", issue["id"]),
        "user": accounts.simple(sandbox, issue["user"]),
        "labels": issues.labels_shown(issue["labels"]),
        "assignees": [accounts.simple(sandbox, login) for login in issue["assignees"]],
        "requested_reviewers": [],
        "draft": pull["draft"],
        "merged_at": pull["merged_at"],
        "merged": merged,
        "merged_by": accounts.simple(sandbox, pull["merged_by"]) if merged else None,
        "merge_commit_sha": pull["merge_commit_sha"],
        "mergeable": None if issue["state"] == "closed" else pull["mergeable"],
        "mergeable_state": _state(issue),
        "maintainer_can_modify": pull["maintainer_can_modify"],
        "head": _side(sandbox, pull["head"]),
        "base": _side(sandbox, pull["base"]),
        "url": url,
        "html_url": page_url,
        "diff_url": f"{page_url}.diff",
        "issue_url": f"{api_url(sandbox)}/repos/{name}/issues/{number}",
        "comments_url": f"{api_url(sandbox)}/repos/{name}/issues/{number}/comments",
        "commits_url": f"{url}/commits",
    }


def _state(issue: Json) -> str:
    if issue["state"] == "closed":
        return "unknown"
    return "draft" if issue["pull"]["draft"] else "clean" if issue["pull"]["mergeable"] else "dirty"


def _refresh(sandbox: Sandbox, issue: Json) -> Json:
    """A pull request as its branches are now: heads, mergeability, `refs/pull/N/head` and `/merge`.

    It closes when its head branch is gone, and counts as merged when the base has its commits.
    """
    pull = issue["pull"]
    base_repository = repositories.by_id(sandbox, pull["base"]["repository"])
    real = repositories.git(sandbox, base_repository)
    source = repositories.git(sandbox, repositories.by_id(sandbox, pull["head"]["repository"]))
    head, base = source.branch(pull["head"]["ref"]), real.branch(pull["base"]["ref"])
    if head is None or base is None:
        return {**issue, "state": "closed", "closed_at": now(), "updated_at": now()}
    reference = f"refs/pull/{issue['number']}"
    if source.path == real.path:
        real.move(f"{reference}/head", head)
    else:
        real.fetch(source, f"+refs/heads/{pull['head']['ref']}:{reference}/head")
    moved = {**pull, "head": {**pull["head"], "sha": head}, "base": {**pull["base"], "sha": base}}
    if head != pull["head"]["sha"]:
        moved["reviews"] = []
    if real.contains(head, base) and base != pull["base"]["sha"]:
        merged = {**moved, "merged_at": now(), "merged_by": issue["user"], "merge_commit_sha": base}
        return {**issue, "state": "closed", "closed_at": now(), "updated_at": now(), "pull": merged}
    try:
        tree = real.merge_tree(base, head)
    except MergeConflictError:
        return {**issue, "pull": {**moved, "mergeable": False, "merge_commit_sha": None}}
    unchanged = (head, base) == (pull["head"]["sha"], pull["base"]["sha"])
    if unchanged and pull["merge_commit_sha"]:
        return issue
    author = real.commit(head).author
    text = f"Merge {head} into {base}"
    trial = real.write_commit(tree, [base, head], text, author, author)
    real.move(f"{reference}/merge", trial)
    return {**issue, "pull": {**moved, "mergeable": True, "merge_commit_sha": trial}}


def follow(sandbox: Sandbox, repository: Json) -> None:
    """Bring every open pull request up to date that reads from or into a repository."""
    number = repository["id"]
    for issue in store(sandbox).documents("issue"):
        sides = [issue["pull"][side]["repository"] for side in ("head", "base")] if "pull" in issue else []
        if number in sides and issue["state"] == "open":
            refreshed = _refresh(sandbox, issue)
            if refreshed != issue:
                issues.keep(sandbox, {**refreshed, "updated_at": now()})


def _head(call: Call, base: Json, name: str) -> Json:
    """The repository and branch that `branch` or `owner:branch` names."""
    owner, colon, branch = name.partition(":")
    if not colon or owner.lower() == base["owner"].lower():
        return {"repository": base["id"], "ref": branch if colon else name}
    for each in store(call.sandbox).documents("repository", f"{owner.lower()}/"):
        if each["parent"] == base["id"]:
            return {"repository": each["id"], "ref": branch}
    raise unprocessable("PullRequest", "head", "invalid")


def _open(call: Call, repository: Json, head: Json, base: Json) -> None:
    for each in store(call.sandbox).documents("issue", f"{repository['id']}/"):
        if "pull" in each and each["state"] == "open":
            ours, theirs = each["pull"]["head"], each["pull"]["base"]
            same_head = (ours["repository"], ours["ref"]) == (head["repository"], head["ref"])
            if same_head and theirs["ref"] == base["ref"]:
                text = f"A pull request already exists for {repository['owner']}:{head['ref']}."
                error = {"resource": "PullRequest", "code": "custom", "message": text}
                raise GitHubError(422, "Validation Failed", [error])


@api.on("POST", "/repos/{owner}/{repo}/pulls")
def create_pull(call: Call) -> GitHubAnswer:
    """Open a pull request from `head` (`branch` or `owner:branch`) into `base`."""
    repository = repositories.called(call)
    title = str(required(call, "PullRequest", "title"))
    head = _head(call, repository, str(required(call, "PullRequest", "head")))
    base = {"repository": repository["id"], "ref": str(required(call, "PullRequest", "base"))}
    source = repositories.git(call.sandbox, repositories.by_id(call.sandbox, head["repository"]))
    target = repositories.git(call.sandbox, repository)
    head["sha"], base["sha"] = source.branch(head["ref"]), target.branch(base["ref"])
    for name, side in (("head", head), ("base", base)):
        if side["sha"] is None:
            raise unprocessable("PullRequest", name, "invalid")
    if head["sha"] == base["sha"]:
        text = f"No commits between {base['ref']} and {head['ref']}"
        error = {"resource": "PullRequest", "code": "custom", "message": text}
        raise GitHubError(422, "Validation Failed", [error])
    with store(call.sandbox).transaction():
        _open(call, repository, head, base)
        issue = issues.new(call, repository, title)
        issue["pull"] = {
            "head": head,
            "base": base,
            "draft": bool(call.body.get("draft", False)),
            "maintainer_can_modify": bool(call.body.get("maintainer_can_modify", False)),
            "reviews": [],
            "mergeable": None,
            **dict.fromkeys(("merged_at", "merged_by", "merge_commit_sha")),
        }
        issue = issues.keep(call.sandbox, _refresh(call.sandbox, issue))
    return 201, shown(call.sandbox, issue)


@api.on("GET", "/repos/{owner}/{repo}/pulls")
def list_pulls(call: Call) -> GitHubAnswer:
    """Pull requests, newest first, by `state`, `head` (`owner:branch`) and `base`."""
    repository, query = repositories.called(call), call.query
    found = store(call.sandbox).documents("issue", f"{repository['id']}/")
    pulls = [shown(call.sandbox, each) for each in reversed(found) if "pull" in each]
    state = query.get("state", "open")
    fitting = [
        each
        for each in pulls
        if state in ("all", each["state"])
        and query.get("head") in (None, "", each["head"]["label"])
        and query.get("base") in (None, "", each["base"]["ref"])
    ]
    return page(call, fitting)


@api.on("GET", "/repos/{owner}/{repo}/pulls/{number}")
def get_pull(call: Call) -> GitHubAnswer:
    """A pull request; as a diff when `Accept` asks for one."""
    issue = find(call)
    if "diff" in call.request.headers.get("accept", ""):
        real, old, new = _range(call, issue)
        return Response(real.diff(old, new), media_type="application/vnd.github.diff; charset=utf-8")
    real, old, new = _range(call, issue)
    files = commits.changed_files(real, old, new)
    counts = {name: sum(each[name] for each in files) for name in ("additions", "deletions")}
    commented = store(call.sandbox).documents("comment", f"{issue['repository']}/{issue['number']:08d}/")
    return {
        **shown(call.sandbox, issue),
        **counts,
        "changed_files": len(files),
        "commits": len(real.log(f"{old}..{new}")),
        "comments": len(commented),
    }


def _range(call: Call, issue: Json) -> tuple[GitRepository, str, str]:
    real = repositories.git(call.sandbox, repositories.called(call))
    base, head = issue["pull"]["base"]["sha"], issue["pull"]["head"]["sha"]
    return real, real.merge_base(base, head) or base, head


@api.on("PATCH", "/repos/{owner}/{repo}/pulls/{number}")
def update_pull(call: Call) -> GitHubAnswer:
    """Change title, text, base or state."""
    with store(call.sandbox).transaction():
        issue = issues.change(
            find(call), {name: each for name, each in call.body.items() if name != "labels"}
        )
        if issue["pull"]["merged_at"] and issue["state"] == "open":
            raise unprocessable("PullRequest", "state", "invalid", "A merged pull request can't be opened.")
        pull = {**issue["pull"]}
        if "maintainer_can_modify" in call.body:
            pull["maintainer_can_modify"] = bool(call.body["maintainer_can_modify"])
        if call.body.get("base"):
            pull["base"] = {**pull["base"], "ref": str(call.body["base"])}
        issue = {**issue, "pull": pull}
        if issue["state"] == "open":
            issue = _refresh(call.sandbox, issue)
        issues.keep(call.sandbox, issue)
    return shown(call.sandbox, issue)


@api.on("GET", "/repos/{owner}/{repo}/pulls/{number}/files")
def list_files(call: Call) -> GitHubAnswer:
    """What a pull request changes, a file each, with its patch."""
    return page(call, commits.changed_files(*_range(call, find(call))))


@api.on("GET", "/repos/{owner}/{repo}/pulls/{number}/commits")
def list_pull_commits(call: Call) -> GitHubAnswer:
    """A pull request's commits, oldest first."""
    real, old, new = _range(call, find(call))
    repository = repositories.called(call)
    return page(
        call, [commits.shown(call.sandbox, repository, sha) for sha in reversed(real.log(f"{old}..{new}"))]
    )
