"""Threads of comments on pull requests."""

from __future__ import annotations

from mlops_sandbox.azuredevops import commits, pull_documents, repositories
from mlops_sandbox.azuredevops.api import (
    DevOpsAnswer,
    DevOpsError,
    DevOpsRoutes,
    identity,
    mappings,
    now,
    required,
    store,
    values,
)
from mlops_sandbox.server.routing import Call, Json

api = DevOpsRoutes()

_THREADS = commits.paths("/pullRequests/{pull}/threads")
_THREAD = [f"{path}/{{thread}}" for path in _THREADS]
_COMMENTS = [f"{path}/comments" for path in _THREAD]


def _prefix(call: Call) -> str:
    repository = repositories.called(call)
    return f"{pull_documents.key(repository, pull_documents.find(call, repository)['pullRequestId'])}/"


def _found(call: Call) -> tuple[str, Json]:
    number = call.path["thread"]
    key = f"{_prefix(call)}{number.zfill(8)}"
    found = store(call).get("thread", key)
    if found is None:
        text = f"The comment thread {number} does not exist."
        raise DevOpsError(404, "CommentThreadNotFoundException", text)
    return key, found


def _comment(call: Call, number: int, given: Json) -> Json:
    time = now()
    return {
        "id": number,
        "parentCommentId": given.get("parentCommentId", 0),
        "author": identity(call),
        "content": str(given.get("content") or ""),
        "commentType": given.get("commentType") or "text",
        **dict.fromkeys(("publishedDate", "lastUpdatedDate", "lastContentUpdatedDate"), time),
    }


@api.on("POST", *_THREADS)
def create_thread(call: Call) -> DevOpsAnswer:
    """Begin a thread with its first comments."""
    prefix, comments = _prefix(call), mappings(required(call, "comments"), "comments")
    number, time = store(call).next_id("thread"), now()
    thread = {
        "id": number,
        "publishedDate": time,
        "lastUpdatedDate": time,
        "comments": [_comment(call, at, each) for at, each in enumerate(comments, 1)],
        "status": call.body.get("status") or "active",
        "threadContext": call.body.get("threadContext"),
        "properties": call.body.get("properties") or {},
        "isDeleted": False,
    }
    return store(call).put("thread", f"{prefix}{number:08d}", thread)


@api.on("GET", *_THREADS)
def list_threads(call: Call) -> DevOpsAnswer:
    """A pull request's threads, oldest first."""
    return values(store(call).documents("thread", _prefix(call)))


@api.on("GET", *_THREAD)
def get_thread(call: Call) -> DevOpsAnswer:
    """A thread by id."""
    return _found(call)[1]


@api.on("PATCH", *_THREAD)
def update_thread(call: Call) -> DevOpsAnswer:
    """Change a thread's status: active, fixed, closed, ..."""
    key, found = _found(call)
    status = call.body.get("status") or found["status"]
    return store(call).put("thread", key, {**found, "status": status, "lastUpdatedDate": now()})


@api.on("POST", *_COMMENTS)
def create_comment(call: Call) -> DevOpsAnswer:
    """Answer in a thread."""
    with store(call).transaction():
        key, found = _found(call)
        comment = _comment(call, len(found["comments"]) + 1, call.body)
        store(call).put("thread", key, {**found, "comments": [*found["comments"], comment]})
    return comment


@api.on("PATCH", *(f"{path}/{{comment}}" for path in _COMMENTS))
def update_comment(call: Call) -> DevOpsAnswer:
    """Change a comment's text."""
    content, time = str(required(call, "content")), now()
    with store(call).transaction():
        key, found = _found(call)
        for at, each in enumerate(found["comments"]):
            if str(each["id"]) == call.path["comment"]:
                changed = {
                    **each,
                    "content": content,
                    "lastUpdatedDate": time,
                    "lastContentUpdatedDate": time,
                }
                comments = [*found["comments"][:at], changed, *found["comments"][at + 1 :]]
                store(call).put("thread", key, {**found, "comments": comments})
                return changed
    text = f"The comment {call.path['comment']} does not exist."
    raise DevOpsError(404, "CommentNotFoundException", text)
