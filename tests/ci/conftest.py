"""This repository on the sandbox's code hosts, set up to be deployed from there."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from mlops_sandbox import control
from mlops_sandbox.home import Home
from running import RunningSandbox
from workflow_runner.github.run import GitHubActions
from workflow_runner.github.setting_up import Estate, new_estate


@pytest.fixture(scope="module")
def estate_sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningSandbox]:
    """A sandbox with nothing in it: an account, a GitHub, an Azure DevOps."""
    home = Home(tmp_path_factory.mktemp("estate") / "home")
    address, _ = control.start(home, port=0)
    yield RunningSandbox(home, address)
    control.stop(home)


@pytest.fixture(scope="module")
def estate(estate_sandbox: RunningSandbox, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Estate]:
    """The repository with environments, variables and identities; no stack is deployed yet."""
    made = new_estate(
        estate_sandbox, tmp_path_factory.mktemp("backend"), tmp_path_factory.mktemp("repository")
    )
    yield made
    made.host.close()


@pytest.fixture(scope="module")
def small_estate(
    estate_sandbox: RunningSandbox, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Estate]:
    """The same with a project of one short job, and without rules for merges."""
    made = new_estate(
        estate_sandbox, tmp_path_factory.mktemp("backend"), tmp_path_factory.mktemp("repository"), small=True
    )
    yield made
    made.host.close()


@pytest.fixture
def small_actions(small_estate: Estate, tmp_path: Path) -> GitHubActions:
    """GitHub Actions of the small repository."""
    return GitHubActions(small_estate.host, tmp_path / "runs")


@pytest.fixture
def actions(estate: Estate, tmp_path: Path) -> GitHubActions:
    """GitHub Actions of the repository."""
    return GitHubActions(estate.host, tmp_path / "runs")
