"""Batch scoring after a real kill: every flight is there once."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from ml.slow_scoring import ROWS
from running import RunningSandbox

TESTS = Path(__file__).parent.parent
SCRIPT = str(TESTS / "ml" / "slow_scoring.py")


@pytest.fixture
def environment(sandbox: RunningSandbox) -> dict[str, str]:
    """What a task's process has, with tables that outlive it."""
    client = sandbox.workspace()
    client.catalogs.create("killed")
    client.schemas.create("flights", "killed")
    sandbox.wait_ready()
    paths = os.pathsep.join([str(TESTS), str(TESTS.parent / "ml_code")])
    return {
        **os.environ, "SPARK_REMOTE": sandbox.spark_remote(), "PYTHONPATH": paths,
        "DATABRICKS_HOST": sandbox.url, "DATABRICKS_TOKEN": sandbox.token, "DATABRICKS_AUTH_TYPE": "pat",
    }  # fmt: skip


def finished(environment: dict[str, str], *arguments: str) -> str:
    done = subprocess.run(
        [sys.executable, SCRIPT, *arguments], env=environment, capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return done.stdout


def killed_at(environment: dict[str, str], mark: Path, *arguments: str) -> None:
    """A try that is killed with -9 as soon as the mark is there."""
    child = subprocess.Popen([sys.executable, SCRIPT, *arguments], env=environment, stdout=subprocess.DEVNULL)
    wait_for(mark, child)
    os.kill(child.pid, signal.SIGKILL)
    assert child.wait() == -signal.SIGKILL


def wait_for(mark: Path, child: subprocess.Popen[bytes] | None = None) -> None:
    deadline = time.monotonic() + 90
    while not mark.exists():
        assert child is None or child.poll() is None, "the try ended before it came that far"
        assert time.monotonic() < deadline, f"{mark.name} was never reached"
        time.sleep(0.02)


def test_a_killed_batch_is_finished_by_the_next_run_and_every_flight_is_there_once(
    environment: dict[str, str], tmp_path: Path
) -> None:
    """A killed task's statement may live on in the cluster, and commit before or after the next try's."""
    finished(environment, "prepare")
    complete = {"rows": ROWS, "flights": ROWS, "labels": ROWS, "least": 7.0, "most": 7.0}
    # while the workers predict: the next try meets a commit, or is met by one
    first = tmp_path / "predicting"
    killed_at(environment, first, "score", str(first), "4", "")
    again = json.loads(finished(environment, "score", str(tmp_path / "again"), "0", ""))
    assert again["table"] == complete
    # when predictions are committed and labels are not; by now the first one's statement is over, too
    wait_for(Path(f"{first}.done"))
    joining = tmp_path / "joining"
    killed_at(environment, Path(f"{joining}.labels"), "score", str(joining), "0", "labels")
    last = json.loads(finished(environment, "score", str(tmp_path / "last"), "0", ""))
    assert (last["rows"], last["table"]) == (0, complete)
