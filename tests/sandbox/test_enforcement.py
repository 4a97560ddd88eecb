"""Permissions and grants decide: who has none is refused, who has one may do that and no more."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from io import BytesIO

import pytest
from account_workspaces import ACCOUNT, MadeWorkspace, account_of, new_workspace
from databricks.sdk import WorkspaceClient
from databricks.sdk.errors import BadRequest, PermissionDenied
from databricks.sdk.service import catalog as uc
from databricks.sdk.service.iam import (
    AccessControlRequest,
    GrantRule,
    PermissionLevel,
    RuleSetUpdateRequest,
    WorkspacePermission,
)
from databricks.sdk.service.jobs import (
    JobAccessControlRequest,
    JobPermissionLevel,
    JobRunAs,
    NotebookTask,
    Task,
)
from databricks.sdk.service.sql import StatementState
from databricks.sdk.service.workspace import AclPermission, ImportFormat, Language
from mlflow import MlflowClient
from mlflow.exceptions import MlflowException
from running import RunningSandbox

P = uc.Privilege


@dataclass
class Setting:
    """A workspace, its administrator, and two service principals that hold nothing but their membership."""

    workspace: MadeWorkspace
    admin: WorkspaceClient
    runner: WorkspaceClient
    runner_name: str
    other: WorkspaceClient
    other_name: str
    catalog: str

    def grant(self, kind: str, name: str, *privileges: P, to: str = "") -> None:
        change = uc.PermissionsChange(principal=to or self.runner_name, add=list(privileges))
        self.admin.grants.update(kind, name, changes=[change])

    def sql(self, client: WorkspaceClient, text: str) -> list[list[str]]:
        warehouse = next(iter(self.admin.warehouses.list())).id
        done = client.statement_execution.execute_statement(text, str(warehouse), wait_timeout="50s")
        assert done.status is not None
        if done.status.state is not StatementState.SUCCEEDED:
            raise RuntimeError(done.status.error and done.status.error.message)
        return (done.result and done.result.data_array) or []


@pytest.fixture(scope="module")
def it(sandbox: RunningSandbox) -> Iterator[Setting]:
    account, workspace = account_of(sandbox), new_workspace(sandbox, "enforcement")
    clients = {}
    for name in ("runner", "other"):
        made = account.service_principals_v2.create(display_name=name, active=True)
        secret = str(account.service_principal_secrets.create(str(made.id)).secret)
        user = [WorkspacePermission.USER]
        account.workspace_assignment.update(workspace.id, int(str(made.id)), permissions=user)
        application = str(made.application_id)
        login = {"client_id": application, "client_secret": secret, "auth_type": "oauth-m2m"}
        clients[name] = workspace.client(**login), application
    admin, catalog = workspace.client(), f"enforced_{workspace.id}"
    admin.catalogs.create(catalog)
    admin.schemas.create("flights", catalog)
    admin.warehouses.list()
    yield Setting(workspace, admin, *clients["runner"], *clients["other"], catalog)
    admin.catalogs.delete(catalog, force=True)
    workspace.delete()


def refused(act: Callable[[], object], message: str) -> None:
    with pytest.raises(PermissionDenied, match=message):
        act()


def test_unity_catalog_lets_through_what_is_granted_level_by_level(it: Setting) -> None:
    schema, volume = f"{it.catalog}.flights", f"{it.catalog}.flights.raw"
    it.admin.volumes.create(it.catalog, "flights", "raw", uc.VolumeType.MANAGED)
    path = f"/Volumes/{it.catalog}/flights/raw/a.txt"
    read = lambda: it.runner.files.download(path).contents.read()  # noqa: E731, PLW0108
    it.admin.files.upload(path, BytesIO(b"1"))
    assert it.catalog not in [each.name for each in it.runner.catalogs.list()]
    refused(
        lambda: it.runner.catalogs.get(it.catalog),
        f"User does not have USE CATALOG on Catalog '{it.catalog}'",
    )
    refused(read, "USE CATALOG")
    it.grant("catalog", it.catalog, P.USE_CATALOG)
    refused(read, f"User does not have USE SCHEMA on Schema '{schema}'")
    it.grant("schema", schema, P.USE_SCHEMA)
    refused(read, f"User does not have READ VOLUME on Volume '{volume}'")
    it.grant("schema", schema, P.READ_VOLUME)
    assert read() == b"1"
    refused(lambda: it.runner.files.delete(path), "WRITE VOLUME")
    for act, privilege in (
        (lambda: it.runner.schemas.create("more", it.catalog), "CREATE SCHEMA"),
        (
            lambda: it.runner.volumes.create(it.catalog, "flights", "x", uc.VolumeType.MANAGED),
            "CREATE VOLUME",
        ),
        (
            lambda: it.runner.registered_models.create(
                name="x", catalog_name=it.catalog, schema_name="flights"
            ),
            "CREATE MODEL",
        ),
        (lambda: it.runner.catalogs.delete(it.catalog), "MANAGE"),
        (lambda: it.runner.grants.get("schema", schema), "MANAGE"),
        (lambda: it.runner.catalogs.create("mine"), "CREATE CATALOG on Metastore"),
    ):
        refused(act, privilege)
    it.grant("schema", schema, P.CREATE_VOLUME)
    own = it.runner.volumes.create(it.catalog, "flights", "own", uc.VolumeType.MANAGED)
    assert own.owner == it.runner_name
    it.runner.volumes.delete(str(own.full_name))


def test_rows_are_read_and_written_by_who_may_in_sql(it: Setting) -> None:
    table = f"{it.catalog}.flights.delays"
    it.sql(it.admin, f"CREATE TABLE {table} (n INT)")
    it.sql(it.admin, f"INSERT INTO {table} VALUES (1), (2)")
    warehouse = str(next(iter(it.admin.warehouses.list())).id)
    refused(lambda: it.sql(it.other, "SELECT 1"), "does not have Use permissions")
    control = AccessControlRequest(
        service_principal_name=it.other_name, permission_level=PermissionLevel.CAN_USE
    )
    it.admin.permissions.update("sql/warehouses", warehouse, access_control_list=[control])
    assert it.sql(it.other, "SELECT 1") == [["1"]]
    count = f"SELECT count(*) FROM {table}"
    with pytest.raises(RuntimeError, match="User does not have USE CATALOG on Catalog"):
        it.sql(it.other, count)
    it.grant("catalog", it.catalog, P.USE_CATALOG, P.USE_SCHEMA, to=it.other_name)
    with pytest.raises(RuntimeError, match=f"User does not have SELECT on Table '{table}'"):
        it.sql(it.other, count)
    it.grant("table", table, P.SELECT, to=it.other_name)
    assert it.sql(it.other, count) == [["2"]]
    for statement, privilege in (
        (f"INSERT INTO {table} VALUES (3)", "MODIFY"),
        (f"ALTER TABLE {table} RENAME TO {table}2", "MANAGE"),
        (f"DROP TABLE {table}", "MANAGE"),
        (f"CREATE TABLE {table}2 (n INT)", "CREATE TABLE"),
    ):
        with pytest.raises(RuntimeError, match=f"User does not have {privilege} on"):
            it.sql(it.other, statement)
    it.grant("table", table, P.MODIFY, to=it.other_name)
    it.sql(it.other, f"INSERT INTO {table} VALUES (3)")
    assert it.sql(it.admin, count) == [["3"]]


def test_secrets_are_read_and_written_by_their_scopes_acl(it: Setting) -> None:
    it.admin.secrets.create_scope("vault")
    it.admin.secrets.put_secret("vault", "key", string_value="1")
    read = lambda: it.runner.secrets.get_secret("vault", "key").value  # noqa: E731
    refused(read, "does not have READ permission on scope vault")
    assert list(it.runner.secrets.list_scopes()) == []
    it.admin.secrets.put_acl("vault", it.runner_name, AclPermission.READ)
    assert read() == "MQ=="
    refused(lambda: it.runner.secrets.put_secret("vault", "key", string_value="2"), "WRITE")
    refused(lambda: list(it.runner.secrets.list_acls("vault")), "MANAGE")
    it.admin.secrets.put_acl("vault", "users", AclPermission.WRITE)
    it.other.secrets.put_secret("vault", "key", string_value="2")
    refused(lambda: it.other.secrets.delete_scope("vault"), "MANAGE")


NOTEBOOK = """# Databricks notebook source
import json
from databricks.sdk import WorkspaceClient
me = WorkspaceClient().current_user.me().user_name
try:
    rows = spark.sql("SELECT count(*) AS n FROM {table}").collect()[0].n
