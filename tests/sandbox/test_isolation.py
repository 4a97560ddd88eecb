"""One workspace is no way into another: not by tokens, ids, names or paths, even for who administers one."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import httpx
import pytest
from account_workspaces import MadePrincipal, MadeWorkspace, account_of, new_principal, new_workspace
from databricks.sdk import WorkspaceClient
from databricks.sdk.errors import DatabricksError, PermissionDenied
from databricks.sdk.service import catalog as uc
from databricks.sdk.service.iam import WorkspacePermission
from databricks.sdk.service.jobs import NotebookTask, Task
from databricks.sdk.service.workspace import ImportFormat, Language
from mlflow import MlflowClient
from mlflow.entities import LoggedModelStatus
from running import RunningSandbox


@dataclass
class Setting:
    """`home` has things of every kind; `mallory` administers `away`, and is a user of `home` for a moment."""

    home: MadeWorkspace
    away: MadeWorkspace
    mallory: MadePrincipal
    things: dict[str, Any]

    @property
    def owner(self) -> WorkspaceClient:
        return self.home.client()

    @property
    def intruder(self) -> WorkspaceClient:
        return self.away.client(**self.mallory.login)


def bearer(client: WorkspaceClient) -> dict[str, str]:
    return {"Authorization": client.config.authenticate()["Authorization"]}


@pytest.fixture(scope="module")
def it(sandbox: RunningSandbox, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Setting]:
    with pytest.MonkeyPatch.context() as patched:
        # The owner's, for MLflow's own client.
        patched.setenv("MLFLOW_TRACKING_TOKEN", sandbox.token)
        yield from _setting(sandbox, tmp_path_factory)


def _setting(sandbox: RunningSandbox, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Setting]:
    home, away = new_workspace(sandbox, "home"), new_workspace(sandbox, "away")
    mallory = new_principal(sandbox, "mallory")
    mallory.is_in(away.id, WorkspacePermission.ADMIN)
    owner, things = home.client(), {}
    owner.workspace.upload(
        "/Shared/work",
        b"# Databricks notebook source\nprint(1)",
        format=ImportFormat.SOURCE,
        language=Language.PYTHON,
    )
    job = owner.jobs.create(
        name="work", tasks=[Task(task_key="a", notebook_task=NotebookTask("/Shared/work"))]
    )
    run = owner.jobs.run_now_and_wait(int(str(job.job_id)))
    things |= {"job": job.job_id, "run": run.run_id, "task run": (run.tasks or [])[0].run_id}
    owner.secrets.create_scope("vault")
    owner.secrets.put_secret("vault", "key", string_value="1")
    # Each workspace's first warehouse has the same id.
    made = owner.warehouses.create(name="home", cluster_size="2X-Small", max_num_clusters=1)
    things["warehouse"] = made.response.id
    catalog = f"home_{home.id}"
    owner.catalogs.create(catalog)
    owner.schemas.create("x", catalog)
    owner.volumes.create(catalog, "x", "v", uc.VolumeType.MANAGED)
    text = f"CREATE TABLE {catalog}.x.t (n INT)"
    done = owner.statement_execution.execute_statement(text, str(things["warehouse"]), wait_timeout="50s")
    things |= {"catalog": catalog, "statement": done.statement_id}
    owner.api_client.do("POST", "/api/2.0/serving-endpoints", body={"name": "delay"})
    client = MlflowClient(home.url, home.url)
    experiment = client.create_experiment("/Shared/delay")
    mlflow_run = client.create_run(experiment).info.run_id
    client.log_text(mlflow_run, "secret", "a.txt")
    things |= {"experiment": experiment, "mlflow run": mlflow_run}
    model = client.create_logged_model(experiment, name="m").model_id
    folder = tmp_path_factory.mktemp("model")
    (folder / "MLmodel").write_text("secret")
    client.log_model_artifacts(model, str(folder))
    things["model"] = client.finalize_logged_model(model, LoggedModelStatus.READY).model_id
    yield Setting(home, away, mallory, things)
    owner.catalogs.delete(catalog, force=True)
    mallory.delete()
    for each in (home, away):
        each.delete()


def test_a_token_of_one_workspace_opens_no_other(it: Setting) -> None:
    """Not one that its principal is in, nor the account; the account's token opens all that it is in."""
    its = {name: each.client(**it.mallory.login) for name, each in (("home", it.home), ("away", it.away))}
    account = it.mallory.account()
    paths = {
        "home": f"{it.home.url}/api/2.0/preview/scim/v2/Me",
        "away": f"{it.away.url}/api/2.0/preview/scim/v2/Me",
        "account": f"{account.config.host}/api/2.1/accounts/{account.config.account_id}/budget-policies",
    }
    it.mallory.is_in(it.home.id)
    opened = {
        name: {path for path, url in paths.items() if httpx.get(url, headers=bearer(client)).is_success}
        for name, client in {**its, "account": account}.items()
    }
    account_of(it.home.sandbox).workspace_assignment.delete(it.home.id, it.mallory.id)
    assert opened == {"home": {"home"}, "away": {"away"}, "account": {"home", "away", "account"}}
    assert not httpx.get(paths["home"], headers=bearer(account)).is_success


def refused(act: Callable[[], object]) -> bool:
    try:
        found = act()
    except DatabricksError:
        return True
    return not found


