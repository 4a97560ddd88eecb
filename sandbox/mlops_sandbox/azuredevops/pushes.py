"""Pushes made over REST: commits of added, edited, renamed and deleted files."""

from __future__ import annotations

from base64 import b64decode

from mlops_sandbox.azuredevops import commits, policies, repositories
from mlops_sandbox.azuredevops.api import (
    ZEROS,
    DevOpsAnswer,
    DevOpsError,
    DevOpsRoutes,
    identity,
    invalid,
    mapping,
    mappings,
    now,
    required,
    store,
)
from mlops_sandbox.git.objects import Signature
from mlops_sandbox.git.repository import Change, GitRepository
from mlops_sandbox.server.routing import Call, Json

api = DevOpsRoutes()


def _content(change: Json) -> bytes:
    given = mapping(change.get("newContent"), "newContent")
    text = str(given.get("content") or "")
    if given.get("contentType") == "base64encoded":
        try:
            return b64decode(text, validate=True)
        except ValueError:
            raise invalid("The content is not valid base64.") from None
    return text.encode()


def _path(given: object) -> str:
    path = str(given or "").strip("/")
    if not path or any(part in ("", ".", "..", ".git") for part in path.split("/")):
        raise invalid(f"TF401030: The path '{given}' is not valid.")
    return path


def _changes(real: GitRepository, parent: str | None, change: Json) -> list[Change]:
    kind, path = str(change.get("changeType")), _path(mapping(change.get("item"), "item").get("path"))
    if kind == "add":
        return [Change(path, _content(change))]
    source = _path(change.get("sourceServerItem")) if kind == "rename" else path
    there = real.entry(parent, source) if parent else None
    if there is None:
        raise DevOpsError(
            404, "GitItemNotFoundException", f"TF401174: The item '/{source}' could not be found."
        )
    if kind == "edit":
        return [Change(path, _content(change), there.mode)]
    if kind == "delete":
        return [Change(path, None)]
    if kind == "rename":
        return [Change(source, None), Change(path, real.blob(there.sha), there.mode)]
    raise invalid(f"Change type {kind!r} is not one of add, edit, delete, rename.")


def _signature(call: Call, given: Json | None) -> Signature:
    me = identity(call)
    filled = given or {}
    return Signature.now(filled.get("name") or me["displayName"], filled.get("email") or me["uniqueName"])


def _commit(call: Call, real: GitRepository, parent: str | None, commit: Json) -> str:
    changes = [
        each
        for change in mappings(commit.get("changes"), "changes")
        for each in _changes(real, parent, change)
    ]
    tree = real.write_tree(parent, changes)
    author = _signature(call, commit.get("author"))
    committer = _signature(call, commit.get("committer") or commit.get("author"))
    return real.write_commit(
        tree, [parent] if parent else [], str(commit.get("comment") or ""), author, committer
    )


@api.on("POST", *commits.paths("/pushes"))
def create_push(call: Call) -> DevOpsAnswer:
    """Put commits on a branch that must still be where the caller saw it (zeros: must not exist)."""
    updates = mappings(required(call, "refUpdates"), "refUpdates")
    given = mappings(required(call, "commits"), "commits")
    if len(updates) != 1 or not given:
        raise invalid("A push names one reference, and at least one commit.")
    repository = repositories.called(call)
    real = repositories.git(call.sandbox, repository)
    name, old = str(updates[0].get("name")), str(updates[0].get("oldObjectId") or ZEROS)
    if not name.startswith("refs/heads/") or not real.valid_name(name):
        raise invalid(f"TF401035: '{name}' is not a valid ref name.")
    if old != ZEROS and policies.protects(call, repository, name):
        raise policies.refused()
    with real.lock:
        if (real.resolve(name) or ZEROS) != old:
            text = f"TF401028: The reference '{name}' has already been updated by another client."
            raise DevOpsError(409, "GitReferenceStaleException", text)
        head = None if old == ZEROS else old
        made = []
        for each in given:
            head = _commit(call, real, head, each)
            made.append(head)
        assert head is not None
        real.move(name, head, old)
    commits.settle(call, repository)
    number = store(call).next_id("push")
    return 201, {
        "commits": [commits.brief(call, repository, sha) for sha in made],
        "refUpdates": [
            {"repositoryId": repository["id"], "name": name, "oldObjectId": old, "newObjectId": head}
        ],
        "repository": repositories.shown(call, repository),
        "pushedBy": identity(call),
        "pushId": number,
        "date": now(),
        "url": f"{commits.repository_url(call, repository)}/pushes/{number}",
    }
