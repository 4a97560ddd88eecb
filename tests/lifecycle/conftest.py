"""The real engine with its real CLI, in projects of the tests' own."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest
from running import Run, RunningSandbox, mlops


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A Pulumi project without resources; tests write its `__main__.py`."""
    folder = tmp_path / "project"
    (folder / "infra").mkdir(parents=True)
    (folder / "Pulumi.yaml").write_text("name: tested\nruntime: python\nmain: infra/\n")
    (folder / "Pulumi.local.yaml").write_text("config:\n  tested:greeting: hello\n")
    return folder


@pytest.fixture
def run(sandbox: RunningSandbox, project: Path) -> Run:
    """`run("pulumi", "up", …)` inside `mlops sandbox exec`, in the test's project."""

    def execute(*command: str, **variables: str) -> subprocess.CompletedProcess[str]:
        return mlops(sandbox, project, "sandbox", "exec", "--", *command, **variables)

    return execute


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """The checkout's own program beside a project and a stack file that tests write."""
    root, folder = Path(__file__).parent.parent.parent, tmp_path / "checkout"
    shutil.copytree(root / "infra", folder / "infra", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(root / "Pulumi.yaml", folder)
    (folder / "ml_code" / "notebooks").mkdir(parents=True)
    return folder
