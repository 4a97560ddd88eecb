"""SQL tasks: the statements of a file, one after the other, as a warehouse does them."""

from __future__ import annotations

from typing import Any

from mlops_sandbox.databricks import warehouses
from mlops_sandbox.databricks.jobs.attempt import Execution
from mlops_sandbox.databricks.jobs.interrupt import Interrupt
from mlops_sandbox.databricks.jobs.specs import TaskError
from mlops_sandbox.databricks.sql_text import statements, with_values
from mlops_sandbox.databricks.statements.define import Session
from mlops_sandbox.databricks.statements.query import Query
from mlops_sandbox.databricks.statements.work import work
from mlops_sandbox.databricks.unity.securables import DEFAULT_CATALOG
from mlops_sandbox.databricks.workspace_files import real_path
from mlops_sandbox.errors import ApiError

Json = dict[str, Any]

_ROWS = 1000


def _text(execution: Execution, body: Json) -> str:
    file = body.get("file") or {}
    if not file:
        what = next((kind for kind in ("query", "alert", "dashboard") if body.get(kind)), "nothing")
        raise TaskError(f"The sandbox runs SQL files; this task has {what}. It runs as it is on Databricks.")
    if file.get("source", "WORKSPACE") == "GIT":
        raise TaskError("The sandbox runs SQL files of its workspace, not of a git source.")
    try:
        found = real_path(execution.runner.sandbox, execution.store.workspace, str(file["path"]))
    except ApiError as error:
        raise TaskError(error.message) from None
    if not found.is_file():
        raise TaskError(f"There is no file {file['path']}.")
    return found.read_text(encoding="utf-8")


def run(execution: Execution, body: Json, interrupt: Interrupt) -> None:
    """Do every statement of the task's file.

    Raises:
        TaskError: a file or a warehouse that is not there, or a statement that failed, with its number.
    """
    sandbox, store = execution.runner.sandbox, execution.store
    try:
        warehouses.warehouse(store, str(body.get("warehouse_id", "")))
    except ApiError as error:
        raise TaskError(error.message) from None
    # Spark here takes parameters in queries alone, and a file may have them anywhere.
    texts = list(statements(with_values(_text(execution, body), body.get("parameters") or {})))
    session = Session(sandbox, store.workspace, execution.user, DEFAULT_CATALOG, "default")
    query = Query(session)
    with interrupt.on(query.interrupt):
        for number, text in enumerate(texts, 1):
            if interrupt.reason:
                return
            try:
                work(session, query, text, [], _ROWS)
            except Exception as error:  # noqa: BLE001 (whatever Spark raises is the statement's own failure)
                told = error.message if isinstance(error, ApiError) else str(error)
                first = told.partition("\n\nJVM stacktrace")[0].strip()
                raise TaskError(f"Statement {number} of {len(texts)} failed: {first}") from None
