"""What needs a table that a job makes: the first `up` succeeds, and the one after the job makes the rest."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import yaml
from databricks.sdk import WorkspaceClient
from databricks.sdk.errors import NotFound
from running import RunningSandbox, mlops

STACK = """\
config:
  databricks-mlops:environment:
    name: later
    catalog: later
    projects: [{path: ml_code}]
"""
#: Nothing is there, the workspace neither.
EMPTY = f"{STACK}    workspace: {{create: {{region: us-east-1}}}}\n    identities: {{}}\n"
PROJECT = {
    "project": "notes",
    "environment": {"version": "5"},
    "code": {"include": ["notebooks/*.py"]},
    "tables": {"scored": {"columns": {"at": "timestamp", "guess": "double"}}},
    "features": {
        "tables": {"notes": {"columns": {"id": "string", "v": "array<float>"}, "primary_key": ["id"]}}
    },
    "search": {"indexes": {"near": {"table": "notes", "primary_key": "id", "vector": "v", "dimension": 2}}},
    "monitor": {"table": "scored", "timestamp": "at", "baseline_table": "${catalog}.${schema}.notes"},
    "jobs": {"all": {"tasks": {"tables": {"run_job": "feature-tables"}}}},
}
TABLES = "/api/2.1/unity-catalog/tables"
INDEX = "later.notes.near"

Pulumi = Callable[..., str]


@pytest.fixture
def pulumi(sandbox: RunningSandbox, checkout: Path) -> Iterator[Pulumi]:
    """`pulumi("up")` of the stack; what it said. Whatever the test did, the stack is destroyed after it."""
    (checkout / "ml_code" / "notebooks" / "none.py").write_text("# Databricks notebook source\n")
    (checkout / "ml_code" / "project.yaml").write_text(yaml.safe_dump(PROJECT))
    (checkout / "Pulumi.later.yaml").write_text(STACK)

    def run(command: str, *options: str, fails: bool = False) -> str:
        done = mlops(sandbox, checkout, "sandbox", "exec", "--", "pulumi", command, "-s", "later", *options)
        assert (done.returncode != 0) == fails, done.stdout + done.stderr
        return done.stdout + done.stderr

    yield run
    run("destroy", "--yes", "--skip-preview")


def _baseline(client: WorkspaceClient) -> str | None:
    return client.quality_monitors.get("later.notes.scored").baseline_table_name


@pytest.mark.slow
def test_an_empty_account_comes_up_and_the_index_follows_when_its_table_is_made(
    sandbox: RunningSandbox, checkout: Path, pulumi: Pulumi
) -> None:
    client = sandbox.workspace()
    waits = (
        "The index near waits for the table notes, which is not there yet: the job later-notes-feature-tables"
    )
    stack = checkout / "Pulumi.later.yaml"
    for text in (EMPTY, STACK):
        stack.write_text(text)
        told = pulumi("preview")
        assert waits in told
        assert "The monitor's baseline waits for the table notes" in told
    assert waits in pulumi("up", "--yes", "--skip-preview")
    assert _baseline(client) is None
    pulumi("preview", "--expect-no-changes")

    ran = mlops(sandbox, checkout, "run", "all", "--stack", "later", "--follow")
    assert ran.returncode == 0, ran.stdout + ran.stderr
    said = pulumi("up", "--yes", "--skip-preview")
    assert "waits for" not in said
    assert client.vector_search_indexes.get_index(INDEX).index_type is not None
    assert _baseline(client) == "later.notes.notes"
    assert "waits for" not in pulumi("preview", "--expect-no-changes")
    pulumi("refresh", "--yes", "--skip-preview", "--expect-no-changes")

    # A question that fails is an error, and no reason to give up what is there.
    sandbox.faults({"method": "GET", "path": TABLES, "status": 403, "times": 10})
    told = pulumi("preview", fails=True)
    assert "The tables of later.notes can't be listed" in told
    assert "Traceback" not in told
    sandbox.faults()
    # Nor is a table that is gone: the index still has its rows.
    client.tables.delete("later.notes.notes")
    assert "VectorSearchIndex" not in pulumi("preview")

    pulumi("destroy", "--yes", "--skip-preview")
    with pytest.raises(NotFound):
        client.vector_search_indexes.get_index(INDEX)
    assert [each.name for each in client.catalogs.list() if each.name == "later"] == []
