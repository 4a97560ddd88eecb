"""Pull requests: opened, voted on, completed by a real merge, abandoned."""

from __future__ import annotations

from mlops_sandbox.azuredevops import commits, pull_documents, repositories
from mlops_sandbox.azuredevops.api import (
    DevOpsAnswer,
    DevOpsError,
    DevOpsRoutes,
    identity,
    invalid,
    mapping,
    now,
    required,
    store,
    values,
)
from mlops_sandbox.git.objects import Signature
from mlops_sandbox.git.repository import GitRepository, MergeConflictError
from mlops_sandbox.server.routing import Call, Json

api = DevOpsRoutes()

_PULLS = commits.paths("/pullRequests")
_PULL = commits.paths("/pullRequests/{pull}")


@api.on("POST", *_PULLS)
def create_pull(call: Call) -> DevOpsAnswer:
    """Open a pull request from one branch of a repository into another."""
    repository = repositories.called(call)
    real = repositories.git(call.sandbox, repository)
    source, target = str(required(call, "sourceRefName")), str(required(call, "targetRefName"))
    for name in (source, target):
        if not name.startswith("refs/heads/") or real.resolve(name) is None:
            raise DevOpsError(404, "GitRefNotFoundException", f"TF401398: The branch {name} does not exist.")
    for each in store(call).documents("pull_request", f"{repository['id']}/"):
        if (each["status"], each["sourceRefName"], each["targetRefName"]) == ("active", source, target):
            text = "TF401179: An active pull request for the source and target branch already exists."
            raise DevOpsError(409, "GitPullRequestExistsException", text)
    pull = {
        "pullRequestId": store(call).next_id("pull_request"),
        "status": "active",
        "createdBy": identity(call),
        "creationDate": now(),
        "title": str(required(call, "title")),
        "description": call.body.get("description") or "",
        "sourceRefName": source,
        "targetRefName": target,
        "mergeStatus": "notSet",
        "isDraft": bool(call.body.get("isDraft", False)),
        "reviewers": [],
        "labels": call.body.get("labels") or [],
        "source": "",
        "target": "",
        "merge": None,
        "statuses": [],
    }
    kept = pull_documents.refreshed(call, repository, pull)
    return 201, pull_documents.shown(call, repository, kept)


@api.on("GET", *_PULLS)
def list_pulls(call: Call) -> DevOpsAnswer:
    """A repository's pull requests, newest first, by `searchCriteria.status` and branch names."""
    repository, query = repositories.called(call), call.query
    status = query.get("searchCriteria.status") or "active"
    names = ("sourceRefName", "targetRefName")
    found = store(call).documents("pull_request", f"{repository['id']}/")
    fitting = [
        pull_documents.refreshed(call, repository, each)
        for each in reversed(found)
        if status in ("all", each["status"])
        and all(query.get(f"searchCriteria.{name}") in (None, each[name]) for name in names)
    ]
    return values([pull_documents.shown(call, repository, each) for each in fitting])


@api.on("GET", *_PULL)
def get_pull(call: Call) -> DevOpsAnswer:
    """A pull request by id."""
    repository = repositories.called(call)
    return pull_documents.shown(call, repository, pull_documents.find(call, repository))


def _merge(call: Call, real: GitRepository, pull: Json, options: Json) -> str:
    strategy = options.get("mergeStrategy") or ("squash" if options.get("squashMerge") else "noFastForward")
    me = identity(call)
    author = Signature.now(me["displayName"], me["uniqueName"])
    if strategy == "rebase":
        return real.rebase(pull["target"], pull["source"], author)
    tree = real.merge_tree(pull["target"], pull["source"])
    parents = [pull["target"]] if strategy == "squash" else [pull["target"], pull["source"]]
    default = f"Merged PR {pull['pullRequestId']}: {pull['title']}"
    return real.write_commit(tree, parents, options.get("mergeCommitMessage") or default, author, author)


