"""`make bench`: the figures that README names, measured in one run on this machine."""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from bench import bare, ml_scale, scale, serving
from bench.place import MLOPS, ROOT, Place
from bench.timing import Figure, median, paired, run, table

UP = ("pulumi", "up", "-s", "local", "--yes", "--skip-preview", "--suppress-progress")
PREVIEW = ("pulumi", "preview", "-s", "local", "--expect-no-changes", "--suppress-progress")


def _first_up(place: Place, cwd: Path) -> float:
    """Seconds of the first update on an empty sandbox."""
    place.fresh()
    return place.execute(*UP, cwd=cwd)


def sandbox_alone(place: Place) -> list[Figure]:
    """Start and idle memory."""
    place.mlops("sandbox", "reset")
    took = place.mlops("sandbox", "start", "--port", "0", "--wait")
    time.sleep(2)
    return [
        Figure("sandbox, start to ready", took, "s", 6),
        Figure("sandbox, memory when idle", place.memory(), "GB", 1.5),
    ]


def whole_path(place: Place) -> list[Figure]:
    """`make up` without its installation, from an empty sandbox, and again."""

    def make_up() -> float:
        began = time.monotonic()
        place.mlops("sandbox", "start", "--port", "0")
        place.execute(*UP)
        place.mlops("run", "pipeline", "--follow", "--once")
        place.execute(sys.executable, "-m", "flights.ask")
        place.mlops("status")
        return time.monotonic() - began

    place.mlops("sandbox", "reset")
    place.env["PYTHONPATH"] = str(ROOT / "ml_code")
    first, again = make_up(), make_up()
    place.execute(*PREVIEW)
    return [
        Figure("from nothing to a prediction", first, "s", 120),
        Figure("the same again, nothing changed", again, "s", 20),
    ]


def against_bare(ours: Place, theirs: Place, folder: Path, runs: int) -> list[Figure]:
    """`pulumi up` and a preview without changes, against a bare program with the same resources."""
    _first_up(ours, ROOT)
    shown = subprocess.run(
        [MLOPS, "sandbox", "exec", "--", "pulumi", "stack", "export", "--show-secrets", "-s", "local"],
        cwd=ROOT,
        env=ours.env,
        capture_output=True,
        text=True,
        check=True,
    )
    exported = json.loads(shown.stdout)
    with_sdk, plain = folder / "sdk", folder / "plain"
    bare.write(with_sdk, exported, "-bench", sdk=True)
    bare.write(plain, exported, "-bench", sdk=False)
    return [
        *_ratios(ours, theirs, with_sdk, runs, "a bare program with the provider's SDK", 1.2),
        *_ratios(ours, theirs, plain, runs, "one without any SDK", None),
    ]


def _ratios(
    ours: Place, theirs: Place, project: Path, runs: int, program: str, target: float | None
) -> list[Figure]:
    """Both commands of ours against those of one bare program."""
    up, up_spread = paired(runs, lambda: _first_up(ours, ROOT), lambda: _first_up(theirs, project))
    preview, preview_spread = paired(
        runs, lambda: ours.execute(*PREVIEW), lambda: theirs.execute(*PREVIEW, cwd=project)
    )
    return [
        Figure(f"first `pulumi up` against {program}", up, "×", target, up_spread),
        Figure(f"preview without changes, against {program}", preview, "×", target, preview_spread),
    ]


def sdk_imports() -> list[Figure]:
    """What the three provider SDKs cost a program beyond `import pulumi`."""
    lazy = "import pulumi_databricks_mlops, pulumi_databricks, pulumi_github, pulumi_azuredevops"
    env = dict(os.environ)
    took = median(5, lambda: run([sys.executable, "-c", f"import pulumi\n{lazy}"], ROOT, env))
    base = median(5, lambda: run([sys.executable, "-c", "import pulumi"], ROOT, env))
    full = {**env, "MLOPS_FULL_SDK_IMPORT": "1"}
    whole = median(3, lambda: run([sys.executable, "-c", f"import pulumi\n{lazy}"], ROOT, full))
    return [
        Figure("imports of the library and three SDKs beyond `import pulumi`", took - base, "s", 0.8),
        Figure("the same with whole SDKs", whole - base, "s"),
    ]


def under_load(place: Place) -> list[Figure]:
    """The endpoint of a trained project, asked by many."""
    if not (place.home / "address.json").exists():
        place.fresh()
    place.execute(*UP)
    place.mlops("run", "pipeline", "--follow", "--once")
    return serving.under_load(place)


def _benches(
    scratch: Path, ours: Place, theirs: Place, projects: int, factors: list[int]
) -> dict[str, Callable[[], list[Figure]]]:
    return {
        "imports": sdk_imports,
        "sandbox": lambda: sandbox_alone(ours),
        "bare": lambda: against_bare(ours, theirs, scratch / "bare", 3),
        "whole-path": lambda: whole_path(ours),
        "serving": lambda: under_load(ours),
        "ml": lambda: ml_scale.growing(factors),
        "linear": lambda: scale.linear(ours, scratch / "linear", projects),
        "own-stacks": lambda: scale.own_stacks(ours, scratch / "own", projects),
    }


#: What runs without a name: the others take from minutes to an hour.
_QUICK = ("imports", "sandbox", "bare", "whole-path", "serving")


def main() -> int:
    """Measure and print the table."""
    scratch = Path(tempfile.mkdtemp(prefix="mlops-bench-"))
    ours, theirs = Place(scratch / "ours"), Place(scratch / "theirs")
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    known = sorted(_benches(scratch, ours, theirs, 0, []))
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"one or more of {', '.join(known)}")
    parser.add_argument("--projects", type=int, default=50, help="size of the largest estate (default: 50)")
    parser.add_argument(
        "--times",
        type=int,
        nargs="+",
        default=[1, 10],
        help="sizes of `ml`, as times the data (default: 1 10)",
    )
    options = parser.parse_args()
    unknown = sorted(set(options.names) - set(known))
    if unknown:
        parser.error(f"no bench is called {', '.join(unknown)}: there is {', '.join(known)}")
    benches = _benches(scratch, ours, theirs, options.projects, options.times)
    figures: list[Figure] = []
    try:
        for name in options.names or _QUICK:
            found = benches[name]()
            figures += found
            print("\n".join(figure.row() for figure in found), file=sys.stderr, flush=True)
    finally:
        for place in (ours, theirs):
            place.mlops("sandbox", "reset")
        shutil.rmtree(scratch, ignore_errors=True)
    print(table(figures))
    return 0


if __name__ == "__main__":
    sys.exit(main())
