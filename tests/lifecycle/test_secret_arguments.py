"""A secret in any argument that takes a value: nowhere in state, previews, logs or errors in plain text."""

from __future__ import annotations

import json
import secrets
from base64 import b64encode
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from running import Run, RunningSandbox

PROGRAM = """
import pulumi
import pulumi_databricks as databricks
import pulumi_databricks_mlops as mlops

config = pulumi.Config()
secret = config.require_secret("canary")
mlops.MlJob(
    "j",
    {
        "job_name": "told",
        "parameters": {"key": secret},
        "cluster": {"spark_version": "x", "node_type_id": "m5", "spark_env_vars": {"KEY": secret}},
        "tasks": {"a": {"notebook": "/Shared/a", "base_parameters": {"key": secret}}},
        "tags": {"key": secret},
    },
)
mlops.ServingEndpoint("e", {"endpoint_name": "told", "tags": {"key": secret}})
mlops.Workspace(
    "w",
    {
        "environment": "told",
        "notification_destinations": {
            "slack": {"slack_url": secret.apply(lambda key: f"https://hooks.example.com/{key}")},
            "teams": {"teams_url": secret},
            "pager": {"pagerduty_key": secret},
            "hook": {"webhook_url": secret},
        },
    },
)
mlops.SecretStore("s", {"scope": "told", "secrets": {"key": secret, "plain": config.require("plain")}})
EXTRA
"""
HOSTS = """
import os
import pulumi_azuredevops as azuredevops
import pulumi_github as github

sandbox = os.environ["MLOPS_SANDBOX_URL"]
hub = github.Provider("hub", base_url=f"{sandbox}/github/", owner="acme")
devops = azuredevops.Provider("devops", org_service_url=f"{sandbox}/azuredevops/acme")
mlops.CiRepository(
    "github",
    {
        "platform": "github",
        "repository": "told",
        "governs": True,
        "create": True,
        "environments": {"prod": {"variables": {"A": "1"}, "secrets": {"KEY": secret}}},
    },
    pulumi.ResourceOptions(providers=[hub]),
)
mlops.CiRepository(
    "azure",
    {
        "platform": "azure-devops",
        "project": "told",
        "repository": "models",
        "governs": True,
        "create": True,
        "files": {".azure/a.yml": "trigger: none"},
        "write_files": "direct",
        "pipelines": {"deploy": {"path": ".azure/a.yml"}},
        "environments": {
            "prod": {"variables": {"A": "1"}, "secrets": {"KEY": secret}, "pipelines": ["deploy"]}
        },
    },
    pulumi.ResourceOptions(providers=[devops]),
)
"""
BROKEN = """
databricks.Secret("broken", scope="nowhere", key="k", string_value=secret)
databricks.NotificationDestination("lost", display_name="lost", config={"slack": {"url": secret, "x": 1}})
"""


class Searched:
    """A stack whose secrets must not be told."""

    def __init__(self, run: Run) -> None:
        self.values: list[str] = []
        self._run = run

    def holds(self, content: bytes) -> bool:
        plain = [value.encode() for value in self.values]
        return any(form in content for value in plain for form in (value, b64encode(value)))

    def pulumi(self, *arguments: str, fails: bool = False) -> str:
        done = self._run("pulumi", *arguments, "-s", "local")
        told = done.stdout + done.stderr
        assert (done.returncode != 0) == fails, told
        assert not self.holds(told.encode()), arguments
        return told

    def told_in_state(self) -> list[str]:
        """Where the state has a value in plain text."""
        done = self._run("pulumi", "stack", "export", "-s", "local")
        assert done.returncode == 0, done.stderr
        return list(self._places(json.loads(done.stdout)["deployment"]))

    def _places(self, part: Any, path: str = "") -> Iterator[str]:
        if isinstance(part, dict):
            path = f"{part['urn'].rpartition(':')[2]}" if "urn" in part else path
            for key, value in part.items():
                yield from self._places(value, f"{path}.{key}")
        elif isinstance(part, list):
            for index, value in enumerate(part):
                yield from self._places(value, f"{path}[{index}]")
        elif self.holds(str(part).encode()):
            yield path

    def plant(self) -> None:
        self.values += [f"canary-{secrets.token_hex(8)}" for _ in range(2)]
        for key, value in zip(("canary", "plain"), self.values[-2:], strict=True):
            self.pulumi("config", "set", "--secret", key, value)


@pytest.mark.slow
@pytest.mark.parametrize("extra", ["", HOSTS], ids=["databricks", "code hosts"])
def test_a_secret_given_to_a_component_is_told_to_nobody(
    run: Run, project: Path, sandbox: RunningSandbox, extra: str
) -> None:
    searched = Searched(run)
    (project / "infra" / "__main__.py").write_text(PROGRAM.replace("EXTRA", extra))
    for _ in range(2):
        searched.plant()
        searched.pulumi("preview", "--diff")
        searched.pulumi("up", "--yes", "--diff")
        assert searched.told_in_state() == []
    searched.pulumi("preview", "--diff", "--expect-no-changes")
    searched.pulumi("refresh", "--yes", "--diff")
    assert searched.told_in_state() == []
    (project / "infra" / "__main__.py").write_text(PROGRAM.replace("EXTRA", BROKEN))
    searched.pulumi("up", "--yes", "--skip-preview", "--diff", fails=True)
    searched.pulumi("destroy", "--yes", "--diff")
    # The state with its history and backups, the plugins' and the sandbox's logs; job parameters and tags are
    # in the workspace's own store, as on Databricks.
    ours = [*(sandbox.home.path / "stacks").rglob("*"), *(sandbox.home.path / "logs").rglob("*")]
    files = [file for file in ours if file.is_file()]
    assert any(".pulumi" in file.parts for file in files)
    assert [str(file) for file in files if searched.holds(file.read_bytes())] == []
