"""`dbutils.fs`: volumes, workspace files and local files, on the real files behind them."""

from __future__ import annotations

import shutil
from collections import namedtuple
from pathlib import Path, PurePosixPath

from mlops_sandbox.runtime.spec import TaskSpec

FileInfo = namedtuple("FileInfo", ["path", "name", "size", "modificationTime"])


class Files:
    """Files by the paths that they have on Databricks."""

    def __init__(self, spec: TaskSpec) -> None:
        self._roots = {"/Volumes": Path(spec.volumes_root), "/Workspace": Path(spec.workspace_root)}

    def _real(self, path: str) -> Path:
        local = path.startswith("file:")
        named = "/" + path.removeprefix("file:").removeprefix("dbfs:").lstrip("/")
        for prefix, root in self._roots.items():
            if named == prefix or named.startswith(f"{prefix}/"):
                found = root.joinpath(*PurePosixPath(named).parts[2:]).resolve()
                if not found.is_relative_to(root.resolve()):
                    raise PermissionError(f"{path} leads out of {prefix}.")
                return found
        if local:
            return Path(named)
        raise ValueError(f"{path}: the sandbox has /Volumes, /Workspace and file:/ paths, no DBFS root.")

    def ls(self, path: str) -> list[FileInfo]:
        """What is in a folder; ``FileNotFoundError`` when there is none."""
        found = []
        for each in sorted(self._real(path).iterdir()):
            slash = "/" if each.is_dir() else ""
            stat = each.stat()
            size = 0 if slash else stat.st_size
            whole = f"{path.rstrip('/')}/{each.name}{slash}"
            found.append(FileInfo(whole, each.name + slash, size, int(stat.st_mtime * 1000)))
        return found

    def head(self, file: str, maxBytes: int = 65536) -> str:  # noqa: N803
        """The beginning of a file."""
        with self._real(file).open("rb") as source:
            return source.read(maxBytes).decode("utf-8", "replace")

    def put(self, file: str, contents: str, overwrite: bool = False) -> bool:
        """Write a file; ``FileExistsError`` when it is there, unless overwriting."""
        target = self._real(file)
        if target.exists() and not overwrite:
            raise FileExistsError(file)
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(contents)
        return True

    def mkdirs(self, path: str) -> bool:
        """Make a folder and those above it."""
        self._real(path).mkdir(parents=True, exist_ok=True)
        return True

    def cp(self, from_: str, to: str, recurse: bool = False) -> bool:
        """Copy a file, or a folder when recursing."""
        source, target = self._real(from_), self._real(to)
        if source.is_dir():
            if not recurse:
                raise IsADirectoryError(f"{from_} is a folder: copy it with recurse=True.")
            shutil.copytree(source, target, dirs_exist_ok=True)
        else:
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(source, target / source.name if target.is_dir() else target)
        return True

    def mv(self, from_: str, to: str, recurse: bool = False) -> bool:
        """Move a file, or a folder when recursing."""
        self.cp(from_, to, recurse)
        return self.rm(from_, recurse)

    def rm(self, path: str, recurse: bool = False) -> bool:
        """Delete a file or a folder; False when there is nothing."""
        target = self._real(path)
        if not target.exists():
            return False
        if target.is_dir():
            shutil.rmtree(target) if recurse else target.rmdir()
        else:
            target.unlink()
        return True
