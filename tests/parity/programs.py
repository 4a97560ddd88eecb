"""Small programs with every type that the components use; they need no provider SDK."""

from __future__ import annotations

import base64
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pulumi

CANARY = "canary-5b1f"
SOURCE = base64.b64encode(b"# Databricks notebook source\nprint(1)\n").decode()


def make(kind: str, name: str, inputs: dict[str, Any], **options: Any) -> pulumi.CustomResource:
    """A Databricks resource by the name of its type."""
    token = f"databricks:index/{kind[0].lower()}{kind[1:]}:{kind}"
    identifier = IMPORTS.get(name)
    if identifier:
        options["import_"] = identifier
    return pulumi.CustomResource(token, name, inputs, pulumi.ResourceOptions(**options))


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
    folder = make("Directory", "folder", {"path": names.folder, "deleteRecursive": True})
    notebook = {"path": f"{names.folder}/train", "language": "PYTHON", "contentBase64": SOURCE}
    make("Notebook", "notebook", notebook, depends_on=[folder])
    file = {"path": f"{names.folder}/a.py", "contentBase64": SOURCE}
    make("WorkspaceFile", "file", file, depends_on=[folder])
    scope = make("SecretScope", "scope", {"name": names.catalog})
    secret = {"scope": scope.id, "key": "token", "stringValue": pulumi.Output.secret(CANARY)}
    make("Secret", "secret", secret, delete_before_replace=True)
    acl = {"scope": scope.id, "principal": "users", "permission": "READ"}
    make("SecretAcl", "acl", acl, delete_before_replace=True)
    policy = {"name": names.catalog, "definition": '{"spark_version": {"type": "unlimited"}}'}
    make("ClusterPolicy", "policy", {**policy, "description": comment})
    experiment = {"name": f"{names.folder}/experiment"}
    make("MlflowExperiment", "experiment", experiment, depends_on=[folder])


def _lakehouse(names: Names, comment: str) -> None:
    catalog = make("Catalog", "catalog", {"name": names.catalog, "comment": comment, "forceDestroy": True})
    schema = make(
        "Schema",
        "schema",
        {"catalogName": catalog.id, "name": "flights", "comment": comment, "forceDestroy": True},
    )
    grants = [{"principal": "account users", "privileges": ["USE_SCHEMA", "SELECT"]}]
    make("Grants", "grants", {"schema": schema.id, "grants": grants})
    inside = {"catalogName": names.catalog, "schemaName": "flights", "comment": comment}
    volume = {**inside, "name": "landing", "volumeType": "MANAGED"}
    make("Volume", "volume", volume, depends_on=[schema])
    make("RegisteredModel", "model", {**inside, "name": "delay"}, depends_on=[schema])
    warehouse = make(
        "SqlEndpoint",
        "warehouse",
        {
            "name": names.catalog,
            "clusterSize": "2X-Small",
            "maxNumClusters": 1,
            "enableServerlessCompute": True,
        },
    )
    make("SqlTable", "table", _table(inside, warehouse), depends_on=[schema])


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
    catalog = make("Catalog", "catalog", {"name": names.catalog, "forceDestroy": True})
    named = {"catalogName": catalog.id, "name": "flights", "forceDestroy": True}
    schema = make("Schema", "schema", named)
    warehouse = make("SqlEndpoint", "warehouse", {"name": names.catalog, "clusterSize": "2X-Small"})
    inside = {"catalogName": names.catalog, "schemaName": "flights"}
    table = make("SqlTable", "table", _table(inside, warehouse), depends_on=[schema])
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
    make("QualityMonitor", "monitor", monitor)


def _jobs(names: Names, comment: str) -> None:
    task = {"taskKey": "train", "notebookTask": {"notebookPath": f"/Workspace{names.folder}/train"}}
    job = make(
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
    make("Permissions", "job-permissions", {"jobId": job.id, "accessControls": access})
    make("ModelServing", "endpoint", {"name": names.catalog, "tags": [{"key": "comment", "value": comment}]})


#: IDs to import rather than create, by the resource's name.
IMPORTS: dict[str, str] = {}

PARTS: dict[str, Callable[[Names, str], None]] = {
    "workspace": _workspace,
    "lakehouse": _lakehouse,
    "jobs": _jobs,
    "monitor": _monitor,
}
