"""What a task's process is told, and what it tells when it ends: files in the task run's folder."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

LOG_FILE = "log.txt"
OUTCOME_FILE = "outcome.json"
VALUES_FILE = "values.json"


@dataclass(frozen=True)
class TaskSpec:
    """One attempt of one task. Holds no secret: tokens travel by environment."""

    kind: str
    """notebook, python or wheel."""
    name: str
    """The task's key."""
    folder: str
    """Where this attempt's files are: its log, its outcome, its task values."""
    workspace_root: str
    """The real folder of the workspace path `/`."""
    volumes_root: str
    """The real folder of `/Volumes`."""
    path: str = ""
    """The workspace path of the notebook or Python file."""
    file: str = ""
    """The real file of the notebook or Python file."""
    package: str = ""
    """The distribution that holds a wheel task's entry point."""
    entry_point: str = ""
    arguments: list[str] = field(default_factory=list)
    """`sys.argv[1:]` of Python file and wheel tasks."""
    widgets: dict[str, str] = field(default_factory=dict)
    """The values of a notebook's widgets."""
    requirements: list[str] = field(default_factory=list)
    """Requirements of the environment, each a pip requirement or the real path of a wheel."""
    task_values: dict[str, dict[str, Any]] = field(default_factory=dict)
    """What earlier tasks of the run have set, by task key."""
    context: dict[str, str] = field(default_factory=dict)
    """job_id, job_run_id, run_id, notebook_path."""

    def write(self) -> Path:
        """Write the file that the process reads; returns its path."""
        file = Path(self.folder) / "spec.json"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(json.dumps(asdict(self)))
        return file

    @staticmethod
    def read(file: Path) -> TaskSpec:
        """Read what :meth:`write` wrote."""
        return TaskSpec(**json.loads(file.read_text()))


@dataclass(frozen=True)
class TaskOutcome:
    """How a task's process ended."""

    succeeded: bool
    error: str = ""
    """`ValueError: what it says`, on failure."""
    trace: str = ""
    """The stack trace, without the sandbox's own frames."""
    exit_value: str | None = None
    """What a notebook gave to `dbutils.notebook.exit`."""
    modules: list[str] = field(default_factory=list)
    """What it has imported that the next task's process had better import ahead."""

    def write(self, folder: Path) -> None:
        """Write in one step: a reader sees the whole outcome or none."""
        draft = folder / f"{OUTCOME_FILE}.draft"
        draft.write_text(json.dumps(asdict(self)))
        draft.replace(folder / OUTCOME_FILE)

    @staticmethod
    def read(folder: Path) -> TaskOutcome | None:
        """The outcome, or None when the process ended without one."""
        try:
            return TaskOutcome(**json.loads((folder / OUTCOME_FILE).read_text()))
        except FileNotFoundError:
            return None


def read_values(folder: Path) -> dict[str, Any]:
    """The task values that a process has set."""
    try:
        values: dict[str, Any] = json.loads((folder / VALUES_FILE).read_text())
    except FileNotFoundError:
        return {}
    return values
