"""Tables and views, made and changed by SQL on a warehouse."""

from __future__ import annotations

from mlops_sandbox.providers.bridge.errors import ResourceError
from mlops_sandbox.providers.bridge.values import Values
from mlops_sandbox.providers.databricks.client import DatabricksApi, path_part
from mlops_sandbox.providers.databricks.kinds import DatabricksType, Instance

_ALIASES = {"integer": "int", "long": "bigint", "short": "smallint", "byte": "tinyint", "real": "float"}


class SqlTable(DatabricksType):
    """A table or view; its ID is its full name."""

    token = "databricks:index/sqlTable:SqlTable"  # noqa: S105
    local = frozenset(
        {
            "cluster_id",
            "cluster_keys",
            "options",
            "storage_credential_name",
            "view_definition",
            "warehouse_id",
        }
    )

    suggested = frozenset({"storage_location"})

    def create(self, it: Instance) -> str:
        """Run the statement that makes it, then give it its owner."""
        name = ".".join(str(it.fields[part]) for part in ("catalog_name", "schema_name", "name"))
        run(it.api, it.fields, create_statement(it.fields))
        it.exists(name)
        if it.fields.get("owner"):
            run(
                it.api, it.fields, f"ALTER {_kind(it.fields)} {_quoted(name)} OWNER TO `{it.fields['owner']}`"
            )
        return name

    def read(self, it: Instance) -> Values | None:
        """The table, asked for twice as the real plugin does."""
        path = f"/api/2.1/unity-catalog/tables/{path_part(it.id)}"
        found = it.api.find(path)
        found = found and it.api.find(path)
        if found is None:
            return None
        known = it.fields or it.state
        told = found.get("properties", {})
        wanted = known.get("properties", {})
        answer = {key: value for key, value in found.items() if key not in ("columns", "properties")}
        answer["effective_properties"] = told
        answer["properties"] = {key: told[key] for key in wanted if key in told} or None
        answer["column"] = _columns(found.get("columns", []), known.get("column", []))
        placed = [column for column in found.get("columns", []) if column.get("partition_index") is not None]
        placed.sort(key=lambda column: int(column["partition_index"]))
        answer["partitions"] = [column["name"] for column in placed]
        return answer

    def update(self, it: Instance) -> None:
        """One statement for each thing that changed."""
        it.api.get(f"/api/2.1/unity-catalog/tables/{path_part(it.id)}")
        for statement in change_statements(it.id, it.fields, it.state, it.changed):
            run(it.api, it.fields, statement)

    def delete(self, it: Instance) -> None:
        """Drop it."""
        try:
            run(it.api, it.state, f"DROP {_kind(it.state)} {_quoted(it.id)}")
        except ResourceError as error:
            if "NOT_FOUND" not in str(error) and "not found" not in str(error).lower():
                raise


def run(api: DatabricksApi, fields: Values, statement: str) -> None:
    """Run one statement on the table's warehouse and wait for its end."""
    if not fields.get("warehouse_id"):
        raise ResourceError("warehouseId is missing: the stand-in runs SQL on warehouses, not on clusters")
    body = {
        "statement": statement,
        "warehouse_id": fields["warehouse_id"],
        "wait_timeout": "50s",
        "on_wait_timeout": "CANCEL",
    }
    status = api.post("/api/2.0/sql/statements", body)["status"]
    if status["state"] != "SUCCEEDED":
        told = status.get("error", {}).get("message", "no reason is given")
        raise ResourceError(f"statement {status['state']}: {told}")


def create_statement(fields: Values) -> str:
    """`CREATE OR REPLACE TABLE …` with columns, format, partitions, comment and properties."""
    name = ".".join(str(fields[part]) for part in ("catalog_name", "schema_name", "name"))
    external = "EXTERNAL " if fields["table_type"] == "EXTERNAL" else ""
    kind = _kind(fields)
    # An external table's data outlives it: the real plugin does not replace one.
    replace = "" if external else "OR REPLACE "
    statement = f"CREATE {replace}{external}{kind} {_quoted(name)}"
    if fields.get("column"):
        statement += f" ({', '.join(_column(column) for column in fields['column'])})"
    if kind == "TABLE":
        statement += _layout(fields)
    if fields.get("comment"):
        statement += f"\nCOMMENT {_text(fields['comment'])}"
    if fields.get("properties"):
        statement += f"\nTBLPROPERTIES ({_pairs(fields['properties'])})"
    if fields.get("options"):
        statement += f"\nOPTIONS ({_pairs(fields['options'])})"
    if kind == "TABLE" and fields.get("storage_location"):
        statement += f"\nLOCATION {_text(fields['storage_location'])}"
    if kind == "VIEW":
        statement += f"\nAS {fields.get('view_definition', '')}"
    return statement + ";"


