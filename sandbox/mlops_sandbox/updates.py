"""The engine's updates of the sandbox's stacks: who holds a stack, and what ends that.

The engine keeps a lock file for each stack that it changes. Its own `pulumi cancel` deletes that file and
nothing else: the update goes on beside the next one, and both make what is missing.
"""

from __future__ import annotations

import json
import os
import signal
import socket
import time
from dataclasses import dataclass
from pathlib import Path

from mlops_sandbox.errors import SandboxError
from mlops_sandbox.home import Home
from mlops_sandbox.processes import started_at

_POLL_SECONDS = 0.05


@dataclass(frozen=True)
class Update:
    """A stack that is locked."""

    lock: Path
    project: str
    stack: str
    pid: int
    """The engine's."""
    here: bool
    """Whether the engine was started on this machine: of others nobody here knows whether they live."""

    @property
    def living(self) -> bool:
        """Whether the update still runs, as far as can be known."""
        return not self.here or started_at(self.pid) is not None


def updates(home: Home) -> list[Update]:
    """Every locked stack of a sandbox, those of engines that were killed included."""
    found = []
    for lock in sorted(_stacks(home).glob(".pulumi/locks/**/*.json")):
        try:
            held = json.loads(lock.read_text())
            pid = int(held["pid"])
        except (FileNotFoundError, ValueError, KeyError):
            # Released meanwhile, or written at this moment: then the update lives.
            continue
        *_, project, stack, _file = lock.parts
        found.append(Update(lock, project, stack, pid, held.get("hostname") == socket.gethostname()))
    return found


def living(home: Home, project: str, stack: str) -> list[Update]:
    """The updates of one stack that run."""
    return [each for each in updates(home) if (each.project, each.stack) == (project, stack) and each.living]


def drop_stale(home: Home) -> list[Update]:
    """Remove the locks of engines that were killed; nobody else can end an update that has no process."""
    stale = [update for update in updates(home) if not update.living]
    for update in stale:
        update.lock.unlink(missing_ok=True)
    return stale


def refuse_while_deploying(home: Home, action: str) -> None:
    """Raises a ``SandboxError`` while an update of one of the stacks runs.

    Args:
        home: the sandbox's folder.
        action: the command that would pull the ground from under it, `stop` or `reset`.
    """
    running = [update for update in updates(home) if update.living]
    if running:
        first = running[0]
        raise SandboxError(
            f"The stack {first.stack} is being deployed (pid {first.pid}). Wait for it, or end it with "
            f"`mlops sandbox exec -- pulumi cancel {first.stack} --yes` in its checkout. "
            f"`mlops sandbox {action} --force` does it all the same: the deployment then fails half way."
        )


def interrupt(home: Home, project: str, stack: str, patience: float = 60.0) -> list[int]:
    """End the living update of a stack as Ctrl-C does, and wait until it has written its state.

    Args:
        home: the sandbox's folder.
        project: the Pulumi project's name.
        stack: the stack's name.
        patience: seconds until it must have ended.

    Returns:
        The pids of the engines that were ended.

    Raises:
        SandboxError: it did not end, or runs on another machine; its lock stays.
    """
    held = living(home, project, stack)
    for update in held:
        if not update.here:
            raise SandboxError(
                f"The update of {stack} runs on another machine (pid {update.pid}): end it there."
            )
        os.kill(update.pid, signal.SIGINT)
    deadline = time.monotonic() + patience
    for update in held:
        while update.living and update.lock.exists():
            if time.monotonic() > deadline:
                raise SandboxError(
                    f"The update of {stack} (pid {update.pid}) did not end within {patience:.0f} s "
                    f"and keeps its lock. `kill -9 {update.pid}` ends it; what it had asked for may "
                    "exist without being in the state."
                )
            time.sleep(_POLL_SECONDS)
    return [update.pid for update in held]


def _stacks(home: Home) -> Path:
    """The folder of the file backend."""
    return home.path / "stacks"