def _complete(call: Call, repository: Json, pull: Json) -> Json:
    seen = mapping(call.body.get("lastMergeSourceCommit"), "lastMergeSourceCommit").get("commitId")
    if seen != pull["source"]:
        text = (
            "TF401192: The pull request was modified since it was last read: lastMergeSourceCommit differs."
        )
        raise DevOpsError(409, "GitPullRequestStaleException", text)
    options = mapping(call.body.get("completionOptions"), "completionOptions")
    unmet = pull_documents.unmet_policies(call, repository, pull)
    if unmet and not options.get("bypassPolicy"):
        text = f"The pull request can't be completed: these policies are not met: {', '.join(unmet)}."
        raise DevOpsError(403, "GitPullRequestUpdateRejectedByPolicyException", text)
    real = repositories.git(call.sandbox, repository)
    with real.lock:
        try:
            merged = _merge(call, real, pull, options)
        except MergeConflictError:
            text = "The pull request can't be completed: its branches conflict."
            raise DevOpsError(409, "GitPullRequestMergeConflictException", text) from None
        real.move(pull["targetRefName"], merged, pull["target"])
    if options.get("deleteSourceBranch"):
        real.drop(pull["sourceRefName"])
    done = pull_documents.closed(pull, "completed", identity(call))
    return {**done, "merge": merged, "mergeStatus": "succeeded", "completionOptions": options}


@api.on("PATCH", *_PULL)
def update_pull(call: Call) -> DevOpsAnswer:
    """Change title, description or draft; complete or abandon it (`status`)."""
    repository = repositories.called(call)
    pull = pull_documents.find(call, repository)
    names = ("title", "description", "isDraft")
    changed = {**pull, **{name: call.body[name] for name in names if call.body.get(name) is not None}}
    status = call.body.get("status") or pull["status"]
    if status != pull["status"]:
        if pull["status"] == "completed" or status not in ("active", "completed", "abandoned"):
            raise invalid(f"A pull request that is {pull['status']} can't become {status}.")
        if status == "completed":
            changed = _complete(call, repository, changed)
        elif status == "abandoned":
            changed = pull_documents.closed(changed, status, identity(call))
        else:
            changed = {**changed, "status": "active"}
    return pull_documents.shown(call, repository, pull_documents.keep(call, repository, changed))


@api.on("GET", *(f"{path}/commits" for path in _PULL))
def list_pull_commits(call: Call) -> DevOpsAnswer:
    """A pull request's commits, newest first."""
    repository = repositories.called(call)
    pull = pull_documents.find(call, repository)
    found = repositories.git(call.sandbox, repository).log(f"{pull['target']}..{pull['source']}")
    return values([commits.brief(call, repository, sha) for sha in found])


@api.on("PUT", *(f"{path}/reviewers/{{reviewer}}" for path in _PULL))
def put_reviewer(call: Call) -> DevOpsAnswer:
    """Add a reviewer, or vote: 10 approves, 5 with suggestions, 0 none, -5 waits, -10 rejects."""
    repository, me = repositories.called(call), identity(call)
    number, vote = call.path["reviewer"], call.body.get("vote") or 0
    if vote not in (10, 5, 0, -5, -10):
        raise invalid(f"Vote {vote!r} is not one of 10, 5, 0, -5, -10.")
    if vote and number != me["id"]:
        raise DevOpsError(403, "GitPullRequestInvalidVoterException", "Nobody votes for somebody else.")
    with store(call).transaction():
        pull = pull_documents.find(call, repository)
        person = me if number == me["id"] else {"id": number, "displayName": number}
        reviewer = {**person, "vote": vote, "isRequired": bool(call.body.get("isRequired", False))}
        others = [each for each in pull["reviewers"] if each["id"] != number]
        pull_documents.keep(call, repository, {**pull, "reviewers": [*others, reviewer]})
    return reviewer


@api.on("POST", *(f"{path}/statuses" for path in _PULL))
def create_status(call: Call) -> DevOpsAnswer:
    """Say how a pull request does in one context (`genre` and `name`)."""
    repository = repositories.called(call)
    if not mapping(required(call, "context"), "context").get("name"):
        raise invalid("Value cannot be null.\nParameter name: context.name")
    with store(call).transaction():
        pull = pull_documents.find(call, repository)
        fields = ("state", "description", "context", "targetUrl")
        status = {
            **{name: call.body.get(name) for name in fields},
            "id": len(pull["statuses"]) + 1,
            "createdBy": identity(call),
            **dict.fromkeys(("creationDate", "updatedDate"), now()),
        }
        pull_documents.keep(call, repository, {**pull, "statuses": [*pull["statuses"], status]})
    return status


@api.on("GET", *(f"{path}/statuses" for path in _PULL))
def list_statuses(call: Call) -> DevOpsAnswer:
    """A pull request's statuses, oldest first."""
    return values(pull_documents.find(call, repositories.called(call))["statuses"])
