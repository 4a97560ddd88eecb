"""Changes of a Delta table's columns, description and properties, made in its log."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from mlops_sandbox.errors import ApiError
from mlops_sandbox.server.routing import Json


def fields_of(place: Path) -> list[Json]:
    """The fields of the table's Delta schema."""
    from deltalake import DeltaTable

    log = DeltaTable(place, without_files=True)
    fields: list[Json] = json.loads(log.schema().to_json())["fields"]
    return fields


def change_fields(place: Path, change: Callable[[list[Json]], list[Json]], operation: str) -> None:
    """Commit other fields without touching a row: columns added anywhere, comments, nullability.

    Args:
        place: the table's folder.
        change: makes the new fields of the present ones; called again when another writer was first.
        operation: what the table's history calls it.
    """
    from deltalake import DeltaTable

    while True:
        log = DeltaTable(place, without_files=True)
        known = log.metadata()
        fields = change(json.loads(log.schema().to_json())["fields"])
        metadata: dict[str, Any] = {
            "id": str(known.id),
            "format": {"provider": "parquet", "options": {}},
            "schemaString": json.dumps({"type": "struct", "fields": fields}),
            "partitionColumns": list(known.partition_columns),
            "configuration": dict(known.configuration),
            "createdTime": known.created_time,
        }
        if known.name:
            metadata["name"] = known.name
        if known.description:
            metadata["description"] = known.description
        info = {"timestamp": int(time.time() * 1000), "operation": operation, "operationParameters": {}}
        if _commit(place, log.version() + 1, [{"commitInfo": info}, {"metaData": metadata}]):
            return


def _commit(place: Path, version: int, actions: Sequence[Mapping[str, Any]]) -> bool:
    """Write a version of the log; False when that version is there already."""
    folder = place / "_delta_log"
    draft = folder / f".{version}.{os.getpid()}.tmp"
    draft.write_text("\n".join(json.dumps(action) for action in actions) + "\n")
    try:
        # A link is made in one step, and never over a file that is there.
        (folder / f"{version:020}.json").hardlink_to(draft)
    except FileExistsError:
        return False
    finally:
        draft.unlink()
    return True


def rewrite(place: Path, fields: Sequence[Json], source: Mapping[str, str]) -> None:
    """Write all rows again with other columns: what dropping and renaming take without column mapping.

    Args:
        place: the table's folder.
        fields: the fields afterwards.
        source: new name → old name, for those that are not called the same.
    """
    import pyarrow as pa
    from deltalake import DeltaTable, Schema, write_deltalake

    log = DeltaTable(place)
    renamed = {old: new for new, old in source.items()}
    partitions = [renamed.get(name, name) for name in log.metadata().partition_columns]
    if set(partitions) - {field["name"] for field in fields}:
        raise ApiError(
            400, "BAD_REQUEST", "[DELTA_UNSUPPORTED_DROP_PARTITION_COLUMN] It partitions the table."
        )
    schema = pa.schema(Schema.from_json(json.dumps({"type": "struct", "fields": list(fields)})).to_arrow())
    rows = log.to_pyarrow_table()
    columns = [rows.column(source.get(field.name, field.name)).cast(field.type) for field in schema]
    table = pa.Table.from_arrays(columns, schema=schema)
    write_deltalake(place, table, mode="overwrite", schema_mode="overwrite", partition_by=partitions or None)
