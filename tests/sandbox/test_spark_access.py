"""A task's Spark reads what its principal may read, and writes what it may write, however it is told to."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from account_workspaces import MadePrincipal, MadeWorkspace, new_principal, new_workspace
from databricks.sdk import WorkspaceClient
from databricks.sdk.service import catalog as uc
from databricks.sdk.service.jobs import JobRunAs, NotebookTask, Task
from databricks.sdk.service.workspace import ImportFormat, Language
from mlops_sandbox.context import DEFAULT_WORKSPACE
from running import RunningSandbox

P = uc.Privilege
#: What a notebook tries, by name: whatever reads, and each way to write.
READS = {
    "table": "spark.table(t).count()",
    "sql": "spark.sql(f'SELECT sum(n) FROM {t}').collect()",
    "filter": "spark.table(t).where('n > 1').toPandas()",
}
WRITES = {
    "append": "rows.write.mode('append').saveAsTable(t)",
    "insert into": "rows.write.insertInto(t)",
    "write to": "rows.writeTo(t).append()",
    "insert": "spark.sql(f'INSERT INTO {t} VALUES (7)').collect()",
    "overwrite": "spark.sql(f'INSERT OVERWRITE {t} VALUES (1), (2)').collect()",
    "update": "spark.sql(f'UPDATE {t} SET n = 3 WHERE n = 2').collect()",
    "merge": "spark.sql(f'MERGE INTO {t} a USING (SELECT 8 AS n) b ON a.n = b.n "
    "WHEN NOT MATCHED THEN INSERT *').collect()",
    "delete": "spark.sql(f'DELETE FROM {t} WHERE n = 1').collect()",
}
NOTEBOOK = """# Databricks notebook source
import json
t = {table!r}
rows = spark.createDataFrame([(5,)], "n int")
outcomes = {{}}
for name, code in {tries!r}.items():
    try:
        eval(code)
        outcomes[name] = "done"
    except Exception as error:
        outcomes[name] = str(error)
dbutils.notebook.exit(json.dumps(outcomes))
"""


@dataclass
class Setting:
    """A table of the administrator's, and a job that runs as a principal and tries things on it."""

    admin: WorkspaceClient
    runner: MadePrincipal
    table: str
    job: int

    def may(self, *privileges: P) -> None:
        """Fill the table with 1 and 2, and let the runner do exactly this with it."""
        self.sql(f"INSERT OVERWRITE {self.table} VALUES (1), (2)")
        catalog = self.table.partition(".")[0]
        use = [uc.PermissionsChange(principal=self.runner.application, add=[P.USE_CATALOG, P.USE_SCHEMA])]
        self.admin.grants.update("catalog", catalog, changes=use)
        every = [P.SELECT, P.MODIFY]
        change = uc.PermissionsChange(
            principal=self.runner.application,
            add=list(privileges),
            remove=[each for each in every if each not in privileges],
        )
        self.admin.grants.update("table", self.table, changes=[change])

    def outcomes(self) -> dict[str, str]:
        """What came of each try."""
        run = self.admin.jobs.run_now_and_wait(self.job)
        output = self.admin.jobs.get_run_output(int(str((run.tasks or [])[0].run_id)))
        told: dict[str, str] = json.loads(str(output.notebook_output and output.notebook_output.result))
        return told

    def sql(self, text: str) -> list[list[str]]:
        """A statement's rows, as the administrator."""
        warehouse = str(next(iter(self.admin.warehouses.list())).id)
        done = self.admin.statement_execution.execute_statement(text, warehouse, wait_timeout="50s")
        return (done.result and done.result.data_array) or []

    def rows(self) -> list[int]:
        """What is in the table."""
        return [int(row[0]) for row in self.sql(f"SELECT n FROM {self.table} ORDER BY n")]


@pytest.fixture(scope="module")
def workspace(sandbox: RunningSandbox) -> Iterator[MadeWorkspace]:
    made = new_workspace(sandbox, "spark-access")
    yield made
    made.delete()


@pytest.fixture(scope="module")
def it(sandbox: RunningSandbox, workspace: MadeWorkspace) -> Iterator[Setting]:
    admin, runner = workspace.client(), new_principal(sandbox, "spark-runner")
    runner.is_in(workspace.id)
    catalog = f"spark_access_{workspace.id}"
    admin.catalogs.create(catalog)
    admin.schemas.create("flights", catalog)
    table = f"{catalog}.flights.delays"
    admin.workspace.mkdirs("/Shared")
    source = NOTEBOOK.format(table=table, tries=READS | WRITES).encode()
    admin.workspace.upload("/Shared/try", source, format=ImportFormat.SOURCE, language=Language.PYTHON)
    task = Task(task_key="try", notebook_task=NotebookTask("/Shared/try"))
    as_runner = JobRunAs(service_principal_name=runner.application)
    job = admin.jobs.create(name="try", tasks=[task], run_as=as_runner).job_id
    made = Setting(admin, runner, table, int(str(job)))
    made.sql(f"CREATE TABLE {table} (n INT)")
    yield made
    admin.catalogs.delete(catalog, force=True)
    runner.delete()


def test_select_reads_and_does_not_write(it: Setting) -> None:
    it.may(P.SELECT)
    outcomes = it.outcomes()
    assert {name: outcomes[name] for name in READS} == dict.fromkeys(READS, "done")
    for name in WRITES:
        assert f"User does not have MODIFY on Table '{it.table}'" in outcomes[name], name
    assert it.rows() == [1, 2]


@pytest.mark.parametrize("privileges", [(), (P.MODIFY,)])
def test_without_select_nothing_is_read_or_written(it: Setting, privileges: tuple[P, ...]) -> None:
    it.may(*privileges)
    for name, outcome in it.outcomes().items():
        assert "403 Forbidden" in outcome, name
    assert it.rows() == [1, 2]


def test_with_both_it_does_all(it: Setting) -> None:
    it.may(P.SELECT, P.MODIFY)
    outcomes = it.outcomes()
    assert outcomes == dict.fromkeys(READS | WRITES, "done")
    assert it.rows() == [3, 8]


def test_a_workspace_that_a_catalog_is_bound_to_for_reading_does_not_write(
    it: Setting, workspace: MadeWorkspace, sandbox: RunningSandbox
) -> None:
    it.may(P.SELECT, P.MODIFY)
    catalog, elsewhere = it.table.partition(".")[0], sandbox.workspace()
    it.admin.catalogs.update(catalog, isolation_mode=uc.CatalogIsolationMode.ISOLATED)
    kind = uc.WorkspaceBindingBindingType
    bindings = [
        uc.WorkspaceBinding(workspace_id=workspace.id, binding_type=kind.BINDING_TYPE_READ_ONLY),
        uc.WorkspaceBinding(workspace_id=int(DEFAULT_WORKSPACE), binding_type=kind.BINDING_TYPE_READ_WRITE),
    ]
    elsewhere.workspace_bindings.update_bindings("catalog", catalog, add=bindings)
    outcomes = it.outcomes()
    elsewhere.catalogs.update(catalog, isolation_mode=uc.CatalogIsolationMode.OPEN)
    assert {name: outcomes[name] for name in READS} == dict.fromkeys(READS, "done")
    for name in WRITES:
        assert "is read-only in current workspace" in outcomes[name], name
    assert it.rows() == [1, 2]
