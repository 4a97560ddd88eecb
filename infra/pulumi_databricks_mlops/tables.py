"""A declared Delta table: made through a SQL warehouse, so that it exists before its first row."""

import re
from collections.abc import Iterable
from typing import NotRequired, TypedDict

import pulumi
import pulumi_databricks as databricks

from pulumi_databricks_mlops.problems import UC_NAME, UC_RIGHT, Problems

_SIMPLE = (
    "bigint|binary|boolean|byte|date|double|float|int|integer|long|short|smallint|string|timestamp"
    "|timestamp_ntz|tinyint|variant"
)
_TYPE = re.compile(rf"({_SIMPLE}|decimal\(\d{{1,2}}(,\s*\d{{1,2}})?\)|(array|map|struct)<.+>)", re.IGNORECASE)
TYPES = _SIMPLE.split("|")


class TableArgs(TypedDict):
    """A managed Delta table."""

    columns: dict[str, str]
    """SQL type by column name, in order: `double`, `timestamp`, `array<string>`, …"""
    comment: NotRequired[str]
    """What it holds."""
    properties: NotRequired[dict[str, str]]
    """Table properties, `delta.enableChangeDataFeed` for example."""


def same_name(names: Iterable[str]) -> list[list[str]]:
    """The names that are the same to Databricks, which tells no case apart."""
    found: dict[str, list[str]] = {}
    for name in names:
        found.setdefault(name.lower(), []).append(name)
    return [each for each in found.values() if len(each) > 1]


def check_table(problems: Problems, table: str, args: TableArgs) -> None:
    """Add what is wrong with a table."""
    problems.require_name("The table", table, UC_NAME, UC_RIGHT)
    if not args["columns"]:
        problems.add(f"The table {table!r} has no columns: give it one or more.")
    for names in same_name(args["columns"]):
        problems.add(f"The columns {' and '.join(names)} of {table} are one: case does not tell them apart.")
    for column, kind in args["columns"].items():
        problems.require_name(f"The column of {table}", column, UC_NAME, UC_RIGHT)
        if not _TYPE.fullmatch(kind):
            problems.add(
                f"The column {table}.{column} has the type {kind!r}; types are {', '.join(TYPES)}, "
                "decimal(p,s), array<…>, map<…>, struct<…>."
            )


def declare_table(
    name: str,
    table: str,
    args: TableArgs,
    *,
    catalog: pulumi.Input[str],
    schema: pulumi.Input[str],
    warehouse_id: pulumi.Input[str],
    opts: pulumi.ResourceOptions,
) -> databricks.SqlTable:
    """Register the table; `name` is the resource's, `table` the table's in the schema."""
    return databricks.SqlTable(
        name,
        name=table,
        catalog_name=catalog,
        schema_name=schema,
        table_type="MANAGED",
        data_source_format="DELTA",
        warehouse_id=warehouse_id,
        comment=args.get("comment"),
        properties=args.get("properties"),
        columns=[
            databricks.SqlTableColumnArgs(name=column, type=kind) for column, kind in args["columns"].items()
        ],
        opts=opts,
    )
