"""The workspace API: `/api/2.0/workspace/*`."""

from __future__ import annotations

from base64 import b64decode, b64encode
from pathlib import PurePosixPath
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from mlops_sandbox.databricks.object_access import may_at, require_at
from mlops_sandbox.databricks.principals import caller
from mlops_sandbox.databricks.workspace_files import tree
from mlops_sandbox.databricks.workspace_files.formats import EXTENSIONS, interpret
from mlops_sandbox.databricks.workspace_files.paths import normal_path
from mlops_sandbox.errors import ApiError, invalid
from mlops_sandbox.server.multipart import form_fields
from mlops_sandbox.server.routing import Answer, Call, Json, Routes

routes = Routes()

_MAX_JSON_CONTENT = 10 * 1024 * 1024


def _flag(value: Any) -> bool:
    return value is True or str(value).lower() == "true"


def _decoded(content: Any) -> bytes:
    try:
        decoded = b64decode(content, validate=True)
    except (TypeError, ValueError):
        raise invalid("content must be base64.") from None
    if len(decoded) > _MAX_JSON_CONTENT:
        raise ApiError(400, "MAX_NOTEBOOK_SIZE_EXCEEDED", "The content is larger than 10 MB.")
    return decoded


def _require_read(call: Call, path: str) -> None:
    if tree.find(call.store, path) is not None:
        require_at(call, path, "CAN_READ")


def _require_write(call: Call, path: str) -> None:
    """What is there is edited; what is new is made by who manages the folder that it goes into."""
    if tree.find(call.store, path) is not None:
        require_at(call, path, "CAN_EDIT")
        return
    above = PurePosixPath(path).parent
    while tree.find(call.store, str(above)) is None:
        above = above.parent
    require_at(call, str(above), "CAN_MANAGE")


@routes.post("/api/2.0/workspace/import")
async def import_object(call: Call) -> Json:
    """Create or overwrite a notebook or a file; the content is base64 in JSON, or a form's file."""
    kind = call.request.headers.get("content-type", "")
    fields: dict[str, Any] = dict(call.body)
    if kind.startswith("multipart/form-data"):
        form = form_fields(kind, await call.request.body())
        fields = {name: value.decode() for name, value in form.items() if name != "content"}
        content = form.get("content", b"")
    else:
        content = _decoded(fields.get("content", ""))

    def keep() -> None:
        path = normal_path(fields.get("path", ""))
        item = interpret(path, content, fields.get("format") or "SOURCE", fields.get("language"))
        overwrite = _flag(fields.get("overwrite", False))
        _require_write(call, path)
        tree.write(call.sandbox, call.store, item, overwrite=overwrite, owner=call.user)

    await run_in_threadpool(keep)
    return {}


@routes.get("/api/2.0/workspace/export")
def export_object(call: Call) -> Answer:
    """A notebook's source or a file's content, in base64, or as it is with `direct_download`."""
    path = normal_path(call.required("path"))
    export_format = call.get("format", "SOURCE")
    if export_format not in {"SOURCE", "AUTO", "RAW"}:
        raise invalid(f"Export format {export_format!r} is not one of the sandbox's: SOURCE, AUTO, RAW.")
    _require_read(call, path)
    content = tree.content(call.sandbox, call.store, path)
    if _flag(call.get("direct_download", False)):
        return Response(content, media_type="application/octet-stream")
    language = tree.require(call.store, path).get("language", "")
    file_type = EXTENSIONS.get(language) or path.rpartition("/")[2].rpartition(".")[2]
    return {"content": b64encode(content).decode(), "file_type": file_type}


@routes.get("/api/2.0/workspace/get-status")
def get_status(call: Call) -> Json:
    """What is at a path."""
    path = normal_path(call.required("path"))
    found = tree.require(call.store, path)
    _require_read(call, path)
    return found


@routes.get("/api/2.0/workspace/list")
def list_objects(call: Call) -> Json:
    """What is directly inside a folder; of a notebook or a file, itself."""
    path = normal_path(call.required("path"))
    found = tree.require(call.store, path)
    inside = tree.children(call.store, path) if found["object_type"] == "DIRECTORY" else [found]
    who = caller(call)
    objects = [each for each in inside if may_at(call.store, who, each["path"], "CAN_READ")]
    return {"objects": objects} if objects else {}


@routes.post("/api/2.0/workspace/mkdirs")
def make_directories(call: Call) -> Json:
    """Make a folder and those above it."""
    path = normal_path(call.required("path"))
    if tree.find(call.store, path) is None:
        _require_write(call, path)
    tree.make_directories(call.sandbox, call.store, path, call.user)
    return {}


@routes.post("/api/2.0/workspace/delete")
def delete_object(call: Call) -> Json:
    """Delete a notebook, a file or a folder; `recursive` for a folder that holds something."""
    recursive, path = _flag(call.get("recursive", False)), normal_path(call.required("path"))
    tree.require(call.store, path)
    require_at(call, path, "CAN_MANAGE")
    tree.remove(call.sandbox, call.store, path, recursive=recursive)
    return {}
