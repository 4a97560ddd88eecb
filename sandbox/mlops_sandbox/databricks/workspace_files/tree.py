"""The tree of workspace objects: documents say what there is, files hold the content."""

from __future__ import annotations

import os
import shutil
import tempfile
import time
from pathlib import Path, PurePosixPath

from mlops_sandbox.context import DEFAULT_USER, Sandbox
from mlops_sandbox.databricks import permissions
from mlops_sandbox.databricks.workspace_files.formats import Imported
from mlops_sandbox.databricks.workspace_files.paths import normal_path, real_path
from mlops_sandbox.errors import ApiError, already_exists, invalid, not_found
from mlops_sandbox.store import Document, Store

_KIND = "workspace_object"
_PERMISSION_TYPES = {"NOTEBOOK": "notebooks", "FILE": "files", "DIRECTORY": "directories"}
#: Folders that every workspace has and nobody can delete, with their ids.
_STANDING = {"/": 0, "/Shared": 1, "/Users": 2, f"/Users/{DEFAULT_USER}": 3}
_FIRST_ID = 1000


def _now() -> int:
    return int(time.time() * 1000)


def find(store: Store, path: str) -> Document | None:
    """The object at a normalised path, or None."""
    if path in _STANDING:
        identity = _STANDING[path]
        return {
            "object_id": identity,
            "object_type": "DIRECTORY",
            "path": path,
            "resource_id": str(identity),
        }
    return store.get(_KIND, path)


def require(store: Store, path: str) -> Document:
    """The object at a normalised path.

    Raises:
        ApiError: 404 when there is none.
    """
    found = find(store, path)
    if found is None:
        raise not_found(f"Path ({path}) doesn't exist.")
    return found


def children(store: Store, path: str) -> list[Document]:
    """The objects directly inside a folder, by path."""
    prefix = "/" if path == "/" else f"{path}/"
    inside = {document["path"]: document for document in store.documents(_KIND, prefix)}
    for standing in _STANDING:
        if standing.startswith(prefix) and standing != path:
            inside[standing] = require(store, standing)
    return [inside[each] for each in sorted(inside) if "/" not in each[len(prefix) :]]


def _add(store: Store, path: str, object_type: str, owner: str, **more: object) -> Document:
    identity = store.next_id(_KIND, _FIRST_ID)
    document = {
        "object_id": identity,
        "object_type": object_type,
        "path": path,
        "resource_id": str(identity),
        "created_at": _now(),
        "modified_at": _now(),
        **more,
    }
    permissions.on_create(store, _PERMISSION_TYPES[object_type], identity, owner)
    return store.put(_KIND, path, document)


def make_directories(sandbox: Sandbox, store: Store, path: str, owner: str) -> None:
    """Make a folder and those above it; a folder that is there stays.

    Raises:
        ApiError: 400 when something on the way is no folder.
    """
    real = real_path(sandbox, store.workspace, path)
    parents = [str(parent) for parent in reversed(PurePosixPath(path).parents)]
    with store.transaction():
        for step in [*parents, path]:
            there = find(store, step)
            if there is None:
                _add(store, step, "DIRECTORY", owner)
            elif there["object_type"] != "DIRECTORY":
                raise already_exists(f"Path ({step}) exists and is a {there['object_type']}.")
    real.mkdir(parents=True, exist_ok=True)


def write(sandbox: Sandbox, store: Store, item: Imported, *, overwrite: bool, owner: str) -> None:
    """Keep an imported notebook or file.

    Raises:
        ApiError: 404 without a parent folder, 400 when the path is taken.
    """
    parent = str(PurePosixPath(item.path).parent)
    above = find(store, parent)
    if above is None or above["object_type"] != "DIRECTORY":
        raise not_found(f"The parent folder ({parent}) does not exist.")
    there = find(store, item.path)
    if there is not None and not overwrite:
        raise already_exists(f"Path ({item.path}) already exists.")
    if there is not None and there["object_type"] != item.object_type:
        raise invalid(
            f"Cannot overwrite the asset at {item.path} due to type mismatch "
            f"(asked: {item.object_type}, actual: {there['object_type']})."
        )
    _write_whole(real_path(sandbox, store.workspace, item.path), item.content)
    details = {"language": item.language} if item.language else {"size": len(item.content)}
    with store.transaction():
        if there is None:
            _add(store, item.path, item.object_type, owner, **details)
        else:
            store.put(_KIND, item.path, {**there, **details, "modified_at": _now()})


def _write_whole(target: Path, content: bytes) -> None:
    """Replace a file in one step: a task that reads it never sees half of it."""
    target.parent.mkdir(parents=True, exist_ok=True)
    handle, draft = tempfile.mkstemp(dir=target.parent, prefix=".import-")
    try:
        with os.fdopen(handle, "wb") as output:
            output.write(content)
        Path(draft).replace(target)
    except OSError:
        Path(draft).unlink(missing_ok=True)
        raise


def remove(sandbox: Sandbox, store: Store, path: str, *, recursive: bool) -> None:
    """Delete an object.

    Raises:
        ApiError: 404 when there is none, 400 for a folder that holds something or that must stay.
    """
    found = require(store, path)
    if path in _STANDING:
        raise ApiError(400, "DIRECTORY_PROTECTED", f"Folder {path} is protected.")
    inside = store.documents(_KIND, f"{path}/")
    if inside and not recursive:
        raise ApiError(400, "DIRECTORY_NOT_EMPTY", f"Folder ({path}) is not empty.")
    real = real_path(sandbox, store.workspace, path)
    with store.transaction():
        for document in [found, *inside]:
            store.delete(_KIND, document["path"])
            permissions.on_delete(store, _PERMISSION_TYPES[document["object_type"]], document["object_id"])
    if real.is_dir() and not real.is_symlink():
        shutil.rmtree(real)
    else:
        real.unlink(missing_ok=True)


def content(sandbox: Sandbox, store: Store, path: str) -> bytes:
    """The bytes of a notebook's source or of a file."""
    if require(store, path)["object_type"] == "DIRECTORY":
        raise invalid(f"Path ({path}) is a folder: the sandbox exports notebooks and files.")
    return real_path(sandbox, store.workspace, path).read_bytes()


def notebook_source(sandbox: Sandbox, workspace: str, path: str) -> tuple[str, str]:
    """A notebook's language (PYTHON, SQL, SCALA, R) and its source, first line included.

    Raises:
        ApiError: 404 when the path is nothing, 400 when it is no notebook.
    """
    store = sandbox.store(workspace)
    normal = normal_path(path)
    found = require(store, normal)
    if found["object_type"] != "NOTEBOOK":
        raise invalid(f"Path ({path}) is a {found['object_type']}, not a notebook.")
    return found["language"], content(sandbox, store, normal).decode("utf-8")
