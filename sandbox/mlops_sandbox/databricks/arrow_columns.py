"""Arrow schemas as Unity Catalog columns, for the tables that the workspace itself makes."""

from __future__ import annotations

from typing import Any

import pyarrow as pa

_SQL = {
    pa.bool_(): "boolean",
    pa.int32(): "int",
    pa.int64(): "bigint",
    pa.float64(): "double",
    pa.string(): "string",
    pa.date32(): "date",
    pa.timestamp("us", tz="UTC"): "timestamp",
}


def sql_type(kind: pa.DataType) -> str:
    """The SQL type of an Arrow type; raises KeyError for one that has none here."""
    if pa.types.is_struct(kind):
        return "struct<" + ",".join(f"{field.name}:{sql_type(field.type)}" for field in kind) + ">"
    if pa.types.is_list(kind):
        return f"array<{sql_type(kind.value_type)}>"
    if pa.types.is_map(kind):
        return f"map<{sql_type(kind.key_type)},{sql_type(kind.item_type)}>"
    return _SQL[kind]


def columns(schema: pa.Schema) -> list[dict[str, Any]]:
    """The schema in the form that `register_table` takes."""
    return [{"name": field.name, "type_text": sql_type(field.type)} for field in schema]
