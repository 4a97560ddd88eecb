"""Child processes: started in a session of their own, recorded, and ended with all their children.

A sandbox that is killed can't end its children; the record lets the next start (or `mlops sandbox
stop`) end them, and never a stranger that was given the same pid since.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

#: OpenMP threads that wait without spinning: on a few cores, spinning ones slow each other tenfold.
QUIET_THREADS = {"OMP_WAIT_POLICY": "PASSIVE"}


def started_at(pid: int) -> str | None:
    """An opaque mark of when a process started; None when there is no such process."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except FileNotFoundError:
        if Path("/proc/self/stat").exists():
            return None
    else:
        fields = stat.rpartition(")")[2].split()
        return None if fields[0] in "ZX" else fields[19]
    # No /proc (macOS): ps knows.
    shown = subprocess.run(
        ["ps", "-o", "lstart=", "-p", str(pid)], capture_output=True, text=True, check=False
    )
    return shown.stdout.strip() or None


def end_group(pid: int, mark: str, grace: float = 5.0) -> None:
    """End a process group by its leader's pid: SIGTERM, then SIGKILL after the grace period (seconds)."""
    if started_at(pid) != mark:
        return
    for sign, wait in ((signal.SIGTERM, grace), (signal.SIGKILL, 2.0)):
        try:
            os.killpg(pid, sign)
        except (ProcessLookupError, PermissionError):
            return
        deadline = time.monotonic() + wait
        while time.monotonic() < deadline:
            if started_at(pid) != mark:
                # The leader is gone; whoever is left of its group goes with it.
                try:
                    os.killpg(pid, signal.SIGKILL)
                except (ProcessLookupError, PermissionError):
                    return
                return
            time.sleep(0.02)


@dataclass
class Child:
    """A running child process."""

    name: str
    popen: subprocess.Popen[bytes]
    log: Path
    _mark: str
    _owner: Processes

    @property
    def pid(self) -> int:
        """The leader's pid, also its process group."""
        return self.popen.pid

    def alive(self) -> bool:
        """Whether it still runs."""
        return self.popen.poll() is None

    def wait(self, timeout: float | None = None) -> int:
        """Its exit code, when it has ended by itself; raises ``subprocess.TimeoutExpired``."""
        code = self.popen.wait(timeout)
        self._owner.forget(self)
        return code

    def end(self, grace: float = 5.0) -> None:
        """End it and all its children."""
        if self.alive():
            stopper = threading.Thread(target=end_group, args=(self.pid, self._mark, grace), daemon=True)
            stopper.start()
            self.popen.wait()
            stopper.join(timeout=0.1)
        try:
            os.killpg(self.pid, signal.SIGKILL)
        except (ProcessLookupError, PermissionError):
            # The group is empty: nobody is left to end.
            self._owner.forget(self)
            return
        self._owner.forget(self)


class Processes:
    """The record of a sandbox's child processes, one small file each."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        folder.mkdir(parents=True, exist_ok=True)

    def spawn(
        self,
        name: str,
        argv: Sequence[str | Path],
        env: Mapping[str, str],
        log: Path,
        cwd: Path | None = None,
    ) -> Child:
        """Start a program in its own session, its output appended to the log."""
        log.parent.mkdir(parents=True, exist_ok=True)
        with log.open("ab") as output:
            popen = subprocess.Popen(
                [str(part) for part in argv],
                env=dict(env),
                cwd=cwd,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        mark = started_at(popen.pid) or ""
        self._record(popen.pid).write_text(json.dumps({"name": name, "pid": popen.pid, "mark": mark}))
        return Child(name, popen, log, mark, self)

    def forget(self, child: Child) -> None:
        """Strike an ended child from the record."""
        self._record(child.pid).unlink(missing_ok=True)

    def end_leftovers(self) -> list[str]:
        """End what an earlier, killed sandbox left running; returns the names."""
        ended = []
        for record in sorted(self._folder.glob("*.json")):
            left = json.loads(record.read_text() or "{}")
            if left.get("mark") and started_at(left["pid"]) == left["mark"]:
                end_group(left["pid"], left["mark"], grace=1.0)
                ended.append(str(left["name"]))
            record.unlink(missing_ok=True)
        return ended

    def _record(self, pid: int) -> Path:
        return self._folder / f"{pid}.json"
