"""The real engine, the stand-in and a real sandbox: every type of the components, from up to destroy."""

from __future__ import annotations

import base64
import os
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pulumi
import pytest
from conftest import RunningSandbox
from mlops_sandbox.engine import engine_path
from mlops_sandbox.providers.serve import load, start
from pulumi import automation

CANARY = "canary-5b1f"
SOURCE = base64.b64encode(b"# Databricks notebook source\nprint(1)\n").decode()


def _make(kind: str, name: str, inputs: dict[str, Any], **options: Any) -> pulumi.CustomResource:
    token = f"databricks:index/{kind[0].lower()}{kind[1:]}:{kind}"
    outputs = {"name": None, "path": None, "stringValue": None, **inputs}
    return pulumi.CustomResource(token, name, outputs, pulumi.ResourceOptions(**options))


@dataclass
class Names:
    """Physical names of one run."""

    catalog: str = field(default_factory=lambda: f"cycle_{uuid.uuid4().hex[:8]}")

    @property
    def schema(self) -> str:
        return f"{self.catalog}.flights"

    @property
    def folder(self) -> str:
        return f"/Shared/{self.catalog}"


def _workspace(names: Names, comment: str) -> None:
    folder = _make("Directory", "folder", {"path": names.folder, "deleteRecursive": True})
    notebook = {"path": f"{names.folder}/train", "language": "PYTHON", "contentBase64": SOURCE}
    _make("Notebook", "notebook", notebook, depends_on=[folder])
    file = {"path": f"{names.folder}/a.py", "contentBase64": SOURCE}
    _make("WorkspaceFile", "file", file, depends_on=[folder])
    scope = _make("SecretScope", "scope", {"name": names.catalog})
    secret = {"scope": scope.id, "key": "token", "stringValue": pulumi.Output.secret(CANARY)}
    _make("Secret", "secret", secret, delete_before_replace=True)
    acl = {"scope": scope.id, "principal": "users", "permission": "READ"}
    _make("SecretAcl", "acl", acl, delete_before_replace=True)
    policy = {"name": names.catalog, "definition": '{"spark_version": {"type": "unlimited"}}'}
    _make("ClusterPolicy", "policy", {**policy, "description": comment})
    experiment = {"name": f"{names.folder}/experiment"}
    _make("MlflowExperiment", "experiment", experiment, depends_on=[folder])


def _lakehouse(names: Names, comment: str) -> None:
    catalog = _make("Catalog", "catalog", {"name": names.catalog, "comment": comment, "forceDestroy": True})
    schema = _make(
        "Schema",
        "schema",
        {"catalogName": catalog.id, "name": "flights", "comment": comment, "forceDestroy": True},
    )
    grants = [{"principal": "users", "privileges": ["USE_SCHEMA", "SELECT"]}]
    _make("Grants", "grants", {"schema": schema.id, "grants": grants})
    inside = {"catalogName": names.catalog, "schemaName": "flights", "comment": comment}
    volume = {**inside, "name": "landing", "volumeType": "MANAGED"}
    _make("Volume", "volume", volume, depends_on=[schema])
    _make("RegisteredModel", "model", {**inside, "name": "delay"}, depends_on=[schema])
    warehouse = _make(
        "SqlEndpoint",
        "warehouse",
        {
            "name": names.catalog,
            "clusterSize": "2X-Small",
            "maxNumClusters": 1,
            "enableServerlessCompute": True,
        },
    )
    _make("SqlTable", "table", _table(inside, warehouse), depends_on=[schema])


def _table(inside: dict[str, Any], warehouse: pulumi.CustomResource) -> dict[str, Any]:
    columns = {
        "flight_id": "string",
        "scheduled_departure": "timestamp",
        "prediction": "double",
        "arr_delay": "double",
        "model_version": "string",
    }
    return {
        **inside,
        "name": "predictions",
        "tableType": "MANAGED",
        "dataSourceFormat": "DELTA",
        "warehouseId": warehouse.id,
        "columns": [{"name": name, "type": kind} for name, kind in columns.items()],
    }


