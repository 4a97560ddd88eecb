"""Run the Pulumi engine as a pipeline does: told to end when the run is, and its failures with a remedy."""

from __future__ import annotations

import json
import os
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pulumi_databricks_mlops.cli.ci import changes, remedies
from pulumi_databricks_mlops.cli.ci.changes import Changes
from pulumi_databricks_mlops.cli.ci.interruption import CancelledError, forwarded_to, ignored
from pulumi_databricks_mlops.cli.errors import CliError

_TAIL_LINES = 60


@dataclass(frozen=True)
class Outcome:
    """How an engine's run ended."""

    code: int
    changes: Changes
    tail: str
    """The last lines that it printed."""

    def failed(self, stack: str) -> CliError:
        """One message about the failure, with its remedy."""
        return CliError(remedies.explain(stack, "\n".join(self.changes.errors), self.tail))


def run(arguments: Sequence[str], env: Mapping[str, str] | None = None, to_the_end: bool = False) -> Outcome:
    """Run `pulumi …`, its output going to the job's log as it comes.

    Args:
        arguments: after `pulumi`; the stack included.
        env: more variables.
        to_the_end: what ends this command does not end the engine.

    Raises:
        CancelledError: when this command was told to end meanwhile.
    """
    with tempfile.TemporaryDirectory(prefix="mlops-ci-") as folder:
        log = Path(folder) / "events.json"
        command = ["pulumi", *arguments, "--non-interactive", "--color", "never", "--event-log", str(log)]
        # The flag for the event log is one of the engine's debug commands.
        variables = {**os.environ, **(env or {}), "PULUMI_DEBUG_COMMANDS": "true"}
        tail: list[str] = []
        try:
            process = subprocess.Popen(
                command,
                env=variables,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                errors="replace",
                # A terminal's Ctrl-C reaches the engine once: through us.
                start_new_session=True,
            )
        except FileNotFoundError:
            raise CliError(remedies.NO_ENGINE) from None
        with ignored() if to_the_end else forwarded_to(process) as received:
            assert process.stdout is not None
            for line in process.stdout:
                print(line, end="", flush=True)
                tail = [*tail[-_TAIL_LINES:], line.rstrip()]
            code = process.wait()
        if received:
            raise CancelledError("cancelled: the engine stopped in order, and the stack is not locked")
        return Outcome(code, changes.read(log), "\n".join(tail))


def ask(arguments: Sequence[str], stack: str, env: Mapping[str, str] | None = None) -> str:
    """What `pulumi …` prints, without running a program.

    Raises:
        CliError: with the engine's reason and a remedy.
    """
    command = ["pulumi", *arguments, "--non-interactive", "--color", "never"]
    try:
        done = subprocess.run(
            command, env={**os.environ, **(env or {})}, capture_output=True, text=True, check=False
        )
    except FileNotFoundError:
        raise CliError(remedies.NO_ENGINE) from None
    if done.returncode:
        raise CliError(remedies.explain(stack, done.stderr or done.stdout))
    return done.stdout


def ask_json(arguments: Sequence[str], stack: str, env: Mapping[str, str] | None = None) -> Any:
    """The JSON that `pulumi …` prints."""
    return json.loads(ask(arguments, stack, env) or "null")


def ensure_stack(stack: str, env: Mapping[str, str] | None = None) -> None:
    """The stack files are the list of stacks: one that the backend has not seen yet is made."""
    known = {
        each["name"].rpartition("/")[2] for each in ask_json(["stack", "ls", "--json"], stack, env) or []
    }
    if stack not in known:
        provider = os.environ.get("PULUMI_SECRETS_PROVIDER")
        chosen = ["--secrets-provider", provider] if provider else []
        ask(["stack", "init", stack, "--no-select", *chosen], stack, env)
