"""The real engine, the code hosts' stand-ins and a real sandbox: a CI repository from up to destroy."""

from __future__ import annotations

import re
import uuid
from pathlib import Path
from typing import Any

import httpx
import pulumi
import pulumi_databricks_mlops as mlops
import pytest
from parity.code_host_programs import CANARY as PROGRAMS_CANARY
from parity.code_host_programs import PROGRAMS
from running import RunningSandbox

# Pulumi leaves an event loop open in each worker thread that asked a function.
pytestmark = pytest.mark.filterwarnings("ignore::ResourceWarning")

CANARY = "canary-9d2e"
_REVIEWERS = {"github": "developer", "azure-devops": "developer@example.com"}


def _changes(summary: Any) -> dict[str, int]:
    told = getattr(summary, "resource_changes", None) or getattr(summary, "change_summary", {})
    return {str(getattr(kind, "value", kind)): count for kind, count in told.items() if count}


def _settings(platform: str, name: str, host: str, reviewer: str) -> dict[str, Any]:
    # A new project brings a repository of its own name.
    azure = {
        "project": f"{name}-project",
        "pipelines": {"checks": {"path": "/.azure/checks.yml", "validates": True}},
    }
    files = {".github/workflows/checks.yml": "name: checks\n"}
    return {
        "platform": platform,
        "repository": name,
        "create": True,
        "governs": True,
        **(azure if platform == "azure-devops" else {"files": files}),
        "environments": {
            "dev": {"variables": {"DATABRICKS_HOST": host}},
            "prod": {
                "reviewers": [reviewer],
                "branches": ["release"],
                "variables": {"DATABRICKS_HOST": host},
                "secrets": {"PULUMI_CONFIG_PASSPHRASE": pulumi.Output.secret(CANARY)},
                **({"pipelines": ["checks"]} if platform == "azure-devops" else {}),
            },
        },
    }


@pytest.mark.parametrize("platform", [pytest.param("github", marks=pytest.mark.slow), "azure-devops"])
def test_a_ci_repository_settles_follows_its_settings_and_goes(
    platform: str, new_stack: Any, sandbox: RunningSandbox, tmp_path: Path
) -> None:
    name, said = f"ci-{uuid.uuid4().hex[:8]}", {"host": "https://a"}

    def program() -> None:
        made = mlops.CiRepository("ci", _settings(platform, name, said["host"], _REVIEWERS[platform]))  # type: ignore[arg-type]
        pulumi.export("repository", made.repository)

    stack, shown = new_stack("test", program), []
    previewed = _changes(stack.preview(on_output=shown.append))
    made = _changes(stack.up(on_output=shown.append).summary)["create"]
    assert previewed == {"create": made}
    assert _changes(stack.up(on_output=shown.append).summary) == {"same": made}
    assert _changes(stack.refresh(on_output=shown.append).summary) == {"same": made}
    said["host"] = "https://b"
    assert _changes(stack.up(on_output=shown.append).summary) == {"same": made - 2, "update": 2}
    stack.destroy(on_output=shown.append)
    assert not stack.export_stack().deployment.get("resources")
    states = [file.read_text() for file in (tmp_path / "state").rglob("*.json*") if file.is_file()]
    assert not re.search(f"{CANARY}|{sandbox.token}", "".join((*shown, *states)))
    assert httpx.get(_address(platform, sandbox, name), auth=("_", sandbox.token)).status_code == 404


def _address(platform: str, sandbox: RunningSandbox, name: str) -> str:
    if platform == "github":
        return f"{sandbox.url}/github/api/v3/repos/acme/{name}"
    return f"{sandbox.url}/azuredevops/acme/_apis/projects/{name}-project"


@pytest.mark.slow
@pytest.mark.parametrize("vendor", PROGRAMS)
def test_up_settles_refresh_agrees_update_applies_and_destroy_leaves_nothing(
    vendor: str, new_stack: Any, tmp_path: Path
) -> None:
    name, said = f"all-{uuid.uuid4().hex[:8]}", {"text": "first"}
    stack, shown = new_stack("test", lambda: PROGRAMS[vendor](name, said["text"])), []
    made = _changes(stack.up(on_output=shown.append).summary)["create"]
    assert _changes(stack.up(on_output=shown.append).summary) == {"same": made}
    assert _changes(stack.refresh(on_output=shown.append).summary) == {"same": made}
    said["text"] = "second"
    assert _changes(stack.up(on_output=shown.append).summary)["update"] > made / 3
    assert _changes(stack.up(on_output=shown.append, refresh=True).summary) == {"same": made}
    stack.destroy(on_output=shown.append)
    assert not stack.export_stack().deployment.get("resources")
    states = [file.read_text() for file in (tmp_path / "state").rglob("*.json*") if file.is_file()]
    assert PROGRAMS_CANARY not in "".join((*shown, *states))
