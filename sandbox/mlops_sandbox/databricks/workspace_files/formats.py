"""What an import makes of its content: a notebook of a language, or a file as it is."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import PurePosixPath

from mlops_sandbox.errors import invalid

NOTEBOOK_MARK = "Databricks notebook source"
_COMMENTS = {"PYTHON": "#", "SQL": "--", "SCALA": "//", "R": "#"}
_LANGUAGES = {".py": "PYTHON", ".sql": "SQL", ".scala": "SCALA", ".r": "R"}
EXTENSIONS = {"PYTHON": "py", "SQL": "sql", "SCALA": "scala", "R": "r"}


@dataclass(frozen=True)
class Imported:
    """What an import's path and content are taken for."""

    path: str
    content: bytes
    object_type: str
    """NOTEBOOK or FILE."""
    language: str = ""
    """PYTHON, SQL, SCALA or R; empty for a file."""


def mark_line(language: str) -> str:
    """The first line of a notebook's source."""
    return f"{_COMMENTS[language]} {NOTEBOOK_MARK}"


def _automatic(path: str, content: bytes) -> Imported:
    language = _LANGUAGES.get(PurePosixPath(path).suffix.lower())
    first_line = content.split(b"\n", 1)[0].strip().decode("utf-8", "replace")
    if language is None or first_line != mark_line(language):
        return Imported(path, content, "FILE")
    return Imported(str(PurePosixPath(path).with_suffix("")), content, "NOTEBOOK", language)


def _source(path: str, content: bytes, language: str | None) -> Imported:
    if not language:
        raise invalid("The language must be set to import a notebook in the SOURCE format.")
    if language not in _COMMENTS:
        raise invalid(f"Language {language!r} is not one of {', '.join(_COMMENTS)}.")
    mark = mark_line(language).encode()
    marked = content if content.startswith(mark) else mark + b"\n" + content
    return Imported(path, marked, "NOTEBOOK", language)


def interpret(path: str, content: bytes, import_format: str, language: str | None) -> Imported:
    """What to keep of an import.

    Args:
        path: the workspace path, normalised.
        content: the bytes that were sent.
        import_format: SOURCE (a notebook), AUTO (looks at the extension and the first line; a
            notebook loses its extension) or RAW (a file).
        language: the notebook's language, for SOURCE.

    Raises:
        ApiError: 400 for another format or a missing language.
    """
    if import_format == "RAW":
        return Imported(path, content, "FILE")
    if import_format == "AUTO":
        return _automatic(path, content)
    if import_format == "SOURCE":
        return _source(path, content, language)
    raise invalid(f"Import format {import_format!r} is not one that the sandbox takes: SOURCE, AUTO, RAW.")
