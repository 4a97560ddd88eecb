"""Pull requests: opened, listed, changed, shown with commits, files and diff."""

from __future__ import annotations

from starlette.responses import Response

from mlops_sandbox.github import commits, issues, pulls, repositories
from mlops_sandbox.github.api import (
    GitHubAnswer,
    GitHubError,
    GitHubRoutes,
    page,
    required,
    store,
    unprocessable,
)
from mlops_sandbox.server.routing import Call, Json

api = GitHubRoutes()


def _head(call: Call, base: Json, name: str) -> Json:
    """The repository and branch that `branch` or `owner:branch` names."""
    owner, colon, branch = name.partition(":")
    if not colon or owner.lower() == base["owner"].lower():
        return {"repository": base["id"], "owner": base["owner"], "ref": branch if colon else name}
    for each in store(call.sandbox).documents("repository", f"{owner.lower()}/"):
        if each["parent"] == base["id"]:
            return {"repository": each["id"], "owner": each["owner"], "ref": branch}
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
    target = str(required(call, "PullRequest", "base"))
    base = {"repository": repository["id"], "owner": repository["owner"], "ref": target}
    source = repositories.git(call.sandbox, repositories.by_id(call.sandbox, head["repository"]))
    real = repositories.git(call.sandbox, repository)
    head["sha"], base["sha"] = source.branch(head["ref"]), real.branch(base["ref"])
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
        issue = issues.keep(call.sandbox, pulls.refreshed(call.sandbox, issue))
    return 201, pulls.shown(call.sandbox, issue)


@api.on("GET", "/repos/{owner}/{repo}/pulls")
def list_pulls(call: Call) -> GitHubAnswer:
    """Pull requests, newest first, by `state`, `head` (`owner:branch`) and `base`."""
    repository, query = repositories.called(call), call.query
    found = store(call.sandbox).documents("issue", f"{repository['id']}/")
    found_pulls = [pulls.shown(call.sandbox, each, whole=False) for each in reversed(found) if "pull" in each]
    state = query.get("state", "open")
    fitting = [
        each
        for each in found_pulls
        if state in ("all", each["state"])
        and query.get("head") in (None, "", each["head"]["label"])
        and query.get("base") in (None, "", each["base"]["ref"])
    ]
    return page(call, fitting)


@api.on("GET", "/repos/{owner}/{repo}/pulls/{number}")
def get_pull(call: Call) -> GitHubAnswer:
    """A pull request; as a diff when `Accept` asks for one."""
    issue = pulls.find(call)
    if issue["state"] == "open":
        # A sandbox that was killed after a push may not have followed it.
        issue = issues.keep(call.sandbox, pulls.refreshed(call.sandbox, issue))
    if "diff" in call.request.headers.get("accept", ""):
        real, old, new = pulls.span(call.sandbox, issue)
        return Response(real.diff(old, new), media_type="application/vnd.github.diff; charset=utf-8")
    return pulls.shown(call.sandbox, issue)


@api.on("PATCH", "/repos/{owner}/{repo}/pulls/{number}")
def update_pull(call: Call) -> GitHubAnswer:
    """Change title, text, base or state."""
    with store(call.sandbox).transaction():
        issue = issues.change(
            pulls.find(call), {name: each for name, each in call.body.items() if name != "labels"}
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
            issue = pulls.refreshed(call.sandbox, issue)
        issues.keep(call.sandbox, issue)
    return pulls.shown(call.sandbox, issue)


@api.on("GET", "/repos/{owner}/{repo}/pulls/{number}/files")
def list_files(call: Call) -> GitHubAnswer:
    """What a pull request changes, a file each, with its patch."""
    return page(call, commits.changed_files(*pulls.span(call.sandbox, pulls.find(call))))


@api.on("GET", "/repos/{owner}/{repo}/pulls/{number}/commits")
def list_pull_commits(call: Call) -> GitHubAnswer:
    """A pull request's commits, oldest first."""
    real, old, new = pulls.span(call.sandbox, pulls.find(call))
    repository = repositories.called(call)
    return page(
        call, [commits.shown(call.sandbox, repository, sha) for sha in reversed(real.log(f"{old}..{new}"))]
    )
