"""Time whole commands, in pairs where two are compared, and show the figures as one table."""

from __future__ import annotations

import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Figure:
    """One row of the table."""

    what: str
    value: float
    unit: str
    target: float | None = None
    """At most; None where there is none."""
    spread: tuple[float, float] | None = None

    def row(self) -> str:
        """The row in Markdown."""
        spread = f" ({self.spread[0]:.2f} to {self.spread[1]:.2f})" if self.spread else ""
        target = f"≤ {self.target:g} {self.unit}" if self.target is not None else ""
        met = "" if self.target is None else ("yes" if self.value <= self.target else "no")
        return f"| {self.what} | {self.value:.2f} {self.unit}{spread} | {target} | {met} |"


class CommandError(Exception):
    """A command that was to be timed failed: its time says nothing."""


def run(argv: Sequence[str | Path], cwd: Path, env: Mapping[str, str]) -> float:
    """Run a command to its end; returns its seconds."""
    began = time.monotonic()
    done = subprocess.run(
        [str(part) for part in argv], cwd=cwd, env=dict(env), capture_output=True, text=True, check=False
    )
    took = time.monotonic() - began
    if done.returncode:
        print(done.stdout[-4000:], done.stderr[-4000:], file=sys.stderr)
        raise CommandError(f"{' '.join(map(str, argv))}: exit code {done.returncode}")
    return took


def paired(
    runs: int, first: Callable[[], float], second: Callable[[], float]
) -> tuple[float, tuple[float, float]]:
    """The ratio first / second, pair by pair after one warm-up: the median, and the least and the largest."""
    first(), second()
    ratios = [first() / second() for _ in range(runs)]
    return statistics.median(ratios), (min(ratios), max(ratios))


def median(runs: int, command: Callable[[], float]) -> float:
    """The median of several runs after one warm-up."""
    command()
    return statistics.median(command() for _ in range(runs))


def table(figures: Sequence[Figure]) -> str:
    """All rows."""
    head = "| what | measured | target | met |\n| --- | --- | --- | --- |\n"
    return head + "\n".join(figure.row() for figure in figures)
