"""Notebooks in Databricks' source format: marked text, split into cells."""

from __future__ import annotations

import re
from dataclasses import dataclass

_COMMENTS = {"PYTHON": "#", "SQL": "--", "SCALA": "//", "R": "#"}
_MARK = "Databricks notebook source"


class NotebookError(Exception):
    """A notebook that can't be read or a cell that can't be run here."""


@dataclass(frozen=True)
class Cell:
    """One cell."""

    number: int
    """From 1, as a notebook's readers count."""
    text: str
    """What it says, without the marks of magic lines."""
    magic: str
    """`md`, `run`, `pip`, `sql`…; empty for a cell in the notebook's own language."""


def language_of(source: str) -> str:
    """The notebook's language by its first line; empty when it is no notebook."""
    first = source.split("\n", 1)[0].strip()
    return next((name for name, mark in _COMMENTS.items() if first == f"{mark} {_MARK}"), "")


def _unmarked(lines: list[str], comment: str) -> tuple[str, str]:
    """A cell's magic and text; magic cells stand behind comments in the source."""
    prefix = f"{comment} MAGIC"
    titles = f"{comment} DBTITLE"
    kept = ["" if line.startswith(titles) else line for line in lines]
    if not any(line.startswith(prefix) for line in kept):
        return "", "\n".join(kept)
    text = "\n".join(
        line[len(prefix) :].removeprefix(" ") if line.startswith(prefix) else line for line in kept
    )
    found = re.match(r"\s*%(\w+)[ \t]*", text)
    if found is None:
        return "", text
    return found.group(1), text[found.end() :]


def split(source: str) -> list[Cell]:
    """The cells of a notebook's source.

    Raises:
        NotebookError: its first line does not say that it is a notebook.
    """
    language = language_of(source)
    if not language:
        raise NotebookError(f"Not a notebook: its first line is not `# {_MARK}`.")
    comment = _COMMENTS[language]
    lines = source.splitlines()
    cells: list[Cell] = []
    begin = 1
    for index in range(1, len(lines) + 1):
        if index < len(lines) and lines[index].strip() != f"{comment} COMMAND ----------":
            continue
        magic, text = _unmarked(lines[begin:index], comment)
        if text.strip() or magic:
            cells.append(Cell(len(cells) + 1, text.strip("\n"), magic))
        begin = index + 1
    return cells
