"""The files of a code bundle: which of a folder belong to it, and the hash of them all."""

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


def _wanted(path: Path, folder: Path) -> bool:
    return not (_NEVER & set(path.relative_to(folder).parts)) and path.suffix != ".pyc" and path.is_file()


def read_files(folder: Path, include: list[str], problems: Problems) -> list[CodeFile]:
    """The files of a folder that match one of the patterns, sorted by name; adds what is wrong with them."""
    if not folder.is_dir():
        problems.add(f"The code folder {folder} does not exist: name a folder that does.")
        return []
    inside = folder.resolve()
    found: dict[str, CodeFile] = {}
    for pattern in include:
        if pattern.startswith("/") or ".." in Path(pattern).parts:
            problems.add(f"The pattern {pattern!r} leaves the code folder: write it from {folder}.")
            continue
        paths = [path for path in folder.glob(pattern) if _wanted(path, folder)]
        if not paths:
            problems.add(f"No file of {folder} matches {pattern!r}: change the pattern, or add the file.")
        for path in paths:
            name = path.relative_to(folder).as_posix()
            if not path.resolve().is_relative_to(inside):
                problems.add(f"{name} is a link to outside of {folder}: copy the file into the folder.")
            elif path.stat().st_size > LARGEST:
                problems.add(
                    f"{name} has {path.stat().st_size:,} bytes; 10 MB are allowed: keep data in a volume."
                )
            else:
                found[name] = CodeFile(name, path.read_bytes())
    files = [found[name] for name in sorted(found)]
    _check_targets(files, problems)
    return files


def _check_targets(files: list[CodeFile], problems: Problems) -> None:
    taken: dict[str, str] = {}
    for file in files:
        other = taken.setdefault(file.target, file.name)
        if other != file.name:
            problems.add(f"{other} and {file.name} both become {file.target} in the workspace: rename one.")
