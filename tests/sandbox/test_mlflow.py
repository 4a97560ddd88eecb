"""MLflow behind the control plane: tracking, registry, artifacts, its page."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from account_workspaces import new_workspace
from databricks.sdk import WorkspaceClient
from databricks.sdk.errors import NotFound
from mlflow import MlflowClient
from mlflow.artifacts import download_artifacts
from mlflow.exceptions import MlflowException
from running import RunningSandbox


@pytest.fixture(scope="module")
def tracking(sandbox: RunningSandbox) -> Iterator[MlflowClient]:
    """MLflow's own client, pointed at the sandbox as a task process is."""
    patch = pytest.MonkeyPatch()
    patch.setenv("MLFLOW_TRACKING_TOKEN", sandbox.token)
    yield MlflowClient(sandbox.url, sandbox.url)
    patch.undo()


def test_a_call_during_the_start_waits_and_succeeds(new_sandbox: RunningSandbox) -> None:
    assert new_sandbox.workspace().experiments.get_experiment("0").experiment is not None


def test_artifacts_of_any_content_come_back_as_they_were(tracking: MlflowClient, tmp_path: Path) -> None:
    run = tracking.create_run(tracking.create_experiment("/Shared/artifacts"))
    given = {"list.json": b"[1, 2]", "broken.json": b"{", "large.bin": os.urandom(5_000_000)}
    for name, content in given.items():
        (tmp_path / name).write_bytes(content)
        tracking.log_artifact(run.info.run_id, str(tmp_path / name), "a folder")
    target = tmp_path / "back"
    target.mkdir()
    folder = Path(tracking.download_artifacts(run.info.run_id, "a folder", str(target)))
    assert {file.name: file.read_bytes() for file in folder.iterdir()} == given


def test_a_deleted_experiment_gives_its_name_away(client: WorkspaceClient) -> None:
    first = client.experiments.create_experiment("/Shared/again").experiment_id
    assert first is not None
    client.experiments.delete_experiment(first)
    second = client.experiments.create_experiment("/Shared/again").experiment_id
    assert second != first
    with pytest.raises(NotFound):
        client.experiments.delete_experiment("123456789")


def test_experiments_are_listed_as_the_vendors_sdk_asks(client: WorkspaceClient) -> None:
    made = client.experiments.create_experiment("/Shared/listed").experiment_id
    assert made in {each.experiment_id for each in client.experiments.list_experiments()}
    assert made in {each.experiment_id for each in client.experiments.list_experiments(max_results=1)}


def test_a_model_of_a_schema_that_is_not_there_is_refused(tracking: MlflowClient) -> None:
    with pytest.raises(MlflowException, match=r"Schema 'workspace\.nope' does not exist"):
        tracking.create_registered_model("workspace.nope.delay")
    assert tracking.create_registered_model("workspace.default.delay").name == "workspace.default.delay"


def test_the_page_opens_with_the_cookie_alone(sandbox: RunningSandbox) -> None:
    with httpx.Client(base_url=sandbox.url, follow_redirects=True) as browser:
        assert browser.get("/mlflow/").status_code == 401
        browser.get("/login", params={"token": sandbox.token})
        page = browser.get("/mlflow")
        assert page.status_code == 200
        assert "<title>MLflow</title>" in page.text
        found = browser.post(
            "/mlflow/ajax-api/2.0/mlflow/experiments/search",
            json={"max_results": 1},
            headers={"Origin": sandbox.url},
        )
        assert found.json()["experiments"]


def test_it_is_started_again_when_it_or_the_sandbox_dies(new_sandbox: RunningSandbox) -> None:
    client = new_sandbox.workspace()
    made = client.experiments.create_experiment("/Shared/kept").experiment_id
    assert made is not None
    ask = {
        "url": f"{new_sandbox.url}/sandbox/status",
        "headers": {"Authorization": f"Bearer {new_sandbox.token}"},
    }
    pid = httpx.get(**ask).json()["subsystems"]["mlflow"]["pid"]
    os.kill(pid, 9)
    deadline = time.monotonic() + 30
    while httpx.get(**ask).json()["subsystems"]["mlflow"].get("pid") in {pid, None}:
        assert time.monotonic() < deadline
        time.sleep(0.1)
    assert client.experiments.get_experiment(made).experiment is not None
    new_sandbox.kill()
    new_sandbox.start_again()
    found = new_sandbox.workspace().experiments.get_experiment(made).experiment
    assert found is not None
    assert found.name == "/Shared/kept"


def test_experiments_are_a_workspaces_own_and_models_are_everyones(
    new_sandbox: RunningSandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MLFLOW_TRACKING_TOKEN", new_sandbox.token)
    made = new_workspace(new_sandbox, "staging")
    here, there = (MlflowClient(url, url) for url in (new_sandbox.url, made.url))
    first = here.create_experiment("/Shared/delay")
    second = there.create_experiment("/Shared/delay")
    assert first != second
    assert [each.name for each in there.search_experiments()].count("/Shared/delay") == 1
    assert here.get_experiment_by_name("/Shared/delay").experiment_id == first
    with pytest.raises(MlflowException):
        there.get_experiment(first)
    run = there.create_run(second).info.run_id
    for refused in (lambda: here.get_run(run), lambda: here.log_metric(run, "rmse", 1.0)):
        with pytest.raises(MlflowException):
            refused()
    folder = tmp_path / "model"
    folder.mkdir()
    (folder / "MLmodel").write_text("flavors: {}")
    model = there.create_logged_model(second, name="delay", source_run_id=run)
    there.log_model_artifacts(model.model_id, str(folder))
    there.create_registered_model("workspace.default.delay")
    uri = f"models:/{model.model_id}"
    there.create_model_version("workspace.default.delay", uri, run, model_id=model.model_id)
    here.set_registered_model_alias("workspace.default.delay", "champion", "1")
    assert there.get_model_version_by_alias("workspace.default.delay", "champion").version == "1"
    version = new_sandbox.workspace().model_versions.get("workspace.default.delay", 1)
    assert Path(str(version.storage_location).removeprefix("file://"), "MLmodel").is_file()
    target = tmp_path / "back"
    target.mkdir()
    source = here.get_model_version_download_uri("workspace.default.delay", "1")
    found = download_artifacts(source, dst_path=str(target), tracking_uri=new_sandbox.url)
    assert Path(found, "MLmodel").read_text() == "flavors: {}"
    made.delete()
    assert Path(str(version.storage_location).removeprefix("file://"), "MLmodel").is_file()
    assert here.get_experiment(first).name == "/Shared/delay"
