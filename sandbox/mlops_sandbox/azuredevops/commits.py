"""Commits, items, branches and references of a repository."""

from __future__ import annotations

from fnmatch import fnmatchcase

from starlette.responses import Response

from mlops_sandbox.azuredevops import policies, repositories
from mlops_sandbox.azuredevops.api import (
    ZEROS,
    DevOpsAnswer,
    DevOpsError,
    DevOpsRoutes,
    base_url,
    identity,
    mappings,
    values,
)
from mlops_sandbox.git.objects import EMPTY_TREE, Entry, Signature
from mlops_sandbox.git.repository import GitError, GitRepository
from mlops_sandbox.server.routing import Call, Json

api = DevOpsRoutes()

_ROOTS = tuple(f"{root}/_apis/git/repositories/{{repository}}" for root in ("", "/{project}"))


def paths(rest: str) -> list[str]:
    """A path below a repository, addressed by organization or by project."""
    return [f"{root}{rest}" for root in _ROOTS]


def repository_url(call: Call, repository: Json) -> str:
    """A repository's address in the REST API."""
    return f"{base_url(call)}/{repository['project']}/_apis/git/repositories/{repository['id']}"


def person(signature: Signature) -> Json:
    """A git author or committer."""
    return {"name": signature.name, "email": signature.email, "date": signature.date}


def brief(call: Call, repository: Json, sha: str) -> Json:
    """A commit in a list."""
    real = repositories.git(call.sandbox, repository)
    commit = real.commit(sha)
    before = commit.parents[0] if commit.parents else EMPTY_TREE
    kinds = real.diff(before, sha, "--name-status", "--no-renames", "-z").split(b"\0")[0:-1:2]
    counts = {name: kinds.count(letter) for name, letter in (("Add", b"A"), ("Edit", b"M"), ("Delete", b"D"))}
    return {
        "commitId": sha,
        "author": person(commit.author),
        "committer": person(commit.committer),
        "comment": commit.message,
        "url": f"{repository_url(call, repository)}/commits/{sha}",
        "changeCounts": counts,
    }


def shown(call: Call, repository: Json, sha: str) -> Json:
    """A commit, whole."""
    commit = repositories.git(call.sandbox, repository).commit(sha)
    push = {"pushId": 1, "pushedBy": identity(call), "date": commit.committer.date}
    more = {"treeId": commit.tree, "parents": list(commit.parents), "push": push}
    return {**brief(call, repository, sha), **more}


def _unknown_branch(name: str, repository: str) -> DevOpsError:
    text = f'Branch "{name}" does not exist in the {repository} repository.'
    return DevOpsError(404, "GitUnresolvableToCommitException", text)


def _version(call: Call, prefix: str, repository: Json) -> tuple[GitRepository, str, str]:
    """The repository, the name of the version that the query asks for, and its commit."""
    real = repositories.git(call.sandbox, repository)
    default = (repositories.default_branch(call, repository) or "").removeprefix("refs/heads/")
    name = call.query.get(f"{prefix}.version") or default
    sha = (real.branch(name) or real.resolve(name)) if name else None
    if sha is None:
        raise _unknown_branch(name, repository["id"])
    return real, name, sha


@api.on("GET", *paths("/commits"))
def list_commits(call: Call) -> DevOpsAnswer:
    """Commits of a version, newest first; `searchCriteria.itemPath`, `$top` and `$skip` narrow."""
    repository = repositories.called(call)
    real, _, sha = _version(call, "searchCriteria.itemVersion", repository)
    path = call.query.get("searchCriteria.itemPath", "").strip("/")
    skip, top = call.number("$skip", 0), call.number("$top", 100)
    found = real.log(sha, path=path, limit=skip + top)[skip:]
    return values([brief(call, repository, each) for each in found])


@api.on("GET", *paths("/commits/{commit}"))
def get_commit(call: Call) -> DevOpsAnswer:
    """A commit by id."""
    repository = repositories.called(call)
    sha = repositories.git(call.sandbox, repository).resolve(call.path["commit"])
    if sha is None:
        text = f"TF401175: The version descriptor <Commit: {call.path['commit']} > could not be resolved."
        raise DevOpsError(404, "GitUnresolvableToCommitException", text)
    return shown(call, repository, sha)


