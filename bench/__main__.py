"""`make bench`: the figures that README names, measured in one run on this machine."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from bench import bare
from bench.timing import Figure, median, paired, run, table

ROOT = Path(__file__).parent.parent
MLOPS = Path(sys.executable).parent / "mlops"
UP = ("pulumi", "up", "-s", "local", "--yes", "--skip-preview", "--suppress-progress")
PREVIEW = ("pulumi", "preview", "-s", "local", "--expect-no-changes", "--suppress-progress")


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


def main() -> int:
    """Measure and print the table."""
    scratch = Path(tempfile.mkdtemp(prefix="mlops-bench-"))
    ours, theirs = Place(scratch / "ours"), Place(scratch / "theirs")
    figures: list[Figure] = []
    try:
        for measure in (
            sdk_imports,
            lambda: sandbox_alone(ours),
            lambda: against_bare(ours, theirs, scratch / "bare", 3),
            lambda: whole_path(ours),
        ):
            figures += measure()
            print(figures[-1].row(), file=sys.stderr)
    finally:
        for place in (ours, theirs):
            place.mlops("sandbox", "reset")
        shutil.rmtree(scratch, ignore_errors=True)
    print(table(figures))
    return 0


if __name__ == "__main__":
    sys.exit(main())
