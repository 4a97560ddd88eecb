"""Workspace paths, and where on this machine they are."""

from __future__ import annotations

from pathlib import Path

from mlops_sandbox.context import Sandbox
from mlops_sandbox.errors import denied, invalid


def normal_path(path: str) -> str:
    """The path as the workspace keeps it: absolute, no `/Workspace` in front, no slash at its end.

    Raises:
        ApiError: 400 when it is not absolute or leads out of the tree.
    """
    if not isinstance(path, str) or not path.startswith("/"):
        raise invalid(f"Path ({path}) doesn't start with '/'")
    segments = [segment for segment in path.split("/") if segment]
    if any(segment in {".", ".."} or "\0" in segment for segment in segments):
        raise invalid(f"Path ({path}) must not contain '.' or '..' as a segment.")
    if segments and segments[0] == "Workspace":
        segments = segments[1:]
    return "/" + "/".join(segments)


def _root(sandbox: Sandbox, workspace: str) -> Path:
    return sandbox.folder(workspace) / "files"


def real_path(sandbox: Sandbox, workspace: str, path: str) -> Path:
    """The real file or folder of a workspace path; it need not exist.

    Args:
        sandbox: the running sandbox.
        workspace: the workspace's id.
        path: `/Shared/a` or `/Workspace/Shared/a`.

    Raises:
        ApiError: 400 when the path leads out of the tree, 403 when a link on its way does.
    """
    root = _root(sandbox, workspace)
    found = root.joinpath(*normal_path(path).split("/")[1:])
    if not found.resolve().is_relative_to(root.resolve()):
        raise denied(f"Path ({path}) leads out of the workspace.")
    return found
