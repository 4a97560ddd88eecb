"""An index's rows: one Parquet file each, written whole; what it may hold and how it follows its table."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

from mlops_sandbox.context import Sandbox
from mlops_sandbox.databricks.unity.tables import table_location
from mlops_sandbox.databricks.vector_search import embeddings
from mlops_sandbox.errors import invalid
from mlops_sandbox.store import Document

Json = dict[str, Any]
#: One writer at a time: an upsert reads, changes and writes the whole file.
WRITING = threading.Lock()
#: The column with the vectors that a model computed.
COMPUTED = "__vector"


def file_of(sandbox: Sandbox, index: str) -> Path:
    """Where an index's rows are."""
    return sandbox.home / "vector_search" / f"{index}.parquet"


@lru_cache(maxsize=8)
def _loaded(file: Path, _changed: int) -> list[Json]:
    import pyarrow.parquet as pq

    found: list[Json] = pq.read_table(file).to_pylist()
    return found


def load(sandbox: Sandbox, index: str) -> list[Json]:
    """The rows, in the order of their first coming; not to be changed."""
    file = file_of(sandbox, index)
    return _loaded(file, file.stat().st_mtime_ns) if file.exists() else []


def save(sandbox: Sandbox, index: str, rows: Sequence[Json]) -> None:
    """Replace the rows; readers see the old ones or the new ones."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    file = file_of(sandbox, index)
    file.parent.mkdir(parents=True, exist_ok=True)
    if not rows:
        file.unlink(missing_ok=True)
        return
    new = file.with_suffix(f".{threading.get_ident()}")
    names = list(dict.fromkeys(name for row in rows for name in row))
    try:
        table = pa.Table.from_pylist([{name: row.get(name) for name in names} for row in rows])
    except (pa.ArrowInvalid, pa.ArrowTypeError) as error:
        raise invalid(f"The rows' values don't fit together: {error}") from None
    pq.write_table(table, new)
    new.replace(file)


def vector_column(index: Document) -> tuple[str, int | None]:
    """The column with the vectors, and their length where it is declared."""
    spec = index.get("delta_sync_index_spec") or index.get("direct_access_index_spec") or {}
    for column in spec.get("embedding_vector_columns") or []:
        return str(column["name"]), column.get("embedding_dimension")
    return COMPUTED, None


def source_column(index: Document) -> Json | None:
    """The column of texts that a model embeds; None when the rows bring their vectors."""
    spec = index.get("delta_sync_index_spec") or index.get("direct_access_index_spec") or {}
    found = spec.get("embedding_source_columns") or []
    return found[0] if found else None


def checked(index: Document, rows: Sequence[Json]) -> list[Json]:
    """Rows that the index can take.

    Raises:
        ApiError: 400 for a row without a key, or without a vector of the right length.
    """
    name, length = vector_column(index)
    for row in rows:
        if row.get(index["primary_key"]) is None:
            raise invalid(f"A row has no {index['primary_key']}, which is the index's primary key.")
        if name == COMPUTED:
            continue
        vector = row.get(name)
        if not isinstance(vector, list) or not all(isinstance(each, int | float) for each in vector):
            raise invalid(f"The row {row[index['primary_key']]!r} has no vector of numbers in {name}.")
        if length is not None and len(vector) != length:
            raise invalid(
                f"The row {row[index['primary_key']]!r}: {name} has {len(vector)} of {length} numbers."
            )
    return [dict(row) for row in rows]


def source_version(sandbox: Sandbox, index: Document) -> int:
    """The version that the index's table has now."""
    from deltalake import DeltaTable

    table = index["delta_sync_index_spec"]["source_table"]
    return int(DeltaTable(table_location(sandbox, index["_workspace"], table), without_files=True).version())


def synchronise(sandbox: Sandbox, index: Document, token: str) -> int:
    """Take over the table as it is now; returns its version.

    Raises:
        ApiError: for rows that the index can't take, or embeddings that can't be computed.
    """
    import pyarrow as pa
    from deltalake import DeltaTable

    spec = index["delta_sync_index_spec"]
    table = DeltaTable(table_location(sandbox, index["_workspace"], spec["source_table"]))
    version, known = int(table.version()), table.schema().to_arrow()
    wanted = [field.name for field in pa.schema(known)]
    chosen = spec.get("columns_to_sync")
    if chosen:
        source = source_column(index)
        needed = {index["primary_key"], vector_column(index)[0], *([source["name"]] if source else [])}
        wanted = [name for name in wanted if name in {*chosen, *needed}]
    found = table.to_pyarrow_table(columns=wanted).to_pylist()
    rows = checked(index, found)
    source = source_column(index)
    if source and rows:
        texts = [str(row.get(source["name"]) or "") for row in rows]
        vectors = embeddings.embed(
            sandbox, index["_workspace"], str(source["embedding_model_endpoint_name"]), texts, token
        )
        rows = [{**row, COMPUTED: vector} for row, vector in zip(rows, vectors, strict=True)]
    with WRITING:
        save(sandbox, index["name"], rows)
    return version


def scores(index: Document, rows: Sequence[Json], query: Sequence[float]) -> list[float]:
    """How near each row is to a vector, as the service tells it: 1 / (1 + squared distance)."""
    import numpy as np

    name, _ = vector_column(index)
    stored = np.asarray([row[name] for row in rows], dtype=np.float32)
    wanted = np.asarray(query, dtype=np.float32)
    if stored.ndim != 2 or stored.shape[1] != wanted.size:
        length = stored.shape[1] if stored.ndim == 2 else "different numbers of"
        raise invalid(f"The query has {wanted.size} dimensions, and the index {length}.")
    distances = ((stored - wanted) ** 2).sum(axis=1)
    near: list[float] = (1.0 / (1.0 + distances)).astype(float).tolist()
    return near
