"""A deployed stack: what it says of itself, and a client of its workspace."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.metadata import entry_points
from typing import TYPE_CHECKING, Any

from pulumi_databricks_mlops.cli.ci import sign_in
from pulumi_databricks_mlops.cli.errors import CliError
from pulumi_databricks_mlops.spelling import suggest

if TYPE_CHECKING:
    from databricks.sdk import WorkspaceClient


@dataclass(frozen=True)
class Stack:
    """The outputs of a stack's last update."""

    name: str
    projects: dict[str, dict[str, Any]]
    """By project name: jobs (name to id), model, endpoint, experiment_id, monitor_table, code_hash."""
    workspace_url: str | None = None
    """Where it lives; None when only the environment's variables say so."""

    def job(self, name: str) -> tuple[str, str, dict[str, Any]]:
        """Find a job by `job` or `project/job`.

        Returns:
            Its full name, its id, and its project's outputs.
        """
        known = {
            f"{project}/{job}": (str(job_id), outputs)
            for project, outputs in sorted(self.projects.items())
            for job, job_id in sorted(outputs.get("jobs", {}).items())
        }
        shorts = [full.partition("/")[2] for full in known]
        fits = [full for full in known if name in (full, full.partition("/")[2])]
        if not fits:
            raise CliError(
                f"No job {name!r} in the stack {self.name}{suggest(name, [*known, *shorts])}. "
                f"It has: {', '.join(known) or 'no jobs'}."
            )
        if len(fits) > 1:
            raise CliError(f"{name!r} is the name of several jobs: {', '.join(fits)}. Name the project too.")
        return fits[0], *known[fits[0]]


def enter(stack: str) -> None:
    """Take over the environment that reaches the stack: of a local workspace, or of a pipeline's job."""
    for entry in entry_points(group="mlops.environments"):
        found = entry.load()(stack)
        if found is not None:
            # What is not in it belongs to another account.
            for name in os.environ.keys() - found.keys():
                del os.environ[name]
            os.environ.update(found)
            return
    sign_in.prepare()


def open_stack(name: str) -> Stack:
    """Read a stack's outputs.

    Raises:
        CliError: there is no such stack, or it was not deployed by this program.
    """
    command = ["pulumi", "stack", "output", "--json", "--stack", name]
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    except FileNotFoundError:
        raise CliError(
            f"No running sandbox has the stack {name}, and `pulumi`, which knows of others, is not on PATH. "
            f"In the sandbox: `mlops sandbox start`, then `mlops sandbox exec -- pulumi up -s {name}`. On an "
            "account: put the folders on PATH that `make path` prints, or install Pulumi."
        ) from None
    if done.returncode:
        why = (done.stderr.strip().splitlines() or ["no reason given"])[-1]
        raise CliError(f"The stack {name} can't be read: {why.removeprefix('error: ')}")
    outputs = json.loads(done.stdout)
    projects = outputs.get("projects")
    if not isinstance(projects, dict):
        raise CliError(f"The stack {name} is not deployed yet: `pulumi up -s {name}`.")
    return Stack(name, projects, outputs.get("workspace_url"))


@contextmanager
def telling() -> Iterator[None]:
    """What a workspace refuses is one message.

    Raises:
        CliError: the workspace refused something, or gave no answer.
    """
    from databricks.sdk.errors.base import DatabricksError

    try:
        yield
    except DatabricksError as error:
        raise CliError(f"The workspace refused: {error}") from None
    except OSError as error:
        raise CliError(f"The workspace gave no answer: {error}") from None


def workspace_client(stack: Stack) -> WorkspaceClient:
    """A client of the stack's workspace, else of the one that the environment's variables name."""
    from databricks.sdk import WorkspaceClient

    try:
        return WorkspaceClient(host=stack.workspace_url)
    except ValueError as error:
        raise CliError(
            f"No access to a workspace: {str(error).splitlines()[0]} "
            "Set DATABRICKS_HOST and credentials, or DATABRICKS_CONFIG_PROFILE."
        ) from None
