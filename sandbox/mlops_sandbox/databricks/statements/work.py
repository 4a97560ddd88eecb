"""One SQL text done: a definition in Unity Catalog and Delta logs, or a query on Spark."""

from __future__ import annotations

from collections.abc import Sequence

from mlops_sandbox.databricks.sql_text import SqlSyntaxError
from mlops_sandbox.databricks.statements import ddl
from mlops_sandbox.databricks.statements.define import Session, define
from mlops_sandbox.databricks.statements.privileges import check_privileges, explained
from mlops_sandbox.databricks.statements.query import Query, Rows
from mlops_sandbox.errors import ApiError
from mlops_sandbox.server.routing import Json


def work(session: Session, query: Query, text: str, parameters: Sequence[Json], limit: int) -> Rows:
    """Do one statement; raises ApiError, or what Spark raises."""
    try:
        definition = ddl.parse(text)
    except SqlSyntaxError as error:
        raise ApiError(400, "PARSE_SYNTAX_ERROR", str(error)) from None
    check_privileges(session, definition, text)
    if definition is None:
        try:
            return query.run(text, parameters, limit)
        except Exception as error:  # noqa: BLE001 (whatever Spark raises)
            raise explained(session, error) from None
    define(definition, session)
    return Rows()
