"""The real engine with its real CLI, in projects of the tests' own."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from conftest import RunningSandbox

MLOPS = str(Path(sys.executable).parent / "mlops")

Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A Pulumi project without resources; tests write its `__main__.py`."""
    folder = tmp_path / "project"
    (folder / "infra").mkdir(parents=True)
    (folder / "Pulumi.yaml").write_text("name: tested\nruntime: python\nmain: infra/\n")
    (folder / "Pulumi.local.yaml").write_text("config:\n  tested:greeting: hello\n")
    return folder


def mlops(
    sandbox: RunningSandbox, cwd: Path, *arguments: str, **variables: str
) -> subprocess.CompletedProcess[str]:
    """Run `mlops …` against a sandbox, in a folder."""
    env = {**os.environ, "MLOPS_SANDBOX_HOME": str(sandbox.home.path), **variables}
    return subprocess.run(
        [MLOPS, *arguments], cwd=cwd, env=env, capture_output=True, text=True, timeout=300, check=False
    )


@pytest.fixture
def run(sandbox: RunningSandbox, project: Path) -> Run:
    """`run("pulumi", "up", …)` inside `mlops sandbox exec`, in the test's project."""

    def execute(*command: str, **variables: str) -> subprocess.CompletedProcess[str]:
        return mlops(sandbox, project, "sandbox", "exec", "--", *command, **variables)

    return execute
