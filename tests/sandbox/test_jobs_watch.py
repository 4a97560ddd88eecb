"""Jobs that start when something new has come, and work that the sandbox keeps without running it."""

from __future__ import annotations

import io
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import job_tasks
import pytest
from databricks.sdk import WorkspaceClient
from databricks.sdk.errors import BadRequest
from databricks.sdk.service import jobs
from databricks.sdk.service.catalog import VolumeType
from databricks.sdk.service.sql import StatementState
from databricks.sdk.service.workspace import ImportFormat
from job_tasks import finished, output, result, run, steps, until
from mlops_sandbox.databricks.jobs import watch

WATCHED = {"url": "file:///watched/", "wait_after_last_change_seconds": 60}


@pytest.fixture(autouse=True)
def _uploaded(client: WorkspaceClient) -> None:
    job_tasks.upload(client)


def _job(kind: str, wanted: dict[str, Any]) -> dict[str, Any]:
    return {"job_id": 1, "settings": {"trigger": {kind: wanted}}}


def test_files_start_a_run_once_when_they_have_stopped_coming(tmp_path: Path) -> None:
    watches = watch.Watches(SimpleNamespace())  # type: ignore[arg-type]
    job = _job("file_arrival", {**WATCHED, "url": f"file://{tmp_path}/"})
    (tmp_path / "before").touch()
    assert watches.due("1", job, 0.0) == ""
    (tmp_path / "new").touch()
    assert [watches.due("1", job, now) for now in (10.0, 69.0, 70.0, 200.0)] == ["", "", "FILE_ARRIVAL", ""]
    (tmp_path / "new").unlink()
    assert watches.due("1", job, 500.0) == ""


def test_all_tables_must_have_a_commit_where_that_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    commits = {("a", "0"), ("b", "0")}
    kind = {"table_update": ("TABLE", lambda *_: frozenset(commits))}
    monkeypatch.setattr(watch, "_KINDS", kind)
    watches = watch.Watches(SimpleNamespace())  # type: ignore[arg-type]
    job = _job("table_update", {"table_names": ["a", "b"], "condition": "ALL_UPDATED"})
    assert watches.due("1", job, 0.0) == ""
    commits.add(("a", "1"))
    assert watches.due("1", job, 1.0) == ""
    commits.add(("b", "1"))
    assert watches.due("1", job, 2.0) == "TABLE"
    assert watches.due("1", job, 3.0) == ""


def test_one_trigger_in_a_list_is_the_jobs_trigger(client: WorkspaceClient) -> None:
    news = jobs.ModelTriggerConfiguration(jobs.ModelTriggerConfigurationCondition.MODEL_CREATED)
    listed = [jobs.TriggerConfiguration(model=news, pause_status=jobs.PauseStatus.PAUSED)]
    job_id = job_tasks.create(client, steps("a"), triggers=listed)
    settings = client.jobs.get(job_id).settings
    assert settings is not None
    assert settings.triggers == listed
    job: dict[str, Any] = {"job_id": 1, "settings": {"triggers": [{"model": {"condition": "MODEL_CREATED"}}]}}
    assert watch.watches(job) == "model"
    with pytest.raises(BadRequest, match="one trigger"):
        job_tasks.create(client, steps("a"), triggers=[*listed, *listed])


def _first_run(client: WorkspaceClient, job_id: int) -> jobs.BaseRun:
    found: jobs.BaseRun = until(lambda: next(iter(client.jobs.list_runs(job_id=job_id)), None), "a run began")
    return found


