"""Queries done: a statement executed on Spark, its rows as the API gives them (strings, or null)."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from mlops_sandbox.databricks.statements.define import Session
from mlops_sandbox.databricks.unity import column_types
from mlops_sandbox.server.routing import Json
from mlops_sandbox.spark import SparkServer


@dataclass
class Rows:
    """A result: its columns as Unity Catalog describes columns, and its rows."""

    columns: list[Json] = field(default_factory=list)
    rows: list[list[str | None]] = field(default_factory=list)
    truncated: bool = False


class Query:
    """One statement on a Spark session of its own, which another thread may interrupt."""

    def __init__(self, asked: Session) -> None:
        self._spark = asked.sandbox.get(SparkServer)
        self._asked = asked
        self._namespace = f"{asked.catalog}.{asked.schema}"
        self._session: Any = None

    def run(self, statement: str, parameters: Sequence[Json], limit: int) -> Rows:
        """Execute, and fetch up to `limit` rows; raises what Spark raises."""
        from pyspark.sql import SparkSession
        from pyspark.sql import functions as F  # noqa: N812

        remote = self._spark.remote(self._asked.workspace, self._asked.user)
        session = self._session = SparkSession.builder.remote(remote).create()
        try:
            session.catalog.setCurrentDatabase(self._namespace)
            session.conf.set("spark.sql.sources.default", "delta")
            given = {
                each["name"]: F.lit(each.get("value")).cast(each.get("type") or "string")
                for each in parameters
            }
            answer = session.sql(statement.rstrip().rstrip(";"), args=given or None)
            fields = json.loads(answer.schema.json())["fields"]
            found = answer.limit(limit + 1).toArrow() if fields else None
        finally:
            self._session = None
            session.stop()
        columns = [column_types.column(each, number) for number, each in enumerate(fields)]
        if found is None:
            return Rows()
        rows = [
            [_text(value) for value in row.values()] for row in _unique(found).slice(0, limit).to_pylist()
        ]
        return Rows(columns, rows, found.num_rows > limit)

    def interrupt(self) -> None:
        """Stop it where it is."""
        session = self._session
        if session is not None:
            session.interruptAll()


def _unique(table: Any) -> Any:
    """The table with columns called by number: results may have two of one name."""
    return table.rename_columns([str(number) for number in range(table.num_columns)])


def _text(value: Any) -> str | None:
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, dict | list):
        return json.dumps(value, default=_text)
    if hasattr(value, "hour"):
        at = value.isoformat(timespec="milliseconds").replace("+00:00", "")
        return f"{at}Z" if value.tzinfo is not None else at
    return str(value)
