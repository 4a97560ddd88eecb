"""Components without an engine: what they declare is recorded by Pulumi's mocks."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pulumi
import pytest
import yaml
from pulumi.runtime import rpc
from pulumi.runtime.mocks import MockCallArgs, MockMonitor, MockResourceArgs, Mocks, set_mocks
from pulumi.runtime.settings import ROOT, SETTINGS
from pulumi.runtime.stack import run_pulumi_func

_COMPUTED = {
    "databricks:index/modelServing:ModelServing": {"servingEndpointId": "e1"},
    "databricks:index/mlflowExperiment:MlflowExperiment": {"experimentId": "77"},
    "databricks:index/mwsWorkspaces:MwsWorkspaces": {
        "workspaceUrl": "https://made.example.com",
        "workspaceId": "4711",
    },
    "azure-native:databricks:Workspace": {"workspaceUrl": "adb-1.azuredatabricks.net", "workspaceId": "1"},
    "databricks:index/mwsCredentials:MwsCredentials": {"credentialsId": "c1"},
    "databricks:index/mwsStorageConfigurations:MwsStorageConfigurations": {"storageConfigurationId": "s1"},
    "databricks:index/mwsNetworks:MwsNetworks": {"networkId": "n1"},
    "databricks:index/mwsVpcEndpoint:MwsVpcEndpoint": {"vpcEndpointId": "v1"},
    "databricks:index/mwsPrivateAccessSettings:MwsPrivateAccessSettings": {"privateAccessSettingsId": "p1"},
    "databricks:index/clusterPolicy:ClusterPolicy": {"policyId": "ABC123"},
    "databricks:index/budgetPolicy:BudgetPolicy": {"policyId": "b1"},
    "databricks:index/servicePrincipal:ServicePrincipal": {
        "applicationId": "99999999-2222-3333-4444-555555555555",
        "aclPrincipalId": "servicePrincipals/99999999-2222-3333-4444-555555555555",
    },
    "databricks:index/group:Group": {"aclPrincipalId": "groups/g"},
    "databricks:index/servicePrincipalSecret:ServicePrincipalSecret": {"secret": "dose-value"},
    "databricks:index/sqlTable:SqlTable": {"tableId": "t1"},
    "databricks:index/qualityMonitor:QualityMonitor": {
        "profileMetricsTableName": "profile",
        "driftMetricsTableName": "drift",
    },
}


@dataclass(frozen=True)
class Declared:
    """A resource as it was registered."""

    kind: str
    name: str
    inputs: dict[str, Any]
    request: Any


@dataclass
class Recorder(Mocks):
    """Answers each registration with its inputs, and a number as the ID."""

    ids: dict[str, str] = field(default_factory=dict)
    answers: dict[str, dict[str, Any]] = field(default_factory=dict)
    """What functions answer, by token; no component may call another."""

    def call(self, args: MockCallArgs) -> dict[str, Any]:
        if args.token not in self.answers:
            raise AssertionError(f"no component may call {args.token}")
        return {**args.args, **self.answers[args.token]}

    def new_resource(self, args: MockResourceArgs) -> tuple[str, dict[str, Any]]:
        identifier = self.ids.setdefault(f"{args.typ} {args.name}", str(100 + len(self.ids)))
        return identifier, {**args.inputs, **_COMPUTED.get(args.typ, {})}


class RecordingMonitor(MockMonitor):
    """Keeps the requests, which have the options."""

    def __init__(self, mocks: Mocks) -> None:
        super().__init__(mocks)
        self.requests: list[Any] = []

    def RegisterResource(self, request: Any) -> Any:  # noqa: N802
        self.requests.append(request)
        with _loop_of_this_thread():
            return super().RegisterResource(request)

    def Invoke(self, request: Any) -> Any:  # noqa: N802
        with _loop_of_this_thread():
            return super().Invoke(request)


@contextmanager
def _loop_of_this_thread() -> Iterator[None]:
    """Pulumi leaves a loop open in each worker thread."""
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    try:
        yield
    finally:
        asyncio.set_event_loop(None)
        loop.close()


class Estate(dict[str, Declared]):
    """Declared resources by name."""

    def of(self, kind: str) -> list[Declared]:
        """Those of a type, `Job` for example, in the order of their names."""
        return sorted((each for each in self.values() if each.kind == kind), key=lambda each: each.name)

    def one(self, kind: str) -> Declared:
        (found,) = self.of(kind)
        return found


def declare(
    build: Callable[[], Any],
    monitor: RecordingMonitor | None = None,
    answers: dict[str, dict[str, Any]] | None = None,
) -> Estate:
    """Run a program and return what it declared; `answers` are those of functions, by token."""
    monitor = monitor or RecordingMonitor(Recorder(answers=answers or {}))
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    ROOT.set(None)
    try:
        set_mocks(monitor.mocks, project="databricks-mlops", stack="test", preview=False, monitor=monitor)

        async def program() -> None:
            build()

        loop.run_until_complete(run_pulumi_func(program))
    finally:
        ROOT.set(None)
        # What a program that failed left open, the next one would wait for.
        SETTINGS.outputs.clear()
        loop.close()
        asyncio.set_event_loop(None)
    estate = Estate()
    for request in monitor.requests:
        kind = request.type.split(":")[-1]
        inputs = rpc.deserialize_properties(request.object, keep_unknowns=True)
        estate[f"{kind} {request.name}"] = Declared(kind, request.name, inputs, request)
    return estate


def refused(build: Callable[[], Any]) -> str:
    """Run a program that must be refused before anything is registered; returns the error."""
    monitor = RecordingMonitor(Recorder())
    with pytest.raises(pulumi.RunError) as caught:
        declare(build, monitor)
    assert [request.type for request in monitor.requests] in ([], ["pulumi:pulumi:Stack"])
    return str(caught.value)


NOTEBOOK = "# Databricks notebook source\nprint(1)\n"

PROJECT: dict[str, Any] = {
    "project": "flights",
    "code": {"include": ["flights/*.py", "notebooks/*.py"]},
    "environment": {"version": "5", "dependencies": ["mlflow"]},
    "model": {"name": "delay"},
    "tables": {"predictions": {"columns": {"at": "timestamp", "guess": "double", "version": "string"}}},
    "jobs": {
        "training": {
            "parameters": {"model": "${model}"},
            "tasks": {
                "train": {"notebook": "notebooks/train"},
                "deploy": {"notebook": "notebooks/deploy", "depends_on": ["train"]},
            },
        },
        "retraining": {"tasks": {"run": {"run_job": "training"}}},
    },
    "serving": {"inference_table": True},
    "monitor": {
        "table": "predictions",
        "problem": "regression",
        "timestamp": "at",
        "prediction": "guess",
        "model_id": "version",
    },
}
ENVIRONMENT: dict[str, Any] = {"name": "dev", "catalog": "dev", "projects": [{"path": "ml_code"}]}


def write_project(folder: Path, document: Any) -> None:
    (folder / "project.yaml").write_text(yaml.safe_dump(document, sort_keys=False))
