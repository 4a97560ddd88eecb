"""Unity Catalog: tables, each a Delta table in `tables/<catalog>/<schema>/<table>` of the sandbox.

A table's columns are what its Delta log says; the document keeps what a log has no place for.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Sequence
from pathlib import Path
from urllib.parse import unquote, urlsplit

from mlops_sandbox.context import DEFAULT_USER, Sandbox
from mlops_sandbox.databricks.unity import column_types, grants
from mlops_sandbox.databricks.unity.securables import (
    fetch,
    made_by,
    new_id,
    patch,
    require_schema,
    split,
    taken,
    touched_by,
)
from mlops_sandbox.errors import invalid
from mlops_sandbox.metastore import Metastore
from mlops_sandbox.server.routing import Json

_KIND = "table"
#: The table properties that go into the Delta log. The others are kept in the entry alone: a feature that
#: one of the writers (Spark here, deltalake) doesn't have would make the table read-only.
_LOG_PROPERTIES = {
    "delta.appendOnly",
    "delta.checkpointInterval",
    "delta.deletedFileRetentionDuration",
    "delta.logRetentionDuration",
}


def managed_location(sandbox: Sandbox, full_name: str) -> Path:
    """Where a managed table of that name is kept."""
    return sandbox.home.joinpath("tables", *split(full_name, 3))


def _path(location: str) -> Path:
    """The local folder of a `file:` URL or a plain path."""
    parts = urlsplit(location)
    if parts.scheme not in {"", "file"} or not parts.path.startswith("/"):
        raise invalid(f"storage_location {location!r} is not a folder of this machine.")
    return Path(unquote(parts.path) if parts.scheme else location)


def table_location(sandbox: Sandbox, workspace: str, full_name: str) -> Path:
    """The folder of a table's Delta log; 404 when there is no such table."""
    catalog, schema, _ = split(full_name, 3)
    store = sandbox.metastore(workspace)
    require_schema(store, catalog, schema)
    return _path(fetch(store, _KIND, full_name)["storage_location"])


def describe(document: Json) -> Json:
    """The table as the API answers it: its document, with the columns that its Delta log has now."""
    from deltalake import DeltaTable

    place = _path(document["storage_location"])
    if not DeltaTable.is_deltatable(str(place)):
        return document
    log = DeltaTable(place, without_files=True)
    partitions = list(log.metadata().partition_columns)
    fields = json.loads(log.schema().to_json())["fields"]
    columns = [
        column_types.column(
            field, number, partitions.index(field["name"]) if field["name"] in partitions else None
        )
        for number, field in enumerate(fields)
    ]
    return {**document, "columns": columns}


def write_empty_log(
    place: Path, fields: Sequence[Json], partition_by: Sequence[str] = (), properties: Json | None = None
) -> None:
    """Make a Delta table without rows, unless the folder has one.

    Args:
        place: the folder.
        fields: the fields of a Delta schema.
        partition_by: names of partition columns.
        properties: table properties; those that every writer knows become the log's configuration.
    """
    from deltalake import DeltaTable, Schema
    from deltalake.exceptions import DeltaError

    configuration = {
        name: str(value) for name, value in (properties or {}).items() if name in _LOG_PROPERTIES
    }
    schema = Schema.from_json(json.dumps({"type": "struct", "fields": list(fields)}))
    try:
        DeltaTable.create(
            place, schema, mode="ignore", partition_by=list(partition_by), configuration=configuration
        )
    except (DeltaError, ValueError) as error:
        raise invalid(f"Delta refuses this table: {error}") from None


def register_table(
    sandbox: Sandbox,
    workspace: str,
    full_name: str,
    columns: Sequence[Json],
    *,
    user: str = DEFAULT_USER,
    partition_by: Sequence[str] = (),
    comment: str = "",
    properties: Json | None = None,
    location: str = "",
) -> Json:
    """Make an entry and, where there is none, an empty Delta table.

    Args:
        sandbox: the sandbox.
        workspace: the workspace's id.
        full_name: `catalog.schema.table`.
        columns: each with `name` and `type_text` (SQL) or `type_json`, optionally `nullable`, `comment`.
        user: the owner.
        partition_by: names of partition columns.
        comment: the table's description.
        properties: table properties.
        location: a folder or `file:` URL outside the sandbox's own; makes the table EXTERNAL.

    Returns:
        The table as the API answers it; raises 409 TABLE_ALREADY_EXISTS.
    """
    catalog, schema, name = split(full_name, 3)
    full_name = f"{catalog}.{schema}.{name}"
    store = sandbox.metastore(workspace)
    own = managed_location(sandbox, full_name)
    place = _path(location) if location else own
    document = {
        **made_by(user),
        "name": name,
        "catalog_name": catalog,
        "schema_name": schema,
        "full_name": full_name,
        "table_id": new_id(),
        "table_type": "MANAGED" if place == own else "EXTERNAL",
        "data_source_format": "DELTA",
        "storage_location": place.as_uri(),
        "properties": {"delta.minReaderVersion": "1", **(properties or {})},
        "columns": [],
        **({"comment": comment} if comment else {}),
    }
    with store.transaction():
        require_schema(store, catalog, schema)
        if store.get(_KIND, full_name) is not None:
            raise taken(_KIND, full_name)
        if place == own:
            # A drop that was killed half-way leaves rows that are nobody's any more.
            shutil.rmtree(place, ignore_errors=True)
        write_empty_log(place, [column_types.field(column) for column in columns], partition_by, properties)
        store.put(_KIND, full_name, document)
    return describe(document)


def drop_table(sandbox: Sandbox, workspace: str, full_name: str) -> None:
    """Drop a table; a managed one with its rows."""
    store = sandbox.metastore(workspace)
    document = fetch(store, _KIND, full_name)
    with store.transaction():
        store.delete(_KIND, document["full_name"])
        grants.forget(store, "table", document["full_name"])
    if document["table_type"] == "MANAGED":
        shutil.rmtree(_path(document["storage_location"]), ignore_errors=True)


def update_table(store: Metastore, full_name: str, user: str, **changes: object) -> Json:
    """Change the entry's own fields (`comment`, `properties`, `owner`, `table_constraints`)."""
    with store.transaction():
        changed = patch(fetch(store, _KIND, full_name), changes, list(changes))
        return store.put(_KIND, changed["full_name"], {**changed, **touched_by(user)})


def rename_table(sandbox: Sandbox, workspace: str, full_name: str, target: str) -> None:
    """Give a table another name in the same catalog; a managed one's folder moves along."""
    store = sandbox.metastore(workspace)
    catalog, schema, name = split(target, 3)
    with store.transaction():
        old = fetch(store, _KIND, full_name)
        if catalog != old["catalog_name"]:
            raise invalid("A table can't be renamed into another catalog.")
        require_schema(store, catalog, schema)
        if store.get(_KIND, f"{catalog}.{schema}.{name}") is not None:
            raise taken(_KIND, f"{catalog}.{schema}.{name}")
        new = {**old, "name": name, "schema_name": schema, "full_name": f"{catalog}.{schema}.{name}"}
        if old["table_type"] == "MANAGED":
            place = managed_location(sandbox, new["full_name"])
            place.parent.mkdir(parents=True, exist_ok=True)
            _path(old["storage_location"]).rename(place)
            new["storage_location"] = place.as_uri()
        store.delete(_KIND, old["full_name"])
        store.put(_KIND, new["full_name"], new)
        grants.move(store, "table", old["full_name"], new["full_name"])
