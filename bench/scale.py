"""Estates that grow: one stack against stacks of their own, and what each job costs as there are more.

Processor time and not the clock where it can be: it says the same on a busy machine.
"""

from __future__ import annotations

import os
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from bench import estate
from bench.place import Place
from bench.processes import Watch
from bench.timing import Figure

JOBS = 10
"""Jobs of each project, each with its permissions."""
_UP = ("up", "--yes", "--skip-preview", "--suppress-progress")
_OURS = ("program", "provider", "sandbox")


def _pulumi(place: Place, folder: Path, stack: str, *arguments: str) -> float:
    return place.execute("pulumi", *arguments, "-s", stack, cwd=folder)


def _watched(place: Place, folder: Path, *stacks: str, at_once: int = 1) -> tuple[float, Watch]:
    """Seconds and processor time of the first update of some stacks."""
    with Watch(place.pid()) as watch, ThreadPoolExecutor(at_once) as pool:
        began = time.monotonic()
        list(pool.map(lambda stack: _pulumi(place, folder, stack, *_UP), stacks))
        return time.monotonic() - began, watch


def own_stacks(place: Place, folder: Path, projects: int) -> list[Figure]:
    """The first deployment of all projects, and a preview of one that changed."""
    one, own = folder / "one", folder / "own"
    estate.write(one, projects, JOBS)
    place.fresh()
    together, watch = _watched(place, one, estate.ENVIRONMENT)
    estate.write(own, projects, JOBS, own_stacks=True)
    place.fresh()
    environment, _ = _watched(place, own, estate.ENVIRONMENT)
    stacks = [estate.own_stack(number) for number in range(projects)]
    apart, watch_apart = _watched(place, own, *stacks, at_once=os.cpu_count() or 1)
    estate.change(own, 0)
    preview = _pulumi(place, own, stacks[0], "preview")
    size, ratio = f"{projects} projects of {JOBS} jobs", (environment + apart) / together
    return [
        Figure(f"{size}, own stacks against one: first deployment", ratio, "×", 0.333),
        Figure("the same in processor time", watch_apart.seconds() / watch.seconds(), "×"),
        Figure(f"{size} in one stack, first deployment", together, "s"),
        Figure("preview of one changed project in its own stack", preview, "s", 5),
        *(Figure(f"{size} in one stack: the {part}'s share", watch.share(part), "%", 20) for part in _OURS),
        Figure(f"{size} in one stack: the engine's share", watch.share("engine"), "%"),
    ]


def linear(place: Place, folder: Path, projects: int) -> list[Figure]:
    """What a project costs in a small and in a large environment; the engine writes its state once."""
    place.env |= {"PULUMI_EXPERIMENTAL": "true", "PULUMI_SKIP_CHECKPOINTS": "true"}
    small = max(projects // 10, 2)
    watches = {}
    for size in (1, small, projects):
        estate.write(folder / str(size), size, JOBS)
        place.fresh()
        watches[size] = _watched(place, folder / str(size), estate.ENVIRONMENT)[1]
    for name in ("PULUMI_EXPERIMENTAL", "PULUMI_SKIP_CHECKPOINTS"):
        del place.env[name]
    first, low, high = (watches[size] for size in (1, small, projects))
    figures = []
    for part in ("engine", *_OURS):
        base = first.used[part]
        for what, unit in (("seconds", "processor time"), ("memory", "memory")):
            each_low = (getattr(low.used[part], what) - getattr(base, what)) / (small - 1)
            each_high = (getattr(high.used[part], what) - getattr(base, what)) / (projects - 1)
            ratio = each_high / each_low if each_low > 0 else 0.0
            told = f"{part}: {unit} for each more project, {projects} projects against {small}"
            figures.append(Figure(told, ratio, "×", None if part == "engine" else 1.5))
    return figures
