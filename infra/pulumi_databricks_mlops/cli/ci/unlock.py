"""`mlops ci unlock`: after a cancelled update, give up the lock that its killed engine kept."""

from __future__ import annotations

import argparse
import os
from pathlib import Path
from typing import Any

from pulumi_databricks_mlops.cli.ci import engine
from pulumi_databricks_mlops.cli.ci.platforms import note


def mark(stack: str) -> Path:
    """A file that is there while this machine's engine updates the stack."""
    folder = os.environ.get("RUNNER_TEMP") or os.environ.get("AGENT_TEMPDIRECTORY") or "/tmp"  # noqa: S108
    return Path(folder) / f"mlops-updating-{stack}"


def _call(options: argparse.Namespace) -> int:
    stack: str = options.stack
    file = mark(stack)
    if not file.exists():
        note(f"{stack}: this job left no lock")
        return 0
    engine.ask(["cancel", "--yes", "--stack", stack], stack)
    file.unlink()
    note(
        f"{stack}: the update was killed, and its lock is gone. The next update finishes what it began; "
        f"`pulumi preview --diff --refresh --stack {stack}` shows what that is."
    )
    return 0


def add_command(actions: Any) -> None:
    """Add `unlock` to the sub-parsers of `mlops ci`."""
    text = "give up the lock of an update of this job that was killed; others' locks stay"
    parser = actions.add_parser("unlock", help=text, description=__doc__)
    parser.add_argument("-s", "--stack", required=True, help="the stack")
    parser.set_defaults(call=_call, stack=os.environ.get("PULUMI_STACK"))
