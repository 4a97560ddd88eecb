"""`mlops run JOB`: run a deployed job, show its task graph's progress, exit with its result."""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from pulumi_databricks_mlops.cli.errors import CliError
from pulumi_databricks_mlops.cli.stacks import enter, open_stack, telling, workspace_client
from pulumi_databricks_mlops.spelling import suggest

if TYPE_CHECKING:
    from databricks.sdk import WorkspaceClient
    from databricks.sdk.service.jobs import Run, RunTask

_POLL_SECONDS = 0.5
_LOG_LINES = 20


def _parameters(pairs: list[str]) -> dict[str, str]:
    given = {}
    for pair in pairs:
        name, equals, value = pair.partition("=")
        if not equals or not name:
            raise CliError(f"--param {pair!r}: write NAME=VALUE.")
        given[name] = value
    return given


def _state(run: Run | RunTask) -> str:
    """One word: the result once there is one, else the life-cycle state."""
    state = run.state
    if state is None:
        return "UNKNOWN"
    if state.result_state is not None:
        return state.result_state.value
    return state.life_cycle_state.value if state.life_cycle_state is not None else "UNKNOWN"


def _ended(run: Run | RunTask) -> bool:
    state = run.state.life_cycle_state if run.state else None
    return state is not None and state.value in ("TERMINATED", "SKIPPED", "INTERNAL_ERROR")


def _tasks(client: WorkspaceClient, run: Run, above: str = "") -> Iterator[tuple[str, RunTask]]:
    """Every task of a run, those of the jobs that it runs included, with its path."""
    for task in run.tasks or []:
        path = f"{above}{task.task_key}"
        yield path, task
        nested = task.run_job_task and getattr(task, "run_id", None)
        if nested:
            output = client.jobs.get_run_output(task.run_id or 0) if task.start_time else None
            child = output.run_job_output.run_id if output and output.run_job_output else None
            if child:
                yield from _tasks(client, client.jobs.get_run(child), f"{path} / ")


def _seconds(task: RunTask) -> str:
    if not task.start_time or not task.end_time or _state(task) not in ("SUCCESS", "FAILED", "TIMEDOUT"):
        return ""
    return f"  {(task.end_time - task.start_time) / 1000:.1f} s"


def _follow(client: WorkspaceClient, run_id: int) -> Run:
    shown: dict[str, str] = {}
    while True:
        run = client.jobs.get_run(run_id)
        for path, task in _tasks(client, run):
            state = _state(task)
            if state not in ("PENDING", "BLOCKED", "QUEUED") and shown.get(path) != state:
                shown[path] = state
                print(f"  {path:<40} {state}{_seconds(task)}", flush=True)
        if _ended(run):
            return run
        time.sleep(_POLL_SECONDS)


def _explain(client: WorkspaceClient, run: Run) -> None:
    """The failed tasks, each with its error and the end of its log."""
    for path, task in _tasks(client, run):
        if (
            _state(task) not in ("FAILED", "TIMEDOUT", "INTERNAL_ERROR")
            or task.run_job_task
            or not task.run_id
        ):
            continue
        output = client.jobs.get_run_output(task.run_id)
        print(
            f"\n{path} failed: {output.error or (task.state and task.state.state_message) or ''}",
            file=sys.stderr,
        )
        for line in (output.logs or "").splitlines()[-_LOG_LINES:]:
            print(f"  | {line}", file=sys.stderr)


def _check(client: WorkspaceClient, job_id: int, name: str, given: dict[str, str]) -> None:
    """Refuse parameters that the job does not have: a run would go on without them."""
    settings = client.jobs.get(job_id).settings
    known = [each.name for each in (settings.parameters if settings else None) or []]
    unknown = [each for each in given if each not in known]
    if unknown:
        raise CliError(
            f"{name} has no parameter {unknown[0]!r}{suggest(unknown[0], known)}. "
            f"It has: {', '.join(known) or 'none'}."
        )


def _start(client: WorkspaceClient, job_id: int, outputs: dict[str, Any], options: argparse.Namespace) -> int:
    """Start a run; with `--once`, the run that this code has had already, if that did not fail."""
    given = _parameters(options.param) or None
    if given:
        _check(client, job_id, options.job, given)
    if not options.once:
        return client.jobs.run_now(job_id, job_parameters=given).run_id
    attempt = 0
    while True:
        token = f"{outputs.get('code_hash', '')[:40]}-{job_id}-{attempt}"
        run_id = client.jobs.run_now(job_id, job_parameters=given, idempotency_token=token).run_id
        run = client.jobs.get_run(run_id)
        if not _ended(run) or _state(run) == "SUCCESS":
            return run_id
        attempt += 1


def _call(options: argparse.Namespace) -> int:
    enter(options.stack)
    stack = open_stack(options.stack)
    name, job_id, outputs = stack.job(options.job)
    with telling():
        return _run(workspace_client(stack), name, int(job_id), outputs, options)


def _run(
    client: WorkspaceClient, name: str, job_id: int, outputs: dict[str, Any], options: argparse.Namespace
) -> int:
    run_id = _start(client, job_id, outputs, options)
    run = client.jobs.get_run(run_id)
    print(f"{name}: run {run_id}  {run.run_page_url or ''}", flush=True)
    if not options.follow:
        return 0
    if options.once and _ended(run):
        print(f"  {_state(run)} (this code has run already)")
        return 0
    try:
        run = _follow(client, run_id)
    except KeyboardInterrupt:
        client.jobs.cancel_run(run_id)
        print(f"{name}: canceled", file=sys.stderr)
        return 130
    print(f"{name}: {_state(run)}")
    if _state(run) == "SUCCESS":
        return 0
    _explain(client, run)
    return 1


def add_command(commands: Any) -> None:
    """Add `run` to the command's sub-parsers."""
    parser = commands.add_parser("run", help="run a deployed job", description=__doc__)
    parser.add_argument("job", help="the job's name in project.yaml, or project/job")
    parser.add_argument("-s", "--stack", default="local", help="the stack (default: local)")
    parser.add_argument(
        "-p", "--param", action="append", default=[], metavar="NAME=VALUE", help="a job parameter"
    )
    parser.add_argument(
        "-f", "--follow", action="store_true", help="show progress, exit with the run's result"
    )
    parser.add_argument("--once", action="store_true", help="not again for code that it has succeeded with")
    parser.set_defaults(call=_call)