def test_a_file_in_a_volume_starts_a_run(client: WorkspaceClient) -> None:
    client.catalogs.create("arrivals")
    client.schemas.create("raw", "arrivals")
    client.volumes.create("arrivals", "raw", "inbox", VolumeType.MANAGED)
    arrival = jobs.FileArrivalTriggerConfiguration("/Volumes/arrivals/raw/inbox/")
    job_id = job_tasks.create(client, steps("a"), trigger=jobs.TriggerSettings(file_arrival=arrival))
    until(lambda: _upload_until_run(client, job_id), "a file starts a run")
    first = _first_run(client, job_id)
    assert first.trigger is not None
    assert first.trigger.value == "FILE_ARRIVAL"
    client.jobs.update(job_id, fields_to_remove=["trigger"])
    assert first.run_id is not None
    assert result(finished(client, first.run_id)) == "SUCCESS"


def _upload_until_run(client: WorkspaceClient, job_id: int) -> bool:
    """What is there when the sandbox first looks starts nothing: put one more."""
    for number in range(1000):
        path = f"/Volumes/arrivals/raw/inbox/{number}"
        try:
            client.files.get_metadata(path)
        except Exception:  # noqa: BLE001
            client.files.upload(path, io.BytesIO(b"x"))
            break
    return any(client.jobs.list_runs(job_id=job_id))


def test_a_continuous_job_runs_again_when_a_run_is_over(client: WorkspaceClient) -> None:
    continuous = jobs.Continuous(pause_status=jobs.PauseStatus.UNPAUSED)
    job_id = job_tasks.create(client, steps("a"), continuous=continuous)
    until(lambda: len(list(client.jobs.list_runs(job_id=job_id))) > 1, "two runs")
    client.jobs.update(job_id, fields_to_remove=["continuous"])
    runs = list(client.jobs.list_runs(job_id=job_id))
    assert {each.trigger.value for each in runs if each.trigger} == {"CONTINUOUS"}
    for each in runs:
        assert each.run_id is not None
        assert result(finished(client, each.run_id)) == "SUCCESS"


def test_a_sql_file_runs_and_says_which_statement_failed(client: WorkspaceClient) -> None:
    warehouse = client.warehouses.create(name="for-sql-task", cluster_size="2X-Small").result().id
    assert warehouse is not None
    client.catalogs.create("sqltask")
    client.schemas.create("s", "sqltask")
    text = (
        "create table sqltask.s.t (x int); -- a; comment\ninsert into sqltask.s.t select cast(:x as int);\n"
    )
    for name, script in (("good.sql", text), ("bad.sql", "select 1;\nselect nothing from nowhere")):
        path = f"{job_tasks.FOLDER}/{name}"
        client.workspace.upload(path, script.encode(), format=ImportFormat.RAW, overwrite=True)

    def task(key: str, name: str, **more: Any) -> jobs.Task:
        file = jobs.SqlTaskFile(f"{job_tasks.FOLDER}/{name}")
        return jobs.Task(key, sql_task=jobs.SqlTask(warehouse, file=file, **more))

    done = run(client, task("good", "good.sql", parameters={"x": "7"}), task("bad", "bad.sql"))
    assert job_tasks.results(done) == {"good": "SUCCESS", "bad": "FAILED"}
    rows = client.statement_execution.execute_statement("select x from sqltask.s.t", warehouse)
    assert rows.status is not None
    assert rows.status.state == StatementState.SUCCEEDED
    assert rows.result is not None
    assert rows.result.data_array == [["7"]]
    assert "Statement 2 of 2 failed" in (output(client, done, "bad").error or "")


def test_what_can_not_run_here_is_kept_and_fails_when_it_is_run(client: WorkspaceClient) -> None:
    tasks = [
        jobs.Task("pipe", pipeline_task=jobs.PipelineTask("p1")),
        jobs.Task("dbt", dbt_task=jobs.DbtTask(["dbt run"]), environment_key="default"),
        steps("off", "fail:never", disabled=True),
    ]
    done = run(client, *tasks)
    assert job_tasks.results(done) == {"pipe": "FAILED", "dbt": "FAILED", "off": "DISABLED"}
    assert "does not run pipeline_task: it runs" in (output(client, done, "pipe").error or "")
