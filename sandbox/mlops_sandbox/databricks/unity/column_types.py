"""Column types: SQL's text (`array<struct<a:int>>`) and Delta's JSON (Unity Catalog's `type_json`)."""

from __future__ import annotations

import json
import re
from typing import Any

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
_TOKEN = re.compile(r"\s*(`(?:[^`]|``)+`|[A-Za-z_][\w]*|\d+|[<>(),:])")


class _Parser:
    """Reads one type from SQL text."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._tokens = _TOKEN.findall(text)
        if "".join(self._tokens) != re.sub(r"\s+", "", text):
            raise self._wrong()
        self._tokens.append("")
        self._at = 0

    def _wrong(self) -> Exception:
        return invalid(f"[UNSUPPORTED_DATATYPE] Unsupported data type {self._text!r}.")

    def _next(self, expected: str = "") -> str:
        token = str(self._tokens[self._at])
        self._at += 1
        if not token or (expected and token != expected):
            raise self._wrong()
        return token

    def whole(self) -> Any:
        """The type, with nothing after it."""
        found = self._type()
        if self._tokens[self._at]:
            raise self._wrong()
        return found

    def _type(self) -> Any:
        """A type, as Delta's JSON has it."""
        name = self._next().lower()
        if name in _SIMPLE:
            return _SIMPLE[name]
        if name in {"decimal", "dec", "numeric"}:
            return self._decimal()
        if name in {"varchar", "char"}:
            self._numbers()
            return "string"
        if name == "array":
            self._next("<")
            element = self._type()
            self._next(">")
            return {"type": "array", "elementType": element, "containsNull": True}
        if name == "map":
            self._next("<")
            key = self._type()
            self._next(",")
            value = self._type()
            self._next(">")
            return {"type": "map", "keyType": key, "valueType": value, "valueContainsNull": True}
        if name == "struct":
            return {"type": "struct", "fields": self._fields()}
        raise self._wrong()

    def _numbers(self) -> list[str]:
        numbers: list[str] = []
        if self._tokens[self._at] == "(":
            self._next()
            numbers.append(self._next())
            while self._tokens[self._at] == ",":
                self._next()
                numbers.append(self._next())
            self._next(")")
        return numbers

    def _decimal(self) -> str:
        precision, scale, *_ = [*self._numbers(), "0", "0"]
        return f"decimal({precision if precision != '0' else '10'},{scale})"

    def _fields(self) -> list[Json]:
        self._next("<")
        fields: list[Json] = []
        while self._tokens[self._at] != ">":
            if fields:
                self._next(",")
            name = self._next().strip("`").replace("``", "`")
            if self._tokens[self._at] == ":":
                self._next()
            fields.append({"name": name, "type": self._type(), "nullable": True, "metadata": {}})
        self._next(">")
        return fields


def from_sql(text: str) -> Any:
    """A SQL type as Delta's JSON: a name, or an object for nested types."""
    return _Parser(text).whole()


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
