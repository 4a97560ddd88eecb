"""Column types: SQL's text (`array<struct<a:int>>`) and Delta's JSON (Unity Catalog's `type_json`)."""

from __future__ import annotations

import json
from typing import Any

from mlops_sandbox.databricks.sql_text import SqlSyntaxError, SqlText
from mlops_sandbox.errors import invalid
from mlops_sandbox.server.routing import Json

#: SQL's names of simple types and the Delta name of each.
_SIMPLE = {
    "bigint": "long", "long": "long", "int": "integer", "integer": "integer", "smallint": "short",
    "short": "short", "tinyint": "byte", "byte": "byte", "double": "double", "float": "float",
    "real": "float", "boolean": "boolean", "string": "string", "binary": "binary", "date": "date",
    "timestamp": "timestamp", "timestamp_ltz": "timestamp", "timestamp_ntz": "timestamp_ntz",
}  # fmt: skip
_SQL = {"long": "bigint", "integer": "int", "short": "smallint", "byte": "tinyint"}
_UNITY = {"integer": "INT", "timestamp_ntz": "TIMESTAMP_NTZ"}


def read_type(sql: SqlText) -> Any:
    """Read one type at the cursor; a name, or an object for nested types, as Delta's JSON has it."""
    name = sql.identifier().lower()
    if name in _SIMPLE:
        return _SIMPLE[name]
    if name in {"decimal", "dec", "numeric"}:
        precision, *scale = _numbers(sql) if sql.sees("(") else ["10"]
        return f"decimal({precision},{scale[0] if scale else '0'})"
    if name in {"varchar", "char"}:
        _numbers(sql)
        return "string"
    if name not in {"array", "map", "struct"}:
        raise SqlSyntaxError(f'[UNSUPPORTED_DATATYPE] Unsupported data type "{name.upper()}".')
    sql.expect("<")
    nested = {"array": _array, "map": _map, "struct": _struct}[name](sql)
    sql.expect(">")
    return nested


def _numbers(sql: SqlText) -> list[str]:
    sql.expect("(")
    numbers = [sql.number()]
    while sql.take(","):
        numbers.append(sql.number())
    sql.expect(")")
    return numbers


def _array(sql: SqlText) -> Json:
    return {"type": "array", "elementType": read_type(sql), "containsNull": True}


def _map(sql: SqlText) -> Json:
    key = read_type(sql)
    sql.expect(",")
    return {"type": "map", "keyType": key, "valueType": read_type(sql), "valueContainsNull": True}


def _struct(sql: SqlText) -> Json:
    fields: list[Json] = []
    while not sql.sees(">"):
        if fields:
            sql.expect(",")
        name = sql.identifier()
        sql.take(":")
        fields.append({"name": name, "type": read_type(sql), "nullable": True, "metadata": {}})
    return {"type": "struct", "fields": fields}


def from_sql(text: str) -> Any:
    """A SQL type as Delta's JSON; 400 when it is none."""
    sql = SqlText(text)
    try:
        kind = read_type(sql)
        if not sql.ended:
            raise sql.wrong()
    except SqlSyntaxError as error:
        raise invalid(f"{text!r} is not a column type: {error}") from None
    return kind


def to_sql(kind: Any) -> str:
    """Delta's JSON as SQL text, in the form that Unity Catalog answers (`struct<a:int>`)."""
    if isinstance(kind, str):
        return _SQL.get(kind, kind)
    if kind["type"] == "array":
        return f"array<{to_sql(kind['elementType'])}>"
    if kind["type"] == "map":
        return f"map<{to_sql(kind['keyType'])},{to_sql(kind['valueType'])}>"
    fields = ",".join(f"{field['name']}:{to_sql(field['type'])}" for field in kind["fields"])
    return f"struct<{fields}>"


def column(field: Json, position: int, partition_index: int | None = None) -> Json:
    """Unity Catalog's description of a column, from the field of a Delta schema."""
    kind = field["type"]
    base = kind if isinstance(kind, str) else kind["type"]
    name = base.partition("(")[0]
    answer: Json = {
        "name": field["name"],
        "type_text": to_sql(kind),
        "type_name": _UNITY.get(name, name.upper()),
        "type_json": json.dumps(field),
        "position": position,
        "nullable": field.get("nullable", True),
    }
    if name == "decimal":
        precision, _, scale = base[len("decimal(") : -1].partition(",")
        answer |= {"type_precision": int(precision), "type_scale": int(scale)}
    comment = field.get("metadata", {}).get("comment")
    if comment:
        answer["comment"] = comment
    if partition_index is not None:
        answer["partition_index"] = partition_index
    return answer


def field(column: Json) -> Json:
    """The field of a Delta schema, from Unity Catalog's description of a column.

    `type_json` comes as the type alone (`"long"`) or as the whole field; without it `type_text` is read.
    """
    try:
        kind = json.loads(column["type_json"]) if column.get("type_json") else None
    except ValueError:
        # Sail writes simple types bare, without the quotes that JSON wants.
        kind = from_sql(column["type_json"])
    if isinstance(kind, dict) and "name" in kind:
        kind = kind["type"]
    if kind is None:
        kind = from_sql(column.get("type_text") or column.get("type_name") or "")
    elif isinstance(kind, str):
        kind = from_sql(kind)
    metadata = {"comment": column["comment"]} if column.get("comment") else {}
    return {
        "name": column["name"],
        "type": kind,
        "nullable": column.get("nullable", True),
        "metadata": metadata,
    }
