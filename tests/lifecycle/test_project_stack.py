"""A project in a stack of its own: `prod.flights` beside `prod`, by configuration."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from running import RunningSandbox, mlops

ENVIRONMENT = """\
config:
  databricks-mlops:flights.opens: canary
  databricks-mlops:environment:
    name: prod
    catalog: {name: prod, isolated: true}
    workspace: {create: {region: us-east-1}, budget_policy: {team: a}}
    identities: {}
    notifications: {on_failure: [oncall@example.com]}
    protect: true
    projects: [%s]
"""
OWN = """\
config:
  databricks-mlops:flights.opens: canary
  databricks-mlops:project:
    path: ml_code
"""
PROJECT = """\
project: flights
environment: {version: "5"}
model: {name: delay}
secrets: {opens: {}}
tables: {predictions: {columns: {at: timestamp, prediction: double}}}
jobs:
  train:
    parameters: {model: "${model}"}
    tasks: {train: {notebook: notebooks/train}}
  all:
    tasks: {train: {run_job: train}}
serving: {inference_table: true}
monitor: {table: predictions, timestamp: at}
"""
NOTEBOOK = "# Databricks notebook source\nprint(1)\n"
PROJECT_TYPE = "databricks-mlops:index:Environment$databricks-mlops:index:MlProject"
MOVED = f"urn:pulumi:prod::databricks-mlops::{PROJECT_TYPE}::prod-flights"


class Stacks:
    """The stack files of a checkout, and pulumi in it."""

    def __init__(self, sandbox: RunningSandbox, folder: Path) -> None:
        self.sandbox, self.folder = sandbox, folder
        (folder / "ml_code" / "project.yaml").write_text(PROJECT)
        (folder / "ml_code" / "notebooks" / "train.py").write_text(NOTEBOOK)

    def write(self, *projects: str, own: str | None = None) -> None:
        (self.folder / "Pulumi.prod.yaml").write_text(ENVIRONMENT % ", ".join(projects))
        if own is not None:
            (self.folder / "Pulumi.prod.flights.yaml").write_text(own)

    def pulumi(self, *arguments: str, fails: bool = False) -> str:
        return self.mlops("sandbox", "exec", "--", "pulumi", *arguments, fails=fails)

    def mlops(self, *arguments: str, fails: bool = False) -> str:
        done = mlops(self.sandbox, self.folder, *arguments)
        assert (done.returncode != 0) == fails, f"{done.stdout[-4000:]}\n{done.stderr[-4000:]}"
        return done.stdout


@pytest.fixture
def stacks(new_sandbox: RunningSandbox, checkout: Path) -> Stacks:
    return Stacks(new_sandbox, checkout)


@pytest.mark.slow
def test_a_project_moves_to_a_stack_of_its_own_and_no_resource_is_touched(stacks: Stacks) -> None:
    stacks.write("{path: ml_code}")
    stacks.pulumi("up", "-s", "prod", "--yes", "--skip-preview")
    told = json.loads(stacks.mlops("status", "-s", "prod", "--json"))["projects"]["flights"]
    jobs = {job["id"] for job in told["jobs"].values()}
    # docs/scale.md has these commands.
    stacks.write(own=OWN)
    stacks.pulumi("stack", "init", "prod.flights", "--no-select")
    stacks.pulumi("state", "move", "--source", "prod", "--dest", "prod.flights", "--yes", MOVED)
    stacks.pulumi("preview", "-s", "prod", "--expect-no-changes")
    stacks.pulumi("preview", "-s", "prod.flights", "--expect-no-changes")
    stacks.pulumi("up", "-s", "prod.flights", "--yes", "--skip-preview")
    told = json.loads(stacks.mlops("status", "-s", "prod.flights", "--json"))["projects"]["flights"]
    assert {job["id"] for job in told["jobs"].values()} == jobs
    assert "flights/train: run " in stacks.mlops("run", "train", "-s", "prod.flights")
    assert "protected" in stacks.pulumi("destroy", "-s", "prod.flights", "--yes", fails=True)


def test_an_environment_that_is_not_deployed_is_one_sentence(sandbox: RunningSandbox, checkout: Path) -> None:
    stacks = Stacks(sandbox, checkout)
    stacks.write(own=OWN)
    told = stacks.pulumi("preview", "-s", "prod.flights", fails=True)
    assert "The environment's stack prod does not exist: deploy it first: `pulumi up -s prod`." in told
    assert "Traceback" not in told