except Exception as error:
    rows = "refused" if "403 Forbidden" in str(error) else str(error)
dbutils.notebook.exit(json.dumps([me, rows, dbutils.secrets.get("jobs", "key")]))
"""


def test_a_job_runs_with_the_rights_of_whom_it_runs_as(it: Setting, sandbox: RunningSandbox) -> None:
    table = f"{it.catalog}.flights.scores"
    it.sql(it.admin, f"CREATE TABLE {table} (n INT)")
    it.admin.secrets.create_scope("jobs")
    it.admin.secrets.put_secret("jobs", "key", string_value="for jobs")
    it.admin.secrets.put_acl("jobs", it.runner_name, AclPermission.READ)
    it.admin.workspace.mkdirs("/Projects/flights")
    it.admin.workspace.upload(
        "/Projects/flights/count",
        NOTEBOOK.format(table=table).encode(),
        format=ImportFormat.SOURCE,
        language=Language.PYTHON,
    )
    task = Task(task_key="count", notebook_task=NotebookTask("/Projects/flights/count"))
    as_runner = JobRunAs(service_principal_name=it.runner_name)
    # Who is no admin needs the role of a user of the service principal.
    refused(lambda: it.other.jobs.create(name="x", tasks=[], run_as=as_runner), "servicePrincipal.user")
    rules = f"accounts/{ACCOUNT}/servicePrincipals/{it.runner_name}/ruleSets/default"
    account = account_of(sandbox)
    etag = account.access_control.get_rule_set(rules, "").etag
    role = GrantRule(role="roles/servicePrincipal.user", principals=[f"servicePrincipals/{it.other_name}"])
    account.access_control.update_rule_set(rules, RuleSetUpdateRequest(rules, etag, grant_rules=[role]))
    assert it.other.jobs.create(name="by other", tasks=[], run_as=as_runner).job_id
    nobody = JobRunAs(service_principal_name="00000000-0000-0000-0000-000000000000")
    with pytest.raises(BadRequest, match="is not in this workspace"):
        it.admin.jobs.create(name="x", tasks=[], run_as=nobody)

    job = it.admin.jobs.create(name="count", tasks=[task], run_as=as_runner).job_id
    assert job is not None
    refused(lambda: it.other.jobs.get(job), "does not have View permissions")
    assert job not in [each.job_id for each in it.other.jobs.list()]

    def set_level(level: JobPermissionLevel) -> None:
        control = JobAccessControlRequest(service_principal_name=it.other_name, permission_level=level)
        it.admin.jobs.update_permissions(str(job), access_control_list=[control])

    set_level(JobPermissionLevel.CAN_VIEW)
    assert it.other.jobs.get(job).run_as_user_name == it.runner_name
    refused(lambda: it.other.jobs.run_now(job), "does not have Manage Run permissions")
    set_level(JobPermissionLevel.CAN_MANAGE_RUN)
    refused(lambda: it.other.jobs.delete(job), "does not have Manage permissions")

    def outcome() -> list[object]:
        run = it.other.jobs.run_now_and_wait(job)
        ended = it.admin.jobs.get_run_output(int(str((run.tasks or [])[0].run_id)))
        if ended.error:
            return [ended.error]
        return json.loads(str(ended.notebook_output and ended.notebook_output.result))

    with pytest.raises(Exception, match="failed"):
        it.other.jobs.run_now_and_wait(job)
    folder = it.admin.workspace.get_status("/Projects").object_id
    control = AccessControlRequest(
        service_principal_name=it.runner_name, permission_level=PermissionLevel.CAN_READ
    )
    it.admin.permissions.update("directories", str(folder), access_control_list=[control])
    assert it.runner.workspace.get_status("/Projects/flights/count").path == "/Projects/flights/count"
    refused(
        lambda: it.other.workspace.get_status("/Projects/flights/count"), "does not have Read permissions"
    )
    it.grant("catalog", it.catalog, P.USE_CATALOG, P.USE_SCHEMA)
    assert outcome() == [it.runner_name, "refused", "[REDACTED]"]
    it.grant("table", table, P.SELECT)
    assert outcome() == [it.runner_name, 0, "[REDACTED]"]


def test_experiments_and_models_by_permission_and_grant(it: Setting, monkeypatch: pytest.MonkeyPatch) -> None:
    def client_of(client: WorkspaceClient) -> MlflowClient:
        token = client.config.authenticate()["Authorization"].removeprefix("Bearer ")
        monkeypatch.setenv("MLFLOW_TRACKING_TOKEN", token)
        return MlflowClient(it.workspace.url, it.workspace.url)

    it.admin.workspace.mkdirs("/Research")
    experiment = str(it.admin.experiments.create_experiment("/Research/delay").experiment_id)
    runner = client_of(it.runner)
    for act in (
        lambda: runner.get_experiment(experiment),
        lambda: runner.create_run(experiment),
        lambda: runner.create_experiment("/Research/mine"),
    ):
        with pytest.raises(MlflowException, match="PERMISSION_DENIED"):
            act()
    assert experiment not in [each.experiment_id for each in runner.search_experiments()]
    control = AccessControlRequest(
        service_principal_name=it.runner_name, permission_level=PermissionLevel.CAN_EDIT
    )
    it.admin.permissions.update("experiments", experiment, access_control_list=[control])
    run = runner.create_run(experiment).info.run_id
    runner.log_metric(run, "rmse", 1.0)
    runner.log_text(run, "text", "a.txt")
    with pytest.raises(MlflowException, match="PERMISSION_DENIED"):
        runner.delete_experiment(experiment)
    own = runner.create_experiment("/Shared/own")
    runner.delete_experiment(own)
    other = client_of(it.other)
    with pytest.raises(MlflowException, match="PERMISSION_DENIED"):
        other.log_metric(run, "rmse", 2.0)

    model = f"{it.catalog}.flights.delay"
    it.admin.registered_models.create(name="delay", catalog_name=it.catalog, schema_name="flights")
    for act in (
        lambda: other.get_registered_model(model),
        lambda: other.set_registered_model_alias(model, "champion", "1"),
        lambda: other.create_registered_model(f"{it.catalog}.flights.mine"),
    ):
        with pytest.raises(MlflowException, match="PERMISSION_DENIED"):
            act()
    assert model not in [each.name for each in other.search_registered_models()]
    refused(lambda: it.other.registered_models.get(model), "User does not have (USE CATALOG|EXECUTE) on")
    it.grant("catalog", it.catalog, P.USE_CATALOG, P.USE_SCHEMA, P.EXECUTE, to=it.other_name)
    assert other.get_registered_model(model).name == model
    assert it.other.registered_models.get(model).full_name == model


def test_an_endpoint_is_asked_and_changed_by_who_may(it: Setting) -> None:
    made = it.admin.api_client.do("POST", "/api/2.0/serving-endpoints", body={"name": "delay"})
    ask = lambda: it.runner.serving_endpoints.query("delay", inputs=[1])  # noqa: E731
    refused(ask, "does not have Query permissions on serving endpoint delay")
    assert list(it.runner.serving_endpoints.list()) == []

    def set_level(level: PermissionLevel) -> None:
        control = AccessControlRequest(service_principal_name=it.runner_name, permission_level=level)
        it.admin.permissions.update("serving-endpoints", str(made["id"]), access_control_list=[control])

    set_level(PermissionLevel.CAN_VIEW)
    assert it.runner.serving_endpoints.get("delay").name == "delay"
    refused(ask, "does not have Query permissions")
    set_level(PermissionLevel.CAN_QUERY)
    with pytest.raises(BadRequest, match="serves nothing yet"):
        ask()
    refused(lambda: it.runner.serving_endpoints.delete("delay"), "does not have Manage permissions")
    set_level(PermissionLevel.CAN_MANAGE)
    it.runner.serving_endpoints.delete("delay")
