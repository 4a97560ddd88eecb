"""What a statement may do, by whom it is sent: asked before it is done.

Spark itself asks Unity Catalog for each table that a query names, and is refused by the table's storage what
its user must not write. Statements that write are read here as far as the table that they name, so that the
refusal comes first and says what is missing.
"""

from __future__ import annotations

import re
from urllib.parse import unquote

from mlops_sandbox.databricks.principals import principal_of
from mlops_sandbox.databricks.sql_text import SqlSyntaxError, SqlText
from mlops_sandbox.databricks.statements import definitions as ddl
from mlops_sandbox.databricks.statements.define import Session
from mlops_sandbox.databricks.unity import access
from mlops_sandbox.databricks.unity.securables import fetch, split
from mlops_sandbox.errors import ApiError

_WRITES = (
    ("INSERT", "INTO", "TABLE"),
    ("INSERT", "INTO"),
    ("INSERT", "OVERWRITE", "TABLE"),
    ("INSERT", "OVERWRITE"),
    ("MERGE", "INTO"),
    ("UPDATE",),
    ("DELETE", "FROM"),
    ("TRUNCATE", "TABLE"),
)
#: What the catalog refused Spark, which passes only the address on.
_REFUSED = re.compile(r"403 Forbidden\) for url \(\S+/unity-catalog/(tables|schemas|catalogs)/([^)?/]+)")
_KINDS = {"tables": "table", "schemas": "schema", "catalogs": "catalog"}
_SPARK_ASKS = {"table": ("SELECT",), "schema": ("USE_SCHEMA",), "catalog": ("USE_CATALOG",)}
#: What a definition needs on its table; the others change the table itself.
_NEEDED = {ddl.AddColumns: ("MODIFY", "MANAGE"), ddl.CommentOn: ("MODIFY", "MANAGE")}


def _written(text: str) -> ddl.Name | None:
    """The table that a statement for Spark writes rows into."""
    sql = SqlText(text)
    for words in _WRITES:
        if sql.take(*words):
            try:
                name = tuple(sql.dotted())
            except SqlSyntaxError:
                return None
            # A path (delta.`/folder`) is no securable.
            return None if len(name) == 2 and "/" in name[1] else name
    return None


def explained(session: Session, error: Exception) -> Exception:
    """An error of Spark's; when the catalog refused something, what that was."""
    found = _REFUSED.search(str(error))
    if found is None:
        return error
    kind, name = _KINDS[found[1]], unquote(found[2])
    store, who = session.sandbox.metastore(session.workspace), None
    try:
        store.check_binding(name.partition(".")[0])
        who = principal_of(session.sandbox, session.workspace, session.user)
    except ApiError as told:
        return told
    return (who and access.lacking(store, who, kind, name, *_SPARK_ASKS[kind])) or error


def _check(session: Session, kind: str, name: str, *privileges: str) -> None:
    split(name, {"catalog": 1, "schema": 2}.get(kind, 3))
    fetch(session.sandbox.metastore(session.workspace), kind, name)
    access.check(session.sandbox, session.workspace, session.user, kind, name, *privileges)


def check_privileges(session: Session, definition: ddl.Definition | None, text: str) -> None:
    """Refuse what the session's user may not do.

    Raises:
        ApiError: 403, and 404 for a table that is not there.
    """
    if definition is None:
        written = _written(text)
        if written is not None:
            _check(session, "table", session.full_name(written), "MODIFY")
    elif isinstance(definition, ddl.CreateTable):
        schema = ".".join(split(session.full_name(definition.name), 3)[:2])
        _check(session, "schema", schema, "USE_SCHEMA")
        _check(session, "schema", schema, "CREATE_TABLE")
    elif isinstance(definition, ddl.CommentOn) and definition.kind != "table":
        parts = [part.lower() for part in definition.name]
        full = [session.catalog, *parts] if definition.kind == "schema" and len(parts) == 1 else parts
        _check(session, definition.kind, ".".join(full), "MANAGE")
    else:
        name = session.full_name(definition.name)
        absent = isinstance(definition, ddl.DropTable) and definition.if_exists
        if absent and session.sandbox.metastore(session.workspace).get("table", name) is None:
            return
        _check(session, "table", name, *_NEEDED.get(type(definition), ("MANAGE",)))
