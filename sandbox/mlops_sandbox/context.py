"""What every part of a running sandbox shares: its folder, its state, its address and its subsystems."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol, TypeVar, runtime_checkable

from cryptography.fernet import Fernet

from mlops_sandbox.processes import Processes
from mlops_sandbox.store import Database, Store

#: The one workspace that a sandbox starts with.
DEFAULT_WORKSPACE = "1000000000000001"
#: The user that the sandbox's token speaks for.
DEFAULT_USER = "developer@example.com"


@runtime_checkable
class Subsystem(Protocol):
    """A long-lived part beside the HTTP server: MLflow, Spark, the jobs runner, serving, monitors."""

    name: str

    def start(self) -> None:
        """Begin; returns at once, whatever is slow goes on in the background."""

    def stop(self) -> None:
        """End, and leave no process behind."""

    def status(self) -> dict[str, object]:
        """What `mlops sandbox status` and the page show; `state` is starting, ready or failed."""


S = TypeVar("S", bound=Subsystem)


@dataclass
class Sandbox:
    """A running sandbox."""

    home: Path
    """The folder with everything that must survive: state, tables, MLflow's database and artifacts, logs."""
    runtime: Path
    """A short-named folder of this run's sockets, gone when the sandbox stops."""
    url: str
    """`http://127.0.0.1:PORT`, without a trailing slash."""
    token: str
    """What every caller must present; kept in a 0600 file."""
    database: Database
    cipher: Fernet
    """Encrypts secret values before they reach the state."""
    processes: Processes
    subsystems: dict[str, Subsystem] = field(default_factory=dict)

    def store(self, workspace: str = DEFAULT_WORKSPACE) -> Store:
        """The documents of one workspace."""
        return Store(self.database, workspace)

    def get(self, kind: type[S]) -> S:
        """The subsystem of that class."""
        found = self.subsystems[kind.name]
        assert isinstance(found, kind)
        return found
