"""`dbutils.notebook`: end this notebook with a value, run another one."""

from __future__ import annotations

import dataclasses
import subprocess
import sys
import uuid
from collections.abc import Mapping
from pathlib import Path
from typing import NoReturn

from mlops_sandbox.runtime.spec import TaskOutcome, TaskSpec


class NotebookExit(BaseException):
    """Raised by `dbutils.notebook.exit`; passes `except Exception` as it does on Databricks."""

    def __init__(self, value: str) -> None:
        super().__init__(value)
        self.value = value


class _Text:
    """An optional value of the vendor's Scala API."""

    def __init__(self, value: str | None) -> None:
        self._value = value

    def get(self) -> str:
        """The value; ``ValueError`` when there is none."""
        if self._value is None:
            raise ValueError("None.get")
        return self._value

    def getOrElse(self, default: str | None) -> str | None:  # noqa: N802
        """The value, or the default."""
        return default if self._value is None else self._value


class _Context:
    """`dbutils.notebook.entry_point.getDbutils().notebook().getContext()`: what notebooks ask of it."""

    def __init__(self, spec: TaskSpec) -> None:
        self._spec = spec

    def notebook(self) -> _Context:
        """Itself: the chain of calls ends here."""
        return self

    def getContext(self) -> _Context:  # noqa: N802
        """Itself."""
        return self

    def getDbutils(self) -> _Context:  # noqa: N802
        """Itself."""
        return self

    def notebookPath(self) -> _Text:  # noqa: N802
        """The workspace path of the notebook that runs."""
        return _Text(self._spec.path or None)

    def jobId(self) -> _Text:  # noqa: N802
        """The job's id."""
        return _Text(self._spec.context.get("job_id"))

    def currentRunId(self) -> _Text:  # noqa: N802
        """The task run's id."""
        return _Text(self._spec.context.get("run_id"))


class Notebooks:
    """Control of notebooks."""

    def __init__(self, spec: TaskSpec) -> None:
        self._spec = spec
        self.entry_point = _Context(spec)

    def getContext(self) -> _Context:  # noqa: N802
        """Where this notebook runs."""
        return self.entry_point

    def exit(self, value: object = "") -> NoReturn:
        """End the notebook; the value becomes the task's output."""
        raise NotebookExit(str(value))

    def run(self, path: str, timeout_seconds: int = 0, arguments: Mapping[str, str] | None = None) -> str:
        """Run another notebook in a process of its own.

        Args:
            path: absolute, or relative to this notebook.
            timeout_seconds: it is ended after this time; 0 waits as long as it takes.
            arguments: the values of its widgets.

        Returns:
            What it gave to `exit`, else an empty string.

        Raises:
            RuntimeError: it failed or took too long.
        """
        file = self._file(path)
        folder = Path(self._spec.folder) / f"notebook-{uuid.uuid4().hex[:8]}"
        given = {name: str(value) for name, value in (arguments or {}).items()}
        spec = dataclasses.replace(
            self._spec, kind="notebook", path=path, file=str(file), folder=str(folder), widgets=given
        )
        command = [sys.executable, "-m", "mlops_sandbox.runtime.task", str(spec.write())]
        try:
            subprocess.run(command, timeout=timeout_seconds or None, check=False)
        except subprocess.TimeoutExpired:
            raise RuntimeError(f"Notebook {path} took longer than {timeout_seconds} s.") from None
        outcome = TaskOutcome.read(folder)
        if outcome is None or not outcome.succeeded:
            raise RuntimeError(f"Notebook {path} failed: {outcome.error if outcome else 'its process died'}")
        return outcome.exit_value or ""

    def _file(self, path: str) -> Path:
        if not path.startswith("/"):
            return Path(self._spec.file).parent / path
        return Path(self._spec.workspace_root) / path.removeprefix("/Workspace").lstrip("/")