def _monitor(names: Names, comment: str) -> None:
    catalog = _make("Catalog", "catalog", {"name": names.catalog, "forceDestroy": True})
    named = {"catalogName": catalog.id, "name": "flights", "forceDestroy": True}
    schema = _make("Schema", "schema", named)
    warehouse = _make("SqlEndpoint", "warehouse", {"name": names.catalog, "clusterSize": "2X-Small"})
    inside = {"catalogName": names.catalog, "schemaName": "flights"}
    table = _make("SqlTable", "table", _table(inside, warehouse), depends_on=[schema])
    log = {
        "granularities": ["1 day"] if comment == "first" else ["1 day", "1 week"],
        "modelIdCol": "model_version",
        "predictionCol": "prediction",
        "timestampCol": "scheduled_departure",
        "problemType": "PROBLEM_TYPE_REGRESSION",
        "labelCol": "arr_delay",
    }
    monitor = {
        "tableName": table.id,
        "assetsDir": f"{names.folder}/monitor",
        "outputSchemaName": names.schema,
        "inferenceLog": log,
    }
    _make("QualityMonitor", "monitor", monitor)


def _jobs(names: Names, comment: str) -> None:
    task = {"taskKey": "train", "notebookTask": {"notebookPath": f"/Workspace{names.folder}/train"}}
    job = _make(
        "Job",
        "job",
        {
            "name": names.catalog,
            "description": comment,
            "tasks": [{**task, "environmentKey": "default"}],
            "environments": [{"environmentKey": "default", "spec": {"environmentVersion": "4"}}],
            "parameters": [{"name": "env", "default": "dev"}],
        },
    )
    access = [{"groupName": "users", "permissionLevel": "CAN_VIEW"}]
    _make("Permissions", "job-permissions", {"jobId": job.id, "accessControls": access})
    _make("ModelServing", "endpoint", {"name": names.catalog, "tags": [{"key": "comment", "value": comment}]})


PARTS: dict[str, Callable[[Names, str], None]] = {
    "workspace": _workspace,
    "lakehouse": _lakehouse,
    "jobs": _jobs,
    "monitor": _monitor,
}


@pytest.fixture
def attached(sandbox: RunningSandbox, tmp_path: Path) -> Iterator[dict[str, str]]:
    """The environment of an engine with the stand-in attached, pointed at the sandbox."""
    server, port = start(load("databricks"))
    sandbox.wait_ready()
    (tmp_path / "state").mkdir()
    yield {
        "PATH": os.pathsep.join((str(engine_path().parent), os.environ["PATH"])),
        "PULUMI_HOME": str(tmp_path / "home"),
        "PULUMI_BACKEND_URL": f"file://{tmp_path / 'state'}",
        "PULUMI_CONFIG_PASSPHRASE": "test",
        "PULUMI_SKIP_UPDATE_CHECK": "true",
        "PULUMI_DEBUG_PROVIDERS": f"databricks:{port}",
    }
    server.stop(grace=None).wait()


@pytest.fixture
def credentials(sandbox: RunningSandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    """The stand-in runs in this process and reads what a provider leaves to the environment."""
    monkeypatch.setenv("DATABRICKS_HOST", sandbox.url)
    monkeypatch.setenv("DATABRICKS_TOKEN", sandbox.token)
    monkeypatch.setenv("DATABRICKS_AUTH_TYPE", "pat")
    monkeypatch.setenv("DATABRICKS_RATE_LIMIT", "1000")


def _changes(summary: Any) -> dict[str, int]:
    told = summary.resource_changes or {}
    return {str(getattr(kind, "value", kind)): count for kind, count in told.items() if count}


@pytest.mark.parametrize("part", PARTS)
@pytest.mark.usefixtures("credentials")
def test_up_settles_refresh_agrees_update_applies_and_destroy_leaves_nothing(
    part: str, attached: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    names, said = Names(), {"comment": "first"}
    shown: list[str] = []
    (tmp_path / "work").mkdir()
    monkeypatch.setenv("PATH", attached["PATH"])
    stack = automation.create_stack(
        "test",
        project_name="cycle",
        program=lambda: PARTS[part](names, said["comment"]),
        opts=automation.LocalWorkspaceOptions(work_dir=str(tmp_path / "work"), env_vars=attached),
    )
    up = stack.up(on_output=shown.append)
    made = _changes(up.summary)["create"]
    assert _changes(stack.up(on_output=shown.append).summary) == {"same": made}
    assert _changes(stack.refresh(on_output=shown.append).summary) == {"same": made}
    assert _changes(stack.up(on_output=shown.append).summary) == {"same": made}
    said["comment"] = "second"
    assert "update" in _changes(stack.up(on_output=shown.append).summary)
    assert _changes(stack.up(on_output=shown.append).summary) == {"same": made}
    stack.destroy(on_output=shown.append)
    assert not stack.export_stack().deployment.get("resources")
    assert CANARY not in "".join(shown)