def test_what_another_workspace_has_is_not_to_be_had_by_its_id(it: Setting) -> None:
    away, known, catalog = it.intruder, it.things, it.things["catalog"]
    job, run, task = (int(known[each]) for each in ("job", "run", "task run"))
    tries: dict[str, Callable[[], object]] = {
        "job": lambda: away.jobs.get(job),
        "run now": lambda: away.jobs.run_now(job),
        "delete": lambda: away.jobs.delete(job),
        "run": lambda: away.jobs.get_run(run),
        "output": lambda: away.jobs.get_run_output(task),
        "export": lambda: away.jobs.export_run(task),
        "job permissions": lambda: away.jobs.get_permissions(str(job)),
        "secret": lambda: away.secrets.get_secret("vault", "key"),
        "scopes": lambda: list(away.secrets.list_scopes()),
        "warehouse": lambda: away.warehouses.get(known["warehouse"]),
        "statement": lambda: away.statement_execution.get_statement(known["statement"]),
        "use warehouse": lambda: away.statement_execution.execute_statement("SELECT 1", known["warehouse"]),
        "notebook": lambda: away.workspace.export("/Shared/work"),
        "endpoint": lambda: away.serving_endpoints.get("delay"),
        "ask": lambda: away.serving_endpoints.query("delay", inputs=[1]),
        "experiment": lambda: away.experiments.get_experiment(known["experiment"]),
        "experiment by name": lambda: away.experiments.get_by_name("/Shared/delay"),
        "mlflow run": lambda: away.experiments.get_run(known["mlflow run"]),
        "runs": lambda: list(away.experiments.search_runs(experiment_ids=[known["experiment"]])),
        "logged model": lambda: away.experiments.get_logged_model(known["model"]),
        "table": lambda: away.tables.get(f"{catalog}.x.t"),
        "volume": lambda: list(away.files.list_directory_contents(f"/Volumes/{catalog}/x/v")),
        "grants": lambda: away.grants.get("catalog", catalog),
    }
    assert [name for name, act in tries.items() if not refused(act)] == []


def test_artifacts_of_another_workspace_are_not_to_be_had_by_their_path(it: Setting) -> None:
    headers, known = bearer(it.intruder), it.things
    experiment, space = known["experiment"], f"w{it.home.id}"
    answers = {}
    for where in (
        f"workspaces/{space}/{experiment}/{known['mlflow run']}/artifacts/a.txt",
        f"{experiment}/{known['mlflow run']}/artifacts/a.txt",
        f"workspaces/{space}/{experiment}/models/{known['model']}/artifacts/MLmodel",
        f"workspaces/{space}/{experiment}/models/../{known['mlflow run']}/artifacts/a.txt",
        f"workspaces/{space}/{experiment}/models/%2e%2e/{known['mlflow run']}/artifacts/a.txt",
        f"{experiment}/models/{known['model']}/artifacts/MLmodel",
    ):
        for root in ("api", "mlflow/ajax-api"):
            url = f"{it.away.url}/{root}/2.0/mlflow-artifacts/artifacts/{where}"
            answers[url] = httpx.get(url, headers=headers).status_code
    url = f"{it.away.url}/mlflow/get-artifact?path=a.txt&run_uuid={known['mlflow run']}"
    answers[url] = httpx.get(url, headers=headers).status_code
    url = f"{it.away.url}/api/2.0/mlflow-artifacts/artifacts?path=workspaces/{space}/{experiment}/models"
    answers[url] = httpx.get(url, headers=headers).status_code
    forged = {**headers, "X-MLFLOW-WORKSPACE": space}
    url = f"{it.away.url}/api/2.0/mlflow/runs/get?run_id={known['mlflow run']}"
    answers[url] = httpx.get(url, headers=forged).status_code
    mine = f"workspaces/{space}/{experiment}/{known['mlflow run']}/artifacts/a.txt"
    owned = f"{it.home.url}/api/2.0/mlflow-artifacts/artifacts/{mine}"
    assert httpx.get(owned, headers=bearer(it.owner)).text == "secret"
    assert [url for url, status in answers.items() if status < 400] == []


def test_a_registered_models_files_are_for_who_may_use_it_wherever_it_was_logged(it: Setting) -> None:
    known, name = it.things, f"{it.things['catalog']}.x.m"
    it.owner.registered_models.create(name="m", catalog_name=it.things["catalog"], schema_name="x")
    client = MlflowClient(it.home.url, it.home.url)
    client.create_model_version(name, f"models:/{known['model']}", model_id=known["model"])
    where = f"workspaces/w{it.home.id}/{known['experiment']}/models/{known['model']}/artifacts/MLmodel"
    url = f"{it.away.url}/api/2.0/mlflow-artifacts/artifacts/{where}"
    assert httpx.get(url, headers=bearer(it.intruder)).status_code == 403
    use = [uc.Privilege.USE_CATALOG, uc.Privilege.USE_SCHEMA, uc.Privilege.EXECUTE]
    change = uc.PermissionsChange(principal=it.mallory.application, add=use)
    it.owner.grants.update("catalog", known["catalog"], changes=[change])
    assert httpx.get(url, headers=bearer(it.intruder)).text == "secret"
    change = uc.PermissionsChange(principal=it.mallory.application, remove=use)
    it.owner.grants.update("catalog", known["catalog"], changes=[change])


def test_a_table_of_another_workspace_is_not_read_through_storage(it: Setting) -> None:
    catalog = it.things["catalog"]
    url = f"{it.away.url}/storage/unity?list-type=2&prefix={catalog}/x/t/_delta_log/"
    assert httpx.get(url, headers=bearer(it.intruder)).status_code == 403
    assert httpx.get(url).status_code == 401
    with pytest.raises(PermissionDenied):
        it.intruder.catalogs.get(catalog)