@api.on("GET", *paths("/stats/branches"), *paths("/stats/branches/{branch:path}"))
def get_branch_statistics(call: Call) -> DevOpsAnswer:
    """A branch (`name`) with its newest commit, against the default branch; all without a name."""
    repository = repositories.called(call)
    real = repositories.git(call.sandbox, repository)
    default = (repositories.default_branch(call, repository) or "").removeprefix("refs/heads/")
    wanted = call.path.get("branch") or call.query.get("name")
    names = [name.removeprefix("refs/heads/") for name, _ in real.references("refs/heads/")]

    def statistics(name: str) -> Json:
        sha = real.branch(name)
        if sha is None:
            raise _unknown_branch(name, repository["id"])
        return {
            "commit": shown(call, repository, sha),
            "name": name,
            "aheadCount": len(real.log(f"{default}..{sha}")),
            "behindCount": len(real.log(f"{sha}..{default}")),
            "isBaseVersion": name == default,
        }

    return statistics(wanted) if wanted else values([statistics(name) for name in names])


def _item(call: Call, repository: Json, entry: Entry, path: str, sha: str) -> Json:
    return {
        "objectId": entry.sha,
        "gitObjectType": entry.kind,
        "commitId": sha,
        "path": f"/{path}",
        **({"isFolder": True} if entry.kind == "tree" else {}),
        "url": f"{repository_url(call, repository)}/items/{path}?versionType=Commit&version={sha}",
    }


@api.on("GET", *paths("/items"), *paths("/items/{path:path}"))
def get_item(call: Call) -> DevOpsAnswer:
    """A file (`path`; as it is when `Accept` asks for octets), or what is below `scopePath`."""
    repository = repositories.called(call)
    real, name, sha = _version(call, "versionDescriptor", repository)
    path = (call.path.get("path") or call.query.get("path") or "").strip("/")
    if not path:
        scope = call.query.get("scopePath", "").strip("/")
        found = real.entries(sha, scope, recursive=call.query.get("recursionLevel") == "full")
        prefix = f"{scope}/" if scope else ""
        return values([_item(call, repository, each, prefix + each.path, sha) for each in found])
    entry = real.entry(sha, path)
    if entry is None:
        text = (
            f"TF401174: The item '/{path}' could not be found in the repository '{repository['name']}' at "
            f"the version specified by '<Branch: {name} >' (resolved to commit '{sha}')"
        )
        raise DevOpsError(404, "GitItemNotFoundException", text)
    if "octet-stream" in call.request.headers.get("accept", ""):
        return Response(real.blob(entry.sha), media_type="application/octet-stream")
    body = _item(call, repository, entry, path, sha)
    if entry.kind == "blob" and call.query.get("includeContent", "").lower() == "true":
        body["content"] = real.blob(entry.sha).decode("utf-8", "replace")
    return body


@api.on("GET", *paths("/refs"))
def list_references(call: Call) -> DevOpsAnswer:
    """The references whose name after `refs/` starts with `filter` (or holds `filterContains`)."""
    repository = repositories.called(call)
    prefix, part = f"refs/{call.query.get('filter', '')}", call.query.get("filterContains", "")
    found = repositories.git(call.sandbox, repository).references(prefix)
    url = f"{repository_url(call, repository)}/refs?filter="
    shown_references = [
        {"name": name, "objectId": sha, "creator": identity(call), "url": url + name.removeprefix("refs/")}
        for name, sha in found
        if fnmatchcase(name, f"*{part}*") and not name.startswith("refs/pull/")
    ]
    return values(shown_references[: call.number("$top", 1000)])


def _move(call: Call, repository: Json, update: Json) -> str:
    """Carry out one update; returns its status."""
    name, old, new = (str(update.get(field) or "") for field in ("name", "oldObjectId", "newObjectId"))
    real = repositories.git(call.sandbox, repository)
    if not name.startswith("refs/") or not real.valid_name(name):
        return "invalidRefName"
    if policies.protects(call, repository, name) and (real.resolve(name) is not None):
        return "rejectedByPolicy"
    with real.lock:
        if (real.resolve(name) or ZEROS) != old:
            return "staleOldObjectId"
        try:
            if new == ZEROS:
                real.drop(name)
            elif (commit := real.resolve(new)) is not None:
                real.move(name, commit, old)
            else:
                return "unresolvableToCommit"
        except GitError:
            return "unresolvableToCommit"
    return "succeeded"


@api.on("POST", *paths("/refs"))
def update_references(call: Call) -> DevOpsAnswer:
    """Make, move or delete references, each with a status of its own."""
    repository = repositories.called(call)
    results = []
    for update in mappings(call.body.get("items"), "body"):
        status = _move(call, repository, update)
        names = ("name", "oldObjectId", "newObjectId")
        result = {"repositoryId": repository["id"], **{name: update.get(name) for name in names}}
        results.append(
            {**result, "isLocked": False, "updateStatus": status, "success": status == "succeeded"}
        )
    return values(results)


def settle(call: Call, repository: Json) -> None:
    """Let a clone check out the first branch of a repository whose default branch is not there."""
    branch = repositories.default_branch(call, repository)
    if branch is not None:
        repositories.git(call.sandbox, repository).set_head(branch.removeprefix("refs/heads/"))
