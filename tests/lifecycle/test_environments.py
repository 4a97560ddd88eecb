"""dev, staging and prod: the stack files that a real account gets, run as they are."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from mlops_sandbox import control
from mlops_sandbox.home import Home
from running import RunningSandbox, mlops

ROOT = Path(__file__).parent.parent.parent
STACKS = ("dev", "staging", "prod")


@pytest.fixture(scope="module")
def account(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningSandbox]:
    """The three environments, one after the other, on an empty workspace."""
    home = Home(tmp_path_factory.mktemp("account") / "home")
    address, _ = control.start(home, port=0)
    made = RunningSandbox(home, address)
    for stack in STACKS:
        _pulumi(made, "up", stack, "--yes", "--skip-preview")
    yield made
    control.stop(home)


def _pulumi(sandbox: RunningSandbox, command: str, stack: str, *options: str, fails: bool = False) -> str:
    done = mlops(sandbox, ROOT, "sandbox", "exec", "--", "pulumi", command, "-s", stack, *options)
    assert (done.returncode != 0) == fails, f"{done.stdout[-4000:]}\n{done.stderr[-4000:]}"
    return done.stdout


def _names(sandbox: RunningSandbox) -> set[str]:
    """The names of whatever an environment makes at the top of a workspace."""
    client = sandbox.workspace()
    jobs = {str(job.settings.name) for job in client.jobs.list() if job.settings}
    endpoints = {str(endpoint.name) for endpoint in client.serving_endpoints.list()}
    return jobs | endpoints | {str(catalog.name) for catalog in client.catalogs.list()}


def test_environments_live_side_by_side_and_a_second_up_changes_nothing(account: RunningSandbox) -> None:
    for stack in STACKS:
        _pulumi(account, "preview", stack, "--expect-no-changes")
        assert {stack, f"{stack}-flights-delay", f"{stack}-flights-training"} <= _names(account)


def test_prod_refuses_destroy_and_keeps_everything(account: RunningSandbox) -> None:
    refusal = _pulumi(account, "destroy", "prod", "--yes", fails=True)
    assert "protected" in refusal
    _pulumi(account, "preview", "prod", "--expect-no-changes")


def test_destroyed_environments_leave_nothing_and_touch_no_other(account: RunningSandbox) -> None:
    before = {name for name in _names(account) if name.startswith("prod")}
    for stack in ("dev", "staging"):
        _pulumi(account, "destroy", stack, "--yes", "--skip-preview")
    left = _names(account)
    assert not {name for name in left if name.startswith(("dev", "staging"))}
    assert {name for name in left if name.startswith("prod")} == before
