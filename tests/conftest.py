"""A running sandbox for the tests, in a process of its own as a user has it."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import google.rpc
import pytest
from databricks.sdk import WorkspaceClient
from hypothesis import HealthCheck, settings
from mlops_sandbox import control
from mlops_sandbox.home import Home
from pulumi.runtime.proto import status_pb2
from running import ELSEWHERE, RunningSandbox

# Pulumi and PySpark both bring google.rpc.Status, and protobuf takes it once: in this process, Pulumi's.
sys.modules["google.rpc.status_pb2"] = google.rpc.status_pb2 = status_pb2

# PySpark ends a process whose main module has no file, and a worker of pytest-xdist is one.
if not hasattr(sys.modules["__main__"], "__file__"):
    sys.modules["__main__"].__file__ = __file__

# How fast a busy machine is says nothing about the code.
settings.register_profile("mlops", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("mlops")


@pytest.fixture
def new_sandbox(tmp_path: Path) -> Iterator[RunningSandbox]:
    """An empty sandbox for one test."""
    home = Home(tmp_path / "home")
    address, _ = control.start(home, port=0)
    yield RunningSandbox(home, address)
    control.stop(home)


@pytest.fixture(scope="session")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningSandbox]:
    """One sandbox for all tests that keep to names of their own.

    URLs encode its folder's name, and it starts where another account and a proxy are named: neither matters.
    """
    home = Home(tmp_path_factory.mktemp("sandbox") / "a home für Tests")
    with pytest.MonkeyPatch.context() as around:
        for name, value in ELSEWHERE.items():
            around.setenv(name, value)
        address, _ = control.start(home, port=0)
    yield RunningSandbox(home, address)
    control.stop(home)
    shutil.rmtree(home.path, ignore_errors=True)


@pytest.fixture
def client(sandbox: RunningSandbox) -> WorkspaceClient:
    """The vendor's SDK against the shared sandbox."""
    return sandbox.workspace()
