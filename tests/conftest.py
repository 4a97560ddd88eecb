"""A running sandbox for the tests, in a process of its own as a user has it."""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from databricks.sdk import WorkspaceClient
from databricks.sdk.config import Config
from mlops_sandbox import control
from mlops_sandbox.home import Address, Home


@dataclass
class RunningSandbox:
    """A sandbox in a folder of its own, on a port of the system's choice."""

    home: Home
    address: Address

    @property
    def url(self) -> str:
        return self.address.url

    @property
    def token(self) -> str:
        return self.home.token()

    def workspace(self) -> WorkspaceClient:
        """The vendor's own SDK, pointed at the sandbox."""
        config = Config(
            host=self.url, token=self.token, auth_type="pat", rate_limit=1000, retry_timeout_seconds=20
        )
        return WorkspaceClient(config=config)

    def wait_ready(self) -> None:
        control.wait_ready(self.home)

    def kill(self) -> None:
        """kill -9, as a crash would."""
        os.kill(self.address.pid, 9)
        while self.address.alive():
            time.sleep(0.01)

    def start_again(self) -> None:
        self.address, _ = control.start(self.home)


@pytest.fixture
def new_sandbox(tmp_path: Path) -> Iterator[RunningSandbox]:
    """An empty sandbox for one test."""
    home = Home(tmp_path / "home")
    address, _ = control.start(home, port=0)
    yield RunningSandbox(home, address)
    control.stop(home)


@pytest.fixture(scope="session")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningSandbox]:
    """One sandbox for all tests that keep to names of their own."""
    home = Home(tmp_path_factory.mktemp("sandbox") / "home")
    address, _ = control.start(home, port=0)
    yield RunningSandbox(home, address)
    control.stop(home)
    shutil.rmtree(home.path, ignore_errors=True)


@pytest.fixture
def client(sandbox: RunningSandbox) -> WorkspaceClient:
    """The vendor's SDK against the shared sandbox."""
    return sandbox.workspace()
