"""The programs in `examples/`, as a user would run them, through the real engine."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
from mlops_sandbox.engine import find
from running import RunningSandbox, mlops, passed

EXAMPLES = Path(__file__).parent.parent.parent / "examples"
YAML_HOST = Path(__file__).parent / "yaml_host"


def _pulumi(sandbox: RunningSandbox, example: str, *arguments: str, **variables: str) -> str:
    command = ("sandbox", "exec", "--", "pulumi", *arguments)
    return passed(mlops(sandbox, EXAMPLES / example, *command, **variables))


def _up(sandbox: RunningSandbox, example: str, **variables: str) -> Any:
    """Deploy an example; returns its outputs."""
    before = (EXAMPLES / example / "Pulumi.local.yaml").read_text()
    _pulumi(sandbox, example, "up", "-s", "local", "--yes", "--skip-preview", **variables)
    assert (EXAMPLES / example / "Pulumi.local.yaml").read_text() == before
    return json.loads(_pulumi(sandbox, example, "stack", "output", "--json", "-s", "local"))


def test_one_endpoint_comes_up_in_an_existing_workspace(sandbox: RunningSandbox) -> None:
    assert "example-delay" in _up(sandbox, "endpoint")["url"]
    assert sandbox.workspace().serving_endpoints.get("example-delay").tags


def test_an_environment_with_everything_comes_up_in_one_pass(sandbox: RunningSandbox) -> None:
    told = _up(sandbox, "environment")["projects"]["forecasts"]
    assert {"training", "backfill"} == set(told["jobs"])
    assert told["monitor_table"] == "complete.forecasts.predictions"
    assert [key.key for key in sandbox.workspace().secrets.list_secrets("complete-forecasts")] == [
        "weather_key"
    ]


@pytest.mark.slow
def test_a_list_of_ten_teams_is_ten_projects(sandbox: RunningSandbox) -> None:
    told = _up(sandbox, "platform-team")["projects"]
    assert len(told) == 10
    assert {project["model"] for project in told.values()} >= {"shared.pricing.model", "shared.churn.model"}


@pytest.fixture(scope="module")
def yaml_host() -> Path:
    """The folder of Pulumi's YAML language host: the engine's own, or one that is built from its module."""
    found = shutil.which("pulumi-language-yaml")
    if found is not None:
        return Path(found).parent
    folder = find.cache_folder() / "yaml-host" / "1.38.1"
    folder.mkdir(parents=True, exist_ok=True)
    if not (folder / "pulumi-language-yaml").exists():
        if shutil.which("go") is None:
            pytest.skip("no pulumi-language-yaml and no Go to build it with")
        flags = {"GOFLAGS": "-mod=mod -buildvcs=false", "GOTOOLCHAIN": "local", "GOWORK": "off"}
        module = folder / "module"
        shutil.copytree(YAML_HOST, module, dirs_exist_ok=True)
        package = "github.com/pulumi/pulumi-yaml/cmd/pulumi-language-yaml"
        done = subprocess.run(
            ["go", "build", "-trimpath", "-o", "../pulumi-language-yaml", package],
            cwd=module,
            env={**os.environ, **flags},
            capture_output=True,
            text=True,
        )
        if done.returncode:
            pytest.skip(f"pulumi-language-yaml can't be built here: {done.stderr.strip().splitlines()[-1]}")
    return folder


@pytest.mark.slow
def test_a_program_in_yaml_uses_the_components(sandbox: RunningSandbox, yaml_host: Path) -> None:
    path = os.pathsep.join([str(yaml_host), os.environ["PATH"]])
    assert "example-yaml" in _up(sandbox, "yaml", PATH=path)["url"]
    limits = sandbox.workspace().serving_endpoints.get("example-yaml").ai_gateway
    assert limits is not None
    assert [limit.calls for limit in limits.rate_limits or []] == [600]
    schema = json.loads(_pulumi(sandbox, "yaml", "package", "get-schema", "../..", PATH=path))
    assert "databricks-mlops:index:MlProject" in schema["resources"]
