"""A running sandbox, and the `mlops` command against it."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import httpx
from databricks.sdk import WorkspaceClient
from databricks.sdk.config import Config
from mlops_sandbox import control
from mlops_sandbox.home import Address, Home

MLOPS = str(Path(sys.executable).parent / "mlops")

#: Variables of another account and of a company's proxy, as a user's shell may have them.
ELSEWHERE = {
    "DATABRICKS_HOST": "https://other.invalid",
    "DATABRICKS_TOKEN": "not-this-one",
    "DATABRICKS_CLIENT_ID": "nobody",
    "DATABRICKS_CLIENT_SECRET": "nothing",
    "DATABRICKS_CONFIG_PROFILE": "missing",
    "ARM_CLIENT_ID": "nobody",
    "GITHUB_TOKEN": "not-this-one",
    "MLFLOW_TRACKING_URI": "http://other.invalid",
    "MLFLOW_TRACKING_USERNAME": "nobody",
    "PULUMI_ACCESS_TOKEN": "not-this-one",
    "PULUMI_BACKEND_URL": "https://other.invalid",
    "PULUMI_CONFIG_PASSPHRASE": "not-this-one",
    "HTTP_PROXY": "http://127.0.0.1:9",
    "http_proxy": "http://127.0.0.1:9",
    "HTTPS_PROXY": "http://127.0.0.1:9",
    "https_proxy": "http://127.0.0.1:9",
}

Run = Callable[..., subprocess.CompletedProcess[str]]


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

    def faults(self, *wanted: dict[str, object]) -> list[dict[str, int]]:
        """Set faults in place of those that are left; returns what is set."""
        headers = {"Authorization": f"Bearer {self.token}"}
        answer = httpx.post(f"{self.url}/sandbox/faults", json={"faults": wanted}, headers=headers)
        answer.raise_for_status()
        told: list[dict[str, int]] = answer.json()["faults"]
        return told

    def faults_left(self) -> list[dict[str, int]]:
        """What is left of the faults that were set."""
        answer = httpx.get(f"{self.url}/sandbox/faults", headers={"Authorization": f"Bearer {self.token}"})
        answer.raise_for_status()
        told: list[dict[str, int]] = answer.json()["faults"]
        return told

    def workspace(self) -> WorkspaceClient:
        """The vendor's own SDK, pointed at the sandbox."""
        config = Config(
            host=self.url, token=self.token, auth_type="pat", rate_limit=1000, retry_timeout_seconds=20
        )
        return WorkspaceClient(config=config)

    def wait_ready(self) -> None:
        control.wait_ready(self.home)

    def spark(self) -> dict[str, object]:
        """What the sandbox says of its Spark server."""
        answer = httpx.get(f"{self.url}/sandbox/status", headers={"Authorization": f"Bearer {self.token}"})
        told: dict[str, object] = answer.json()["subsystems"]["spark"]
        return told

    def spark_remote(self) -> str:
        """Where the Spark server is, once it takes sessions."""
        deadline = time.monotonic() + 60
        while "remote" not in (told := self.spark()):
            assert time.monotonic() < deadline
            time.sleep(0.05)
        return str(told["remote"])

    def kill(self) -> None:
        """kill -9, as a crash would."""
        os.kill(self.address.pid, 9)
        while self.address.alive():
            time.sleep(0.01)

    def start_again(self) -> None:
        self.address, _ = control.start(self.home)


def mlops(
    sandbox: RunningSandbox, cwd: Path, *arguments: str, **variables: str
) -> subprocess.CompletedProcess[str]:
    """Run `mlops …` against a sandbox, in a folder."""
    env = {**os.environ, "MLOPS_SANDBOX_HOME": str(sandbox.home.path), **variables}
    return subprocess.run(
        [MLOPS, *arguments], cwd=cwd, env=env, capture_output=True, text=True, timeout=300, check=False
    )


def passed(done: subprocess.CompletedProcess[str]) -> str:
    """What a command printed; the test ends here when it failed."""
    assert done.returncode == 0, f"{done.stdout[-4000:]}\n{done.stderr[-4000:]}"
    return done.stdout
