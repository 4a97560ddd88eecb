"""Files of volumes: `/api/2.0/fs/files/Volumes/<catalog>/<schema>/<volume>/…` and directories."""

from __future__ import annotations

import os
import shutil
from email.utils import formatdate
from pathlib import Path
from tempfile import NamedTemporaryFile

from starlette.concurrency import run_in_threadpool
from starlette.responses import FileResponse, Response

from mlops_sandbox.databricks.unity import access, volumes
from mlops_sandbox.errors import ApiError, denied, invalid, not_found
from mlops_sandbox.server.routing import Answer, Call, Json, Routes

routes = Routes()

_FILES = "/api/2.0/fs/files/{path:path}"
_FOLDERS = "/api/2.0/fs/directories/{path:path}"


def _real(call: Call) -> tuple[str, Path]:
    """The path as the API spells it, and the file or folder behind it; never one outside its volume."""
    parts = [part for part in call.path["path"].split("/") if part]
    if len(parts) < 4 or parts[0] != "Volumes":
        raise invalid(
            f"Invalid path: /{'/'.join(parts)}. It must be under /Volumes/<catalog>/<schema>/<volume>."
        )
    volume = volumes.folder(call.sandbox, call.workspace, ".".join(parts[1:4])).resolve()
    needed = "READ_VOLUME" if call.request.method in {"GET", "HEAD"} else "WRITE_VOLUME"
    access.require(call, "volume", ".".join(parts[1:4]), needed)
    place = volume.joinpath(*parts[4:]).resolve()
    if not place.is_relative_to(volume):
        raise denied(f"/{'/'.join(parts)} leaves its volume.")
    return "/" + "/".join(parts), place


def _headers(place: Path) -> dict[str, str]:
    known = place.stat()
    return {
        "content-length": str(known.st_size),
        "content-type": "application/octet-stream",
        "last-modified": formatdate(known.st_mtime, usegmt=True),
    }


@routes.raw("PUT", _FILES)
async def upload(call: Call) -> Answer:
    """Write a file in one step: readers see the old one or the whole new one."""
    path, place = await run_in_threadpool(_real, call)
    if place.is_dir():
        raise ApiError(409, "ALREADY_EXISTS", f"{path} is a directory.")
    if place.exists() and call.query.get("overwrite", "true").lower() == "false":
        raise ApiError(409, "ALREADY_EXISTS", f"The file {path} exists already, and overwrite is false.")
    place.parent.mkdir(parents=True, exist_ok=True)
    with NamedTemporaryFile(dir=place.parent, prefix=".upload-", delete=False) as draft:
        try:
            async for chunk in call.request.stream():
                await run_in_threadpool(draft.write, chunk)
            draft.flush()
            Path(draft.name).replace(place)
        except BaseException:
            Path(draft.name).unlink(missing_ok=True)
            raise
    return Response(status_code=204)


@routes.get(_FILES)
def download(call: Call) -> Answer:
    """A file's content."""
    path, place = _real(call)
    if not place.is_file():
        raise not_found(f"The file {path} does not exist.", "NOT_FOUND")
    return FileResponse(place, media_type="application/octet-stream")


@routes.head(_FILES)
def describe(call: Call) -> Answer:
    """A file's size and time."""
    path, place = _real(call)
    if not place.is_file():
        raise not_found(f"The file {path} does not exist.", "NOT_FOUND")
    return Response(headers=_headers(place))


@routes.delete(_FILES)
def delete(call: Call) -> Answer:
    """Delete a file."""
    path, place = _real(call)
    if not place.is_file():
        raise not_found(f"The file {path} does not exist.", "NOT_FOUND")
    place.unlink()
    return Response(status_code=204)


@routes.put(_FOLDERS)
def make_folder(call: Call) -> Answer:
    """Make a directory with its parents; one that is there stays."""
    path, place = _real(call)
    if place.is_file():
        raise ApiError(409, "ALREADY_EXISTS", f"{path} is a file.")
    place.mkdir(parents=True, exist_ok=True)
    return Response(status_code=204)


@routes.head(_FOLDERS)
def folder_exists(call: Call) -> Answer:
    """Whether there is such a directory."""
    path, place = _real(call)
    if not place.is_dir():
        raise not_found(f"The directory {path} does not exist.", "NOT_FOUND")
    return Response()


@routes.delete(_FOLDERS)
def delete_folder(call: Call) -> Answer:
    """Delete an empty directory."""
    path, place = _real(call)
    if not place.is_dir():
        raise not_found(f"The directory {path} does not exist.", "NOT_FOUND")
    if any(place.iterdir()):
        raise ApiError(400, "BAD_REQUEST", f"The directory {path} is not empty.")
    shutil.rmtree(place)
    return Response(status_code=204)


@routes.get(_FOLDERS)
def list_folder(call: Call) -> Json:
    """What a directory contains, by name."""
    path, place = _real(call)
    if not place.is_dir():
        raise not_found(f"The directory {path} does not exist.", "NOT_FOUND")
    contents: list[Json] = []
    with os.scandir(place) as entries:
        for entry in sorted(entries, key=lambda each: each.name):
            known = entry.stat()
            described: Json = {
                "path": f"{path}/{entry.name}",
                "name": entry.name,
                "is_directory": entry.is_dir(),
                "last_modified": int(known.st_mtime * 1000),
            }
            if entry.is_file():
                described["file_size"] = known.st_size
            contents.append(described)
    return {"contents": contents}
