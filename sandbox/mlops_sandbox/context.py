"""What every part of a running sandbox shares: its folder, its state, its address and its subsystems."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from shutil import rmtree
from typing import Protocol, TypeVar, runtime_checkable
from urllib.parse import urlsplit

from cryptography.fernet import Fernet

from mlops_sandbox.metastore import Metastore
from mlops_sandbox.processes import Processes
from mlops_sandbox.store import Database, Store
from mlops_sandbox.workspaces import DEFAULT_WORKSPACE, Workspaces

__all__ = [
    "DEFAULT_ACCOUNT",
    "DEFAULT_ORGANIZATION",
    "DEFAULT_USER",
    "DEFAULT_WORKSPACE",
    "PerWorkspace",
    "Sandbox",
    "Subsystem",
]

#: The account of callers that name none.
DEFAULT_ACCOUNT = "a0000000-0000-0000-0000-000000000001"
#: The user that the sandbox's token speaks for.
DEFAULT_USER = "developer@example.com"
#: The organization of the code hosts that a sandbox starts with.
DEFAULT_ORGANIZATION = "acme"


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


@runtime_checkable
class PerWorkspace(Protocol):
    """A subsystem that has something of each workspace under way."""

    def leave(self, workspace: str) -> None:
        """The workspace is being deleted: end what is its own; returns when that is gone."""


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
    workspaces: Workspaces = field(init=False)

    def __post_init__(self) -> None:
        self.workspaces = Workspaces(self.database, urlsplit(self.url).port or 0)

    @property
    def account_url(self) -> str:
        """Where the account answers: the same port by its other name."""
        return self.url.replace("127.0.0.1", "localhost")

    def store(self, workspace: str = DEFAULT_WORKSPACE) -> Store:
        """The documents of one workspace."""
        return Store(self.database, workspace)

    def metastore(self, workspace: str = DEFAULT_WORKSPACE) -> Metastore:
        """The documents of Unity Catalog, which all workspaces share, as one of them sees them."""
        # Kept beside those of the sandbox's own workspace.
        return Metastore(self.database, DEFAULT_WORKSPACE, seen_from=workspace)

    def folder(self, workspace: str) -> Path:
        """Where a workspace's own files are."""
        return self.home if workspace == DEFAULT_WORKSPACE else self.home / "workspaces" / workspace

    def delete_workspace(self, workspace: str) -> None:
        """End everything that runs in a workspace, and forget all that it had."""
        self.workspaces.close(workspace)
        for subsystem in reversed(self.subsystems.values()):
            if isinstance(subsystem, PerWorkspace):
                subsystem.leave(workspace)
        self.store(workspace).clear()
        rmtree(self.folder(workspace), ignore_errors=True)

    def get(self, kind: type[S]) -> S:
        """The subsystem of that class."""
        found = self.subsystems[kind.name]
        assert isinstance(found, kind)
        return found