def _layout(fields: Values) -> str:
    clauses = ""
    if fields.get("data_source_format"):
        clauses += f"\nUSING {fields['data_source_format']}"
    if fields.get("partitions"):
        clauses += f"\nPARTITIONED BY ({', '.join(fields['partitions'])})"
    elif fields.get("cluster_keys"):
        clauses += f"\nCLUSTER BY ({', '.join(f'`{key}`' for key in fields['cluster_keys'])})"
    return clauses


def change_statements(name: str, fields: Values, state: Values, changed: frozenset[str]) -> list[str]:
    """The statements that turn the old table into the new one."""
    kind, quoted = _kind(fields), _quoted(name)
    statements = []
    if "owner" in changed:
        statements.append(f"ALTER {kind} {quoted} OWNER TO `{fields['owner']}`")
    if "comment" in changed:
        statements.append(f"COMMENT ON {kind} {quoted} IS {_text(fields.get('comment', ''))}")
    if "properties" in changed:
        new, old = fields.get("properties", {}), state.get("properties", {})
        gone = ", ".join(_text(key) for key in sorted(old.keys() - new.keys()))
        if gone:
            statements.append(f"ALTER {kind} {quoted} UNSET TBLPROPERTIES IF EXISTS ({gone})")
        if new:
            statements.append(f"ALTER {kind} {quoted} SET TBLPROPERTIES ({_pairs(new)})")
    if "cluster_keys" in changed:
        keys = ", ".join(f"`{key}`" for key in fields.get("cluster_keys", []))
        statements.append(f"ALTER TABLE {quoted} CLUSTER BY {f'({keys})' if keys else 'NONE'}")
    if "view_definition" in changed:
        statements.append(f"ALTER VIEW {quoted} AS {fields['view_definition']}")
    if "column" in changed and kind == "TABLE":
        statements += _column_statements(quoted, fields.get("column", []), state.get("column", []))
    return statements


def _column_statements(quoted: str, new: list[Values], old: list[Values]) -> list[str]:
    known = {column["name"]: column for column in old}
    wanted = {column["name"] for column in new}
    statements = [
        f"ALTER TABLE {quoted} DROP COLUMN IF EXISTS `{name}`" for name in known if name not in wanted
    ]
    for index, column in enumerate(new):
        before = known.get(column["name"])
        if before is None:
            place = f"AFTER {new[index - 1]['name']}" if index else "FIRST"
            statements.append(f"ALTER TABLE {quoted} ADD COLUMN {_column(column)} {place}")
            continue
        if not _same_type(column.get("type", ""), before.get("type", "")):
            raise ResourceError(
                f"column {column['name']} can't change its type from {before.get('type')} to "
                f"{column.get('type')}: drop and add it under another name"
            )
        alter = f"ALTER TABLE {quoted} ALTER COLUMN `{column['name']}`"
        if column.get("comment", "") != before.get("comment", ""):
            statements.append(f"{alter} COMMENT {_text(column.get('comment', ''))}")
        if column.get("nullable", True) != before.get("nullable", True):
            statements.append(f"{alter} {'DROP' if column.get('nullable', True) else 'SET'} NOT NULL")
    return statements


def _columns(found: list[Values], known: list[Values]) -> list[Values]:
    """The columns as state; a type that was spelled otherwise keeps its spelling."""
    spelled = {column["name"]: column.get("type", "") for column in known}
    columns = []
    for column in found:
        told = column.get("type_text", "")
        said = spelled.get(column["name"], "")
        columns.append(
            {
                "name": column["name"],
                "type": said if _same_type(said, told) else told,
                "comment": column.get("comment", ""),
                "nullable": column.get("nullable", True),
                "type_json": column.get("type_json", ""),
            }
        )
    return columns


def _same_type(one: str, other: str) -> bool:
    first, second = one.lower().replace(" ", ""), other.lower().replace(" ", "")
    return _ALIASES.get(first, first) == _ALIASES.get(second, second)


def _kind(fields: Values) -> str:
    return "VIEW" if fields.get("table_type") == "VIEW" else "TABLE"


def _quoted(name: str) -> str:
    return ".".join(f"`{part}`" for part in name.split(".", 2))


def _text(value: str) -> str:
    escaped = str(value).replace("\\", "\\\\").replace("'", "\\'")
    return f"'{escaped}'"


def _pairs(values: Values) -> str:
    return ", ".join(f"{_text(key)}={_text(value)}" for key, value in sorted(values.items()))


def _column(column: Values) -> str:
    text = f"`{column['name']}` {column.get('type', '')}"
    if column.get("identity"):
        text += f" GENERATED {'ALWAYS' if column['identity'] == 'always' else 'BY DEFAULT'} AS IDENTITY"
    if column.get("nullable") is False:
        text += " NOT NULL"
    if column.get("comment"):
        text += f" COMMENT {_text(column['comment'])}"
    return text


TYPES = (SqlTable(),)
