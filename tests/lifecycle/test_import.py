"""What was made by hand comes under Pulumi's care as it is: `pulumi import`."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from databricks.sdk.service.jobs import NotebookTask, Task
from databricks.sdk.service.serving import EndpointTag
from running import Run, RunningSandbox

IMPORT = ("pulumi", "import", "-s", "local", "--yes")
NO_CODE = "--generate-code=false"
PROGRAM = """
import pulumi_databricks as databricks
task = {"task_key": "only", "notebook_task": {"notebook_path": "/Shared/found"}}
databricks.Job("job", name="found-job", tasks=[task], max_concurrent_runs=2, tags={"team": "a"})
databricks.Schema("schema", catalog_name="found", name="place", comment="by hand")
databricks.RegisteredModel("model", catalog_name="found", schema_name="place", name="m", comment="by hand")
databricks.ModelServing("endpoint", name="found-endpoint", tags=[{"key": "team", "value": "a"}])
"""


@pytest.fixture
def sandbox(new_sandbox: RunningSandbox) -> RunningSandbox:
    """One for each test: what is imported is protected, and stays in the stack."""
    return new_sandbox


def _make(sandbox: RunningSandbox) -> list[dict[str, str]]:
    """Four things made through the SDK, as entries of an import file."""
    client = sandbox.workspace()
    client.catalogs.create("found")
    client.schemas.create("place", "found", comment="by hand")
    client.registered_models.create(catalog_name="found", schema_name="place", name="m", comment="by hand")
    client.serving_endpoints.create("found-endpoint", tags=[EndpointTag(key="team", value="a")])
    tasks = [Task("only", notebook_task=NotebookTask("/Shared/found"))]
    job = client.jobs.create(name="found-job", tasks=tasks, max_concurrent_runs=2, tags={"team": "a"})
    return [
        {"type": "databricks:index/job:Job", "name": "job", "id": str(job.job_id)},
        {"type": "databricks:index/schema:Schema", "name": "schema", "id": "found.place"},
        {
            "type": "databricks:index/registeredModel:RegisteredModel",
            "name": "model",
            "id": "found.place.m",
        },
        {"type": "databricks:index/modelServing:ModelServing", "name": "endpoint", "id": "found-endpoint"},
    ]


def test_what_is_imported_and_declared_is_unchanged_and_protected(
    run: Run, project: Path, sandbox: RunningSandbox
) -> None:
    (project / "infra" / "__main__.py").write_text(PROGRAM)
    (project / "import.json").write_text(json.dumps({"resources": _make(sandbox)}))
    done = run(*IMPORT, NO_CODE, "--file", "import.json")
    assert done.returncode == 0, done.stdout + done.stderr
    preview = run("pulumi", "preview", "-s", "local", "--diff")
    assert preview.returncode == 0, preview.stdout
    for forgotten in ("to create", "to update", "to delete", "to replace"):
        assert forgotten not in preview.stdout
    assert run("pulumi", "destroy", "-s", "local", "--yes").returncode != 0


def test_an_import_of_what_is_not_there_names_it(run: Run, project: Path) -> None:
    (project / "infra" / "__main__.py").write_text("")
    done = run(*IMPORT, NO_CODE, "databricks:index/schema:Schema", "schema", "nowhere.place")
    assert done.returncode != 0
    assert "'nowhere.place' does not exist" in done.stdout + done.stderr


def test_a_host_that_generates_no_code_says_what_to_do_instead(
    run: Run, project: Path, sandbox: RunningSandbox
) -> None:
    (project / "infra" / "__main__.py").write_text("")
    sandbox.workspace().catalogs.create("coded")
    done = run(*IMPORT, "databricks:index/catalog:Catalog", "catalog", "coded")
    told = done.stdout + done.stderr
    assert done.returncode == 0 or "--generate-code=false" in told
    assert "Method not implemented" not in told
