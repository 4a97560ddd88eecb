"""SQL statements: the provider's definitions, and queries on the real engine."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest
from databricks.sdk import WorkspaceClient
from databricks.sdk.errors import InvalidParameterValue, NotFound
from databricks.sdk.service.sql import (
    ExecuteStatementRequestOnWaitTimeout,
    StatementParameterListItem,
    StatementResponse,
    StatementState,
)
from running import RunningSandbox

Sql = Callable[..., StatementResponse]
TABLE = "`sql`.`flights`.`predictions`"


@pytest.fixture(scope="module")
def workspace(sandbox: RunningSandbox) -> WorkspaceClient:
    client = sandbox.workspace()
    client.catalogs.create("sql")
    client.schemas.create("flights", "sql")
    return client


@pytest.fixture(scope="module")
def warehouse_id(workspace: WorkspaceClient) -> str:
    found = next(iter(workspace.warehouses.list())).id
    assert found is not None
    return found


@pytest.fixture(scope="module")
def sql(workspace: WorkspaceClient, warehouse_id: str) -> Sql:
    """Run a statement as the provider does, and expect it to succeed."""

    def run(
        statement: str, state: StatementState = StatementState.SUCCEEDED, **options: object
    ) -> StatementResponse:
        answer = workspace.statement_execution.execute_statement(
            statement,
            warehouse_id,
            wait_timeout="50s",
            on_wait_timeout=ExecuteStatementRequestOnWaitTimeout.CANCEL,
            **options,  # type: ignore[arg-type]
        )
        assert answer.status is not None
        assert answer.status.state == state, answer.status.error
        return answer

    return run


def _rows(answer: StatementResponse) -> list[list[str]]:
    assert answer.result is not None
    return answer.result.data_array or []


def _columns(
    workspace: WorkspaceClient, name: str = "sql.flights.predictions"
) -> list[tuple[str, str, str | None]]:
    columns = workspace.tables.get(name).columns or []
    return [(str(column.name), str(column.type_text), column.comment) for column in columns]


def test_a_sql_table_lives_its_whole_life(workspace: WorkspaceClient, sql: Sql) -> None:
    sql(
        f"CREATE OR REPLACE TABLE {TABLE} "
        "(`prediction` double, `ts` timestamp NOT NULL COMMENT 'it\\'s when')\nUSING DELTA\nCOMMENT 'a'"
        "\nTBLPROPERTIES ('team'='ml', 'delta.enableChangeDataFeed'='true');"
    )
    sql(
        f"INSERT INTO {TABLE} VALUES "
        "(1.5, timestamp'2013-10-01 10:00:00'), (2.5, timestamp'2013-10-02 10:00:00')"
    )
    sql(f"COMMENT ON TABLE {TABLE} IS 'predictions'")
    sql(f"ALTER TABLE {TABLE} ADD COLUMN `model_id` string COMMENT 'm' AFTER prediction")
    sql(f"ALTER TABLE {TABLE} ADD COLUMN `first` array<struct<a:int>> FIRST")
    assert _columns(workspace) == [
        ("first", "array<struct<a:int>>", None),
        ("prediction", "double", None),
        ("model_id", "string", "m"),
        ("ts", "timestamp", "it's when"),
    ]
    sql(f"ALTER TABLE {TABLE} ALTER COLUMN `model_id` COMMENT 'version'")
    sql(f"ALTER TABLE {TABLE} ALTER COLUMN `ts` DROP NOT NULL")
    sql(f"INSERT INTO {TABLE} VALUES (null, 3.5, '7', null)")
    sql(f"ALTER TABLE {TABLE} RENAME COLUMN `model_id` to `model_version`")
    sql(f"ALTER TABLE {TABLE} DROP COLUMN IF EXISTS (`first`)")
    sql(f"ALTER TABLE {TABLE} SET TBLPROPERTIES ('team'='mlops')")
    sql(f"ALTER TABLE {TABLE} UNSET TBLPROPERTIES IF EXISTS (delta.enableChangeDataFeed)")
    assert _columns(workspace) == [
        ("prediction", "double", None),
        ("model_version", "string", "version"),
        ("ts", "timestamp", "it's when"),
    ]
    table = workspace.tables.get("sql.flights.predictions")
    assert (table.comment, (table.properties or {})["team"]) == ("predictions", "mlops")
    assert _rows(sql(f"SELECT prediction, model_version, ts FROM {TABLE} ORDER BY 1")) == [
        ["1.5", None, "2013-10-01T10:00:00.000Z"],
        ["2.5", None, "2013-10-02T10:00:00.000Z"],
        ["3.5", "7", None],
    ]
    sql(f"ALTER TABLE {TABLE} RENAME TO `sql`.`flights`.`renamed`")
    assert _rows(sql("SELECT count(*) FROM sql.flights.renamed")) == [["3"]]
    sql("DROP TABLE `sql`.`flights`.`renamed`")
    with pytest.raises(NotFound):
        workspace.tables.get("sql.flights.renamed")


def test_replacing_a_table_forgets_its_rows_and_partitions_it(workspace: WorkspaceClient, sql: Sql) -> None:
    sql(
        "CREATE TABLE `sql`.`flights`.`parts` "
        "(`a` int, `day` date, CONSTRAINT pk PRIMARY KEY (a)) USING DELTA"
    )
    constraints = workspace.tables.get("sql.flights.parts").table_constraints or []
    assert [constraint.primary_key_constraint.child_columns for constraint in constraints] == [["a"]]
    sql("INSERT INTO sql.flights.parts VALUES (1, date'2013-01-01')")
    sql(
        "CREATE OR REPLACE TABLE `sql`.`flights`.`parts` (`a` int, `day` date)"
        "\nUSING DELTA\nPARTITIONED BY (day);"
    )
    assert _rows(sql("SELECT * FROM sql.flights.parts")) == []
    columns = workspace.tables.get("sql.flights.parts").columns or []
    assert [column.partition_index for column in columns] == [None, 0]


def test_results_are_typed_strings(sql: Sql) -> None:
    answer = sql(
        "SELECT :n + 1 AS n, true AS b, cast(null AS string) AS x, array(1, 2) AS l, "
        "date'2013-01-02' AS d, 1.50 AS m",
        parameters=[StatementParameterListItem(name="n", value="41", type="INT")],
    )
    assert _rows(answer) == [["42", "true", None, "[1, 2]", "2013-01-02", "1.50"]]
    assert answer.manifest is not None
    assert answer.manifest.schema is not None
    columns = answer.manifest.schema.columns or []
    assert [(column.name, column.type_text) for column in columns][:2] == [("n", "INT"), ("b", "BOOLEAN")]


@pytest.mark.parametrize(
    ("statement", "message"),
    [
        ("SELECT * FROM sql.flights.nope", "TABLE_OR_VIEW_NOT_FOUND"),
        ("ALTER TABLE sql.flights.nope ADD COLUMN a int", "TABLE_DOES_NOT_EXIST"),
        ("CREATE TABLE sql.flights.bad (a nonsense) USING DELTA", "UNSUPPORTED_DATATYPE"),
        ("ALTER TABLE sql.flights.nope FROBNICATE", "PARSE_SYNTAX_ERROR"),
        ("CREATE TABLE sql.flights.`../../../bad` (a int)", "INVALID_PARAMETER_VALUE"),
        ("SELEC 1", "invalid argument"),
    ],
)
def test_a_failed_statement_says_why(sql: Sql, statement: str, message: str) -> None:
    answer = sql(statement, state=StatementState.FAILED)
    assert answer.status is not None
    assert answer.status.error is not None
    assert message in str(answer.status.error.message)


def test_an_unknown_warehouse_is_refused(workspace: WorkspaceClient) -> None:
    with pytest.raises(InvalidParameterValue, match="abc is not a valid endpoint id"):
        workspace.statement_execution.execute_statement("SELECT 1", "abc")


def test_a_statement_goes_on_without_its_caller(workspace: WorkspaceClient, warehouse_id: str) -> None:
    started = workspace.statement_execution.execute_statement("SELECT 1", warehouse_id, wait_timeout="0s")
    assert started.statement_id is not None
    deadline = time.monotonic() + 30
    answer = started
    while answer.status is None or answer.status.state != StatementState.SUCCEEDED:
        assert time.monotonic() < deadline
        time.sleep(0.05)
        answer = workspace.statement_execution.get_statement(started.statement_id)
    assert _rows(answer) == [["1"]]


def test_a_canceled_statement_stops_computing(
    workspace: WorkspaceClient, warehouse_id: str, sql: Sql
) -> None:
    endless = (
        "SELECT sum(a.id * b.id) FROM range(1000000000) a JOIN range(100000000) b ON a.id % 9 = b.id % 9"
    )
    answer = workspace.statement_execution.execute_statement(endless, warehouse_id, wait_timeout="0s")
    assert answer.statement_id is not None
    workspace.statement_execution.cancel_execution(answer.statement_id)
    canceled = workspace.statement_execution.get_statement(answer.statement_id)
    assert canceled.status is not None
    assert canceled.status.state == StatementState.CANCELED
    assert _rows(sql("SELECT 1")) == [["1"]]
