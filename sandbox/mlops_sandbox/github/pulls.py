"""Pull requests: what one is, and how it follows its branches."""

from __future__ import annotations

from mlops_sandbox.context import Sandbox
from mlops_sandbox.git.repository import GitRepository, MergeConflictError
from mlops_sandbox.github import accounts, commits, issues, repositories
from mlops_sandbox.github.api import (
    api_url,
    base_url,
    node_id,
    not_found,
    now,
    store,
)
from mlops_sandbox.server.routing import Call, Json


def find(call: Call) -> Json:
    """The pull request that a path names, else 404."""
    found = issues.find(call)
    if "pull" not in found:
        raise not_found()
    return found


def _side(sandbox: Sandbox, side: Json) -> Json:
    repository = repositories.still_there(sandbox, side["repository"])
    return {
        "label": f"{side['owner']}:{side['ref']}",
        "ref": side["ref"],
        "sha": side["sha"],
        "user": accounts.simple(sandbox, side["owner"]),
        "repo": None if repository is None else repositories.shown(sandbox, repository),
    }


def span(sandbox: Sandbox, issue: Json) -> tuple[GitRepository, str, str]:
    """The repository of a pull request, and from which commit to which its changes go."""
    real = repositories.git(sandbox, repositories.by_id(sandbox, issue["repository"]))
    base, head = issue["pull"]["base"]["sha"], issue["pull"]["head"]["sha"]
    return real, real.merge_base(base, head) or base, head


def shown(sandbox: Sandbox, issue: Json, *, whole: bool = True) -> Json:
    """A pull request as GitHub answers with it; in lists not `whole`, without counts."""
    repository = repositories.by_id(sandbox, issue["repository"])
    name, number, pull = repositories.brief(repository)["full_name"], issue["number"], issue["pull"]
    url = f"{api_url(sandbox)}/repos/{name}/pulls/{number}"
    page_url = f"{base_url(sandbox)}/{name}/pull/{number}"
    same = ("id", "number", "state", "locked", "title", "body", "created_at", "updated_at", "closed_at")
    merged = pull["merged_at"] is not None
    commented = store(sandbox).documents("comment", f"{issue['repository']}/{number:08d}/")
    real, old, new = span(sandbox, issue)
    files = commits.changed_files(real, old, new) if whole else []
    counts = {field: sum(each[field] for each in files) for field in ("additions", "deletions")}
    sums = {"changed_files": len(files), "commits": len(real.log(f"{old}..{new}")), **counts}
    return {
        **{field: issue[field] for field in same},
        **({**sums, "comments": len(commented)} if whole else {}),
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


def refreshed(sandbox: Sandbox, issue: Json) -> Json:
    """A pull request as its branches are now: heads, mergeability, `refs/pull/N/head` and `/merge`.

    It closes when its head branch is gone, and counts as merged when the base has its commits.
    """
    pull = issue["pull"]
    base_repository = repositories.by_id(sandbox, pull["base"]["repository"])
    real = repositories.git(sandbox, base_repository)
    head_repository = repositories.still_there(sandbox, pull["head"]["repository"])
    source = real if head_repository is None else repositories.git(sandbox, head_repository)
    head, base = source.branch(pull["head"]["ref"]), real.branch(pull["base"]["ref"])
    if head_repository is None or head is None or base is None:
        return {**issue, "state": "closed", "closed_at": now(), "updated_at": now()}
    reference = f"refs/pull/{issue['number']}"
    if source.path == real.path:
        real.move(f"{reference}/head", head)
    else:
        real.fetch(source, f"+refs/heads/{pull['head']['ref']}:{reference}/head")
    moved = {**pull, "head": {**pull["head"], "sha": head}, "base": {**pull["base"], "sha": base}}
    if (head, base) == (pull["head"]["sha"], pull["base"]["sha"]) and pull["mergeable"] is not None:
        return issue
    if real.contains(head, base) and base != pull["base"]["sha"]:
        # The base stays what it was, else nothing would seem to have been merged.
        merged = {**moved, "base": pull["base"], "merged_at": now(), "merged_by": issue["user"]}
        closed = {"state": "closed", "closed_at": now(), "updated_at": now()}
        return {**issue, **closed, "pull": {**merged, "merge_commit_sha": base}}
    try:
        tree = real.merge_tree(base, head)
    except MergeConflictError:
        return {**issue, "pull": {**moved, "mergeable": False, "merge_commit_sha": None}}
    author = real.commit(head).author
    text = f"Merge {head} into {base}"
    trial = real.write_commit(tree, [base, head], text, author, author)
    real.move(f"{reference}/merge", trial)
    return {**issue, "pull": {**moved, "mergeable": True, "merge_commit_sha": trial}}


def follow(sandbox: Sandbox, repository: Json) -> None:
    """Bring every open pull request up to date that reads from or into a repository."""
    number = repository["id"]
    for key, issue in store(sandbox).items("issue"):
        sides = [issue["pull"][side]["repository"] for side in ("head", "base")] if "pull" in issue else []
        if number in sides:
            _follow(sandbox, key, issue)


def _follow(sandbox: Sandbox, key: str, issue: Json) -> None:
    known: Json | None = issue
    while known is not None and known["state"] == "open":
        current = refreshed(sandbox, known)
        with store(sandbox).transaction():
            latest = store(sandbox).get("issue", key)
            if latest == known:
                if current != known:
                    issues.keep(sandbox, {**current, "updated_at": now()})
                return
        # It was merged, closed or commented on meanwhile: that stays.
        known = latest
