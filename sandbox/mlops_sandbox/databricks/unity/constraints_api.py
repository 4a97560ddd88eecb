"""Unity Catalog: primary and foreign keys of tables. They inform, nothing enforces them."""

from __future__ import annotations

from collections.abc import Sequence

from mlops_sandbox.databricks.unity import tables
from mlops_sandbox.databricks.unity.securables import fetch, split
from mlops_sandbox.errors import ApiError, invalid, not_found
from mlops_sandbox.server.routing import Call, Json, Routes

routes = Routes()

_API = "/api/2.1/unity-catalog/constraints"
_KINDS = ("primary_key_constraint", "foreign_key_constraint", "named_table_constraint")


def _body(constraint: Json) -> tuple[str, Json]:
    """The one kind that a constraint has, and what it says."""
    given = [kind for kind in _KINDS if isinstance(constraint.get(kind), dict)]
    if len(given) != 1:
        raise invalid(f"A constraint must have one of {', '.join(_KINDS)}.")
    return given[0], constraint[given[0]]


def _name(constraint: Json) -> str:
    return str(_body(constraint)[1].get("name") or "")


def _check_columns(table: Json, kind: str, body: Json) -> None:
    columns = {column["name"]: column for column in table["columns"]}
    wanted = body.get("child_columns") or []
    if not wanted:
        raise invalid("A key must have child_columns.")
    for name in (*wanted, *(body.get("timeseries_columns") or [])):
        if name not in columns:
            raise invalid(f"Table '{table['full_name']}' has no column '{name}'.")
    strangers = [name for name in body.get("timeseries_columns") or [] if name not in wanted]
    if strangers:
        raise invalid(f"The time series column '{strangers[0]}' is no column of the primary key.")
    nullable = [name for name in wanted if columns[name].get("nullable", True)]
    if kind == "primary_key_constraint" and nullable:
        raise invalid(
            f"Cannot create the primary key `{body['name']}` because its child column(s) `{nullable[0]}` "
            "is nullable. Please change the column nullability and retry."
        )


def _refuse_second(there: Sequence[Json], kind: str, name: str) -> None:
    if any(_name(each) == name for each in there):
        raise ApiError(409, "RESOURCE_ALREADY_EXISTS", f"Constraint '{name}' already exists.")
    if kind == "primary_key_constraint" and any(kind in each for each in there):
        raise ApiError(409, "RESOURCE_ALREADY_EXISTS", "The table already has a primary key.")


@routes.post(_API)
def create_constraint(call: Call) -> Json:
    """Add a key to a table."""
    name, constraint = str(call.required("full_name_arg")), call.required("constraint")
    split(name, 3)
    if not isinstance(constraint, dict):
        raise invalid("constraint must be an object.")
    kind, body = _body(constraint)
    if not body.get("name"):
        raise invalid("A constraint must have a name.")
    document = fetch(call.metastore, "table", name)
    there = document.get("table_constraints") or []
    _refuse_second(there, kind, str(body["name"]))
    if kind != "named_table_constraint":
        _check_columns(tables.describe(document), kind, body)
    made = {kind: body}
    tables.update_table(call.metastore, name, call.user, table_constraints=[*there, made])
    return made


@routes.delete(f"{_API}/{{full_name}}")
def delete_constraint(call: Call) -> Json:
    """Drop a table's key by its name."""
    name, gone = call.path["full_name"], str(call.required("constraint_name"))
    split(name, 3)
    there = fetch(call.metastore, "table", name).get("table_constraints") or []
    kept = [each for each in there if _name(each) != gone]
    if len(kept) == len(there):
        raise not_found(f"Table '{name}' has no constraint '{gone}'.")
    tables.update_table(call.metastore, name, call.user, table_constraints=kept)
    return {}
