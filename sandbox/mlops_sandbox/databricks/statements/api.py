"""The SQL statement execution API: `/api/2.0/sql/statements`."""

from __future__ import annotations

import logging
import re
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field

from mlops_sandbox.databricks import warehouses
from mlops_sandbox.databricks.object_access import require
from mlops_sandbox.databricks.statements.define import Session
from mlops_sandbox.databricks.statements.query import Query, Rows
from mlops_sandbox.databricks.statements.work import work
from mlops_sandbox.databricks.unity.securables import DEFAULT_CATALOG, new_id
from mlops_sandbox.errors import ApiError, invalid, not_found
from mlops_sandbox.server.routing import Call, Json, Routes

routes = Routes()

_log = logging.getLogger(__name__)
_API = "/api/2.0/sql/statements"
_WAIT = re.compile(r"(\d+)s")
_KEPT_SECONDS = 3600
_ROW_LIMIT = 100_000


@dataclass
class _Statement:
    """A statement that was accepted; results are kept for an hour, in memory."""

    query: Query
    asked: tuple[str, str]
    """The workspace and the user that it is of."""
    statement_id: str = field(default_factory=new_id)
    state: str = "PENDING"
    rows: Rows = field(default_factory=Rows)
    error: Json = field(default_factory=dict)
    accepted: float = field(default_factory=time.monotonic)
    future: Future[None] | None = None


_statements: dict[str, _Statement] = {}
_lock = threading.Lock()
_pool = ThreadPoolExecutor(max_workers=8, thread_name_prefix="statement")


def _failure(error: Exception) -> Json:
    """An error as the status carries it: a code of the API's and the message, without stack traces."""
    if isinstance(error, ApiError):
        code = (
            "NOT_FOUND" if error.status == 404 else "ALREADY_EXISTS" if error.status == 409 else "BAD_REQUEST"
        )
        return {"error_code": code, "message": f"[{error.error_code}] {error.message}"}
    message = str(error).partition("\n\nJVM stacktrace")[0].strip()
    return {"error_code": "BAD_REQUEST", "message": message or type(error).__name__}


def _execute(statement: _Statement, task: Callable[[], Rows]) -> None:
    statement.state = "RUNNING"
    try:
        rows = task()
    except Exception as error:  # noqa: BLE001 - whatever Spark raises is the statement's own failure
        failure, rows = _failure(error), Rows()
        _log.info("statement %s failed: %s", statement.statement_id, failure["message"])
    else:
        failure = {}
    with _lock:
        if statement.state == "RUNNING":
            statement.error, statement.rows = failure, rows
            statement.state = "FAILED" if failure else "SUCCEEDED"


def _answer(statement: _Statement) -> Json:
    status: Json = {"state": statement.state}
    if statement.error:
        status["error"] = statement.error
    answer: Json = {"statement_id": statement.statement_id, "status": status}
    if statement.state == "SUCCEEDED":
        rows = statement.rows
        chunk = {"chunk_index": 0, "row_offset": 0, "row_count": len(rows.rows)}
        answer["manifest"] = {
            "format": "JSON_ARRAY",
            "schema": {
                "column_count": len(rows.columns),
                "columns": [_column(each) for each in rows.columns],
            },
            "total_chunk_count": 1 if rows.rows else 0,
            "chunks": [chunk] if rows.rows else [],
            "total_row_count": len(rows.rows),
            "truncated": rows.truncated,
        }
        answer["result"] = {**chunk, "data_array": rows.rows} if rows.rows else {}
    return answer


def _column(column: Json) -> Json:
    wanted = ("name", "position", "type_name", "type_text", "type_precision", "type_scale")
    described = {key: column[key] for key in wanted if key in column}
    return {**described, "type_text": described["type_text"].upper()}


def _seconds(call: Call) -> int:
    """How long the caller waits: 0, or 5 to 50 seconds."""
    text = str(call.get("wait_timeout") or "10s")
    found = _WAIT.fullmatch(text)
    if not found or not (int(found[1]) == 0 or 5 <= int(found[1]) <= 50):
        raise invalid(f"wait_timeout must be 0s, or between 5s and 50s, not {text!r}.")
    return int(found[1])


def _session(call: Call) -> Session:
    catalog = str(call.get("catalog") or DEFAULT_CATALOG).lower()
    schema = str(call.get("schema") or "default").lower()
    return Session(call.sandbox, call.workspace, call.user, catalog, schema)


@routes.post(_API)
def execute_statement(call: Call) -> Json:
    """Execute a statement; wait for its result as long as the caller wants to."""
    text = str(call.required("statement"))
    warehouse_id = str(call.required("warehouse_id"))
    seconds = _seconds(call)
    if (
        str(call.get("disposition") or "INLINE") != "INLINE"
        or str(call.get("format") or "JSON_ARRAY") != "JSON_ARRAY"
    ):
        raise invalid("Results are given INLINE in JSON_ARRAY format here.")
    try:
        warehouses.warehouse(call.store, warehouse_id)
    except ApiError:
        raise invalid(f"{warehouse_id} is not a valid endpoint id.") from None
    require(call, "sql/warehouses", warehouse_id, "CAN_USE")
    session = _session(call)
    query = Query(session)
    limit = call.number("row_limit", _ROW_LIMIT)
    parameters = call.body.get("parameters") or []

    statement = _Statement(query, (call.workspace, call.user))
    with _lock:
        for old in [
            key for key, each in _statements.items() if time.monotonic() - each.accepted > _KEPT_SECONDS
        ]:
            del _statements[old]
        _statements[statement.statement_id] = statement
    statement.future = _pool.submit(
        _execute, statement, lambda: work(session, query, text, parameters, limit)
    )
    _wait(statement, seconds)
    if statement.state in {"PENDING", "RUNNING"} and seconds and call.get("on_wait_timeout") == "CANCEL":
        _cancel(statement)
    return _answer(statement)


def _wait(statement: _Statement, seconds: float) -> None:
    assert statement.future is not None
    try:
        statement.future.result(timeout=seconds)
    except TimeoutError:
        _log.debug("statement %s goes on", statement.statement_id)


def _cancel(statement: _Statement) -> None:
    with _lock:
        if statement.state not in {"PENDING", "RUNNING"}:
            return
        statement.state = "CANCELED"
    assert statement.future is not None
    if not statement.future.cancel():
        threading.Thread(target=_interrupt, args=(statement,), daemon=True).start()


def _interrupt(statement: _Statement) -> None:
    """Interrupt until it has ended: it may be just about to begin."""
    assert statement.future is not None
    while not wait([statement.future], timeout=0.2).done:
        statement.query.interrupt()


def _known(call: Call) -> _Statement:
    statement = _statements.get(call.path["statement_id"])
    if statement is None or statement.asked != (call.workspace, call.user):
        raise not_found(f"The statement {call.path['statement_id']} was not found.", "NOT_FOUND")
    return statement


@routes.get(f"{_API}/{{statement_id}}")
def get_statement(call: Call) -> Json:
    """A statement's state, and its result when it succeeded."""
    return _answer(_known(call))


@routes.get(f"{_API}/{{statement_id}}/result/chunks/{{chunk}}")
def get_chunk(call: Call) -> Json:
    """A part of the result; all results here have one part."""
    result: Json = _answer(_known(call)).get("result", {})
    if call.path["chunk"] != "0" or not result:
        raise invalid(f"Chunk {call.path['chunk']} is not there.")
    return result


@routes.post(f"{_API}/{{statement_id}}/cancel")
def cancel_statement(call: Call) -> Json:
    """Cancel a statement that has not ended."""
    _cancel(_known(call))
    return {}
