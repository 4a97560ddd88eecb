"""The files of a code bundle: which of a folder belong to it, and the hash of them all."""

import json
import os
from dataclasses import dataclass
from functools import cached_property
from hashlib import sha256
from pathlib import Path

from pulumi_databricks_mlops.problems import Problems

LARGEST = 10 << 20
"""Bytes: what the workspace import API takes."""
_NEVER = {
    "__pycache__",
    ".git",
    ".venv",
    ".ipynb_checkpoints",
    ".mypy_cache",
    ".ruff_cache",
    ".pytest_cache",
    ".DS_Store",
}
_MARKERS = {
    ".py": (b"# Databricks notebook source", "PYTHON"),
    ".sql": (b"-- Databricks notebook source", "SQL"),
    ".scala": (b"// Databricks notebook source", "SCALA"),
    ".r": (b"# Databricks notebook source", "R"),
}


@dataclass(frozen=True)
class CodeFile:
    """A file of a bundle."""

    name: str
    """Path from the bundle's folder, with `/`."""
    content: bytes

    @cached_property
    def language(self) -> str | None:
        """A notebook's language; None for what is not a notebook."""
        suffix = Path(self.name).suffix
        if suffix == ".ipynb":
            return "PYTHON"
        marker, language = _MARKERS.get(suffix.lower(), (None, None))
        first = self.content.split(b"\n", 1)[0].rstrip()
        return language if first == marker else None

    @cached_property
    def target(self) -> str:
        """Where it comes to stand, from the bundle's root: a notebook loses its suffix."""
        return self.name if self.language is None else self.name.removesuffix(Path(self.name).suffix)


def content_hash(files: list[CodeFile]) -> str:
    """16 hexadecimal digits over the names and bytes of all files, whatever their order."""
    seen = sha256()
    for file in sorted(files, key=lambda each: each.name):
        name = file.name.encode()
        seen.update(len(name).to_bytes(8, "big") + name)
        seen.update(len(file.content).to_bytes(8, "big") + file.content)
    return seen.hexdigest()[:16]


def read_files(folder: Path, include: list[str], problems: Problems) -> list[CodeFile]:
    """The files of a folder that match one of the patterns, sorted by name; adds what is wrong with them.

    As in a shell, `*` leaves out names that begin with a dot, where keys and caches are; `.name` takes one.
    """
    if not folder.is_dir():
        problems.add(f"The code folder {folder} does not exist: name a folder that does.")
        return []
    found: dict[str, CodeFile] = {}
    for pattern in include:
        paths = _matching(folder, pattern, problems)
        for path in paths:
            name = path.relative_to(folder).as_posix()
            if name not in found and (wrong := _wrong(path, name, folder)):
                problems.add(f"{name!r} {wrong}.")
            elif name not in found:
                found[name] = CodeFile(name, path.read_bytes())
    files = [found[name] for name in sorted(found)]
    _check_contents(files, problems)
    _check_targets(files, problems)
    return files


def _matching(folder: Path, pattern: str, problems: Problems) -> list[Path]:
    """What is to be uploaded, and links that lead nowhere or to folders."""
    parts = Path(pattern).parts
    if pattern.startswith("/") or ".." in parts:
        problems.add(f"The pattern {pattern!r} leaves the code folder: write it from {folder}.")
        return []
    if not parts or any("**" in part and part != "**" for part in parts):
        problems.add(f"The pattern {pattern!r} is none: write `*` in a name, and `**` for folders.")
        return []
    # Whether `**` alone finds files differs between versions of Python.
    whole = f"{pattern}/*" if parts[-1] == "**" else pattern
    hidden = any(part.startswith(".") for part in parts)
    paths = [path for path in folder.glob(whole) if _wanted(path, folder, hidden)]
    if not paths:
        problems.add(f"No file of {folder} matches {pattern!r}: change the pattern, or add the file.")
    return sorted(paths)


def _wanted(path: Path, folder: Path, hidden: bool) -> bool:
    parts = path.relative_to(folder).parts
    if _NEVER & set(parts) or path.suffix == ".pyc":
        return False
    if not hidden and any(part.startswith(".") for part in parts):
        return False
    return path.is_file() or path.is_symlink()


def _wrong(path: Path, name: str, folder: Path) -> str | None:
    """Why a file can't be uploaded."""
    if not name.isprintable():
        return "is not a name that the workspace takes: rename it in letters and digits"
    try:
        real = path.resolve(strict=True)
    except (OSError, RuntimeError):
        return "is a link that leads nowhere: mend or delete it"
    if not real.is_relative_to(folder.resolve()):
        return f"is a link to outside of {folder}: copy the file into the folder"
    if real.is_dir():
        return "is a link to a folder, and those are not followed: copy the folder"
    if path.stat().st_size > LARGEST:
        return f"has {path.stat().st_size:,} bytes; 10 MB are allowed: keep data in a volume"
    return None if os.access(path, os.R_OK) else "can't be read: change its permissions"


def _check_contents(files: list[CodeFile], problems: Problems) -> None:
    """What the workspace refuses to import as a notebook."""
    for file in files:
        if file.language is None:
            continue
        try:
            text = file.content.decode()
            if file.name.endswith(".ipynb") and not isinstance(json.loads(text)["cells"], list):
                raise TypeError
        except UnicodeDecodeError as error:
            problems.add(f"The notebook {file.name!r} is not UTF-8 at byte {error.start}: save it as UTF-8.")
        except (ValueError, KeyError, TypeError):
            problems.add(f"{file.name!r} is not a Jupyter notebook: save it as one, or leave it out.")


def _check_targets(files: list[CodeFile], problems: Problems) -> None:
    taken: dict[str, str] = {}
    for file in files:
        other = taken.setdefault(file.target, file.name)
        if other != file.name:
            problems.add(f"{other} and {file.name} both become {file.target} in the workspace: rename one.")
