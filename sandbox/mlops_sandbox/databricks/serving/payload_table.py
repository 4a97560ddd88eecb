"""The inference table of an endpoint: where it is, its columns, and a request as its row."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa

from mlops_sandbox.context import Sandbox
from mlops_sandbox.databricks.arrow_columns import columns
from mlops_sandbox.databricks.unity.tables import register_table, table_location
from mlops_sandbox.errors import ApiError

#: Databricks logs no payload above 1 MiB.
LARGEST_PAYLOAD = 1 << 20

#: AI Gateway inference tables.
GATEWAY_SCHEMA = pa.schema(
    [
        ("databricks_request_id", pa.string()),
        ("request_date", pa.date32()),
        ("client_request_id", pa.string()),
        ("request_time", pa.timestamp("us", tz="UTC")),
        ("status_code", pa.int32()),
        ("sampling_fraction", pa.float64()),
        ("execution_duration_ms", pa.int64()),
        ("request", pa.string()),
        ("response", pa.string()),
        ("logging_error_codes", pa.list_(pa.string())),
        ("served_entity_id", pa.string()),
        ("requester", pa.string()),
    ]
)
#: Tables of the legacy `auto_capture_config`.
LEGACY_SCHEMA = pa.schema(
    [
        ("databricks_request_id", pa.string()),
        ("client_request_id", pa.string()),
        ("date", pa.date32()),
        ("timestamp_ms", pa.int64()),
        ("status_code", pa.int32()),
        ("sampling_fraction", pa.float64()),
        ("execution_time_ms", pa.int64()),
        ("request", pa.string()),
        ("response", pa.string()),
        ("request_metadata", pa.map_(pa.string(), pa.string())),
    ]
)


@dataclass(frozen=True)
class Target:
    """The table that an endpoint's requests go to."""

    workspace: str
    table: str
    """Its full name."""
    legacy: bool


@dataclass(frozen=True)
class Entry:
    """One request and its answer."""

    request_id: str
    client_request_id: str | None
    received_ms: int
    """Milliseconds since 1970."""
    status: int
    duration_ms: int
    """How long the model took."""
    request: str
    response: str
    entity_id: str
    requester: str
    metadata: dict[str, str]
    """Endpoint, model and version."""


def _payload(text: str, kind: str, errors: list[str]) -> str | None:
    if len(text.encode()) <= LARGEST_PAYLOAD:
        return text
    errors.append(f"MAX_{kind}_SIZE_EXCEEDED")
    return None


def row(entry: Entry, legacy: bool) -> dict[str, Any]:
    """The request as JSON, in the columns of the table but for the date."""
    errors: list[str] = []
    request = _payload(entry.request, "REQUEST", errors)
    response = _payload(entry.response, "RESPONSE", errors)
    common = {
        "databricks_request_id": entry.request_id,
        "client_request_id": entry.client_request_id,
        "status_code": entry.status,
        "sampling_fraction": 1.0,
        "request": request,
        "response": response,
    }
    if legacy:
        return common | {
            "timestamp_ms": entry.received_ms,
            "execution_time_ms": entry.duration_ms,
            "request_metadata": entry.metadata,
        }
    return common | {
        "request_time": entry.received_ms,
        "execution_duration_ms": entry.duration_ms,
        "logging_error_codes": errors,
        "served_entity_id": entry.entity_id,
        "requester": entry.requester,
    }


def arrow(rows: list[dict[str, Any]], legacy: bool) -> pa.Table:
    """Results of :func:`row` in the table's own columns and types."""
    for one in rows:
        moment = datetime.fromtimestamp(one["timestamp_ms" if legacy else "request_time"] / 1000, UTC)
        one["date" if legacy else "request_date"] = moment.date()
        if legacy:
            one["request_metadata"] = list(one["request_metadata"].items())
        else:
            one["request_time"] = moment
    return pa.Table.from_pylist(rows, schema=LEGACY_SCHEMA if legacy else GATEWAY_SCHEMA)


def location(sandbox: Sandbox, target: Target) -> Path:
    """The folder of the target's table, which is made if it is not there.

    Raises:
        ApiError: its catalog or schema does not exist.
    """
    try:
        return table_location(sandbox, target.workspace, target.table)
    except ApiError as error:
        if error.status != 404:
            raise
    schema = LEGACY_SCHEMA if target.legacy else GATEWAY_SCHEMA
    register_table(sandbox, target.workspace, target.table, columns(schema))
    return table_location(sandbox, target.workspace, target.table)
