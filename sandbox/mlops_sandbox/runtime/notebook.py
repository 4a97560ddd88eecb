"""Runs a notebook, cell after cell, in one namespace."""

from __future__ import annotations

import linecache
import os
import shlex
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from mlops_sandbox.runtime import requirements, spark
from mlops_sandbox.runtime.showing import display
from mlops_sandbox.runtime.source import Cell, NotebookError, language_of, split

_SILENT = {"md", "md-sandbox", "restart_python"}


class Notebook:
    """A notebook and those that it takes in with `%run`, which share its names."""

    def __init__(self, names: dict[str, Any], workspace_root: Path, unpacked: Path) -> None:
        """Prepare to run.

        Args:
            names: the globals of its cells.
            workspace_root: the real folder of the workspace path `/`.
            unpacked: where wheels of `%pip install` are unpacked.
        """
        self._names = names
        self._root = workspace_root
        self._unpacked = unpacked
        self._running: list[Path] = []

    def run(self, path: str, file: Path) -> None:
        """Run the notebook of that workspace path, whose source is that file.

        Raises:
            NotebookError: it is not there, no notebook, runs itself, or has a cell that can't run here.
        """
        try:
            source = file.read_text()
        except (FileNotFoundError, IsADirectoryError):
            raise NotebookError(f"There is no notebook {path}.") from None
        if file in self._running:
            raise NotebookError(f"Notebook {path} runs itself.")
        self._running.append(file)
        default = "python" if language_of(source) == "PYTHON" else language_of(source).lower()
        for cell in split(source):
            self._run_cell(cell, cell.magic or default, path, file)
        self._running.pop()

    def _run_cell(self, cell: Cell, kind: str, path: str, file: Path) -> None:
        runs: dict[str, Callable[[], None]] = {
            "python": lambda: self._python(cell, path),
            "sql": lambda: self._sql(cell),
            "run": lambda: self._include(cell, path, file),
            "pip": lambda: self._pip(cell, path),
        }
        if kind in _SILENT:
            return
        if kind not in runs:
            known = ", ".join(f"%{name}" for name in sorted({*runs, *_SILENT}))
            raise NotebookError(
                f"{path}, cell {cell.number}: %{kind} does not run here (what does: {known})."
            )
        runs[kind]()

    def _python(self, cell: Cell, path: str) -> None:
        name = f"{path}, cell {cell.number}"
        # Traces then show the cell's own lines, which stand in no file of that name.
        linecache.cache[name] = (len(cell.text), None, cell.text.splitlines(keepends=True), name)
        exec(compile(cell.text, name, "exec"), self._names)  # noqa: S102 (running it is the task)

    def _sql(self, cell: Cell) -> None:
        for statement in cell.text.split(";\n"):
            text = statement.strip().removesuffix(";")
            if text:
                display(spark.session().sql(text))

    def _include(self, cell: Cell, path: str, file: Path) -> None:
        words = shlex.split(cell.text)
        if not words:
            raise NotebookError(f"{path}, cell {cell.number}: %run without a notebook.")
        named = words[0]
        if named.startswith("/"):
            target = self._root / named.removeprefix("/Workspace").lstrip("/")
        else:
            target = Path(os.path.normpath(file.parent / named))
        if not target.resolve().is_relative_to(self._root.resolve()):
            raise NotebookError(f"{path}, cell {cell.number}: {named} leads out of the workspace.")
        self.run("/" + str(target.relative_to(self._root)), target)

    def _pip(self, cell: Cell, path: str) -> None:
        words = shlex.split(cell.text, comments=True)
        wanted = [word for word in words[1:] if not word.startswith("-")]
        if words[:1] != ["install"] or "-r" in words or "--requirement" in words:
            raise NotebookError(
                f"{path}, cell {cell.number}: the sandbox takes `%pip install PACKAGE…` alone."
            )
        try:
            requirements.satisfy(wanted, self._unpacked)
        except requirements.RequirementError as error:
            raise NotebookError(f"{path}, cell {cell.number}: {error}") from None
        print(f"%pip install {' '.join(wanted)}: satisfied", file=sys.stderr)
