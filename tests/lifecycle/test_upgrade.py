"""A stack that an earlier program deployed: today's program keeps every resource of it.

`upgrade/state.json` is what `pulumi stack export --show-secrets` printed of the settings beside it, deployed
by commit 44dd337; places in the source, and outputs that nothing reads, are left out. A component or resource
that gets another name or parent needs an alias; this fails without.
"""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

from running import RunningSandbox, mlops, passed

from bench import bare

RECORDED = Path(__file__).parent / "upgrade"
SECRET = ("--secret", "databricks-mlops:flights.api_key", "recorded")


def _pulumi(sandbox: RunningSandbox, folder: Path, *arguments: str) -> str:
    return passed(mlops(sandbox, folder, "sandbox", "exec", "--", "pulumi", *arguments))


def _made(sandbox: RunningSandbox, folder: Path, recorded: dict[str, Any]) -> dict[str, Any]:
    """The recorded resources, made by a program without components: an export of its stack."""
    bare.write(folder, recorded, "-upgrade", sdk=False)
    _pulumi(sandbox, folder, "up", "-s", "local", "--yes", "--skip-preview")
    exported: dict[str, Any] = json.loads(_pulumi(sandbox, folder, "stack", "export", "-s", "local"))
    return exported


def _key(resource: dict[str, Any]) -> tuple[str, str]:
    return resource["type"], resource["urn"].rpartition("::")[2]


def _as_recorded(recorded: dict[str, Any], made: dict[str, Any], host: str) -> dict[str, Any]:
    """The recorded state, with the inputs, outputs and IDs that the resources have here."""
    found = {_key(resource): resource for resource in made["deployment"]["resources"]}
    resources = []
    for resource in recorded["deployment"]["resources"]:
        here = found.get(_key(resource), {}) if resource.get("custom") else {}
        resources.append(
            {**resource, **{name: here[name] for name in ("id", "inputs", "outputs") if name in here}}
        )
    provider = next(each for each in resources if each["type"].startswith("pulumi:providers:"))
    provider["inputs"]["host"] = provider["outputs"]["host"] = host
    for resource in resources:
        if "provider" in resource:
            resource["provider"] = f"{provider['urn']}::{provider['id']}"
    return {**made, "deployment": {**made["deployment"], "resources": resources}}


def _steps(sandbox: RunningSandbox, folder: Path) -> dict[str, str]:
    """What a preview would do, by URN."""
    shown = json.loads(_pulumi(sandbox, folder, "preview", "-s", "dev", "--json"))
    return {step["urn"]: step["op"] for step in shown["steps"]}


def test_todays_program_replaces_and_deletes_nothing_of_an_earlier_stack(
    new_sandbox: RunningSandbox, checkout: Path, tmp_path: Path
) -> None:
    shutil.copytree(RECORDED, checkout, dirs_exist_ok=True)
    recorded = json.loads((RECORDED / "state.json").read_text())
    state = _as_recorded(recorded, _made(new_sandbox, tmp_path / "bare", recorded), new_sandbox.url)
    (checkout / "state.json").write_text(json.dumps(state))
    _pulumi(new_sandbox, checkout, "config", "set", *SECRET, "-s", "dev")
    _pulumi(new_sandbox, checkout, "stack", "import", "-s", "dev", "--file", "state.json")
    ended = {
        urn: op for urn, op in _steps(new_sandbox, checkout).items() if "replace" in op or "delete" in op
    }
    assert not ended
    _pulumi(new_sandbox, checkout, "up", "-s", "dev", "--yes", "--skip-preview")
