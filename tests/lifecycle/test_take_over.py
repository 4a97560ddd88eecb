"""Components on the engine: what exists is taken over, by transforms and by settings."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from databricks.sdk.service.jobs import NotebookTask, Task
from running import Run, RunningSandbox, mlops, passed

UP = ("pulumi", "up", "-s", "local", "--yes", "--skip-preview")
TAKEN = """
import pulumi
import pulumi_databricks_mlops as mlops

mlops.ModelCatalog(
    "c",
    {"catalog": "taken", "schemas": {"s": {"comment": "by us", "models": {"m": {}}}}},
    pulumi.ResourceOptions(transforms=[mlops.take_over("Catalog", "c-s")]),
)
mlops.MlJob(
    "j",
    {"job_name": "taken", "tasks": {"a": {"notebook": "/Shared/a"}}, "queue": False},
    pulumi.ResourceOptions(transforms=[mlops.take_over(ids={"j-job": "JOB"})]),
)
"""


@pytest.mark.slow
def test_what_exists_is_taken_over_and_what_differs_is_changed(
    run: Run, project: Path, sandbox: RunningSandbox
) -> None:
    client = sandbox.workspace()
    # As one in Databricks' own storage, whose place no program says.
    client.catalogs.create("taken", storage_root="s3://databricks-own/taken")
    client.schemas.create("s", "taken", comment="by hand")
    made = sandbox.workspace().api_client.do(
        "POST",
        "/api/2.2/jobs/create",
        body={
            "name": "taken",
            "tasks": [
                {"task_key": "a", "notebook_task": {"notebook_path": "/Shared/a", "source": "WORKSPACE"}}
            ],
        },
    )
    assert isinstance(made, dict)
    (project / "infra" / "__main__.py").write_text(TAKEN.replace("JOB", str(made["job_id"])))
    preview = passed(run("pulumi", "preview", "-s", "local"))
    assert "= 3 to import" in preview
    assert "replace" not in preview
    passed(run(*UP))
    passed(run("pulumi", "preview", "-s", "local", "--expect-no-changes"))
    assert (client.schemas.get("taken.s").comment, client.schemas.get("taken.s").full_name) == (
        "by us",
        "taken.s",
    )
    exported = json.loads(passed(run("pulumi", "stack", "export", "-s", "local")))
    ids = {each["urn"].rpartition("::")[2]: each.get("id") for each in exported["deployment"]["resources"]}
    assert (ids["c-catalog"], ids["c-s"], ids["j-job"]) == ("taken", "taken.s", str(made["job_id"]))
    # The stack is also that of the tests beside this one.
    passed(run("pulumi", "destroy", "-s", "local", "--yes", "--skip-preview"))


def test_the_examples_of_transforms_in_the_docs_run(run: Run, project: Path, sandbox: RunningSandbox) -> None:
    page = Path(__file__).parents[2] / "docs" / "components.md"
    examples = re.findall(r"```python\n(.*?)```", page.read_text(), re.DOTALL)
    client = sandbox.workspace()
    client.catalogs.create("lent")
    client.schemas.create("flights", "lent")
    client.registered_models.create(catalog_name="lent", schema_name="flights", name="delay")
    found = client.jobs.create(name="found", tasks=[Task("only", notebook_task=NotebookTask("/Shared/only"))])
    program = "".join(example for example in examples if "transforms=" in example)
    (project / "infra" / "__main__.py").write_text(program.replace('"123"', f'"{found.job_id}"'))
    told = passed(run("pulumi", "preview", "-s", "local", "--diff"))
    assert "UI_LOCKED" in told
    assert "= 4 to import" in told


def test_an_id_that_names_do_not_say_is_asked_for(run: Run, project: Path) -> None:
    text = TAKEN.replace('ids={"j-job": "JOB"}', '"Job"').replace('"Catalog", "c-s"', '"Nothing"')
    (project / "infra" / "__main__.py").write_text(text)
    done = run("pulumi", "preview", "-s", "local")
    assert done.returncode != 0
    assert "the names of the Job 'j-job' do not say its ID" in done.stdout + done.stderr


def test_settings_say_what_a_stack_takes_over(sandbox: RunningSandbox, checkout: Path) -> None:
    sandbox.workspace().catalogs.create("handmade")
    (checkout / "Pulumi.local.yaml").write_text(
        "config:\n  databricks-mlops:environment:\n"
        "    {name: local, catalog: handmade, take_over: {types: [Catalog]}, projects: []}\n"
    )
    told = passed(mlops(sandbox, checkout, "sandbox", "exec", "--", "pulumi", "preview", "-s", "local"))
    assert "= 1 to import" in told
