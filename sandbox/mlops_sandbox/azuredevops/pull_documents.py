"""What is kept of a pull request, how it follows its branches, and what its policies ask for."""

from __future__ import annotations

from mlops_sandbox.azuredevops import commits, policies, repositories
from mlops_sandbox.azuredevops.api import DevOpsError, base_url, now, store
from mlops_sandbox.git.repository import MergeConflictError
from mlops_sandbox.server.routing import Call, Json

#: A vote from here on is an approval (with suggestions).
_APPROVED = 5


def key(repository: Json, number: int | str) -> str:
    """The document key of a pull request."""
    return f"{repository['id']}/{int(number):08d}"


def find(call: Call, repository: Json) -> Json:
    """The stored pull request that a path names, as its branches are now; else 404."""
    number = call.path["pull"]
    found = store(call).get("pull_request", key(repository, number)) if number.isdigit() else None
    if found is None:
        text = f"TF401180: The requested pull request was not found: {number}."
        raise DevOpsError(404, "GitPullRequestNotFoundException", text)
    return refreshed(call, repository, found)


def keep(call: Call, repository: Json, pull: Json) -> Json:
    """Store a pull request."""
    return store(call).put("pull_request", key(repository, pull["pullRequestId"]), pull)


def refreshed(call: Call, repository: Json, pull: Json) -> Json:
    """A pull request with its branches' commits, and the trial merge at `refs/pull/N/merge`."""
    real = repositories.git(call.sandbox, repository)
    source, target = real.resolve(pull["sourceRefName"]), real.resolve(pull["targetRefName"])
    if pull["status"] != "active" or source is None or target is None:
        return pull
    if (source, target) == (pull["source"], pull["target"]):
        return pull
    moved = {**pull, "source": source, "target": target}
    try:
        tree = real.merge_tree(target, source)
    except MergeConflictError:
        return keep(call, repository, {**moved, "mergeStatus": "conflicts", "merge": None})
    author = real.commit(source).author
    text = f"Merge pull request {pull['pullRequestId']} from {pull['sourceRefName']}"
    merge = real.write_commit(tree, [target, source], text, author, author)
    real.move(f"refs/pull/{pull['pullRequestId']}/merge", merge)
    return keep(call, repository, {**moved, "mergeStatus": "succeeded", "merge": merge})


def _commit(call: Call, repository: Json, sha: str) -> Json:
    return {"commitId": sha, "url": f"{commits.repository_url(call, repository)}/commits/{sha}"}


def shown(call: Call, repository: Json, pull: Json) -> Json:
    """A pull request as Azure DevOps answers with it."""
    number = pull["pullRequestId"]
    hidden = ("source", "target", "merge", "statuses")
    merge = {"lastMergeCommit": _commit(call, repository, pull["merge"])} if pull["merge"] else {}
    return {
        **{name: value for name, value in pull.items() if name not in hidden},
        "codeReviewId": number,
        "repository": repositories.shown(call, repository),
        "lastMergeSourceCommit": _commit(call, repository, pull["source"]),
        "lastMergeTargetCommit": _commit(call, repository, pull["target"]),
        **merge,
        "url": f"{commits.repository_url(call, repository)}/pullRequests/{number}",
        "supportsIterations": True,
        "artifactId": f"vstfs:///Git/PullRequestId/{repository['project']}%2f{repository['id']}%2f{number}",
        "remoteUrl": f"{base_url(call)}/_git/{repository['name']}/pullrequest/{number}",
    }


def _reviewers_missing(settings: Json, pull: Json) -> bool:
    voters = [each for each in pull["reviewers"] if each["vote"] >= _APPROVED]
    if not settings.get("creatorVoteCounts"):
        voters = [each for each in voters if each["id"] != pull["createdBy"]["id"]]
    rejected = any(each["vote"] < 0 for each in pull["reviewers"]) and not settings.get("allowDownvotes")
    return rejected or len(voters) < int(settings.get("minimumApproverCount") or 0)


def _status_missing(settings: Json, pull: Json) -> bool:
    wanted = (settings.get("statusGenre") or None, settings.get("statusName"))
    for each in reversed(pull["statuses"]):
        if (each["context"].get("genre"), each["context"]["name"]) == wanted:
            return bool(each["state"] not in ("succeeded", "notApplicable"))
    return True


def _build_missing(call: Call, settings: Json, repository: Json, pull: Json) -> bool:
    prefix = f"{repository['project']}/{settings.get('buildDefinitionId')}/"
    for run in store(call).documents("run", prefix):
        ran = ((run["resources"].get("repositories") or {}).get("self") or {}).get("version")
        if run.get("result") == "succeeded" and ran in (pull["source"], pull["merge"]):
            return False
    return True


def unmet_policies(call: Call, repository: Json, pull: Json) -> list[str]:
    """The blocking policies of the target branch that do not let the pull request through yet."""
    unmet = []
    for each in policies.blocking(call, repository, pull["targetRefName"]):
        kind, settings = each["type"]["displayName"], each["settings"]
        missing = (
            (kind == "Minimum number of reviewers" and _reviewers_missing(settings, pull))
            or (kind == "Status" and _status_missing(settings, pull))
            or (kind == "Build" and _build_missing(call, settings, repository, pull))
        )
        if missing:
            unmet.append(str(settings.get("displayName") or settings.get("defaultDisplayName") or kind))
    return unmet


def closed(pull: Json, status: str, by: Json) -> Json:
    """A pull request that is completed or abandoned."""
    return {**pull, "status": status, "closedDate": now(), "closedBy": by}
