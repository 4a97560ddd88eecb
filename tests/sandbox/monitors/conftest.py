"""A catalog for monitored tables, and the tables."""

from __future__ import annotations

import pyarrow as pa
import pytest
from databricks.sdk import WorkspaceClient
from databricks.sdk.errors import NotFound
from databricks.sdk.service.catalog import (
    ColumnInfo,
    DataSourceFormat,
    TableType,
)
from deltalake import write_deltalake
from monitored_tables import Fill
from running import RunningSandbox


@pytest.fixture(scope="session")
def monitored(sandbox: RunningSandbox) -> WorkspaceClient:
    client = sandbox.workspace()
    client.catalogs.create("watched")
    client.schemas.create("data", "watched")
    return client


@pytest.fixture
def fill(monitored: WorkspaceClient) -> Fill:
    """Make a table with those rows, or add them; returns its full name."""
    kinds = {"string": "STRING", "double": "DOUBLE", "int64": "BIGINT", "timestamp[us, tz=UTC]": "TIMESTAMP"}

    def filled(name: str, rows: pa.Table) -> str:
        full = f"watched.data.{name}"
        try:
            table = monitored.tables.get(full)
        except NotFound:
            columns = [
                ColumnInfo(
                    name=field.name,
                    type_text=kinds[str(field.type)].lower(),
                    type_json=f'{{"name":"{field.name}","type":"{_delta(str(field.type))}","nullable":true,"metadata":{{}}}}',
                    position=position,
                )
                for position, field in enumerate(rows.schema)
            ]
            table = monitored.tables.create(
                name, "watched", "data", TableType.MANAGED, DataSourceFormat.DELTA, "", columns=columns
            )
        if rows.num_rows:
            write_deltalake(str(table.storage_location), rows, mode="append")
        return full

    return filled


def _delta(kind: str) -> str:
    return {"int64": "long", "timestamp[us, tz=UTC]": "timestamp"}.get(kind, kind)
