"""Definitions done: the entries of Unity Catalog and the Delta logs changed as a statement asks."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import singledispatch
from pathlib import Path

from mlops_sandbox.context import Sandbox
from mlops_sandbox.databricks.statements import definitions as ddl
from mlops_sandbox.databricks.unity import column_types, table_changes, tables
from mlops_sandbox.databricks.unity.securables import fetch, touched_by
from mlops_sandbox.errors import ApiError
from mlops_sandbox.server.routing import Json


@dataclass(frozen=True)
class Session:
    """Who runs a statement, and what completes a name of fewer than three parts."""

    sandbox: Sandbox
    workspace: str
    user: str
    catalog: str
    schema: str

    def full_name(self, name: ddl.Name) -> str:
        """The name with catalog and schema."""
        given = [part.lower() for part in name]
        return ".".join([*[self.catalog, self.schema][: max(0, 3 - len(given))], *given])

    def place(self, name: ddl.Name) -> Path:
        """The folder of a table's log; 404 when there is no such table."""
        return tables.table_location(self.sandbox, self.workspace, self.full_name(name))


def _failed(condition: str, message: str) -> ApiError:
    return ApiError(400, "BAD_REQUEST", f"[{condition}] {message}")


def _find(fields: list[Json], column: str) -> Json:
    for each in fields:
        if each["name"].lower() == column.lower():
            return each
    raise _failed("UNRESOLVED_COLUMN", f"A column with name `{column}` cannot be resolved.")


@singledispatch
def define(definition: object, session: Session) -> None:
    """Do what a definition asks."""
    raise AssertionError((definition, session))


@define.register
def _(made: ddl.CreateTable, session: Session) -> None:
    if made.form != "DELTA":
        raise _failed("UNSUPPORTED_DATASOURCE", f"Only tables USING DELTA are kept here, not {made.form}.")
    if not made.fields and not made.location:
        raise _failed("DELTA_METADATA_ABSENT", "A table needs columns, or the LOCATION of a Delta table.")
    name = session.full_name(made.name)
    there = session.sandbox.metastore(session.workspace).get("table", name) is not None
    if there and made.if_not_exists:
        return
    if there and made.replace:
        tables.drop_table(session.sandbox, session.workspace, name)
    properties = {**made.properties}
    if made.cluster_by:
        properties["clusteringColumns"] = ",".join(made.cluster_by)
    tables.register_table(
        session.sandbox,
        session.workspace,
        name,
        [column_types.column(each, number) for number, each in enumerate(made.fields)],
        user=session.user,
        partition_by=[_find(made.fields, column)["name"] for column in made.partition_by],
        comment=made.comment,
        properties=properties,
        location=made.location,
    )
    if made.constraints:
        store = session.sandbox.metastore(session.workspace)
        tables.update_table(store, name, session.user, table_constraints=made.constraints)


@define.register
def _(dropped: ddl.DropTable, session: Session) -> None:
    name = session.full_name(dropped.name)
    if dropped.if_exists and session.sandbox.metastore(session.workspace).get("table", name) is None:
        return
    tables.drop_table(session.sandbox, session.workspace, name)


@define.register
def _(commented: ddl.CommentOn, session: Session) -> None:
    store = session.sandbox.metastore(session.workspace)
    if commented.kind == "table":
        name = session.full_name(commented.name)
        tables.update_table(store, name, session.user, comment=commented.comment)
        return
    parts = [part.lower() for part in commented.name]
    name = ".".join([session.catalog, *parts] if commented.kind == "schema" and len(parts) == 1 else parts)
    with store.transaction():
        found = fetch(store, commented.kind, name)
        store.put(commented.kind, name, {**found, "comment": commented.comment, **touched_by(session.user)})


@define.register
def _(adding: ddl.AddColumns, session: Session) -> None:
    def change(fields: list[Json]) -> list[Json]:
        for column, where, anchor in adding.added:
            if any(each["name"].lower() == column["name"].lower() for each in fields):
                raise _failed("FIELD_ALREADY_EXISTS", f"The column `{column['name']}` is there already.")
            if not column["nullable"]:
                raise _failed("DELTA_ADD_NOT_NULL_COLUMN", "A NOT NULL column can't be added to a table.")
            at = {"FIRST": 0, "LAST": len(fields)}.get(where)
            fields.insert(fields.index(_find(fields, anchor)) + 1 if at is None else at, column)
        return fields

    table_changes.change_fields(session.place(adding.name), change, "ADD COLUMNS")


@define.register
def _(dropping: ddl.DropColumns, session: Session) -> None:
    place = session.place(dropping.name)
    fields = table_changes.fields_of(place)
    names = {column.lower() for column in dropping.columns}
    if not dropping.if_exists:
        for column in dropping.columns:
            _find(fields, column)
    kept = [each for each in fields if each["name"].lower() not in names]
    if not kept:
        raise _failed("DELTA_DROP_COLUMN_ON_SINGLE_FIELD_SCHEMA", "A table must keep a column.")
    if len(kept) < len(fields):
        table_changes.rewrite(place, kept, {})


@define.register
def _(renaming: ddl.RenameColumn, session: Session) -> None:
    place = session.place(renaming.name)
    fields = table_changes.fields_of(place)
    column = _find(fields, renaming.old)
    if any(each["name"].lower() == renaming.new.lower() for each in fields):
        raise _failed("FIELD_ALREADY_EXISTS", f"The column `{renaming.new}` is there already.")
    old = column["name"]
    column["name"] = renaming.new
    table_changes.rewrite(place, fields, {renaming.new: old})


@define.register
def _(altering: ddl.AlterColumn, session: Session) -> None:
    place = session.place(altering.name)
    if altering.nullable is False:
        _refuse_nulls(place, _find(table_changes.fields_of(place), altering.column)["name"])

    def change(fields: list[Json]) -> list[Json]:
        column = _find(fields, altering.column)
        if altering.comment is not None:
            column["metadata"] = {**column.get("metadata", {}), "comment": altering.comment}
        if altering.nullable is not None:
            column["nullable"] = altering.nullable
        return fields

    table_changes.change_fields(place, change, "CHANGE COLUMN")


def _refuse_nulls(place: Path, column: str) -> None:
    from deltalake import DeltaTable

    held = DeltaTable(place).to_pyarrow_table(columns=[column])
    if held.column(column).null_count:
        raise _failed("DELTA_NOT_NULL_CONSTRAINT_VIOLATED", f"Rows have no value in `{column}`.")


@define.register
def _(renaming: ddl.RenameTable, session: Session) -> None:
    target = session.full_name(renaming.target)
    tables.rename_table(session.sandbox, session.workspace, session.full_name(renaming.name), target)


def _properties(session: Session, name: str, change: Callable[[dict[str, str]], dict[str, str]]) -> None:
    store = session.sandbox.metastore(session.workspace)
    with store.transaction():
        kept = dict(fetch(store, "table", name).get("properties", {}))
        tables.update_table(store, name, session.user, properties=change(kept))


@define.register
def _(changing: ddl.ChangeProperties, session: Session) -> None:
    def change(kept: dict[str, str]) -> dict[str, str]:
        return {key: value for key, value in {**kept, **changing.set}.items() if key not in changing.unset}

    _properties(session, session.full_name(changing.name), change)


@define.register
def _(owning: ddl.SetOwner, session: Session) -> None:
    store = session.sandbox.metastore(session.workspace)
    tables.update_table(store, session.full_name(owning.name), session.user, owner=owning.owner)
