"""The statements that define tables, read into what they ask for.

These are the ones that the Databricks provider sends for a `SqlTable`, and their near relatives. What
:func:`parse` does not know is Spark's to execute.
"""

from __future__ import annotations

from mlops_sandbox.databricks.sql_text import SqlText
from mlops_sandbox.databricks.statements.definitions import (
    AddColumns,
    AlterColumn,
    ChangeProperties,
    CommentOn,
    CreateTable,
    Definition,
    DropColumns,
    DropTable,
    Name,
    RenameColumn,
    RenameTable,
    SetOwner,
)
from mlops_sandbox.databricks.unity.column_types import read_type
from mlops_sandbox.server.routing import Json


def parse(statement: str) -> Definition | None:
    """What the statement defines; None when it is one for Spark.

    Raises:
        SqlSyntaxError: it starts like a definition and goes on wrong.
    """
    sql = SqlText(statement)
    found: Definition | None = None
    if sql.take("CREATE"):
        found = _create(sql)
    elif sql.take("DROP", "TABLE"):
        if_exists = sql.take("IF", "EXISTS")
        found = DropTable(tuple(sql.dotted()), if_exists)
    elif sql.take("COMMENT", "ON"):
        found = _comment(sql)
    elif sql.take("ALTER", "TABLE"):
        found = _alter(sql, tuple(sql.dotted()))
    if found is not None and not sql.ended:
        raise sql.wrong()
    return found


def _create(sql: SqlText) -> CreateTable | None:
    replace = sql.take("OR", "REPLACE")
    sql.take("EXTERNAL")
    if not sql.take("TABLE"):
        return None
    if_not_exists = sql.take("IF", "NOT", "EXISTS")
    made = CreateTable(tuple(sql.dotted()), replace, if_not_exists)
    if sql.take("("):
        _element(sql, made)
        while sql.take(","):
            _element(sql, made)
        sql.expect(")")
    while not sql.ended:
        if sql.sees("AS") or sql.sees("SELECT") or sql.sees("LIKE"):
            return None
        _clause(sql, made)
    return made


def _element(sql: SqlText, made: CreateTable) -> None:
    """One of the parts between the parentheses: a column, or a primary key over columns."""
    name = sql.identifier() if sql.take("CONSTRAINT") else f"{made.name[-1]}_pk"
    if sql.take("PRIMARY", "KEY"):
        sql.expect("(")
        key: Json = {"name": name, "child_columns": []}
        while not key["child_columns"] or sql.take(","):
            key["child_columns"].append(sql.identifier())
            if sql.take("TIMESERIES"):
                key["timeseries_columns"] = [key["child_columns"][-1]]
        sql.expect(")")
        made.constraints.append({"primary_key_constraint": key})
    else:
        made.fields.append(_field(sql))


def _clause(sql: SqlText, made: CreateTable) -> None:
    """One of the clauses after the columns, which come in any order."""
    if sql.take("USING"):
        made.form = sql.identifier().upper()
    elif sql.take("PARTITIONED", "BY"):
        made.partition_by = sql.names()
    elif sql.take("CLUSTER", "BY"):
        made.cluster_by = [] if sql.take("AUTO") else sql.names()
    elif sql.take("COMMENT"):
        made.comment = sql.string()
    elif sql.take("TBLPROPERTIES"):
        made.properties |= sql.properties()
    elif sql.take("OPTIONS"):
        made.properties |= {f"option.{key}": value for key, value in sql.properties().items()}
    elif sql.take("LOCATION"):
        made.location = sql.string()
        if sql.take("WITH"):
            sql.expect("(", "CREDENTIAL")
            sql.identifier()
            sql.expect(")")
    else:
        raise sql.wrong()


def _field(sql: SqlText) -> Json:
    """A column definition as a field of a Delta schema."""
    column: Json = {"name": sql.identifier(), "type": read_type(sql), "nullable": True, "metadata": {}}
    while True:
        if sql.take("NOT", "NULL"):
            column["nullable"] = False
        elif sql.take("COMMENT"):
            column["metadata"] = {"comment": sql.string()}
        else:
            return column


def _comment(sql: SqlText) -> CommentOn | None:
    for kind in ("TABLE", "SCHEMA", "DATABASE", "CATALOG"):
        if sql.take(kind):
            name = tuple(sql.dotted())
            sql.expect("IS")
            comment = "" if sql.take("NULL") else sql.string()
            return CommentOn("schema" if kind == "DATABASE" else kind.lower(), name, comment)
    return None


def _alter(sql: SqlText, name: Name) -> Definition:
    if sql.take("ADD", "COLUMN") or sql.take("ADD", "COLUMNS"):
        return AddColumns(name, _added(sql))
    if sql.take("DROP", "COLUMN") or sql.take("DROP", "COLUMNS"):
        if_exists = sql.take("IF", "EXISTS")
        return DropColumns(name, sql.names() if sql.sees("(") else [sql.identifier()], if_exists)
    if sql.take("RENAME", "COLUMN"):
        old = sql.identifier()
        sql.expect("TO")
        return RenameColumn(name, old, sql.identifier())
    if sql.take("RENAME", "TO"):
        return RenameTable(name, tuple(sql.dotted()))
    if sql.take("ALTER", "COLUMN"):
        return _alter_column(sql, name)
    if sql.take("SET", "TBLPROPERTIES"):
        return ChangeProperties(name, set=sql.properties())
    if sql.take("UNSET", "TBLPROPERTIES"):
        sql.take("IF", "EXISTS")
        return ChangeProperties(name, unset=_keys(sql))
    if sql.take("CLUSTER", "BY"):
        return ChangeProperties(name, set={"clusteringColumns": ",".join(sql.names())})
    if sql.take("SET", "OWNER", "TO") or sql.take("OWNER", "TO"):
        return SetOwner(name, sql.identifier())
    raise sql.wrong()


def _added(sql: SqlText) -> list[tuple[Json, str, str]]:
    several = sql.take("(")
    added: list[tuple[Json, str, str]] = []
    while True:
        column = _field(sql)
        if sql.take("FIRST"):
            added.append((column, "FIRST", ""))
        elif sql.take("AFTER"):
            added.append((column, "AFTER", sql.identifier()))
        else:
            added.append((column, "LAST", ""))
        if not sql.take(","):
            break
    if several:
        sql.expect(")")
    return added


def _keys(sql: SqlText) -> list[str]:
    sql.expect("(")
    keys = [sql.key()]
    while sql.take(","):
        keys.append(sql.key())
    sql.expect(")")
    return keys


def _alter_column(sql: SqlText, name: Name) -> AlterColumn:
    column = sql.identifier()
    if sql.take("COMMENT"):
        return AlterColumn(name, column, comment=sql.string())
    if sql.take("SET", "NOT", "NULL"):
        return AlterColumn(name, column, nullable=False)
    sql.expect("DROP", "NOT", "NULL")
    return AlterColumn(name, column, nullable=True)
