"""The process of one attempt of a task: its environment, its start, its end."""

from __future__ import annotations

import os
import signal
import sys
import time
from pathlib import Path

from mlops_sandbox.context import Sandbox
from mlops_sandbox.databricks.account.access_tokens import standing_token
from mlops_sandbox.databricks.jobs.interrupt import Interrupt
from mlops_sandbox.databricks.jobs.spares import Spares
from mlops_sandbox.errors import ApiError
from mlops_sandbox.processes import QUIET_THREADS
from mlops_sandbox.runtime.spec import LOG_FILE, TaskOutcome, TaskSpec
from mlops_sandbox.spark import SparkServer

_SPARK_SECONDS = 60.0
#: Another account's credentials, and switches of the sandbox's own process, are none of a task's business.
_KEPT_OUT = ("DATABRICKS_", "ARM_", "AWS_", "PULUMI_", "MLFLOW_", "SPARK_", "MLOPS_", "PYTHON")


def environment(sandbox: Sandbox, workspace: str, user: str) -> dict[str, str]:
    """The environment of a task's process; its user's token is the only secret in it."""
    url, token = sandbox.workspaces.url(workspace), standing_token(sandbox, workspace, user)
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(_KEPT_OUT)}
    given = {
        "MLOPS_SANDBOX_URL": url,
        "DATABRICKS_HOST": url,
        "DATABRICKS_TOKEN": token,
        "DATABRICKS_AUTH_TYPE": "pat",
        "DATABRICKS_RATE_LIMIT": "1000",
        "MLFLOW_TRACKING_URI": url,
        "MLFLOW_REGISTRY_URI": url,
        "MLFLOW_TRACKING_TOKEN": token,
        "PYTHONUNBUFFERED": "1",
        "PYTHONDONTWRITEBYTECODE": "1",
        "TZ": "UTC",
        **QUIET_THREADS,
    }
    try:
        return (
            inherited
            | given
            | {"SPARK_REMOTE": sandbox.get(SparkServer).remote(workspace, user, timeout=5.0)}
        )
    except ApiError:
        # A task that needs no Spark runs without it; one that does says what it misses.
        return inherited | given


def wait_for_compute(sandbox: Sandbox, interrupt: Interrupt) -> None:
    """Wait while Spark starts, a minute at most: as on a cluster, tasks begin when their compute is up."""
    spark = sandbox.get(SparkServer)
    deadline = time.monotonic() + _SPARK_SECONDS
    while spark.status()["state"] == "starting" and time.monotonic() < deadline:
        if interrupt.wait(0.05):
            return


def log_file(sandbox: Sandbox, job_run_id: int, run_id: int) -> Path:
    """The log of one task run."""
    return sandbox.home / "runs" / str(job_run_id) / str(run_id) / LOG_FILE


def _died(code: int) -> str:
    if code < 0:
        return f"The task's process was ended by {signal.Signals(-code).name}."
    return f"The task's process ended with exit code {code} before the task was done."


def run(
    sandbox: Sandbox,
    workspace: str,
    user: str,
    spec: TaskSpec,
    interrupt: Interrupt,
    spares: Spares,
    *,
    more: bool,
) -> TaskOutcome:
    """Run a task's process to its end.

    Args:
        sandbox: the running sandbox.
        workspace: the workspace whose task it is.
        user: as whom it runs.
        spec: what to run.
        interrupt: ends it early; the outcome then is that of a process that was ended.
        spares: may have a process waiting.
        more: whether other tasks will follow.
    """
    folder = Path(spec.folder)
    file, given = spec.write(), environment(sandbox, workspace, user)
    child = spares.take(file, given)
    if child is None:
        argv = [sys.executable, "-m", "mlops_sandbox.runtime.task", str(file)]
        name = f"task-{spec.context['run_id']}"
        child = sandbox.processes.spawn(name, argv, given, folder / LOG_FILE, cwd=folder)
    if more:
        spares.prepare(given)
    with interrupt.on(lambda: child.end(grace=1.0)):
        code = child.wait()
    # Whatever the task has started and left behind goes with it.
    child.end()
    outcome = TaskOutcome.read(folder) or TaskOutcome(False, _died(code))
    spares.learn(outcome.modules)
    return outcome
