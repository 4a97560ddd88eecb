"""A sandbox in a folder of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

from bench.timing import run

ROOT = Path(__file__).parent.parent
MLOPS = Path(sys.executable).parent / "mlops"


class Place:
    """A sandbox in a folder of its own, and the commands in it."""

    def __init__(self, folder: Path) -> None:
        self.home = folder
        self.env = {**os.environ, "MLOPS_SANDBOX_HOME": str(folder)}

    def mlops(self, *arguments: str, cwd: Path = ROOT) -> float:
        """Seconds of one `mlops` command."""
        return run([MLOPS, *arguments], cwd, self.env)

    def execute(self, *command: str, cwd: Path = ROOT) -> float:
        """Seconds of one command in `mlops sandbox exec`."""
        return self.mlops("sandbox", "exec", "--", *command, cwd=cwd)

    def fresh(self) -> None:
        """An empty sandbox, ready."""
        self.mlops("sandbox", "reset")
        self.mlops("sandbox", "start", "--port", "0", "--wait")

    def pid(self) -> int:
        """The sandbox's process ID."""
        return int(json.loads((self.home / "address.json").read_text())["pid"])

    def memory(self) -> float:
        """Resident memory of the sandbox and all its processes, GB (proportional where the system tells)."""
        address = json.loads((self.home / "address.json").read_text())
        records = [json.loads(file.read_text()) for file in (self.home / "processes").glob("*.json")]
        pids = [address["pid"], *(record["pid"] for record in records)]
        shown = subprocess.run(
            ["ps", "-eo", "pid=,ppid=,rss="], capture_output=True, text=True, check=True
        ).stdout
        rows = [tuple(int(part) for part in line.split()) for line in shown.splitlines()]
        family = set(pids)
        while True:
            more = {pid for pid, parent, _ in rows if parent in family} - family
            if not more:
                return sum(rss for pid, _, rss in rows if pid in family) / 1e6
            family |= more
