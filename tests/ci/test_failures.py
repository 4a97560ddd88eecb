"""Runs that fail or are cancelled leave nothing behind: no short-lived copy, no lock."""

from __future__ import annotations

import threading
import time
from pathlib import Path

import pytest
from workflow_runner.github.run import GitHubActions, Run
from workflow_runner.github.setting_up import Estate

pytestmark = pytest.mark.slow
PROJECT = "ml_code/project.yaml"
CHECKS = {"CHECK_LINT": "no", "CHECK_TESTS": "tests/unit/test_docs.py"}


@pytest.fixture(scope="module")
def deployed(small_estate: Estate, tmp_path_factory: pytest.TempPathFactory) -> Estate:
    """The small estate with staging deployed: copies live in its workspace and catalog."""
    actions = GitHubActions(small_estate.host, tmp_path_factory.mktemp("runs"))
    (run,) = actions.run(small_estate.host.push_event("main"))
    assert run.result == "success", run.log
    return small_estate


def pull_request(estate: Estate, actions: GitHubActions, branch: str, old: str, new: str) -> tuple[int, Run]:
    """A pull request that changes the project; its run has not begun."""
    actions.machine_variables = CHECKS
    text = estate.clone.text(PROJECT)
    assert old in text
    estate.clone.push(branch, {PROJECT: text.replace(old, new)})
    number = estate.open_pull(branch)
    (run,) = actions.start(estate.host.pull_request_event(number))
    return number, run


def left_behind(estate: Estate, number: int) -> list[str]:
    """What there still is of a pull request's copy: its stack, its schema, locks."""
    state = Path(estate.backend.removeprefix("file://")) / ".pulumi"
    stacks = [file.name for file in state.glob(f"stacks/*/pr-{number}.json")]
    locks = [str(file) for file in state.glob("locks/**/*.json")]
    schemas = [each.name or "" for each in estate.host.sandbox.workspace().schemas.list("staging")]
    return [*stacks, *locks, *(name for name in schemas if name.startswith("pr_"))]


def when(run: Run, told: str) -> None:
    """Wait until the job that runs has told something."""
    deadline = time.monotonic() + 240
    while not any(told in line for line in run.log_now):
        assert time.monotonic() < deadline, "\n".join(run.log_now)
        time.sleep(0.1)


def go(run: Run) -> threading.Thread:
    """Run what the integration test needs, in the background."""
    worker = threading.Thread(target=run.go, kwargs={"only": ("checks", "integration")})
    worker.start()
    return worker


def test_a_failed_job_is_told_and_its_copy_is_gone(deployed: Estate, small_actions: GitHubActions) -> None:
    number, run = pull_request(deployed, small_actions, "fails", "  report: {}", "  report: {schema: fail}")
    run.go(only=("checks", "integration"))
    log = run["integration"].log
    assert run["integration"].result == "failure"
    assert "the report was told to fail" in log
    assert f"The job small/report failed in the copy pr-{number}" in log
    assert left_behind(deployed, number) == []


@pytest.mark.parametrize("moment", ["creating", "running small/report"])
def test_a_cancelled_run_leaves_nothing(deployed: Estate, small_actions: GitHubActions, moment: str) -> None:
    name = moment.partition(" ")[0]
    number, run = pull_request(deployed, small_actions, name, "3600", "1800")
    worker = go(run)
    when(run, moment)
    run.cancel()
    worker.join(240)
    assert run["integration"].result == "cancelled", run.log
    assert left_behind(deployed, number) == []


def test_what_a_killed_run_left_is_swept_at_night(deployed: Estate, small_actions: GitHubActions) -> None:
    number, run = pull_request(deployed, small_actions, "killed", "3600", "60")
    steps = run.workflow.document["jobs"]["integration"]["steps"]
    del steps[-1]  # nothing comes after a machine that is gone
    worker = go(run)
    when(run, "running small/report")
    run.kill()
    worker.join(240)
    assert left_behind(deployed, number) != []
    closed = deployed.host.client.patch(f"{deployed.host.path}/pulls/{number}", json={"state": "closed"})
    assert closed.is_success
    (night,) = small_actions.start(deployed.host.scheduled_event("drift.yml"))
    night.go(only=("sweep",))
    assert night["sweep"].result == "success", night.log
    assert left_behind(deployed, number) == []
