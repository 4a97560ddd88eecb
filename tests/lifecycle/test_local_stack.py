"""The main job: the stack `local`, from nothing to a prediction and back to nothing."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from mlops_sandbox import control
from mlops_sandbox.home import Home
from running import RunningSandbox, mlops

ROOT = Path(__file__).parent.parent.parent
UP = ("pulumi", "up", "-s", "local", "--yes", "--skip-preview")


class LocalStack:
    """The checkout's own `local` stack in a sandbox of the test's own."""

    def __init__(self, sandbox: RunningSandbox) -> None:
        self.sandbox = sandbox

    def mlops(self, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
        return mlops(self.sandbox, ROOT, *arguments, **variables)

    def execute(self, *command: str, **variables: str) -> subprocess.CompletedProcess[str]:
        return self.mlops("sandbox", "exec", "--", *command, **variables)


def _passed(done: subprocess.CompletedProcess[str]) -> str:
    assert done.returncode == 0, f"{done.stdout[-4000:]}\n{done.stderr[-4000:]}"
    return done.stdout


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalStack]:
    """Deployed on an empty workspace in one pass."""
    home = Home(tmp_path_factory.mktemp("local") / "home")
    address, _ = control.start(home, port=0)
    made = LocalStack(RunningSandbox(home, address))
    _passed(made.execute(*UP))
    yield made
    control.stop(home)


@pytest.fixture(scope="module")
def trained(stack: LocalStack) -> LocalStack:
    """The whole pipeline has run as deployed job tasks."""
    _passed(stack.mlops("run", "pipeline", "--follow"))
    return stack


def test_the_first_up_needs_no_model_and_the_second_changes_nothing(stack: LocalStack) -> None:
    _passed(stack.execute("pulumi", "preview", "-s", "local", "--expect-no-changes"))
    refreshed = _passed(stack.execute("pulumi", "refresh", "-s", "local", "--yes"))
    assert not re.search(r"~ \d+ updated|- \d+ deleted", refreshed), refreshed


def test_a_champion_serves_and_answers_a_real_flight(trained: LocalStack) -> None:
    told = json.loads(_passed(trained.mlops("status", "--json")))["projects"]["flights"]
    assert told["model"]["aliases"]["champion"] == 1
    assert told["endpoint"]["ready"] == "READY"
    assert told["endpoint"]["serves"] == ["local.flights.delay v1"]
    assert told["monitor"]["last_refresh"] == "SUCCESS"
    shown = _passed(trained.execute(sys.executable, "-m", "flights.ask", PYTHONPATH=str(ROOT / "ml_code")))
    assert re.search(r"-?\d+(\.\d+)? min", shown)


def test_a_deployment_is_no_drift(trained: LocalStack) -> None:
    _passed(trained.execute("pulumi", "preview", "-s", "local", "--diff", "--expect-no-changes"))
    refreshed = _passed(trained.execute("pulumi", "refresh", "-s", "local", "--yes"))
    assert not re.search(r"~ \d+ updated|- \d+ deleted", refreshed), refreshed
    _passed(trained.execute("pulumi", "preview", "-s", "local", "--expect-no-changes"))


def test_a_failed_task_is_named_with_its_log_and_the_champion_serves_on(trained: LocalStack) -> None:
    done = trained.mlops("run", "training", "--follow", "--param", "train_until=2012-01-01")
    assert done.returncode == 1
    assert "train failed" in done.stderr
    assert "2012-01-01" in done.stderr
    told = json.loads(_passed(trained.mlops("status", "--json")))["projects"]["flights"]
    assert told["endpoint"]["serves"] == ["local.flights.delay v1"]


def test_code_that_has_run_is_not_run_again(trained: LocalStack) -> None:
    first = _passed(trained.mlops("run", "features", "--once", "--param", "start=2013-01-01", "--follow"))
    again = _passed(trained.mlops("run", "features", "--once", "--follow"))
    assert "has run already" in again
    assert re.findall(r"run \d+", first)[0] == re.findall(r"run \d+", again)[0]


def test_a_killed_sandbox_serves_again_and_lost_nothing(trained: LocalStack) -> None:
    before = json.loads(_passed(trained.mlops("status", "--json")))
    trained.sandbox.kill()
    trained.sandbox.start_again()
    trained.sandbox.wait_ready()
    after = json.loads(_passed(trained.mlops("status", "--json")))
    assert after["projects"]["flights"]["model"] == before["projects"]["flights"]["model"]
    shown = _passed(trained.execute(sys.executable, "-m", "flights.ask", PYTHONPATH=str(ROOT / "ml_code")))
    assert " min" in shown


def test_destroy_leaves_nothing(trained: LocalStack) -> None:
    _passed(trained.execute("pulumi", "destroy", "-s", "local", "--yes", "--skip-preview"))
    client = trained.sandbox.workspace()
    assert not list(client.jobs.list())
    assert not list(client.serving_endpoints.list())
    assert not list(client.secrets.list_scopes())
    assert "local" not in {catalog.name for catalog in client.catalogs.list()}
    assert not list(client.workspace.list("/Shared/mlops"))
    assert os.environ.get("MLOPS_SANDBOX_URL") is None
