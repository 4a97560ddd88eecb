"""The stand-in as the engine meets it: over gRPC, and under the real engine against a real sandbox."""

from __future__ import annotations

import gc
import os
from collections.abc import Callable, Iterator
from pathlib import Path

import grpc
import pytest
from mlops_sandbox.engine import engine_path
from mlops_sandbox.providers.launch import DEFER_INSTALLS
from mlops_sandbox.providers.serve import NAMES, load, start
from pulumi import automation
from running import RunningSandbox

NewStack = Callable[[str, Callable[[], None]], automation.Stack]


@pytest.fixture(scope="session")
def databricks_provider() -> Iterator[grpc.Channel]:
    """A channel to a served Databricks stand-in."""
    server, port = start(load("databricks"))
    with grpc.insecure_channel(f"127.0.0.1:{port}") as channel:
        yield channel
    server.stop(grace=None).wait()


@pytest.fixture
def new_stack(sandbox: RunningSandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[NewStack]:
    """`new_stack(name, program)`: a stack whose engine has the stand-ins attached, pointed at the sandbox."""
    serving = {name: start(load(name)) for name in NAMES}
    # The stand-ins run in this process and read what a provider leaves to the environment.
    for name, value in {
        "DATABRICKS_HOST": sandbox.url,
        "DATABRICKS_TOKEN": sandbox.token,
        "DATABRICKS_AUTH_TYPE": "pat",
        "DATABRICKS_RATE_LIMIT": "1000",
        "GITHUB_BASE_URL": f"{sandbox.url}/github/",
        "GITHUB_TOKEN": sandbox.token,
        "GITHUB_OWNER": "acme",
        "AZDO_ORG_SERVICE_URL": f"{sandbox.url}/azuredevops/acme",
        "AZDO_PERSONAL_ACCESS_TOKEN": sandbox.token,
        "PATH": os.pathsep.join((str(engine_path().parent), os.environ["PATH"])),
    }.items():
        monkeypatch.setenv(name, value)
    sandbox.wait_ready()
    (tmp_path / "state").mkdir()
    variables = {
        "PULUMI_HOME": str(tmp_path / "home"),
        "PULUMI_BACKEND_URL": f"file://{tmp_path / 'state'}",
        "PULUMI_CONFIG_PASSPHRASE": "test",
        "PULUMI_SKIP_UPDATE_CHECK": "true",
        "PULUMI_DEBUG_PROVIDERS": ",".join(f"{name}:{port}" for name, (_, port) in serving.items()),
        **DEFER_INSTALLS,
    }

    def make(name: str, program: Callable[[], None]) -> automation.Stack:
        folder = tmp_path / name
        folder.mkdir()
        options = automation.LocalWorkspaceOptions(work_dir=str(folder), env_vars=variables)
        return automation.create_stack(name, project_name="cycle", program=program, opts=options)

    yield make
    for server, _ in serving.values():
        server.stop(grace=None).wait()
    # What a failed program left open shows here, under the filters of the test that made it fail.
    gc.collect()
