"""`mlops ci integration`: the project's jobs on little data, in a copy that is gone afterwards."""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import yaml

from pulumi_databricks_mlops.cli.ci import engine, interruption, short_lived, variables
from pulumi_databricks_mlops.cli.ci.platforms import note, platform
from pulumi_databricks_mlops.cli.ci.short_lived import Copy
from pulumi_databricks_mlops.cli.errors import CliError

_LEFT_BEHIND_HOURS = 6


def _name(options: argparse.Namespace) -> str:
    if options.name:
        name: str = options.name
        if not short_lived.NAME.match(name):
            raise CliError(f"--name {name!r}: write pr-NUMBER.")
        return name
    number = platform().pull_request()
    if number is None:
        raise CliError("This run is for no pull request: name the copy, `--name pr-NUMBER`.")
    return f"pr-{number}"


def _steps(stack: str) -> list[tuple[str, dict[str, str]]]:
    """Jobs as `project/job` with their parameters, as the projects' `integration` lists them."""
    steps = []
    for reference in short_lived.projects_of(stack):
        project = yaml.safe_load((Path(reference["path"]) / "project.yaml").read_text(encoding="utf-8"))
        wanted = (reference.get("overrides") or {}).get("integration") or project.get("integration") or {}
        steps += [(f"{project['project']}/{job}", dict(given)) for job, given in wanted.items()]
    if not steps:
        raise CliError(
            "No project of this stack says what to run: list jobs under `integration` in project.yaml."
        )
    return steps


def _run_job(copy: Copy, job: str, parameters: dict[str, str]) -> None:
    """Run a job of the copy as a person would, and wait for it."""
    given = [part for name, value in parameters.items() for part in ("--param", f"{name}={value}")]
    command = [
        sys.executable,
        "-m",
        "pulumi_databricks_mlops.cli",
        "run",
        job,
        "--stack",
        copy.name,
        "--follow",
        *given,
    ]
    note(f"{copy.name}: running {job}")
    with (
        subprocess.Popen(command, start_new_session=True) as process,
        interruption.forwarded_to(process) as received,
    ):
        code = process.wait()
    if received:
        raise interruption.CancelledError("cancelled")
    if code:
        raise CliError(
            f"The job {job} failed in the copy {copy.name}; its log is above. Mend it and push again."
        )


def _test(copy: Copy, steps: list[tuple[str, dict[str, str]]]) -> None:
    short_lived.make(copy)
    arguments = ["up", "--stack", copy.name, "--yes", "--skip-preview", "--suppress-progress"]
    outcome = engine.run(arguments, copy.variables)
    if outcome.code:
        raise outcome.failed(copy.name)
    for job, parameters in steps:
        _run_job(copy, job, parameters)


def _sweep(stack: str, but: str) -> None:
    """Destroy what runs that were killed left behind: copies of closed pull requests, and old ones."""
    open_pulls = platform().open_pull_requests()
    for name, told in short_lived.known_copies(stack).items():
        number = int(name.rpartition("-")[2])
        closed = open_pulls is not None and number not in open_pulls
        if name == but or not (closed or _is_old(told)):
            continue
        note(f"{name} was left behind: destroying it")
        try:
            with short_lived.copy_of(stack, name) as copy:
                short_lived.remove(copy)
        except CliError as error:
            note(f"{name} could not be destroyed, the next run tries again: {error}")


def _is_old(told: dict[str, Any]) -> bool:
    last = told.get("lastUpdate")
    if not last:
        return True
    when = datetime.fromisoformat(last.replace("Z", "+00:00"))
    return datetime.now(UTC) - when > timedelta(hours=_LEFT_BEHIND_HOURS)


def _remove(copy: Copy) -> None:
    note(f"{copy.name}: destroying the copy")
    with interruption.ignored():
        short_lived.remove(copy)
    note(f"{copy.name}: gone")


def _call(options: argparse.Namespace) -> int:
    stack: str = options.stack
    variables.check(stack)
    if options.sweep:
        _sweep(stack, "")
        return 0
    name, steps = _name(options), _steps(stack)
    with short_lived.copy_of(stack, name) as copy:
        if options.destroy:
            _remove(copy)
            return 0
        _sweep(stack, name)
        # What an earlier run of this pull request left is not built upon.
        short_lived.remove(copy)
        failed: CliError | None = None
        try:
            with interruption.raising():
                _test(copy, steps)
        except CliError as error:
            failed = error
        try:
            _remove(copy)
        except CliError as error:
            raise CliError("\n".join(str(each) for each in (failed, error) if each)) from None
        if failed:
            raise failed
    note(f"{stack}: {', '.join(job for job, _ in steps)} succeeded in {name}")
    return 0


def add_command(actions: Any) -> None:
    """Add `integration` to the sub-parsers of `mlops ci`."""
    text = "run the projects' jobs on little data in a short-lived copy, and destroy it"
    parser = actions.add_parser("integration", help=text, description=__doc__)
    parser.add_argument(
        "-s", "--stack", required=True, help="the stack whose workspace and catalog it lives in"
    )
    parser.add_argument("--name", help="the copy's name (default: pr-NUMBER of this run's pull request)")
    parser.add_argument("--destroy", action="store_true", help="only destroy the copy, if there is one")
    parser.add_argument("--sweep", action="store_true", help="only destroy copies that were left behind")
    parser.set_defaults(call=_call, stack=os.environ.get("PULUMI_STACK"))
