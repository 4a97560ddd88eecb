"""The ML code as its data grows: `python -m bench ml --times 1 10 100`.

The real flights of 2013, again and again with their dates shifted by 364 days (the same weekday): 33 million
at 100 times. Every size is a process of its own with the Spark server inside: its peak memory is its own.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from bench.timing import Figure

STAGES = ("features", "training", "scoring")
_LIMIT_GB = 8.0
_ROOT = Path(__file__).parent.parent


@dataclass(frozen=True)
class Measured:
    """What one size took."""

    rows: int
    """Flights in the raw table."""
    seconds: dict[str, float]
    """By stage, by the clock."""
    processor: dict[str, float]
    """Processor seconds by stage: the same on a busy machine."""
    handled: dict[str, int]
    """Rows that each stage read or wrote."""
    memory: float
    """Peak, GB."""

    def cost(self, stage: str) -> float:
        """Processor microseconds for each row."""
        return self.processor[stage] / self.handled[stage] * 1e6


def measure(factor: int, folder: Path) -> Measured:
    """Run every stage on the data `factor` times."""
    env = {**os.environ, "PYTHONPATH": f"{_ROOT}:{_ROOT / 'ml_code'}", "RUST_LOG": "error"}
    done = subprocess.run(
        [sys.executable, "-m", "bench.ml_stages", str(factor), str(folder)],
        cwd=folder,
        env=env,
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    return Measured(**json.loads(done.stdout.splitlines()[-1]))


def figures(measured: dict[int, Measured]) -> list[Figure]:
    """Rows a second of each stage, and its cost for each row against that of the smallest size."""
    found = []
    first = measured[min(measured)]
    for factor, one in sorted(measured.items()):
        size = f"{one.rows / 1e6:.1f} million flights"
        for stage in STAGES:
            rate = one.handled[stage] / one.seconds[stage]
            found.append(Figure(f"{stage}, {size}", rate / 1000, "thousand rows/s"))
            if factor > min(measured):
                ratio = one.cost(stage) / first.cost(stage)
                found.append(Figure(f"{stage}, {size}: processor time for each row", ratio, "×"))
        found.append(Figure(f"peak memory, {size}", one.memory, "GB", _LIMIT_GB))
    return found


def growing(factors: list[int]) -> list[Figure]:
    """Measure these sizes, smallest first."""
    measured: dict[int, Measured] = {}
    for factor in sorted(set(factors)):
        folder = Path(tempfile.mkdtemp(prefix="mlops-bench-ml-"))
        try:
            measured[factor] = measure(factor, folder)
        finally:
            shutil.rmtree(folder, ignore_errors=True)
    return figures(measured)
