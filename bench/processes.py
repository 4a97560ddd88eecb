"""Who uses the processor: engine, program, stand-in provider, sandbox."""

from __future__ import annotations

import os
import subprocess
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

_EVERY_SECONDS = 0.25
#: What is in a process's command line.
_PARTS = {
    "language_host": "program",
    "providers.serve": "provider",
    "mlops_sandbox.serve": "sandbox",
    "pulumi ": "engine",
}


@dataclass
class Usage:
    """What the processes of one part used."""

    seconds: float = 0
    """Processor time, user and system."""
    memory: float = 0
    """Largest resident memory of one process, MB."""


@dataclass(frozen=True)
class _Process:
    pid: int
    parent: int
    memory: float
    seconds: float
    args: str


@dataclass
class Watch:
    """Looks at this process's descendants, and at one more, while a command runs; use as a context."""

    sandbox: int
    """The sandbox's process ID."""
    used: dict[str, Usage] = field(default_factory=dict)
    """By part."""
    _seen: dict[int, float] = field(default_factory=dict)
    _ended: threading.Event = field(default_factory=threading.Event)

    def seconds(self) -> float:
        """Processor seconds of all parts."""
        return sum(usage.seconds for usage in self.used.values())

    def share(self, part: str) -> float:
        """A part's share of all processor time, percent."""
        return 100 * self.used[part].seconds / self.seconds() if part in self.used else 0.0

    def __enter__(self) -> Watch:
        self._seen = {process.pid: process.seconds for process in _processes()}
        self._thread = threading.Thread(target=self._watch)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._ended.wait(_EVERY_SECONDS):
            self._look()
        self._look()

    def _look(self) -> None:
        processes = {process.pid: process for process in _processes()}
        for process in processes.values():
            part = next((part for mark, part in _PARTS.items() if mark in process.args), None)
            if part is None or not self._ours(process, processes):
                continue
            usage = self.used.setdefault(part, Usage())
            usage.memory = max(usage.memory, process.memory)
            usage.seconds += process.seconds - self._seen.get(process.pid, 0.0)
            self._seen[process.pid] = process.seconds

    def _ours(self, process: _Process, processes: dict[int, _Process]) -> bool:
        above: _Process | None = process
        while above is not None and above.pid not in (os.getpid(), self.sandbox):
            above = processes.get(above.parent)
        return above is not None


def _processes() -> Iterator[_Process]:
    command = ["ps", "-ww", "-eo", "pid=,ppid=,rss=,time=,args="]
    shown = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    for line in shown.splitlines():
        pid, parent, rss, time, args = line.split(None, 4)
        yield _Process(int(pid), int(parent), int(rss) / 1024, _ticks(int(pid)) or _seconds(time), args)


def _ticks(pid: int) -> float:
    """Processor seconds to the hundredth, where the system tells."""
    try:
        told = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0
    return (int(told[11]) + int(told[12])) / os.sysconf("SC_CLK_TCK")


def _seconds(shown: str) -> float:
    """`1-02:03:04` or `2:03.45` in seconds."""
    days, _, clock = shown.rpartition("-")
    total = 0.0
    for part in clock.split(":"):
        total = total * 60 + float(part)
    return total + 86400 * int(days or 0)
